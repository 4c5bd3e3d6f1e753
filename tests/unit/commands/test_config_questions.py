"""What the supervisor answers to `config` and `config_apply`, over a real socket."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from alimante.services.control_socket import ControlSocket
from tests.unit.commands.homes import Home, box, name
from tests.unit.commands.supervised import Supervised


@pytest.fixture
def supervised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Supervised:
    """It has committed a lamp at pin 15."""
    return Supervised(Home(tmp_path), monkeypatch)


def asked(supervised: Supervised, *requests: dict[str, Any]) -> list[dict[str, Any]]:
    async def exchange() -> list[dict[str, Any]]:
        path = supervised.home.file.with_name("control.sock")
        server = ControlSocket(path, supervised.watch().answers())
        await server.start()
        answers = []
        for request in requests:
            reader, writer = await asyncio.open_unix_connection(str(path))
            writer.write(json.dumps(request).encode() + b"\n")
            answers.append(json.loads(await reader.read())["ok"])
            writer.close()
        await server.stop()
        return answers

    return asyncio.run(exchange())


def test_config_says_what_runs_and_what_the_file_is_worth(supervised: Supervised):
    assert asked(supervised, {"ask": "config"}) == [
        {
            "running": name(box(15)),
            "committed": name(box(15)),
            "on_probation": False,
            "probation_left_s": None,
            "is_safe_mode": False,
            "file": str(supervised.home.file),
            "file_state": "running",
            "file_text": "",
        }
    ]


def test_the_file_is_named_so_that_it_is_found_from_any_folder(supervised: Supervised, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(supervised.home.file.parent)
    supervised.rollout.path = Path("alimante.json")
    assert asked(supervised, {"ask": "config"})[0]["file"] == str(supervised.home.file)


def test_config_apply_takes_the_file_and_says_so(supervised: Supervised):
    supervised.home.file.write_text(box(16))
    (answer,) = asked(supervised, {"ask": "config_apply"})
    assert answer["is_taken"] is True
    assert answer["text"] == "the configuration in the file is sound and runs in a moment, on probation"


def test_config_apply_says_what_is_wrong_with_the_file(supervised: Supervised):
    supervised.home.file.write_text("{")
    (answer,) = asked(supervised, {"ask": "config_apply"})
    assert (answer["is_taken"], answer["file_state"]) == (False, "faulty")
    assert answer["text"].startswith("alimante.json:1:")


def test_what_is_committed_is_taken_back_without_a_probation(supervised: Supervised):
    supervised.home.file.write_text(box(16))
    asked(supervised, {"ask": "config_apply"})
    supervised.begins()
    supervised.home.file.write_text(box(15))
    (answer,) = asked(supervised, {"ask": "config_apply"})
    assert answer["text"].endswith("runs in a moment, for it has proved itself before")


@pytest.mark.parametrize("again", [None, False, 1, "yes", [True]])
def test_only_a_plain_yes_tries_once_more_what_was_gone_back_from(supervised: Supervised, again: Any):
    supervised.home.file.write_text(box(16))
    asked(supervised, {"ask": "config_apply"})
    supervised.begins()
    supervised.goes_back()
    supervised.rollout.advance()
    no, yes = asked(supervised, {"ask": "config_apply", "again": again}, {"ask": "config_apply", "again": True})
    assert (no["is_taken"], no["file_state"]) == (False, "refused")
    assert "the lamp does not answer any more" in no["text"]
    assert yes["is_taken"] is True
