"""Commands that ask or tell the running supervisor something; they must not touch wires."""

import getpass
import json
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from alimante.commands.errors import BadUse, CommandFailed
from alimante.commands.folders import Folders
from alimante.core.durations import duration_s
from alimante.core.text import printable
from alimante.policy.asking import MAINTENANCE_S, MAX_MAINTENANCE_S
from alimante.services.control_socket import SOCKET_NAME, short_path

ANSWER_S = 5.0
Report = dict[str, Any]


class NoSupervisor(CommandFailed):
    """Nobody answers; the message says so."""


class NobodyListens(NoSupervisor):
    """Nobody answers because none is running."""


class Refused(CommandFailed):
    """The supervisor has no answer to this question; the message is its own."""


def ask(folders: Folders, request: Report, *, within_s: float = ANSWER_S) -> Report:
    """The supervisor's answer to `request`. Raises `NoSupervisor` or `Refused`."""
    path = folders.runtime / SOCKET_NAME
    try:
        answer = json.loads(_exchange(path, json.dumps(request).encode() + b"\n", within_s))
    except TimeoutError:
        raise NoSupervisor(f"the supervisor does not answer within {within_s:g} s") from None
    except (FileNotFoundError, ConnectionRefusedError):
        raise NobodyListens(f"no supervisor is running (nobody listens at {path})") from None
    except (OSError, ValueError) as error:
        raise NoSupervisor(f"the supervisor cannot be asked at {path}: {error}") from None
    if "error" in answer:
        raise Refused(printable(answer["error"]))
    return dict(answer["ok"])


def status(folders: Folders, *, as_json: bool) -> int:
    """Print what the supervisor says of itself."""
    from alimante.services.table import plain_table

    return tell(ask(folders, {"ask": "status"}), plain_table, as_json=as_json)


def why(folders: Folders, name: str, *, as_json: bool) -> int:
    """Print why an output, a sensor, a group or a controller is as it is."""
    from alimante.commands.sentences import of_why

    return tell(ask(folders, {"ask": "why", "device": name}), of_why, as_json=as_json)


def alerts(folders: Folders, *, as_json: bool) -> int:
    """Print the active alerts."""
    from alimante.commands.sentences import of_alerts

    return tell(ask(folders, {"ask": "alerts"}), of_alerts, as_json=as_json)


def acknowledge(folders: Folders, alert: str, by: str | None, *, as_json: bool) -> int:
    """Say that a person knows of an alert: `by`, or the user who types."""
    done = ask(folders, {"ask": "acknowledge", "alert": alert, "by": by or _user()})
    return tell(done, lambda done: [f"{done['alert']}: {done['acknowledged_by']} knows"], as_json=as_json)


def health(folders: Folders, component: str | None, *, as_json: bool) -> int:
    """Print the health of the node, or of one component."""
    from alimante.commands.sentences import of_component, of_health

    request = {"ask": "health"} | ({"component": component} if component is not None else {})
    return tell(ask(folders, request), of_health if component is None else of_component, as_json=as_json)


def errors(folders: Folders, *, as_json: bool) -> int:
    """Print what failed lately."""
    from alimante.commands.sentences import of_errors

    return tell(ask(folders, {"ask": "errors"}), of_errors, as_json=as_json)


def metrics(folders: Folders, *, as_json: bool) -> int:
    """Print numbers of the computer and the supervisor."""
    from alimante.commands.sentences import of_metrics

    return tell(ask(folders, {"ask": "metrics"}), of_metrics, as_json=as_json)


def maintenance(folders: Folders, switch: str, duration: str | None, *, as_json: bool) -> int:
    """Begin or end maintenance."""
    from alimante.commands.sentences import of_maintenance

    for_s = 0.0
    if switch == "on":
        for_s = MAINTENANCE_S if duration is None else seconds(duration)
        if not 0 < for_s <= MAX_MAINTENANCE_S:
            raise BadUse("maintenance lasts 4h at most: an animal must not go without heat because somebody forgot")
    elif duration is not None:
        raise BadUse("maintenance off takes no duration")
    return tell(ask(folders, {"ask": "maintenance", "for_s": for_s}), of_maintenance, as_json=as_json)


def reset(folders: Folders, device: str, *, as_json: bool) -> int:
    """Say that a tripped output is in order again."""
    done = ask(folders, {"ask": "reset", "device": device})
    said = "may be used again" if done["was_tripped"] else "was not tripped"
    return tell(done, lambda done: [f"{device} {said}"], as_json=as_json)


def recover(folders: Folders, device: str, *, as_json: bool) -> int:
    """Have a device or a wire begun anew, which also says that a person has done what was asked."""
    return tell(ask(folders, {"ask": "recover", "device": device}), lambda done: [done["text"]], as_json=as_json)


def repairs(folders: Folders, *, as_json: bool) -> int:
    """Print what is broken and what was done about it."""
    from alimante.commands.sentences import of_repairs

    return tell(ask(folders, {"ask": "repairs"}), of_repairs, as_json=as_json)


def seconds(said: str) -> float:
    """The duration that was typed, such as 90, 30m or 2h. Raises `BadUse`."""
    try:
        return duration_s(said)
    except ValueError as error:
        raise BadUse(str(error)) from None


def tell(report: Report, lines: Callable[[Report], list[str]], *, as_json: bool) -> int:
    """Print `report` as one JSON document, or as the lines for people that `lines` makes of it."""
    if as_json:
        sys.stdout.write(f"{json.dumps(report, ensure_ascii=False)}\n")
    else:
        sys.stdout.writelines(f"{printable(line)}\n" for line in lines(report))
    return 0


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # an account without a name
        return "somebody"


def _exchange(path: Path, request: bytes, within_s: float) -> bytes:
    with short_path(path) as address, socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(within_s)
        connection.connect(address)
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))
