"""Section I of the fault catalogue, as far as there is something to attack: names and texts that want to be commands.

What a hostile configuration may cost and how it is told (F109, F110, F119) is in tests/unit/config.
"""

import ast
import asyncio
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from alimante import cli
from alimante.mqtt.link import LinkFailed
from alimante.services.journal import OneLine
from tests.scenario.faults.net import Net
from tests.scenario.faults.stage import Stage, play
from tests.scenario.test_simulate import TERRARIUM

REPOSITORY = Path(__file__).parents[3]
SHELLS = {"system", "popen", "getoutput", "getstatusoutput", "create_subprocess_shell", "spawnl", "spawnlp"}
EVIL = "a\nERROR heater: OFF\x1b[2J\x9b31m;$(reboot)`reboot`"


def calls(source: str) -> list[ast.Call]:
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]


def asks_a_shell(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name in SHELLS or any(keyword.arg == "shell" for keyword in call.keywords)


def test_f154_nothing_ever_asks_a_shell():
    assert asks_a_shell(calls("subprocess.run('ls', shell=True)")[0])
    assert asks_a_shell(calls("os.system(name)")[0])
    files = [path for part in ("alimante", "hardware") for path in (REPOSITORY / part).rglob("*.py")]
    sources = {path: path.read_text() for path in files}
    suspects = {path: source for path, source in sources.items() if any(word in source for word in (*SHELLS, "shell"))}
    assert len(sources) > 100
    assert suspects
    assert [path for path, source in suspects.items() if any(map(asks_a_shell, calls(source)))] == []


def test_f155_a_name_that_is_markup_is_a_text_in_the_picture_of_a_run(tmp_path: Path):
    evil = "<img src=x onerror=alert(1)>"
    devices = {name: {**device, "name": evil} for name, device in TERRARIUM["devices"].items()}
    config, picture = tmp_path / "terrarium.json", tmp_path / "run.svg"
    config.write_text(json.dumps({**TERRARIUM, "node": {**TERRARIUM["node"], "name": evil}, "devices": devices}))
    assert cli.main(["simulate", "--config", str(config), "--for", "2m", "--plot", str(picture)]) == 0
    tags = {element.tag.rpartition("}")[2] for element in ElementTree.parse(picture).iter()}  # noqa: S314 - our own
    assert "polyline" in tags
    assert tags & {"img", "script", "foreignObject", "a"} == set()


def test_f161_neither_a_broker_nor_a_probe_can_write_lines_or_colours_of_its_own_into_the_log(
    caplog: pytest.LogCaptureFixture,
):
    net = Net()

    async def refused() -> None:
        raise LinkFailed(f"the broker says: {EVIL}")

    async def story(stage: Stage) -> None:
        net.opening = refused
        net.broker.go_down()
        net.broker.take(
            "alimante/test/actuator/lamp/set", json.dumps({"id": EVIL, "value": EVIL}).encode(), retain=False
        )
        repair = stage.meddle("p1", lambda what, ask: EVIL if what.endswith("/temperature") else ask())
        stage.oracle.dark.add("p1")
        await stage.alert_within("p1", "lost", 35.0)
        await asyncio.sleep(60.0)
        repair()

    caplog.set_level("DEBUG")
    caplog.handler.addFilter(one_line := OneLine())  # as that of the program has
    play(story, link=net.link)
    caplog.handler.removeFilter(one_line)
    quoted = [message for message in caplog.messages if "ERROR heater" in message]
    assert len(quoted) > 3
    assert [message for message in quoted if not message.isprintable()] == []
    assert [payload for _, payload in net.said if not payload.decode().isprintable()] == []
