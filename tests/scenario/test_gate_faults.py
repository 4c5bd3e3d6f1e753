"""What the output gate does when things go wrong, by the true state of the plant and never by what a sensor says."""

import asyncio
from contextlib import contextmanager

import pytest

from alimante.core.events import (
    CommandFinished,
    CommandReceived,
    ConditionChanged,
    Level,
    Outcome,
    OutputChanged,
    SafetyActed,
)
from hardware.errors import TransferError
from tests.scenario.harness import HEATER, PROBE, READY_S, Run, config_of, run_supervisor

SWITCH = {"driver": "relay", "wire": "pins", "active_high": True, "safe_value": "off", "zone": "warm"}
SECOND_HEATER = {**HEATER, "pin": 18}
MISTER = {**SWITCH, "pin": 27, "role": "mister"}
COOLER = {**SWITCH, "pin": 22, "role": "cooler"}
LAMP = {**SWITCH, "pin": 23, "role": "light"}
CUTOFF = {**SWITCH, "pin": 5, "role": "cutoff"}
UNWATCHED = {**HEATER, "verify": {"enabled": False}}
HALF_AN_HOUR_S = 1800.0


def fraction(run: Run, load: str) -> float:
    """What the actuator really does."""
    return run.truth.loads[load].fraction


async def until_off(run: Run, load: str, *, within_s: float) -> float:
    """Wait until it is really off; returns after how many seconds."""
    begun_s = run.clock.mono()
    while fraction(run, load) > 0:
        assert run.clock.mono() - begun_s <= within_s, f"{load} is still on after {within_s} s"
        await asyncio.sleep(0.1)
    return run.clock.mono() - begun_s


async def demand(run: Run, device: str, value: float, *, for_s: float) -> None:
    """Wish for `value` once a second, as controllers do."""
    end_s = run.clock.mono() + for_s
    while run.clock.mono() < end_s:
        run.supervisor.gate.demand(device, value, source="test", reason="a test wants it")
        await asyncio.sleep(1.0)


def levels(run: Run, device: str, condition: str) -> list[Level]:
    return [event.level for event in run.seen(ConditionChanged, component=device, condition=condition)]


@contextmanager
def refusing(run: Run, line: int):
    """Every write to a line fails, and so does claiming it anew; what it drives stays on."""
    wire = run.wire("pins")
    write, claim = wire.write, wire.claim_output

    def fail(number: int) -> None:
        if number == line:
            raise TransferError(f"GPIO {line}: input/output error")

    def failing_write(number, level):
        fail(number)
        write(number, level)

    def failing_claim(number, *, level):
        fail(number)
        claim(number, level=level)

    wire.write, wire.claim_output = failing_write, failing_claim
    wire.drive(line, True)
    try:
        yield
    finally:
        wire.write, wire.claim_output = write, claim
        wire.drive(line, None)


def test_f001_f002_a_heater_whose_sensor_is_lost_goes_off_and_comes_back_by_itself():
    async def story(run: Run) -> None:
        wanted = asyncio.ensure_future(demand(run, "heater", 1.0, for_s=900.0))
        await asyncio.sleep(READY_S + 5.0)
        assert fraction(run, "heater") == 1.0
        run.wire("probes").vanish(True)
        assert await until_off(run, "heater", within_s=35.0) <= 35.0
        await asyncio.sleep(300.0)
        assert fraction(run, "heater") == 0.0
        run.wire("probes").vanish(False)
        back_s = run.clock.mono()
        while fraction(run, "heater") == 0.0:
            assert run.clock.mono() - back_s <= 30.0
            await asyncio.sleep(0.5)
        assert run.clock.mono() - back_s > 10.0, "one good reading proves nothing"
        wanted.cancel()

    run = run_supervisor(config_of(heater=UNWATCHED), story)
    (lost,) = run.seen(SafetyActed, device="heater", action="forced_safe", cause="no_evidence")
    assert "warm_probe.temperature is not known" in lost.text
    assert levels(run, "heater", "no_evidence") == [Level.WARNING, Level.CLEAR] * 2  # before the first reading, too
    (told,) = {event.cause for event in run.seen(ConditionChanged, condition="no_evidence", level=Level.WARNING)}
    assert told == "warm_probe"


