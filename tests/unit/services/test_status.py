"""What `status` and `why` say, in the shapes that others parse."""

import json
import math

import pytest
from fakes import HUMIDITY, TEMPERATURE, FarOutput, FarSensor, a_sensor, an_actuator, raising

from alimante.core.bus import EventBus
from alimante.core.clock import ManualClock
from alimante.core.states import NODE, NodeState, Tracked
from alimante.core.tasks import Tasks
from alimante.io.handle import ActuatorHandle, SensorHandle
from alimante.io.worker import InlineWorker
from alimante.policy.health import Health
from alimante.safety.gate import Gate
from alimante.services.readings import Readings
from alimante.services.status import Reports, Status
from alimante.simulation.virtual_time import run_virtual
from hardware.api import Range, Sample, Unit
from hardware.errors import NoAnswer

DIMMER = Range(0.0, 100.0, Unit.PERCENT, 0.0, 100.0)


class Healths:
    """What the health service says, by component; of others it knows nothing."""

    def __init__(self):
        self.found = {}
        self.causes = {}

    def node(self):
        return self.found.get("node", Health.UNKNOWN)

    def report(self):
        return {"components": {name: self._shown(name) for name in self.found if name != "node"}}

    def answers(self):
        return {"live": {"ok": True, "reasons": []}}

    def _shown(self, name):
        is_well = self.found[name] is Health.HEALTHY
        reason, advice = ("", "") if is_well else (f"{name} is ill", f"look after {name}")
        return {
            "health": self.found[name].value,
            "reason": reason,
            "advice": advice,
            "cause": self.causes.get(name, ""),
        }


class Bench:
    """A node with sensors and outputs, in virtual time."""

    def __init__(self, sensors=(), outputs=(), disabled=None):
        self.clock = ManualClock()
        self.bus = EventBus()
        self.healths = Healths()
        self.alerts = []
        self.groups, self.controllers, self.time = {}, {}, {"believed": True, "local": "2026-01-31T12:00:00+01:00"}
        self.node = Tracked(NodeState.STARTING, NODE, lambda *change: None)
        self.far = {device.id: FarSensor() for device in sensors}
        self.far |= {device.id: FarOutput(self.clock.mono) for device in outputs}
        self._sensors, self._outputs, self._disabled = sensors, outputs, disabled or {}

    def run(self, main):
        async def with_status():
            worker = InlineWorker("gpio", clock=self.clock, on_wedged=lambda *told: None)

            def handles(kind, devices):
                return {
                    device.id: kind(device, wire=self.far[device.id], worker=worker, clock=self.clock, bus=self.bus)
                    for device in devices
                }

            self.sensors = handles(SensorHandle, self._sensors)
            self.gate = Gate(handles(ActuatorHandle, self._outputs), bus=self.bus, now=self.clock.mono)
            self.readings = Readings(self.sensors, bus=self.bus, clock=self.clock, tasks=Tasks(lambda *failed: None))
            await self.readings.start()
            self.reports = Reports(
                alerts=lambda: self.alerts,
                groups=lambda: self.groups,
                controllers=lambda: self.controllers,
                errors=lambda: 7,
                time=lambda: self.time,
            )
            self.status = Status(
                node=self.node,
                sensors=self.sensors,
                believed=self.readings.believed,
                gate=self.gate,
                health=self.healths,
                reports=self.reports,
                disabled=self._disabled,
                clock=self.clock,
                boot_id="00ff",
                version="0.1.0",
            )
            await main()
            await self.readings.stop()

        run_virtual(with_status(), self.clock)

    def full(self):
        """The report, as its reader gets it: it must be strict JSON."""
        report = self.status.full()
        assert json.loads(json.dumps(report, allow_nan=False)) == report
        return report


def test_the_keys_that_others_parse_are_there_with_their_types():
    bench = Bench([a_sensor()], [an_actuator()])

    async def main():
        report = bench.full()
        shape = {"state": str, "health": str, "armed": bool, "uptime_s": float, "version": str, "boot_id": str}
        assert {key: type(report[key]) for key in shape} == shape
        assert report["alerts"] == []
        assert set(report["devices"]) == {"probe", "heater"}
        for device in report["devices"].values():
            assert {"state", "health", "value"} <= set(device)

    bench.run(main)


