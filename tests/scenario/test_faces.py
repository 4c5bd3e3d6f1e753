"""The supervisor as a real process at a real broker, seen from MQTT and from the command line."""

import json
import queue
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Mosquitto
from tests.scenario.harness import HEATER
from tests.scenario.test_process import CONFIG, PATIENCE_S, Observer, Process, alimante

pytestmark = pytest.mark.real

NODE: dict[str, Any] = {
    **CONFIG,
    "devices": {**CONFIG["devices"], "heater": {**HEATER, "depends_on": ["warm"]}},
    "groups": {"warm": {"members": ["warm_probe"]}},
    "controllers": {"warmth": {"kind": "thermostat", "sensor": "warm", "heater": "heater", "target_c": 15}},
    "alerts": {"clear_s": 0},
}


class Watcher(Observer):
    """An observer that remembers the last payload of each topic."""

    def __init__(self, port: int) -> None:
        self.last: dict[str, bytes] = {}
        super().__init__(port)

    def until(self, topic: str, wanted: Callable[[bytes], object]) -> bytes:
        """The payload that stands on `topic`, as soon as it is `wanted`."""
        deadline_s = time.monotonic() + PATIENCE_S
        while topic not in self.last or not wanted(self.last[topic]):
            try:
                got, payload, _ = self._arrived.get(timeout=max(0.0, deadline_s - time.monotonic()))
            except queue.Empty:
                pytest.fail(f"nothing like that on {topic}: {self.last.get(topic)!r}")
            self.last[got] = bytes(payload)
        return self.last[topic]

    def answer(self, topic: str, **wanted: object) -> Any:
        """The document on `topic` that has the `wanted` members."""
        found = self.until(topic, lambda payload: wanted.items() <= json.loads(payload).items())
        return json.loads(found)

    def standing(self, topic: str) -> bytes | None:
        """What a newcomer is told on `topic` within a moment."""
        newcomer = Watcher(self._client.port)
        try:
            deadline_s = time.monotonic() + 1.0
            while time.monotonic() < deadline_s:
                try:
                    got, payload, retained = newcomer._arrived.get(timeout=0.3)
                except queue.Empty:
                    break
                if got == topic and retained:
                    return bytes(payload)
            return None
        finally:
            newcomer.close()


def config_at(port: int) -> dict[str, Any]:
    return {**NODE, "mqtt": {"host": "127.0.0.1", "port": port}}


@pytest.fixture
def node(tmp_path: Path, mosquitto: Mosquitto) -> Iterator[Process]:
    process = Process(tmp_path, config_at(mosquitto.port))
    yield process
    if process.process.poll() is None:
        process.end(signal.SIGKILL)


@pytest.fixture
def watcher(mosquitto: Mosquitto, node: Process) -> Iterator[Watcher]:
    watching = Watcher(mosquitto.port)
    yield watching
    watching.close()


def test_an_alert_appears_is_acknowledged_and_is_emptied_and_maintenance_is_told(node: Process, watcher: Watcher):
    topic = "alert/node/maintenance"
    watcher.until("status", lambda payload: json.loads(payload)["armed"])
    watcher.publish("maintenance/set", '{"id": "m1", "value": 600}')
    told = json.loads(watcher.until(topic, bool))
    assert (told["level"], told["state"]) == ("warning", "active")
    assert watcher.answer("maintenance/ack", id="m1")["outcome"] == "applied"
    watcher.publish(f"{topic}/ack", '{"id": "a1", "by": "Kim"}')
    assert json.loads(watcher.until(topic, lambda payload: b"Kim" in payload))["state"] == "acknowledged"
    assert watcher.answer(f"{topic}/answer", id="a1")["outcome"] == "applied"
    assert json.loads(watcher.standing(topic) or b"{}")["acknowledged_by"] == "Kim"
    watcher.publish("maintenance/set", "OFF")
    assert watcher.until(topic, lambda payload: not payload) == b""
    assert watcher.standing(topic) is None
    watcher.publish(f"{topic}/ack", "Kim")
    assert "no active alert" in watcher.answer(f"{topic}/answer", outcome="rejected")["reason"]


def test_a_killed_run_is_told_of_by_the_next_and_its_alerts_do_not_stand_for_ever(node: Process, watcher: Watcher):
    topic = "alert/node/maintenance"
    watcher.until("status", lambda payload: json.loads(payload)["armed"])
    watcher.publish("maintenance/set", "600")
    watcher.until(topic, bool)
    node.end(signal.SIGKILL)
    for state in node.folder.glob("state*"):
        state.unlink()
    assert watcher.standing(topic)
    again = Process(node.folder, config_at(watcher._client.port))
    try:
        post_mortem = json.loads(watcher.until("event/post_mortem", bool))
        watcher.until(topic, lambda payload: not payload)
        assert watcher.standing(topic) is None
        assert (post_mortem["kind"], post_mortem["bad_starts"]) == ("killed", 1)
        told = watcher.answer("status", state="running")["boot"]
        assert told["last_end"] == {"kind": "killed", "text": post_mortem["text"]}
        assert (told["bad_starts"], told["safe_mode"]) == (1, "")
        assert json.loads(again.ask("status", "--json").stdout)["boot"] == told
        assert post_mortem["text"] in again.ask("status").stdout
    finally:
        again.end(signal.SIGTERM)


