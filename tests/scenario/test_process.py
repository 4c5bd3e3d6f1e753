"""The supervisor as people run it: a real process, real threads, a real broker, signals, the control socket."""

import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.bounds import least
from tests.scenario.harness import HEATER

pytestmark = pytest.mark.real

PATIENCE_S = 60.0
STOPPED_WITHIN_S = 2.0
"""After it was asked to stop, whatever hangs."""
ALIMANTE = [sys.executable, "-m", "alimante.cli"]
SWITCH = {key: HEATER[key] for key in ("driver", "wire", "pin", "active_high", "safe_value")} | {"role": "other"}
"""Not a heater, which may not be on before its probe has proved itself."""
CONFIG: dict[str, Any] = {
    "version": 1,
    "node": {"id": "demo"},
    "mqtt": {"embedded": True},
    "wires": {
        "pins": {"kind": "gpio", "backend": "sim"},
        "probes": {"kind": "onewire", "backend": "sim"},
        "soc": {"kind": "hwmon", "backend": "sim"},
    },
    "devices": {
        "warm_probe": {"driver": "ds18b20", "wire": "probes", "address": "28-0316a2795bff", "poll_s": 0.25},
        "processor": {"driver": "soc_temperature", "wire": "soc", "poll_s": 0.25},
        "heater": SWITCH,
    },
}


class Observer:
    """Everything that a broker tells, as a person with mosquitto_sub sees it."""

    def __init__(self, port: int, *, user: str = "", password: str = "") -> None:
        self._arrived: queue.Queue[tuple[str, bytes, bool]] = queue.Queue()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv311)
        if user:
            self._client.username_pw_set(user, password)
        self._client.on_connect = lambda client, *rest: client.subscribe("alimante/demo/#", qos=1)
        self._client.on_message = lambda client, userdata, message: self._arrived.put(
            (message.topic.removeprefix("alimante/demo/"), message.payload, message.retain)
        )
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def publish(self, topic: str, payload: str) -> None:
        self._client.publish(f"alimante/demo/{topic}", payload, qos=1).wait_for_publish(PATIENCE_S)

    def wait_for(self, topic: str, **wanted: object) -> Any:
        """The next payload on `topic` that has the `wanted` members; other messages are passed over."""
        while True:
            got, payload, _ = self._arrived.get(timeout=PATIENCE_S)
            if got != topic:
                continue
            document = json.loads(payload) if payload.startswith(b"{") else payload.decode()
            if not wanted or all(document[name] == value for name, value in wanted.items()):
                return document

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        self._client.on_message = None  # it holds this object, and both would hold sockets until they are collected


class Process:
    """`alimante run` with its broker's address."""

    def __init__(self, folder: Path, config: dict[str, Any], **environ: str) -> None:
        self.folder = folder
        self.config_path = folder / "config.json"
        self.config_path.write_text(json.dumps(config))
        self.process = subprocess.Popen(
            [*ALIMANTE, "run", "--config", str(self.config_path), "--state-dir", str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **environ},
        )
        self.lines: queue.Queue[str] = queue.Queue()
        self.output: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.port = self.await_port()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self.output.append(line)
                self.lines.put(line)

    def await_port(self) -> int:
        return int(self.await_line(r"mqtt://127\.0\.0\.1:(\d+)").group(1))

    def await_line(self, pattern: str) -> re.Match[str]:
        while True:
            try:
                line = self.lines.get(timeout=PATIENCE_S)
            except queue.Empty:
                self.end(signal.SIGKILL)
                pytest.fail(f"no line like {pattern!r} in:\n{''.join(self.output)}")
            if found := re.search(pattern, line):
                return found

    def ask(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return alimante(*arguments, "--state-dir", str(self.folder))

    def end(self, number: int) -> int:
        """Send a signal and wait for the exit code."""
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        return code


def alimante(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*ALIMANTE, *arguments], capture_output=True, text=True, timeout=PATIENCE_S, check=False)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Process]:
    process = Process(tmp_path, CONFIG)
    yield process
    if process.process.poll() is None:
        process.end(signal.SIGKILL)


@pytest.fixture
def observer(running: Process) -> Iterator[Observer]:
    watching = Observer(running.port)
    yield watching
    watching.close()


def test_a_command_is_carried_out_answered_and_explained(running: Process, observer: Observer):
    observer.wait_for("availability")
    observer.publish("actuator/heater/set", '{"id": "one", "value": "ON"}')
    assert observer.wait_for("actuator/heater/state", value="ON")["source"] == "mqtt"
    assert observer.wait_for("actuator/heater/ack")["outcome"] == "applied"
    assert "ON by mqtt: command one" in running.ask("why", "heater").stdout
    report = json.loads(running.ask("status", "--json").stdout)
    assert report["devices"]["heater"]["value"] == "ON"
    assert report["state"] == "running"
    assert report["armed"] is True
    assert running.end(signal.SIGTERM) == 0


def test_a_stop_makes_outputs_safe_and_says_so_before_it_says_offline(running: Process, observer: Observer):
    observer.wait_for("availability")
    observer.publish("actuator/heater/set", "ON")
    observer.wait_for("actuator/heater/state", value="ON")
    running.process.send_signal(signal.SIGTERM)
    assert observer.wait_for("actuator/heater/state", value="OFF")["reason"] == "the supervisor is stopping"
    assert observer.wait_for("availability") == "offline"
    assert running.process.wait(PATIENCE_S) == 0


