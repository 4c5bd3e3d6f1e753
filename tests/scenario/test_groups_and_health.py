"""Probes that drift, lie or die: what their group goes on to say, and how health tells it and forgives."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import pytest

from alimante.config.build import build
from alimante.config.model import Config
from alimante.core.events import ConditionChanged, GroupJudged, HealthChanged, Level, Quality, ReadingTaken
from alimante.policy.health import Health
from alimante.services.health import HealthService
from alimante.services.health_checks import device_checks
from hardware.board import GENERIC
from tests.scenario.harness import PROBE, WIRES, Run, run_supervisor

ADDRESSES = {f"p{n}": f"28-00000000000{n}" for n in (1, 2, 3)}
SECOND = {**PROBE, "address": "28-0316a2795bf0", "zone": "cool"}


def config(devices: dict[str, Any], **more: Any) -> Config:
    document = {
        "version": 1,
        "node": {"id": "test"},
        "mqtt": {"host": "127.0.0.1"},
        "wires": WIRES,
        "devices": devices,
        **more,
    }
    built = build(document, board=GENERIC)
    assert built.config is not None, built.errors
    return built.config


def three(poll_s: float = 5.0) -> Config:
    devices = {name: {**PROBE, "address": address, "poll_s": poll_s} for name, address in ADDRESSES.items()}
    return config(devices, groups={"warm": {"members": list(ADDRESSES), "min_sensors": 2}})


def falsify(run: Run, probe: str, error_c: Callable[[float], float]) -> None:
    """Let the chip of `probe` be wrong by `error_c(seconds from now)` on its wire."""
    since_s = run.clock.mono()

    def read() -> str:
        wrong_c = run.truth.zones["warm"].temperature_c + error_c(run.clock.mono() - since_s)
        return f"{int(round(wrong_c * 16) / 16 * 1000)}\n"

    run.wire("probes").add(f"{ADDRESSES[probe]}/temperature", read=read)


def believed(run: Run) -> Any:
    return run.supervisor.readings.believed("warm")


def when_outlying(run: Run, probe: str, tolerance: float, samples: int) -> int:
    """The index of the event with which `probe` had been outside of its group for `samples` readings in a row."""
    values: dict[str, float] = {}
    streak = 0
    for index, event in enumerate(run.events):
        if isinstance(event, ReadingTaken):
            values[event.device] = event.value
            if event.device == probe:
                is_outside = abs(event.value - median(values.values())) > tolerance
                streak = streak + 1 if is_outside else 0
                if streak == samples:
                    return index
    raise AssertionError(f"{probe} was never outside for {samples} readings")


def test_f019_a_probe_that_drifts_is_ejected_within_three_samples_and_the_group_never_follows_it():
    async def story(run: Run) -> None:
        await asyncio.sleep(60)
        falsify(run, "p3", lambda age_s: 1.0 * age_s / 3600)
        for _ in range(165):
            await asyncio.sleep(36)
            assert believed(run).value == pytest.approx(run.truth.zones["warm"].temperature_c, abs=0.6)
            assert believed(run).quality is Quality.GOOD

    run = run_supervisor(three(poll_s=20.0), story)
    outlying = when_outlying(run, "p3", 1.5, 3)
    ejection = next(i for i, e in enumerate(run.events) if isinstance(e, GroupJudged) and e.ejected)
    assert run.events[ejection].ejected == ("p3.temperature",)
    assert outlying < ejection <= outlying + 2
    told = run.seen(ConditionChanged, component="warm")
    assert [(event.condition, event.level) for event in told] == [("member_ejected", Level.WARNING)]


def test_a_probe_that_is_suddenly_wrong_is_outvoted_at_once_and_ejected_soon():
    async def story(run: Run) -> None:
        await asyncio.sleep(60)
        falsify(run, "p2", lambda age_s: -8.0)
        for _ in range(60):
            await asyncio.sleep(2)
            assert believed(run).value == pytest.approx(run.truth.zones["warm"].temperature_c, abs=0.6)
        ejected = run.seen(GroupJudged, ejected=("p2.temperature",))
        assert ejected
        assert believed(run).lowest == pytest.approx(run.truth.zones["warm"].temperature_c - 8.0, abs=0.6)

    run_supervisor(three(), story)


def test_with_fewer_probes_than_wanted_nothing_is_believed_until_one_is_back():
    async def story(run: Run) -> None:
        await asyncio.sleep(60)
        files = {name: run.wire("probes").read(f"{ADDRESSES[name]}/temperature") for name in ("p2", "p3")}
        for name in files:
            run.wire("probes").remove(f"{ADDRESSES[name]}/temperature")
        await asyncio.sleep(45)
        assert believed(run).quality is Quality.UNKNOWN
        assert run.seen(ConditionChanged, component="warm", condition="too_few_sensors", level=Level.CRITICAL)
        falsify(run, "p2", lambda age_s: 0.0)
        await asyncio.sleep(30)
        assert believed(run).quality is Quality.GOOD
        assert run.seen(ConditionChanged, component="warm", condition="too_few_sensors")[-1].level is Level.CLEAR

    run_supervisor(three(), story)


PAIR = config({"warm_probe": PROBE, "cool_probe": SECOND})


@dataclass
class Watch:
    """The health service of a run, and when each component reached each health, in seconds of the run's clock."""

    service: HealthService | None = None
    reached: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def before(self, run: Run) -> None:
        def note(event: HealthChanged) -> None:
            self.reached.setdefault((event.component, event.new), []).append(run.clock.mono())

        run.supervisor.bus.subscribe(HealthChanged, note)
        self.service = getattr(run.supervisor, "health", None) or self._added(run.supervisor)

    def _added(self, supervisor: Any) -> HealthService:
        keys, clock = supervisor.config.health, supervisor.ports.clock
        service = HealthService(
            keys, bus=supervisor.bus, clock=clock, tasks=supervisor._tasks(), refusal=supervisor.gate.refusal
        )
        outputs = {name: output.handle for name, output in supervisor.gate.outputs.items()}
        believed = supervisor.readings.believed
        service.add_checks(
            device_checks(supervisor.sensors, outputs, believed=believed, now=clock.mono, period_s=keys.period_s)
        )
        supervisor.lifecycle.add(service)
        return service


