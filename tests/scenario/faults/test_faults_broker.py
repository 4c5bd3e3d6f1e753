"""Section D of the fault catalogue: the broker and the network, under the whole supervisor.

What only a real broker and a real connection can do (F079, F080) is in test_mqtt_client.py and test_mqtt_link.py.
"""

import asyncio
import gc
import json
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from alimante.config.build import build
from alimante.core.events import AlertChanged, CommandFinished
from alimante.mqtt.link import Inbound, LinkFailed
from alimante.mqtt.outbox import CAPACITY
from hardware.board import GENERIC
from tests.conftest import Mosquitto, NewMosquitto
from tests.scenario.faults import stage as staging
from tests.scenario.faults.net import Net
from tests.scenario.faults.stage import MIB, SWITCH, TARGET_C, Stage, resident_bytes
from tests.scenario.test_process import CONFIG, Process
from tests.scenario.test_process import Observer as Watcher

LAMP: dict[str, Any] = {"lamp": {**SWITCH, "pin": 23, "role": "other"}}
ROOT = "alimante/test"
SET, ACK = f"{ROOT}/actuator/lamp/set", f"{ROOT}/actuator/lamp/ack"
DRAINED_S, RIGHT_S = 60.0, 30.0


def play(story: Callable[[Stage, Net], Awaitable[None]], *, net: Net | None = None) -> Stage:
    """Let `story` happen with the heater on and a broker in memory; the oracle is asked at the end."""
    there = net or Net()
    return staging.play(lambda stage: story(stage, there), devices=LAMP, link=there.link)


def outbox(stage: Stage) -> int:
    return len(client_of(stage).outbox)


def client_of(stage: Stage) -> Any:
    return next(part for part, _ in stage.run.supervisor.lifecycle._components if part.name == "mqtt")


def lamp_on_s(stage: Stage) -> float:
    return float(stage.run.truth.loads["lamp"].on_s)


async def comes_back(stage: Stage, net: Net) -> None:
    """All is right again soon after the broker can be reached."""
    repaired_s = stage.now_s
    await stage.within(120.0 + RIGHT_S, lambda: client_of(stage).connected, "connection", since_s=repaired_s)
    await asyncio.sleep(RIGHT_S)
    state = json.loads(net.broker.retained[f"{ROOT}/sensor/p1/temperature/state"])
    assert state["value"] == pytest.approx(stage.temperature_c, abs=0.5)
    assert net.broker.retained[f"{ROOT}/availability"] == b"online"
    await stage.within(DRAINED_S - RIGHT_S, lambda: outbox(stage) == 0, "empty outbox", step_s=0.1)
    await stage.healthy_within()


@pytest.mark.parametrize("hours", [1.5, pytest.param(7 * 24.0, marks=pytest.mark.slow)])
def test_f077_without_a_broker_from_the_start_it_is_told_control_goes_on_and_little_waits(hours: float):
    net = Net()
    net.broker.go_down()

    async def story(stage: Stage, net: Net) -> None:
        await stage.alert_within("mqtt", "link", 60.0)
        waiting, sizes = [], []
        for _ in range(9):
            for _ in range(round(hours * 4.0)):  # ninths of the time, in hundreds of seconds
                await asyncio.sleep(100.0)
                assert abs(stage.temperature_c - TARGET_C) < 1.5
            stage.run.events.clear()  # the test's own memory
            gc.collect()
            waiting.append(outbox(stage))
            sizes.append(resident_bytes())
        assert max(waiting) < CAPACITY / 8
        assert waiting[-1] <= waiting[3] + 5 + hours / 4.0  # an alert that goes on is told again every four hours
        assert sizes[-1] - sizes[1] < 10 * MIB
        assert max(net.waits_s()) <= 120.5
        net.broker.go_up()
        await comes_back(stage, net)

    play(story, net=net)


def test_f078_a_broker_that_goes_and_comes_is_found_again_and_told_everything():
    async def story(stage: Stage, net: Net) -> None:
        await asyncio.sleep(60.0)
        assert client_of(stage).connected
        net.broker.go_down()
        net.broker.retained.clear()
        stage.broken_s = stage.now_s
        await stage.alert_within("mqtt", "link", 30.0)
        assert abs(stage.temperature_c - TARGET_C) < 1.0
        net.broker.go_up()
        await comes_back(stage, net)

    play(story)


def test_f080_connections_that_lead_nowhere_hold_nothing_up():
    async def nowhere() -> None:
        await asyncio.sleep(30.0)
        raise LinkFailed("broker terrarium.local: name or service not known")

    async def story(stage: Stage, net: Net) -> None:
        await asyncio.sleep(60.0)
        net.opening = nowhere
        net.broker.go_down()
        stage.broken_s = stage.now_s
        await stage.alert_within("mqtt", "link", 30.0)
        await asyncio.sleep(600.0)
        assert abs(stage.temperature_c - TARGET_C) < 1.0
        assert ("loop", "loop_lag") not in stage.alerts()
        net.opening = None
        net.broker.go_up()
        await comes_back(stage, net)

    play(story)