def test_f056_an_off_that_fails_opens_the_safety_relay_and_is_tried_again_every_second():
    async def story(run: Run) -> None:
        await asyncio.sleep(READY_S)
        assert await run.command("heater", 1.0, ttl_s=60.0) is Outcome.APPLIED
        await asyncio.sleep(30.0)
        with refusing(run, 17):
            assert await run.command("heater", 0.0) is Outcome.FAILED
            failed_s = run.clock.mono()
            assert run.truth.loads["heater"].commanded == 1.0, "the relay has not moved"
            await until_off(run, "heater", within_s=3.0)
            assert run.truth.loads["cutoff"].fraction == 0.0
            await asyncio.sleep(20.0)
        await asyncio.sleep(2.0)
        assert run.truth.loads["heater"].commanded == 0.0
        failures = [e for e in run.seen(OutputChanged, device="heater") if e.since_s >= failed_s]
        assert len(failures) <= 3, "the same failure on every tick is one fact"

    run = run_supervisor(config_of(heater=UNWATCHED, cutoff=CUTOFF), story)
    assert levels(run, "heater", "not_confirmed") == [Level.CRITICAL, Level.CLEAR]
    (opened,) = run.seen(SafetyActed, device="cutoff", action="forced_safe")
    assert opened.cause == "heater_fault"


def test_f059_an_output_that_was_moved_from_outside_is_told_and_put_back():
    async def story(run: Run) -> None:
        await asyncio.sleep(READY_S)
        run.wire("pins").drive(17, True)
        run.wire("pins").drive(17, None)
        run.supervisor.wires.opened["pins"].write(17, True)  # the register flipped
        assert fraction(run, "heater") == 1.0
        await until_off(run, "heater", within_s=3.0)
        await asyncio.sleep(5.0)

    run = run_supervisor(config_of(heater=HEATER), story)
    assert levels(run, "heater", "read_back") == [Level.CRITICAL, Level.CLEAR]
    (acted,) = run.seen(SafetyActed, device="heater")
    assert (acted.action, acted.cause) == ("forced_safe", "read_back")
    assert acted.text == "it was left at OFF and reads ON"


def test_f059_a_line_that_is_held_at_on_opens_the_safety_relay():
    async def story(run: Run) -> None:
        await asyncio.sleep(READY_S)
        assert run.truth.loads["cutoff"].fraction == 1.0
        run.wire("pins").drive(17, True)
        assert fraction(run, "heater") == 1.0
        await until_off(run, "heater", within_s=5.0)
        run.wire("pins").drive(17, None)
        await asyncio.sleep(30.0)
        assert run.truth.loads["cutoff"].fraction == 1.0
        assert fraction(run, "heater") == 0.0

    run_supervisor(config_of(heater=UNWATCHED, cutoff=CUTOFF), story)


def test_f062_a_controller_that_falls_silent_loses_its_output():
    async def story(run: Run) -> None:
        await asyncio.sleep(READY_S)
        await demand(run, "heater", 1.0, for_s=30.0)
        assert fraction(run, "heater") == 1.0
        await until_off(run, "heater", within_s=10.0)

    run = run_supervisor(config_of(heater=HEATER), story)
    (lapsed,) = run.seen(SafetyActed, device="heater")
    assert (lapsed.action, lapsed.cause) == ("forced_safe", "lease")
    assert lapsed.text == "test has not renewed its demand for 10 s"


@pytest.mark.parametrize("by", ["command", "controller"])
def test_f064_the_longest_time_on_ends_exactly(by):
    async def story(run: Run) -> None:
        await asyncio.sleep(READY_S)
        if by == "command":
            await run.command("heater", 1.0, ttl_s=86400.0)
        else:
            wanted = asyncio.ensure_future(demand(run, "heater", 1.0, for_s=2000.0))
        await asyncio.sleep(2000.0)
        assert run.truth.loads["heater"].longest_on_s == pytest.approx(600.0, abs=0.01)
        assert run.truth.loads["heater"].cycles == (1 if by == "command" else 3)  # after 120 s of rest each
        if by == "controller":
            wanted.cancel()

    run = run_supervisor(config_of(heater={**UNWATCHED, "limits": {"max_on_s": 600.0}}), story)
    assert run.seen(SafetyActed, device="heater")[0].cause == "max_on"