def test_nothing_heard_yet_is_unknown_and_never_healthy():
    bench = Bench([a_sensor()], [an_actuator()])

    async def main():
        report = bench.full()
        assert report["health"] == "UNKNOWN"
        assert report["armed"] is False
        assert "heater" in report["not_armed_because"]
        probe, heater = report["devices"]["probe"], report["devices"]["heater"]
        assert (probe["state"], probe["health"], probe["value"]) == ("unknown", "UNKNOWN", None)
        assert (heater["state"], heater["health"], heater["value"]) == ("unknown", "UNKNOWN", None)

    bench.run(main)


def test_a_node_whose_devices_all_answer_is_healthy_and_armed():
    bench = Bench([a_sensor()], [an_actuator()])

    async def main():
        bench.node.move(NodeState.RUNNING)
        bench.healths.found = dict.fromkeys(("node", "probe", "heater"), Health.HEALTHY)
        await bench.sensors["probe"].read()
        bench.gate.make_safe("start", "every output starts safe")
        bench.clock.advance(12.34)
        report = bench.full()
        assert (report["state"], report["health"], report["armed"]) == ("running", "HEALTHY", True)
        assert report["not_armed_because"] == ""
        assert report["uptime_s"] == 12.3
        assert report["time_synced"] is True
        assert report["time_believed"] is True
        assert report["local_time"] == "2026-01-31T12:00:00+01:00"
        assert report["answers"]["live"]["ok"] is True
        assert report["counts"] == {
            "devices": 2,
            "unknown": 0,
            "online": 2,
            "offline": 0,
            "disabled": 0,
            "alerts": 0,
            "alerts_critical": 0,
            "alerts_acknowledged": 0,
            "errors": 7,
        }
        assert report["devices"]["heater"] == {
            "kind": "actuator",
            "name": "heater",
            "state": "online",
            "health": "HEALTHY",
            "health_reason": "",
            "advice": "",
            "value": "OFF",
            "commanded": "OFF",
            "source": "start",
            "reason": "every output starts safe",
            "until_s": None,
            "limited_by": "",
            "limited_because": "",
            "latched": False,
            "trip": "",
            "learned": None,
        }
        assert report["devices"]["probe"]["channels"] == {
            "temperature": {"value": 21.5, "unit": "°C", "quality": "good", "reasons": [], "age_s": 12.3}
        }

    bench.run(main)


def test_one_channel_is_the_value_and_several_are_values_by_name():
    bench = Bench([a_sensor("one"), a_sensor("two", channels=(TEMPERATURE, HUMIDITY))])
    bench.far["two"].answer = lambda sleep: [Sample("temperature", 20.0), Sample("humidity", 55.0)]

    async def main():
        for handle in bench.sensors.values():
            await handle.read()
        devices = bench.full()["devices"]
        assert devices["one"]["value"] == 21.5
        assert devices["two"]["value"] == {"temperature": 20.0, "humidity": 55.0}

    bench.run(main)


def test_a_missed_reading_leaves_the_last_value_with_its_age_until_it_is_lost():
    bench = Bench([a_sensor()])

    async def main():
        await bench.sensors["probe"].read()
        bench.far["probe"].answer = raising(NoAnswer("nobody answers at 0x44"))
        bench.clock.advance(14.0)
        await bench.sensors["probe"].read()
        probe = bench.full()["devices"]["probe"]
        assert (probe["state"], probe["value"]) == ("offline", 21.5)
        assert probe["reason"] == "nobody answers at 0x44"
        bench.clock.advance(2.0)
        assert bench.full()["devices"]["probe"]["channels"]["temperature"]["quality"] == "suspect"
        bench.clock.advance(14.0)
        probe = bench.full()["devices"]["probe"]
        assert probe["value"] is None
        assert probe["channels"]["temperature"] == {
            "value": None,
            "unit": "°C",
            "quality": "unknown",
            "reasons": ["the last reading is older than 30 s"],
            "age_s": None,
        }

    bench.run(main)


