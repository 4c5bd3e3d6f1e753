import asyncio

import pytest

from alimante.config.monitoring import LimitKeys, MonitoringKeys
from alimante.core.bus import EventBus
from alimante.core.clock import ManualClock
from alimante.core.events import (
    CommandFinished,
    CommandReceived,
    ConditionChanged,
    Level,
    Outcome,
    Quality,
    ReadingMissed,
    ReadingTaken,
)
from alimante.core.tasks import Tasks
from alimante.io.worker import InlineWorker
from alimante.services.monitoring import ALWAYS_TOLD, BASELINE_AFTER_S, MOST_COMMANDS, Monitoring
from alimante.simulation.virtual_time import run_virtual
from tests.unit.fakes import FarComputer, heard


class Node:
    def __init__(self, clock, computer, **gauges):
        self.bus = EventBus()
        self.told = heard(self.bus, ConditionChanged)
        self.exhausted = []
        self.monitoring = Monitoring(
            MonitoringKeys(),
            facts=computer,
            gauges=gauges,
            worker=InlineWorker("system", clock=clock, on_wedged=lambda wedged, reason: None),
            bus=self.bus,
            clock=clock,
            tasks=Tasks(self.died),
            on_exhaustion=self.exhausted.append,
        )

    def died(self, name, error):
        raise AssertionError(name) from error

    def conditions(self):
        return [(event.component, event.condition, event.level) for event in self.told]


def command(device, name, clock):
    expires_s = clock.mono() + 30
    return CommandReceived(id=name, device=device, value=1.0, source="test", expires_s=expires_s, ttl_s=60.0)


def finished(device, name):
    return CommandFinished(id=name, device=device, outcome=Outcome.APPLIED, reason="", value=1.0)


def story(tell):
    clock = ManualClock()
    run_virtual(tell(clock), clock)


def test_f142_under_voltage_is_told_within_a_minute_and_over_when_it_is_over():
    async def tell(clock):
        computer = FarComputer(under_voltage=0.0, throttled=0.0)
        node = Node(clock, computer)
        await node.monitoring.start()
        await asyncio.sleep(30)
        assert node.conditions() == []
        computer.facts["under_voltage"] = 1.0
        await asyncio.sleep(60)
        assert node.conditions() == [("system", "under_voltage", Level.WARNING)]
        assert "power supply" in node.told[0].advice
        computer.facts["under_voltage"] = 0.0
        await asyncio.sleep(60)
        assert node.conditions()[1:] == [("system", "under_voltage", Level.CLEAR)]
        await node.monitoring.stop()

    story(tell)


def test_f143_a_hot_processor_is_a_warning_and_a_hotter_one_critical():
    async def tell(clock):
        computer = FarComputer(soc_temperature_c=70.0)
        node = Node(clock, computer)
        await node.monitoring.start()
        for temperature_c, wait_s in ((85.0, 60), (90.0, 60), (84.0, 60), (80.0, 60)):
            computer.facts["soc_temperature_c"] = temperature_c
            await asyncio.sleep(wait_s)
        levels = [level for _, _, level in node.conditions()]
        assert levels == [Level.WARNING, Level.CRITICAL, Level.WARNING, Level.CLEAR]
        await node.monitoring.stop()

    story(tell)


def test_f133_a_leak_is_told_and_then_a_restart_is_asked_for_once():
    async def tell(clock):
        computer = FarComputer(process_memory_percent=40.0)
        node = Node(clock, computer)
        await node.monitoring.start()
        for percent in range(40, 100):
            computer.facts["process_memory_percent"] = float(percent)
            await asyncio.sleep(60)
        assert node.conditions() == [
            ("process", "process_memory_percent", Level.WARNING),
            ("process", "process_memory_percent", Level.CRITICAL),
        ]
        assert len(node.exhausted) == 1
        await node.monitoring.stop()

    story(tell)


def test_f043_tasks_that_pile_up_are_told_within_ten_minutes():
    async def tell(clock):
        node = Node(clock, FarComputer())
        await node.monitoring.start()
        await asyncio.sleep(BASELINE_AFTER_S + 20)
        left = [asyncio.create_task(asyncio.sleep(1e6)) for _ in range(20)]
        await asyncio.sleep(600)
        assert node.conditions() == [("process", "tasks_growth", Level.WARNING)]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await asyncio.sleep(60)
        assert node.conditions()[1:] == [("process", "tasks_growth", Level.CLEAR)]
        await node.monitoring.stop()

    story(tell)


def test_the_usual_number_of_tasks_is_no_leak():
    async def tell(clock):
        node = Node(clock, FarComputer())
        await node.monitoring.start()
        await asyncio.sleep(86400)
        assert node.conditions() == []
        await node.monitoring.stop()

    story(tell)


