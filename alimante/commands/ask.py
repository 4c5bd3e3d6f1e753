"""`alimante status` and `alimante why`: ask the running supervisor; they must not touch wires."""

import json
import socket
import sys
from pathlib import Path
from typing import Any

from alimante.commands.errors import CommandFailed
from alimante.commands.folders import Folders
from alimante.services.control_socket import SOCKET_NAME, short_path

ANSWER_S = 5.0


class NoSupervisor(CommandFailed):
    """Nobody answers; the message says so."""


class Refused(CommandFailed):
    """The supervisor has no answer to this question; the message is its own."""


def ask(folders: Folders, request: dict[str, Any]) -> dict[str, Any]:
    """The supervisor's answer to `request`. Raises `NoSupervisor` or `Refused`."""
    path = folders.runtime / SOCKET_NAME
    try:
        answer = json.loads(_exchange(path, json.dumps(request).encode() + b"\n"))
    except TimeoutError:
        raise NoSupervisor(f"the supervisor does not answer within {ANSWER_S:g} s") from None
    except (FileNotFoundError, ConnectionRefusedError):
        raise NoSupervisor(f"no supervisor is running (nobody listens at {path})") from None
    except (OSError, ValueError) as error:
        raise NoSupervisor(f"the supervisor cannot be asked at {path}: {error}") from None
    if "error" in answer:
        raise Refused(answer["error"])
    return dict(answer["ok"])


def status(folders: Folders, *, as_json: bool) -> int:
    """Print what the supervisor says of itself."""
    report = ask(folders, {"ask": "status"})
    if as_json:
        _print(json.dumps(report, ensure_ascii=False))
        return 0
    from alimante.services.console import plain_table

    for line in plain_table(report):
        _print(line)
    return 0


def why(folders: Folders, device: str, *, as_json: bool) -> int:
    """Print the last decisions on an actuator."""
    report = ask(folders, {"ask": "why", "device": device})
    if as_json:
        _print(json.dumps(report, ensure_ascii=False))
        return 0
    value = "unknown" if report["value"] is None else report["value"]
    _print(f"{device} is {value}, by {report['source']}: {report['reason']}")
    if report["refusal"]:
        _print(f"it takes only its safe value now: {report['refusal']}")
    for decision in report["decisions"]:
        _print(f"  {decision['age_s']:8.1f} s ago  {decision['text']}")
    return 0


def _exchange(path: Path, request: bytes) -> bytes:
    with short_path(path) as address, socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWER_S)
        connection.connect(address)
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