def test_many_signals_are_one_stop(running: Process):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
        running.process.send_signal(number)
    assert running.process.wait(PATIENCE_S) == 0
    assert "Traceback" not in "".join(running.output)


def test_the_second_instance_refuses(running: Process):
    second = alimante("run", "--config", str(running.config_path), "--state-dir", str(running.folder))
    assert second.returncode == 1
    assert "already running" in second.stderr
    assert "Traceback" not in second.stderr


def test_safe_from_the_command_line_holds_the_outputs_of_a_supervisor(running: Process, observer: Observer):
    where = ("--config", str(running.config_path))
    observer.wait_for("availability")
    observer.publish("actuator/heater/set", "ON")
    observer.wait_for("actuator/heater/state", value="ON")
    assert running.ask("safe", *where).returncode == 0
    observer.wait_for("actuator/heater/state", value="OFF")
    observer.publish("actuator/heater/set", '{"id": "late", "value": "ON"}')
    assert observer.wait_for("actuator/heater/ack", id="late")["outcome"] == "rejected"


def test_a_reload_takes_the_new_configuration_and_a_faulty_one_changes_nothing(running: Process):
    running.await_line("is running")
    running.config_path.write_text("{ this is no JSON")
    running.process.send_signal(signal.SIGHUP)
    running.await_line(r"nothing was reloaded: config\.json:1:3")
    assert json.loads(running.ask("status", "--json").stdout)["state"] == "running"
    changed = {**CONFIG, "devices": {**CONFIG["devices"], "mister": {**SWITCH, "pin": 27, "role": "mister"}}}
    running.config_path.write_text(json.dumps(changed))
    running.process.send_signal(signal.SIGHUP)
    running.await_port()
    running.await_line("is running")
    assert "mister" in json.loads(running.ask("status", "--json").stdout)["devices"]


def test_a_killed_supervisor_leaves_a_copy_from_which_safe_works(running: Process):
    running.await_line("is running")
    running.end(signal.SIGKILL)
    running.config_path.unlink()
    made_safe = running.ask("safe", "--config", str(running.config_path))
    assert made_safe.returncode == 0, made_safe.stderr
    assert "heater is OFF" in made_safe.stdout


def test_the_service_manager_is_told_and_the_watchdog_is_fed(tmp_path: Path):
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        manager.settimeout(PATIENCE_S)
        process = Process(tmp_path, CONFIG, NOTIFY_SOCKET=str(address))
        told: list[str] = []
        while "WATCHDOG=1" not in told:
            told += manager.recv(4096).decode().splitlines()
        assert told[0] == "READY=1"
        assert process.end(signal.SIGTERM) == 0
        while "STOPPING=1" not in told:
            told += manager.recv(4096).decode().splitlines()


HANGING_DRIVER = '''
"""A third party's driver that hangs for ever at its second reading."""
import threading
from hardware.api import Channel, DriverSpec, Params, Sample, Unit, WireKind


class Hanging:
    reads = 0

    def read(self):
        self.reads += 1
        if self.reads > 1:
            threading.Event().wait()
        return [Sample("temperature", 25.0)]

    def close(self):
        pass


DRIVER = DriverSpec(
    name="hanging",
    summary="hangs",
    wire=WireKind.HWMON,
    kind="sensor",
    params=Params,
    open=lambda request: Hanging(),
    channels=lambda params: (Channel("temperature", Unit.CELSIUS, -55.0, 125.0, "temperature"),),
)


def attach(wire, params, place):
    pass
'''


@pytest.fixture
def hanging(tmp_path: Path) -> dict[str, Any]:
    """A configuration with a driver that hangs, which is installed in the folder of the test."""
    (tmp_path / "hanging.py").write_text(HANGING_DRIVER)
    info = tmp_path / "hanging-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: hanging\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[alimante.drivers]\nhanging = hanging:DRIVER\n[alimante.chips]\nhanging = hanging:attach\n"
    )
    stuck = {"driver": "hanging", "wire": "soc", "poll_s": 1.0, "stale_after_s": 2.5, "lost_after_s": 4.0}
    devices = {**CONFIG["devices"], "stuck": stuck}
    del devices["processor"]
    return {**CONFIG, "devices": devices}


def test_a_driver_that_hangs_for_ever_costs_its_wire_only_and_not_the_stop(tmp_path: Path, hanging: dict[str, Any]):
    def seconds_to_stop() -> float:
        process = Process(tmp_path, hanging, PYTHONPATH=str(tmp_path))
        observer = Observer(process.port)
        try:
            assert observer.wait_for("sensor/stuck/temperature/state")["value"] == 25.0
            assert observer.wait_for("sensor/stuck/temperature/state", value=None)["quality"] == "unknown"
            first = observer.wait_for("sensor/warm_probe/temperature/state")["seq"]
            assert observer.wait_for("sensor/warm_probe/temperature/state", seq=first + 2)["value"] is not None
            observer.publish("actuator/heater/set", "ON")
            observer.wait_for("actuator/heater/state", value="ON")
            began_s = time.monotonic()
            process.process.send_signal(signal.SIGTERM)
            assert process.process.wait(PATIENCE_S) == 0  # it does not wait for the driver, which never comes back
            return time.monotonic() - began_s
        finally:
            observer.close()
            if process.process.poll() is None:
                process.end(signal.SIGKILL)

    assert least(STOPPED_WITHIN_S, seconds_to_stop) < STOPPED_WITHIN_S
