"""What the supervisor answers to `config` and `config_apply`, over a real socket."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from alimante.policy.probation import Survey
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


@pytest.mark.parametrize(("age_s", "counts"), [(1.0, False), (119.0, False), (120.0, True), (5000.0, True)])
def test_a_change_is_held_against_a_run_only_when_that_is_old_enough_to_show_how_things_are(
    supervised: Supervised, age_s: float, counts: bool
):
    """One that began a moment ago has no readings yet, and nobody would miss what does not answer afterwards."""
    known = supervised.rollout.journal.before
    supervised.survey = Survey(is_armed=True, devices=("lamp", "probe"))
    supervised.home.file.write_text(box(16))

    async def ask() -> None:
        watch = supervised.watch()
        supervised.clock.advance(age_s)
        assert "on probation" in await watch.apply()

    asyncio.run(ask())
    assert supervised.rollout.journal.before == (supervised.survey if counts else known)


def test_a_run_that_is_just_being_left_is_no_measure_for_what_comes_next(supervised: Supervised):
    """Else what is blind would be held against itself when it is tried once more at once, and be good enough."""
    known = supervised.rollout.journal.before
    supervised.home.file.write_text(box(16))
    asked(supervised, {"ask": "config_apply"})
    supervised.begins()
    supervised.survey = Survey(is_armed=True, devices=("lamp", "lost"))

    async def ask() -> None:
        watch = supervised.watch()
        supervised.clock.advance(500.0)
        supervised.goes_back()
        assert "on probation" in await watch.apply(again=True)

    asyncio.run(ask())
    assert supervised.rollout.journal.before == known
