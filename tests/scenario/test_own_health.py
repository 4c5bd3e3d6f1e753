"""The supervisor's health of itself and of its computer, and of what fails now and then, in virtual time."""

import asyncio
from dataclasses import replace
from pathlib import Path

from alimante.commands.sentences import of_health
from alimante.config.load import load
from alimante.core.events import AlertChanged, ConditionChanged, HealthChanged, Level
from alimante.policy.checkup import Kind
from alimante.simulation.broker import MemoryBroker
from hardware.errors import NoAnswer
from hardware.sim.settings import PlantSettings
from tests.scenario.harness import HEATER, PROBE, config_of, run_supervisor

SHIPPED = Path(__file__).parents[2] / "config" / "simulated.json"
BUILT_IN = set(Kind) - {Kind.CUSTOM}


def link_to(broker):
    return lambda mqtt, will, use_v5: broker.link(will)


def told(run):
    """The alerts that people heard of, each as often as it became active anew."""
    begun = [event for event in run.seen(AlertChanged) if event.state == "active" and event.count == 1]
    return sorted({f"{event.component}/{event.condition}" for event in begun})


def test_the_shipped_configuration_has_checks_of_all_seven_kinds():
    shipped = load(SHIPPED, simulation_model=PlantSettings).config
    config = replace(shipped, mqtt=shipped.mqtt.model_copy(update={"embedded": False}))
    found = []

    async def tell(run):
        await asyncio.sleep(60)
        found.append(await run.supervisor.questions.answers()["health"]({}))

    run_supervisor(config, tell, link=link_to(MemoryBroker()))
    checks = [check for row in found[0]["components"].values() for check in row["checks"].values()]
    assert {check["kind"] for check in checks} >= BUILT_IN
    assert {check["health"] for check in checks if check["kind"] in ("system", "storage")} == {"HEALTHY"}
    said = "\n".join(of_health(found[0]))
    assert all(f"healthy, {kind}: " in said for kind in BUILT_IN)
    assert found[0]["components"]["system"]["optional"] is True
    assert found[0]["components"]["storage"]["optional"] is False


def test_a_computer_that_nobody_measures_is_unknown_and_only_a_warning_for_the_node():
    async def tell(run):
        await asyncio.sleep(62)  # between two measurements
        assert run.supervisor.health.health_of("system") == "HEALTHY"
        run.supervisor.ports.facts.fault = RuntimeError("a defect")
        await asyncio.sleep(25)  # three times 10 s are what a measurement lasts
        assert run.supervisor.health.health_of("system") == "HEALTHY"
        await asyncio.sleep(25)
        assert run.supervisor.health.health_of("system") == "UNKNOWN"
        await asyncio.sleep(600)
        assert run.supervisor.health.node() == "WARNING"
        report = await run.supervisor.questions.answers()["health"]({"component": "system"})
        assert "was not measured for" in report["checks"]["measured"]["text"]
        run.supervisor.ports.facts.fault = None
        await asyncio.sleep(120)
        assert run.supervisor.health.node() == "HEALTHY"

    run = run_supervisor(config_of(heater=HEATER), tell)
    assert told(run) == []


def test_a_disk_that_fills_up_is_one_alert_of_the_storage():
    async def tell(run):
        facts = run.supervisor.ports.facts
        facts.facts["disk_free_percent"] = 50.0
        await asyncio.sleep(60)
        assert run.supervisor.health.health_of("storage") == "HEALTHY"
        facts.facts["disk_free_percent"] = 2.0
        await asyncio.sleep(60)
        assert run.supervisor.health.health_of("storage") == "CRITICAL"
        assert run.supervisor.health.health_of("system") == "HEALTHY"
        facts.facts["disk_free_percent"] = 50.0
        await asyncio.sleep(900)
        assert run.supervisor.health.node() == "HEALTHY"

    run = run_supervisor(config_of(heater=HEATER), tell)
    assert told(run) == ["storage/disk_free_percent"]


def test_a_disk_that_takes_nothing_is_one_alert_and_critical_until_it_does():
    async def tell(run):
        run.supervisor.ports.files.fault = OSError(30, "Read-only file system")
        run.supervisor.store.changed(True)
        await asyncio.sleep(60)
        report = await run.supervisor.questions.answers()["health"]({"component": "storage"})
        assert report["health"] == "CRITICAL"
        assert "Read-only" in report["checks"]["saved"]["text"]
        run.supervisor.ports.files.fault = None
        await asyncio.sleep(900)
        assert run.supervisor.health.node() == "HEALTHY"

    run = run_supervisor(config_of(heater=HEATER), tell)
    assert told(run) == ["storage/state_not_saved"]


def loosen(run):
    """Have the probe fail in one third of the time, for as long as one poll, so that no repetition heals it."""
    handle = run.supervisor.sensors["warm_probe"]
    read = handle._measure

    def measure():
        if run.clock.mono() % 15.0 < 5.0:
            raise NoAnswer("planted: a loose plug")
        return read()

    handle._measure = measure


def test_a_probe_that_fails_in_each_third_reading_is_ill_and_told_of_by_one_alert_alone():
    async def tell(run):
        await asyncio.sleep(60)
        loosen(run)
        await asyncio.sleep(300)
        assert run.supervisor.health.health_of("warm_probe") == "WARNING"
        await asyncio.sleep(600)
        report = await run.supervisor.questions.answers()["health"]({"component": "warm_probe"})
        assert report["checks"]["errors"]["code"] == "fails_often"

    run = run_supervisor(config_of(warm_probe=PROBE), tell)
    assert told(run) == ["warm_probe/error_density"]


def test_an_outage_of_a_probe_is_told_by_those_who_see_it_and_not_again_when_it_is_over():
    async def tell(run):
        await asyncio.sleep(60)
        wire = run.wire("probes")
        files = {path: file for path, file in wire._files.items() if path.startswith(PROBE["address"])}
        wire.remove(PROBE["address"])
        await asyncio.sleep(400)
        wire._files.update(files)
        await asyncio.sleep(1500)
        assert run.supervisor.health.health_of("warm_probe") == "HEALTHY"

    run = run_supervisor(config_of(warm_probe=PROBE), tell)
    assert "warm_probe/lost" in told(run)
    assert run.seen(ConditionChanged, condition="errors") == []


def test_hours_without_faults_have_no_word_of_errors_or_of_the_computer():
    async def tell(run):
        await asyncio.sleep(3 * 3600)

    run = run_supervisor(config_of(heater=HEATER), tell)
    assert [event for event in run.seen(ConditionChanged) if event.level is not Level.CLEAR] == []
    assert [event.new for event in run.seen(HealthChanged, component="node")] == ["HEALTHY"]