def test_a_bad_value_is_never_shown_as_what_is_believed():
    bench = Bench([a_sensor()])
    bench.far["probe"].answer = lambda sleep: [Sample("temperature", 400.0)]

    async def main():
        await bench.sensors["probe"].read()
        channel = bench.full()["devices"]["probe"]["channels"]["temperature"]
        assert (channel["value"], channel["quality"]) == (None, "unknown")

    bench.run(main)


def test_a_disabled_device_is_told_with_its_reason():
    bench = Bench([a_sensor()], disabled={"exotic": "driver 'exotic' cannot be imported"})

    async def main():
        bench.healths.found = {"exotic": Health.WARNING}
        await bench.sensors["probe"].read()
        report = bench.full()
        assert report["devices"]["exotic"] == {
            "state": "disabled",
            "health": "WARNING",
            "health_reason": "exotic is ill",
            "advice": "look after exotic",
            "value": None,
            "reason": "driver 'exotic' cannot be imported",
        }
        assert report["counts"]["disabled"] == 1

    bench.run(main)


def test_an_output_of_a_range_is_a_number_and_an_unknown_one_is_null():
    bench = Bench(outputs=[an_actuator("lamp", accepts=DIMMER)])
    bench.far["lamp"].fault, bench.far["lamp"].lie = "lie", math.nan

    async def main():
        bench.gate.make_safe("start", "begin")
        lamp = bench.full()["devices"]["lamp"]
        assert (lamp["value"], lamp["commanded"], lamp["state"]) == (None, 0.0, "offline")
        bench.far["lamp"].fault = ""
        bench.gate.make_safe("start", "again")
        assert bench.full()["devices"]["lamp"]["value"] == 0.0

    bench.run(main)


def test_i15_health_without_devices_is_unknown():
    bench = Bench()

    async def main():
        assert bench.full()["health"] == "UNKNOWN"

    bench.run(main)


def test_troubles_are_told_the_worst_first_without_what_others_explain():
    bench = Bench()

    async def main():
        bench.healths.found = {
            "a": Health.HEALTHY,
            "b": Health.WARNING,
            "c": Health.UNKNOWN,
            "d": Health.CRITICAL,
            "e": Health.UNKNOWN,
        }
        bench.healths.causes = {"e": "d"}
        troubles = bench.full()["troubles"]
        assert [trouble["component"] for trouble in troubles] == ["d", "c", "b"]
        assert troubles[0] == {
            "component": "d",
            "health": "CRITICAL",
            "reason": "d is ill",
            "advice": "look after d",
        }

    bench.run(main)


def test_alerts_are_counted_and_groups_and_controllers_are_told():
    bench = Bench()

    async def main():
        bench.alerts = [
            {"level": "critical", "state": "active"},
            {"level": "critical", "state": "acknowledged"},
            {"level": "warning", "state": "active"},
        ]
        bench.groups, bench.controllers = {"warm": {"value": 28.0}}, {"warmth": {"target": 30.0}}
        report = bench.full()
        counts = report["counts"]
        assert (counts["alerts"], counts["alerts_critical"], counts["alerts_acknowledged"]) == (3, 2, 1)
        assert (report["groups"], report["controllers"]) == (bench.groups, bench.controllers)
        assert report["alerts"] == bench.alerts

    bench.run(main)


def test_maintenance_is_told_with_the_time_that_is_left():
    bench = Bench(outputs=[an_actuator()])

    async def main():
        assert bench.full()["maintenance_s"] is None
        bench.gate.maintain(600.0)
        bench.clock.advance(60.0)
        assert bench.full()["maintenance_s"] == 540.0

    bench.run(main)


def test_what_is_no_device_is_a_key_error():
    bench = Bench([a_sensor()])

    async def main():
        with pytest.raises(KeyError):
            bench.status.device("ghost")

    bench.run(main)
