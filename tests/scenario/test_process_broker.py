"""The supervisor as a real process at a real broker that dies, as somebody sees it who commands an output."""

import json
import signal
import time
from itertools import pairwise
from pathlib import Path

import pytest

from tests.conftest import NewMosquitto
from tests.scenario.test_process import CONFIG, Process
from tests.scenario.test_process import Observer as Watcher

pytestmark = pytest.mark.real

ANSWER_S = 30.0


@pytest.mark.slow
def test_f078_over_ten_seconds_without_a_broker_states_stay_in_order_and_a_command_arrives_or_is_refused(
    tmp_path: Path, new_mosquitto: NewMosquitto
):
    broker = new_mosquitto(persistent=True)
    process = Process(tmp_path, {**CONFIG, "mqtt": {"host": broker.host, "port": broker.port}})
    watcher = Watcher(broker.port)
    wanted: list[str] = []
    shown: list[str] = []

    def command(number: int) -> None:
        wanted.append("ON" if number % 2 else "OFF")
        text = json.dumps({"id": str(number), "value": wanted[-1]})
        watcher._client.publish("alimante/demo/actuator/heater/set", text, qos=1)

    def outcome(number: int) -> str:
        """Of one command; what is shown of the output until then is kept."""
        while True:
            topic, payload, retained = watcher._arrived.get(timeout=ANSWER_S)
            if topic == "actuator/heater/state" and not retained:
                shown.append(json.loads(payload)["value"])
            if topic == "actuator/heater/ack" and json.loads(payload)["id"] == str(number):
                return str(json.loads(payload)["outcome"])

    try:
        watcher.wait_for("availability")
        for number in range(1, 20):
            command(number)
        assert outcome(19) in ("applied", "superseded")
        time.sleep(2.0)  # a real broker: it saves once a second who has subscribed
        broker.kill()
        command(20)
        time.sleep(10.0)  # a real broker: this is how long it is away
        broker.start()
        fate = outcome(20)
        assert fate in ("applied", "expired")
        command(21)
        command(22)
        command(23)
        assert outcome(23) == "applied"
        newcomer = Watcher(broker.port)
        assert newcomer.wait_for("actuator/heater/state")["value"] == wanted[-1]
        newcomer.close()
        left = iter(["OFF", *wanted])
        changes = [now for before, now in pairwise(["", *shown]) if now != before]
        assert all(value in left for value in changes), changes
    finally:
        watcher.close()
        process.end(signal.SIGKILL)