def test_f065_a_mister_sprays_for_its_longest_time_and_never_more_than_its_quota():
    async def story(run: Run) -> None:
        await asyncio.sleep(READY_S)
        assert await run.command("mister", 1.0, ttl_s=120.0) is Outcome.APPLIED
        await asyncio.sleep(200.0)
        assert run.truth.loads["mister"].on_s == pytest.approx(30.0, abs=0.01)
        assert await run.command("mister", 1.0) is Outcome.REJECTED
        spent_s = run.truth.loads["mister"].on_s
        begun_s = run.clock.mono()
        wanted = asyncio.ensure_future(demand(run, "mister", 1.0, for_s=5 * 3600.0))
        await asyncio.sleep(3500.0 - 200.0)
        assert run.truth.loads["mister"].on_s <= 300.0
        await asyncio.sleep(3.2 * 3600.0)
        loads = run.truth.loads["mister"]
        assert loads.longest_on_s <= 30.01
        hours = (run.clock.mono() - begun_s) / 3600.0
        assert 1000.0 <= loads.on_s - spent_s <= 300.0 * (hours + 1)
        assert loads.on_s <= 1200.01, "20 minutes in any 24 hours"
        wanted.cancel()

    run = run_supervisor(config_of(mister=MISTER), story)
    assert levels(run, "mister", "quota_spent")


def test_f067_a_shortest_time_on_never_keeps_a_heater_on_that_is_too_hot():
    async def story(run: Run) -> None:
        await asyncio.sleep(READY_S)
        wanted = asyncio.ensure_future(demand(run, "heater", 1.0, for_s=5.0))
        await asyncio.sleep(5.0)
        await wanted
        run.supervisor.gate.demand("heater", 0.0, source="test", reason="warm enough")
        assert fraction(run, "heater") == 1.0, "its shortest time on is not over"
        run.supervisor.gate.trip("heater", "over_temperature", "40.0 °C at heater")
        await until_off(run, "heater", within_s=2.0)
        assert run.truth.loads["heater"].on_s < 10.0
        await asyncio.sleep(1.5)
        assert run.truth.loads["cutoff"].fraction == 0.0
        assert await run.command("heater", 1.0) is Outcome.REJECTED
        await asyncio.sleep(890.0)
        assert await run.command("heater", 1.0) is Outcome.REJECTED, "it rests for 15 minutes"
        await asyncio.sleep(20.0)
        assert await run.command("heater", 1.0) is Outcome.APPLIED

    run_supervisor(config_of(heater=UNWATCHED, cutoff=CUTOFF), story)


def test_f067_real_heat_trips_the_heater_opens_the_relay_and_runs_the_fan():
    fan = {**SWITCH, "pin": 24, "role": "fan"}
    limit = {"max_c": 26.0, "fan": ["fan"]}

    async def story(run: Run) -> None:
        await asyncio.sleep(READY_S + 10.0)
        wanted = asyncio.ensure_future(demand(run, "heater", 1.0, for_s=3600.0))
        while run.truth.zones["warm"].temperature_c < 26.0:
            await asyncio.sleep(1.0)
        await until_off(run, "heater", within_s=90.0)  # the probe follows the air by a minute
        assert run.truth.loads["cutoff"].fraction == 0.0
        assert run.truth.loads["fan"].fraction == 1.0
        assert run.truth.zones["warm"].highest_c < 28.0
        await asyncio.sleep(600.0)
        assert fraction(run, "heater") == 0.0
        assert run.truth.zones["warm"].highest_c < 28.0
        wanted.cancel()

    run = run_supervisor(config_of(heater={**HEATER, "limit": limit}, cutoff=CUTOFF, fan=fan), story)
    trips = run.seen(SafetyActed, device="heater", action="tripped")
    assert trips[0].cause == "over_temperature"
    assert dict(trips[0].values)["max_c"] == 26.0
    assert levels(run, "heater", "over_temperature")[0] is Level.CRITICAL