def test_f082_who_is_thrown_out_again_and_again_comes_back_ever_more_slowly_and_that_is_told():
    async def story(stage: Stage, net: Net) -> None:
        await asyncio.sleep(60.0)
        stage.broken_s, before = stage.now_s, len(net.attempts_s)

        async def thrown_out() -> None:
            asyncio.get_running_loop().call_later(0.2, lambda: (net.broker.go_down(), net.broker.go_up()))

        net.opening = thrown_out
        net.broker.go_down()
        net.broker.go_up()
        await stage.alert_within("mqtt", "link", 60.0)
        told = stage.run.seen(AlertChanged, component="mqtt", condition="link")
        assert "does another client use our id" in told[0].text
        await asyncio.sleep(540.0)
        assert len(net.attempts_s) - before < 25
        net.opening = None
        await comes_back(stage, net)

    play(story)


def test_f083_a_wrong_password_is_tried_seldom_and_told_with_its_reason(caplog: pytest.LogCaptureFixture):
    async def refused() -> None:
        raise LinkFailed("broker 127.0.0.1:1883: bad user name or password; correct mqtt.user and mqtt.password")

    async def story(stage: Stage, net: Net) -> None:
        await stage.alert_within("mqtt", "link", 60.0)
        await asyncio.sleep(3600.0)
        assert len(net.attempts_s) < 3600.0 / 60.0 * 1.5
        (told,) = stage.run.seen(AlertChanged, component="mqtt", condition="link")
        assert "bad user name or password" in told.text
        assert caplog.text.count("bad user name or password") == 2  # the client once, and the journal once
        net.opening = None
        await comes_back(stage, net)

    net = Net()
    net.opening = refused
    play(story, net=net)


def command(net: Net, payload: object, *, retain: bool = False) -> None:
    text = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    net.broker.take(SET, text, retain=retain)


def test_f085_a_command_that_is_delivered_twice_has_one_effect_and_one_answer_to_each():
    async def story(stage: Stage, net: Net) -> None:
        for _ in range(3):
            command(net, {"id": "once", "value": "ON", "ttl_s": 60})
            await asyncio.sleep(25.0)
        assert lamp_on_s(stage) == pytest.approx(60.0, abs=1.0)
        assert stage.run.truth.loads["lamp"].cycles == 1
        assert [each["outcome"] for each in net.answers(ACK)] == ["applied"] * 3

    play(story)


def test_f086_a_retained_command_from_last_year_has_no_effect_and_is_refused_at_each_connection():
    net = Net()
    command(net, {"id": "old", "value": "ON"}, retain=True)

    async def story(stage: Stage, net: Net) -> None:
        await asyncio.sleep(60.0)
        net.broker.go_down()
        net.broker.go_up()
        await asyncio.sleep(60.0)
        assert lamp_on_s(stage) == 0.0
        assert {each["outcome"] for each in net.answers(ACK)} == {"rejected"}
        assert len(net.answers(ACK)) == 2
        assert "retain" in net.answers(ACK)[0]["reason"]

    play(story, net=net)


def test_f087_a_command_that_says_it_was_sent_ten_minutes_ago_is_expired():
    async def story(stage: Stage, net: Net) -> None:
        sent_at = stage.run.clock.wall() - 600.0
        command(net, {"id": "late", "value": "ON", "sent_at": sent_at})
        command(net, {"id": "late too", "value": "ON", "sent_at": sent_at, "expires_in_s": 300})
        await asyncio.sleep(30.0)
        assert lamp_on_s(stage) == 0.0
        assert [each["outcome"] for each in net.answers(ACK)] == ["expired"] * 2

    play(story)


def test_f088_of_commands_that_overtook_each_other_the_highest_number_wins():
    async def story(stage: Stage, net: Net) -> None:
        command(net, {"id": "a", "value": "ON", "seq": 1})
        await asyncio.sleep(5.0)
        command(net, {"id": "c", "value": "OFF", "seq": 3})
        command(net, {"id": "b", "value": "ON", "seq": 2})
        await asyncio.sleep(60.0)
        assert stage.run.truth.loads["lamp"].fraction == 0.0
        assert [(each["id"], each["outcome"]) for each in net.answers(ACK)] == [
            ("a", "applied"),
            ("c", "applied"),
            ("b", "rejected"),
        ]

    play(story)


HOSTILE = (
    b"\xff" * 5_242_880,
    b" " * 5_242_880 + b"ON",
    b"[" * 100_000,
    b'{"value":' * 100_000,
    b'{"id": "x", "value": ' + b"9" * 5000 + b"}",
    b'{"id": "x", "value": NaN}',
    b'{"id": "x", "value": 1e999}',
    b'{"id": "x", "value": true, "value": 1}',
    b'{"id": "' + b"i" * 65 + b'", "value": 1}',
    b"\xc3\x28",
    b"toggle",
    b"",
)