def healths(run: Run, component: str) -> list[str]:
    return [event.new for event in run.seen(HealthChanged, component=component)]


def test_a_dead_probe_is_critical_within_30_s_and_its_return_is_healed_within_120_s_and_told_once():
    watch = Watch()

    async def story(run: Run) -> None:
        await asyncio.sleep(62)
        assert healths(run, "warm_probe") == ["HEALTHY"]
        wire = run.wire("probes")
        attributes = {name: file for name, file in wire._files.items() if name.startswith(PROBE["address"])}
        wire.remove(PROBE["address"])
        died_s = run.clock.mono()
        await asyncio.sleep(600)
        assert watch.reached["warm_probe", "CRITICAL"][0] - died_s < 30
        assert watch.reached["node", "CRITICAL"][0] - died_s < 30
        assert "pull-up" in next(e.advice for e in run.seen(HealthChanged, component="warm_probe", new="CRITICAL"))
        wire._files.update(attributes)
        back_s = run.clock.mono()
        await asyncio.sleep(600)
        assert watch.reached["warm_probe", "HEALTHY"][-1] - back_s <= 120
        assert watch.reached["node", "HEALTHY"][-1] - back_s <= 120

    run = run_supervisor(PAIR, story, before=watch.before)
    assert healths(run, "warm_probe") == ["HEALTHY", "WARNING", "CRITICAL", "WARNING", "HEALTHY"]
    assert healths(run, "cool_probe") == ["HEALTHY"]


def test_a_wire_that_is_gone_explains_its_probes_and_heals_within_120_s():
    watch = Watch()

    async def story(run: Run) -> None:
        await asyncio.sleep(62)
        run.wire("probes").vanish(True)
        gone_s = run.clock.mono()
        await asyncio.sleep(120)
        assert watch.reached["probes", "CRITICAL"][0] - gone_s < 30
        assert watch.service is not None
        report = watch.service.report()["components"]
        assert (report["warm_probe"]["health"], report["warm_probe"]["cause"]) == ("UNKNOWN", "probes")
        assert "dtoverlay=w1-gpio" in report["probes"]["checks"]["wire"]["advice"]
        run.wire("probes").vanish(False)
        back_s = run.clock.mono()
        await asyncio.sleep(300)
        assert watch.reached["node", "HEALTHY"][-1] - back_s <= 120

    run_supervisor(PAIR, story, before=watch.before)


def test_i15_health_is_never_healthy_without_fresh_evidence(mocker):
    watch = Watch()

    async def story(run: Run) -> None:
        await asyncio.sleep(62)
        for handle in run.supervisor.sensors.values():
            mocker.patch.object(handle, "read")
        await asyncio.sleep(30)  # a reading is stale after 15 s, and two looks see that after another 10 s
        assert watch.service is not None
        assert Health.HEALTHY not in (watch.service.health_of("warm_probe"), watch.service.node())
        await asyncio.sleep(30)
        assert watch.service.health_of("warm_probe") is Health.CRITICAL
        assert watch.service.node() is Health.CRITICAL

    run_supervisor(PAIR, story, before=watch.before)