def test_f068_of_an_interlocked_pair_the_second_is_refused_and_has_to_wait_for_the_gap():
    async def story(run: Run) -> None:
        await asyncio.sleep(READY_S)
        assert await run.command("lamp", 1.0) is Outcome.APPLIED
        assert await run.command("mister", 1.0) is Outcome.REJECTED
        assert (fraction(run, "lamp"), fraction(run, "mister")) == (1.0, 0.0)
        wanted = asyncio.ensure_future(demand(run, "mister", 1.0, for_s=20.0))
        await asyncio.sleep(3.0)
        assert fraction(run, "mister") == 0.0
        await run.command("lamp", 0.0)
        off_s = run.clock.mono()
        while fraction(run, "mister") == 0.0:
            assert fraction(run, "lamp") == 0.0
            await asyncio.sleep(0.1)
        assert 1.0 <= run.clock.mono() - off_s <= 2.2
        wanted.cancel()

    interlocks = {"interlocks": [{"outputs": ["lamp", "mister"]}]}
    run = run_supervisor(config_of(extra=interlocks, lamp=LAMP, mister=MISTER), story)
    assert "lamp excludes it" in run.seen(CommandFinished, device="mister")[0].reason


def test_f070_a_busy_line_is_told_within_ten_seconds_and_tried_again():
    async def story(run: Run) -> None:
        await asyncio.sleep(10.0)
        assert levels(run, "heater", "not_confirmed") == [Level.CRITICAL]
        assert "GPIO 17" in run.seen(ConditionChanged, component="heater")[0].text
        await asyncio.sleep(10.0)
        assert await run.command("heater", 1.0) is Outcome.REJECTED
        run.wire("pins").busy(17, held=False)
        await asyncio.sleep(2.0)
        assert await run.command("heater", 1.0) is Outcome.APPLIED

    run = run_supervisor(config_of(heater=HEATER), story, before=lambda run: run.wire("pins").busy(17))
    assert "not armed" in run.seen(CommandFinished, device="heater")[0].reason
    assert levels(run, "heater", "not_confirmed") == [Level.CRITICAL, Level.CLEAR]


def command(run: Run, device: str, value: float | None, **fields: object) -> None:
    """A command as a broker delivers it, at any moment."""
    given = {"id": "x", "source": "mqtt", "expires_s": run.clock.mono() + 30.0, "ttl_s": 600.0, **fields}
    run.supervisor.bus.publish(CommandReceived(device=device, value=value, **given))


def test_f085_a_command_that_is_delivered_twice_has_one_effect():
    async def story(run: Run) -> None:
        await asyncio.sleep(READY_S)
        command(run, "lamp", 1.0, ttl_s=60.0)
        await asyncio.sleep(50.0)
        command(run, "lamp", 1.0, ttl_s=60.0)
        await asyncio.sleep(12.0)
        assert run.truth.loads["lamp"].on_s == pytest.approx(60.0, abs=0.01)

    run = run_supervisor(config_of(lamp=LAMP), story)
    answers = run.seen(CommandFinished, device="lamp")
    assert len(answers) == 2
    assert len(set(answers)) == 1


def test_f087_a_command_that_waited_too_long_has_no_effect():
    async def story(run: Run) -> None:
        await asyncio.sleep(READY_S)
        command(run, "lamp", 1.0, expires_s=run.clock.mono() - 570.0)
        await asyncio.sleep(5.0)

    run = run_supervisor(config_of(lamp=LAMP), story)
    assert run.seen(CommandFinished)[0].outcome is Outcome.EXPIRED
    assert run.truth.loads["lamp"].cycles == 0


def test_f088_of_commands_that_were_swapped_on_their_way_the_highest_number_wins():
    async def story(run: Run) -> None:
        await asyncio.sleep(READY_S)
        command(run, "lamp", 1.0, id="first", seq=1)
        command(run, "lamp", 0.0, id="third", seq=3)
        command(run, "lamp", 1.0, id="second", seq=2)
        await asyncio.sleep(60.0)
        assert fraction(run, "lamp") == 0.0
        assert run.truth.loads["lamp"].on_s == 0.0

    run = run_supervisor(config_of(lamp=LAMP), story)
    assert [event.outcome for event in run.seen(CommandFinished)] == [
        Outcome.APPLIED,
        Outcome.APPLIED,
        Outcome.REJECTED,
    ]
    assert "out of order" in run.seen(CommandFinished, id="second")[0].reason