def test_f089_hostile_payloads_cost_little_and_have_no_effect():
    async def story(stage: Stage, net: Net) -> None:
        spent_s = []
        for payload in HOSTILE:
            began_s = time.thread_time()
            client_of(stage)._on_message(Inbound(SET, payload, False, True), 0.0)
            spent_s.append(time.thread_time() - began_s)
            await asyncio.sleep(1.0)
        assert max(spent_s) <= 0.01
        assert lamp_on_s(stage) == 0.0
        assert [each["outcome"] for each in net.answers(ACK)] == ["rejected"] * len(HOSTILE)
        assert max(len(each["reason"]) for each in net.answers(ACK)) < 300
        assert abs(stage.temperature_c - TARGET_C) < 1.5
        assert not stage.run.seen(CommandFinished, device="lamp")

    play(story)


@pytest.mark.parametrize("name", ["warm/#", "+", "$SYS", "warm\0", "a/b", "", "Wärme", "x" * 65, "../set"])
def test_f091_a_device_or_node_whose_name_could_be_another_topic_is_refused(name: str):
    document = {"version": 1, "node": {"id": "test"}, "mqtt": {"host": "127.0.0.1"}, "wires": staging.WIRES}
    built = build({**document, "devices": {name: staging.probe(1)}}, board=GENERIC)
    assert built.config is None
    assert any("devices" in str(problem.path) for problem in built.errors)
    sound = {**document, "devices": {"p1": staging.probe(1)}}
    assert build(sound, board=GENERIC).config is not None
    assert build({**sound, "node": {"id": name}}, board=GENERIC).config is None
    assert build({**sound, "groups": {name: {"members": ["p1"]}}}, board=GENERIC).config is None
    assert build({**sound, "mqtt": {"host": "127.0.0.1", "base": f"terrarium/{name}/#"}}, board=GENERIC).config is None


REAL: dict[str, Any] = {**CONFIG, "devices": {"warm_probe": CONFIG["devices"]["warm_probe"]}}


@pytest.fixture
def node(tmp_path: Path, new_mosquitto: NewMosquitto) -> Any:
    """A real supervisor at a real broker: (process, broker)."""
    broker = new_mosquitto()
    process = Process(tmp_path, {**REAL, "mqtt": {"host": broker.host, "port": broker.port}})
    yield process, broker
    if process.process.poll() is None:
        process.end(signal.SIGKILL)


@pytest.mark.real
def test_f078_f092_a_real_broker_is_killed_and_found_again_and_a_killed_node_is_said_to_be_offline(
    node: tuple[Process, Mosquitto],
):
    process, broker = node
    watcher = Watcher(broker.port)
    assert watcher.wait_for("availability") == "online"
    watcher.close()
    broker.kill()
    broker.start()
    began_s = time.monotonic()
    watcher = Watcher(broker.port)
    assert watcher.wait_for("availability") == "online"
    assert watcher.wait_for("sensor/warm_probe/temperature/state")["quality"] == "good"
    assert time.monotonic() - began_s < 30.0
    process.process.kill()
    killed_s = time.monotonic()
    while watcher.wait_for("availability") != "offline":
        pass
    assert time.monotonic() - killed_s < 50.0
    watcher.close()
    newcomer = Watcher(broker.port)
    assert newcomer.wait_for("availability") == "offline"
    newcomer.close()


@pytest.mark.real
def test_f160_with_the_rights_of_the_manual_a_display_sees_everything_and_commands_nothing(
    tmp_path: Path, new_mosquitto: NewMosquitto
):
    rights = Path("docs/mqtt.md").read_text().partition("```text\n")[2].partition("```")[0]
    (tmp_path / "acl").write_text(rights.replace("/terrarium/", "/demo/"))
    names = ("alimante", "phone", "display")
    broker = new_mosquitto(users=dict.fromkeys(names, "hush"), config=f"acl_file {tmp_path}/acl")
    (tmp_path / "password").write_text("hush")
    mqtt = {"host": broker.host, "port": broker.port, "username": "alimante"}
    process = Process(tmp_path, {**CONFIG, "mqtt": {**mqtt, "password": {"file": f"{tmp_path}/password"}}})
    display, phone = (Watcher(broker.port, user=name, password="hush") for name in ("display", "phone"))
    try:
        assert display.wait_for("sensor/warm_probe/temperature/state")["quality"] == "good"
        for watcher, name in ((display, "display"), (phone, "phone")):
            watcher.publish("actuator/heater/set", json.dumps({"id": name, "value": "ON"}))
        assert phone.wait_for("actuator/heater/ack")["id"] == "phone", "a display was answered before"
        assert display.wait_for("actuator/heater/ack")["outcome"] == "applied"
    finally:
        display.close()
        phone.close()
        process.end(signal.SIGTERM)