def test_groups_controllers_and_health_are_retained(watcher_of_all: Watcher):
    watcher = watcher_of_all
    group = json.loads(watcher.until("group/warm/state", lambda payload: b'"good"' in payload))
    assert group["value"] is not None
    assert group["unit"] == "°C"
    health = json.loads(watcher.until("device/warm_probe/health", lambda payload: b"HEALTHY" in payload))
    assert health == {"health": "HEALTHY", "reason": "", "advice": ""}
    controller = json.loads(
        watcher.until("controller/warmth/state", lambda payload: json.loads(payload).get("targets"))
    )
    assert controller["targets"] == {"heater": 15.0}
    status = json.loads(watcher.until("status", lambda payload: json.loads(payload)["answers"]["started"]["ok"]))
    assert status["counts"]["alerts"] >= status["counts"]["alerts_critical"] >= 0  # a busy computer is one, too
    assert set(status["answers"]) == {"live", "ready", "started"}


def test_metrics_are_told_on_request(watcher_of_all: Watcher):
    watcher = watcher_of_all
    watcher.until("status", lambda payload: json.loads(payload)["armed"])
    watcher.publish("metrics/get", "")
    told = json.loads(watcher.until("metrics/state", bool))
    assert "counts" in told
    assert watcher.standing("metrics/state") is None


def test_a_heater_whose_probe_has_not_spoken_is_refused_with_the_reason_over_both_faces(
    tmp_path: Path, mosquitto: Mosquitto
):
    config = config_at(mosquitto.port)
    config["devices"] = {**config["devices"], "warm_probe": {**config["devices"]["warm_probe"], "poll_s": 15.0}}
    process = Process(tmp_path, config)
    watcher = Watcher(mosquitto.port)
    try:
        watcher.until("status", lambda payload: json.loads(payload)["armed"])
        watcher.publish("actuator/heater/set", '{"id": "early", "value": "ON"}')
        ack = watcher.answer("actuator/heater/ack", id="early")
        assert ack["outcome"] == "rejected"
        assert "good readings" in ack["reason"]
        refused = process.ask("set", "heater", "ON")
        assert refused.returncode == 1
        assert "good readings" in refused.stderr
        assert json.loads(process.ask("read", "warm_probe", "--json").stdout)["device"] == "warm_probe"
        assert json.loads(process.ask("status", "--json").stdout)["devices"]["heater"]["value"] == "OFF"
    finally:
        watcher.close()
        process.end(signal.SIGTERM)


def test_the_command_line_asks_and_tells_a_supervisor(node_of_all: Process, watcher_of_all: Watcher):
    node = node_of_all
    watcher_of_all.until("group/warm/state", lambda payload: b'"good"' in payload)

    def said(*arguments: str) -> str:
        done = node.ask(*arguments)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout

    def answered(*arguments: str) -> Any:
        return json.loads(said(*arguments, "--json"))

    assert "Controllers" in said("status")
    assert "warmth" in answered("status")["controllers"]
    for name, kind in (("heater", "actuator"), ("warm_probe", "sensor"), ("warm", "group"), ("warmth", "controller")):
        assert answered("why", name)["kind"] == kind
        assert name in said("why", name)
    assert "the node has been" in said("health")
    assert answered("health", "warm_probe")["component"] == "warm_probe"
    assert "warm_probe has been" in said("health", "warm_probe")
    assert said("errors")
    assert answered("metrics")["counts"]["readings_taken"] > 0
    assert "readings_taken" in said("metrics")
    assert "ignored for 20 min" in said("maintenance", "on", "20m")
    assert "node/maintenance" in [alert["alert"] for alert in answered("alerts")["alerts"]]
    assert said("ack", "node/maintenance", "--by", "Kim") == "node/maintenance: Kim knows\n"
    assert "(Kim knows)" in said("alerts")
    assert "over" in said("maintenance", "off")
    assert "temperature: " in said("read", "warm_probe")
    assert answered("set", "heater", "OFF", "--for", "2m")["outcome"] == "applied"
    assert said("set", "heater", "AUTO") == "heater is OFF\n"
    assert "was not tripped" in said("reset", "heater")


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        (["why", "ghost"], 1, "known are"),
        (["ack", "a/b"], 1, "no active alert"),
        (["set", "ghost", "ON"], 1, "no actuator"),
        (["set", "heater", "perhaps"], 1, "ON, OFF"),
        (["set", "heater", "ON", "--for", "soon"], 2, "no duration"),
        (["maintenance", "on", "5h"], 2, "4h at most"),
        (["maintenance", "off", "5m"], 2, "no duration"),
        (["read", "heater"], 1, "no sensor"),
        (["health", "ghost"], 1, "known are"),
    ],
)
def test_a_mistake_at_the_command_line_is_one_sentence(
    node_of_all: Process, arguments: list[str], code: int, part: str
):
    done = node_of_all.ask(*arguments)
    assert (done.returncode, part in done.stderr) == (code, True), done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.fixture(scope="module")
def node_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    process = Process(tmp_path_factory.mktemp("node"), NODE)
    process.await_line("is running")
    yield process
    process.end(signal.SIGTERM)


@pytest.fixture
def watcher_of_all(node_of_all: Process) -> Iterator[Watcher]:
    watching = Watcher(node_of_all.port)
    yield watching
    watching.close()


@pytest.mark.parametrize(
    "arguments",
    [["alerts"], ["health"], ["errors"], ["metrics"], ["ack", "a/b"], ["maintenance", "on"]],
)
def test_without_a_supervisor_asking_says_so(tmp_path: Path, arguments: list[str]):
    done = alimante(*arguments, "--state-dir", str(tmp_path))
    assert done.returncode == 1
    assert "no supervisor is running" in done.stderr


@pytest.mark.parametrize(("value", "more"), [("AUTO", []), ("ON", ["--for", "5m"])])
def test_what_has_to_end_later_needs_a_supervisor(tmp_path: Path, value: str, more: list[str]):
    done = alimante("set", "heater", value, *more, "--state-dir", str(tmp_path))
    assert done.returncode == 2
    assert "needs a supervisor" in done.stderr