def test_the_export_has_what_is_known_and_forgets_what_is_old():
    async def tell(clock):
        computer = FarComputer(load_1m=1.0, soc_clock_hz=1e9)
        node = Node(clock, computer, outbox_waiting=lambda: 3)
        await node.monitoring.start()
        await asyncio.sleep(15)
        computer.facts = {"load_1m": 2.0}
        await asyncio.sleep(10)
        load = node.monitoring.export()["metrics"]["load_1m"]
        assert (load["min"], load["max"], load["value"], load["count"]) == (1.0, 2.0, 2.0, 3)
        assert node.monitoring.export()["metrics"]["outbox_waiting"]["value"] == 3
        assert "soc_clock_hz" in node.monitoring.export()["metrics"]
        await asyncio.sleep(3700)
        assert "soc_clock_hz" not in node.monitoring.export()["metrics"]
        await node.monitoring.stop()

    story(tell)


def test_readings_are_counted_with_how_long_they_took():
    async def tell(clock):
        node = Node(clock, FarComputer())
        await node.monitoring.start()
        await asyncio.sleep(1)
        for late_s in (0.1, 0.3):
            taken = ReadingTaken(
                device="a",
                channel="b",
                value=1.0,
                unit="°C",
                quality=Quality.GOOD,
                measured_s=clock.mono() - late_s,
                seq=1,
            )
            node.bus.publish(taken)
        node.bus.publish(ReadingMissed(device="a", channel="b", unit="°C", reason="r", at_s=0.0, seq=2))
        await asyncio.sleep(10)
        export = node.monitoring.export()
        told = {name: count for name, count in export["counts"].items() if count}
        assert told == {"readings_missed": 1, "readings_taken": 2}
        assert export["metrics"]["read_latency_mean_s"]["value"] == pytest.approx(0.2)
        assert export["metrics"]["read_latency_max_s"]["value"] == pytest.approx(0.3)
        await node.monitoring.stop()

    story(tell)


def test_repairs_and_failures_that_did_not_happen_are_told_as_none():
    async def tell(clock):
        counts = Node(clock, FarComputer()).monitoring.export()["counts"]
        assert counts == dict.fromkeys(ALWAYS_TOLD, 0)
        assert "recoveries_succeeded" in counts

    story(tell)


def test_commands_are_counted_with_how_long_they_took():
    async def tell(clock):
        node = Node(clock, FarComputer())
        await node.monitoring.start()
        for took_s in (0.5, 1.5):
            node.bus.publish(command("fan", "1", clock))
            node.bus.publish(command("light", "1", clock))  # ends never
            await asyncio.sleep(took_s)
            node.bus.publish(finished("fan", "1"))
            node.bus.publish(finished("fan", "unheard of"))
        await asyncio.sleep(10)
        export = node.monitoring.export()
        assert export["counts"]["commands_applied"] == 4
        assert export["metrics"]["command_latency_mean_s"]["value"] == pytest.approx(1.0)
        assert export["metrics"]["command_latency_max_s"]["value"] == pytest.approx(1.5)
        await node.monitoring.stop()

    story(tell)


def test_of_a_flood_of_commands_that_never_end_only_the_last_ones_are_remembered():
    async def tell(clock):
        node = Node(clock, FarComputer())
        await node.monitoring.start()
        for number in range(10 * MOST_COMMANDS):
            node.bus.publish(command("fan", str(number), clock))
        node.bus.publish(finished("fan", "0"))
        node.bus.publish(finished("fan", str(9 * MOST_COMMANDS)))
        await asyncio.sleep(10)
        assert node.monitoring.export()["counts"]["commands_applied"] == 2
        assert node.monitoring.export()["metrics"]["command_latency_max_s"]["count"] == 1
        await node.monitoring.stop()

    story(tell)


def test_a_computer_that_tells_nothing_costs_nothing_else():
    async def tell(clock):
        computer = FarComputer()
        computer.fault = RuntimeError("defect")
        node = Node(clock, computer, outbox_waiting=lambda: 3)
        await node.monitoring.start()
        await asyncio.sleep(100)
        assert computer.looks == 11 - 1
        assert node.monitoring.export()["metrics"]["outbox_waiting"]["count"] == 10
        await node.monitoring.stop()

    story(tell)


@pytest.mark.parametrize(("enter", "over"), [(10.0, None), (None, 5.0), (5.0, 5.0)])
def test_half_a_limit_is_refused(enter, over):
    with pytest.raises(ValueError, match="limit"):
        LimitKeys(warning=enter, warning_over=over)