def test_f125_after_a_gap_in_time_everything_goes_safe_at_once_and_is_armed_anew():
    async def story(run: Run) -> None:
        wanted = asyncio.ensure_future(demand(run, "heater", 1.0, for_s=3600.0))
        await asyncio.sleep(READY_S + 10.0)
        assert await run.command("lamp", 1.0) is Outcome.APPLIED
        assert fraction(run, "heater") == 1.0
        wanted.cancel()
        run.clock.advance(600.0)
        resumed_s = run.clock.mono()
        await until_off(run, "heater", within_s=1.0)
        await until_off(run, "lamp", within_s=1.0)
        assert run.clock.mono() - resumed_s <= 1.0
        wanted = asyncio.ensure_future(demand(run, "heater", 1.0, for_s=3600.0))
        await asyncio.sleep(5.0)
        assert fraction(run, "heater") == 0.0, "readings from before the gap prove nothing"
        await asyncio.sleep(150.0)
        assert fraction(run, "heater") == 1.0
        assert fraction(run, "lamp") == 0.0, "what a person said before is over"
        wanted.cancel()

    run = run_supervisor(config_of(heater=UNWATCHED, lamp=LAMP), story)
    assert {event.cause for event in run.seen(SafetyActed, action="forced_safe")} >= {"gap"}


def test_overrides_beat_controllers_until_they_end_or_are_given_back():
    async def story(run: Run) -> None:
        await asyncio.sleep(READY_S)
        wanted = asyncio.ensure_future(demand(run, "lamp", 1.0, for_s=3600.0))
        await asyncio.sleep(2.0)
        assert fraction(run, "lamp") == 1.0
        command(run, "lamp", 0.0, id="dark")
        await asyncio.sleep(599.0)
        assert fraction(run, "lamp") == 0.0
        await asyncio.sleep(3.0)
        assert fraction(run, "lamp") == 1.0
        command(run, "lamp", 0.0, id="dark again")
        await asyncio.sleep(40.0)
        assert fraction(run, "lamp") == 0.0
        command(run, "lamp", None, id="auto")
        await asyncio.sleep(2.0)
        assert fraction(run, "lamp") == 1.0
        wanted.cancel()

    run = run_supervisor(config_of(lamp=LAMP), story)
    held = [event for event in run.seen(OutputChanged, device="lamp") if event.until_s is not None]
    assert [(event.source, event.value) for event in held] == [("mqtt", 0.0), ("mqtt", 0.0)]


def test_maintenance_leaves_outputs_to_the_person_and_ends_by_itself():
    async def story(run: Run) -> None:
        await asyncio.sleep(READY_S)
        wanted = asyncio.ensure_future(demand(run, "lamp", 1.0, for_s=10_000.0))
        await asyncio.sleep(2.0)
        run.supervisor.gate.maintain(HALF_AN_HOUR_S)
        await asyncio.sleep(60.0)
        assert fraction(run, "lamp") == 0.0
        assert await run.command("lamp", 1.0, ttl_s=60.0) is Outcome.APPLIED
        assert fraction(run, "lamp") == 1.0
        await asyncio.sleep(100.0)
        assert fraction(run, "lamp") == 0.0
        assert run.supervisor.status.short()["maintenance_s"] == pytest.approx(HALF_AN_HOUR_S - 160.0, abs=1.0)
        await asyncio.sleep(HALF_AN_HOUR_S)
        assert fraction(run, "lamp") == 1.0
        wanted.cancel()

    run = run_supervisor(config_of(lamp=LAMP), story)
    assert levels(run, "node", "maintenance") == [Level.WARNING, Level.CLEAR]


def test_two_heaters_of_a_zone_trip_together_and_those_of_other_zones_go_on():
    other = {**UNWATCHED, "pin": 22, "zone": "cool", "depends_on": ["cool_probe"]}
    cool_probe = {**PROBE, "address": "28-0316a2795bf0", "zone": "cool"}

    async def story(run: Run) -> None:
        await asyncio.sleep(READY_S + 5.0)
        for heater in ("heater", "second", "other"):
            assert await run.command(heater, 1.0) is Outcome.APPLIED
        while run.truth.zones["warm"].temperature_c < 30.0:
            await asyncio.sleep(1.0)
        await asyncio.sleep(60.0)
        assert (fraction(run, "heater"), fraction(run, "second"), fraction(run, "other")) == (0.0, 0.0, 1.0)

    limited = {**UNWATCHED, "limit": {"max_c": 30.0}}
    config = config_of(
        heater=limited, second={**SECOND_HEATER, **limited, "pin": 18}, cool_probe=cool_probe, other=other
    )
    run_supervisor(config, story)
