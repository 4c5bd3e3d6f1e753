"""Faults of sensors, put in below the driver, and what is then believed; in virtual time."""

import asyncio
import json
import math
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from alimante.config.build import build
from alimante.config.model import Config
from alimante.core.events import (
    ConditionChanged,
    Level,
    Quality,
    ReadingAged,
    ReadingMissed,
    ReadingTaken,
)
from alimante.mqtt.codec import encode_reading
from hardware.api import Sample
from hardware.board import GENERIC
from tests.scenario.harness import PROBE, WIRES, Run, config_of, run_supervisor

GOOD, SUSPECT, BAD, UNKNOWN = Quality.GOOD, Quality.SUSPECT, Quality.BAD, Quality.UNKNOWN
FULL = "warm_probe.temperature"
FILE = f"{PROBE['address']}/temperature"
SIBLING = {**PROBE, "address": "28-0316a2795bf0"}
LAMP = {
    "driver": "relay",
    "wire": "pins",
    "pin": 17,
    "active_high": True,
    "role": "light",
    "safe_value": "off",
    "zone": "warm",
}
AIR = {"driver": "dht22", "wire": "kernel", "pin": 24, "zone": "warm"}
SOIL = {
    "driver": "ads1115",
    "wire": "bus",
    "address": "0x48",
    "inputs": {"soil": {"input": 1, "unit": "%", "calibration": {"kind": "linear", "scale": -50, "offset": 150}}},
}


def full_config(**devices: dict[str, Any]) -> Config:
    """Like `config_of`, with the kernel's IIO sensors as well."""
    document = {
        "version": 1,
        "node": {"id": "test"},
        "mqtt": {"host": "127.0.0.1"},
        "wires": {**WIRES, "kernel": {"kind": "iio", "backend": "sim"}},
        "devices": devices,
    }
    built = build(document, board=GENERIC)
    assert built.config is not None, built.errors
    return built.config


def says(run: Run, text: Callable[[str], str], *, wire: str = "probes", path: str = FILE) -> Callable[[], None]:
    """From now on the file at `path` says `text(what it would say)`; returns the undo."""
    tree = run.wire(wire)
    there = tree._files[path]
    honest = (lambda: there.read) if isinstance(there.read, str) else there.read
    tree.add(path, read=lambda: text(honest().strip()), write=there.write)
    return lambda: tree.add(path, read=there.read, write=there.write)


def believed(run: Run, full: str = FULL) -> Any:
    return run.supervisor.readings.believed(full)


def told(run: Run, condition: str, device: str = "warm_probe") -> list[Level]:
    return [event.level for event in run.seen(ConditionChanged, component=device, condition=condition)]


async def until_just_after(run: Run, kind: type = ReadingTaken, device: str = "warm_probe") -> float:
    """Wait for the next reading of the probe; returns when it was."""
    count = len(run.seen(kind, device=device))
    while len(run.seen(kind, device=device)) == count:
        await asyncio.sleep(0.05)
    return run.clock.mono()


def one_probe(story: Callable[[Run], Any], **devices: dict[str, Any]) -> Run:
    return run_supervisor(config_of(warm_probe=PROBE, lamp=LAMP, **devices), story)


def test_f001_a_probe_that_stops_is_suspect_after_15_s_and_unknown_after_30_s():
    async def story(run: Run) -> None:
        await asyncio.sleep(60)
        await until_just_after(run)
        last_s = run.seen(ReadingTaken)[-1].measured_s
        run.wire("probes").remove(PROBE["address"])
        while run.clock.mono() < last_s + 40:
            belief, age_s = believed(run), run.clock.mono() - last_s
            assert belief.quality is (GOOD if age_s < 15 else SUSPECT if age_s < 30 else UNKNOWN)
            assert (belief.value is None) == (age_s >= 30)
            await asyncio.sleep(0.5)
        aged = run.seen(ReadingAged)
        assert [event.quality for event in aged] == [SUSPECT, UNKNOWN]
        assert [event.value is None for event in aged] == [False, True]
        assert "no such probe" in aged[-1].reasons[-1]

    run = one_probe(story)
    assert told(run, "stale") == [Level.WARNING, Level.CLEAR]
    assert told(run, "lost") == [Level.WARNING]


def test_f001_the_moments_are_exact():
    async def story(run: Run) -> None:
        run.supervisor.bus.subscribe(ReadingAged, lambda event: at_s.append(run.clock.mono()))
        await asyncio.sleep(60)
        run.wire("probes").remove(PROBE["address"])
        await asyncio.sleep(60)
        last_s = run.seen(ReadingTaken)[-1].measured_s
        assert [moment - last_s for moment in at_s] == pytest.approx([15.0, 30.0], abs=0.01)

    at_s: list[float] = []
    one_probe(story)


def test_f002_a_probe_that_returns_is_believed_with_its_first_reading():
    async def story(run: Run) -> None:
        await asyncio.sleep(20)
        run.wire("probes").vanish(True)
        await asyncio.sleep(600)
        assert believed(run).quality is UNKNOWN
        run.wire("probes").vanish(False)
        await asyncio.sleep(6)
        assert believed(run).quality is GOOD

    run = one_probe(story)
    assert told(run, "lost") == [Level.WARNING, Level.CLEAR]
    assert told(run, "error_density") == []


def test_a_probe_that_never_answered_is_unknown_with_its_first_failure():
    async def story(run: Run) -> None:
        await asyncio.sleep(3)
        (aged,) = run.seen(ReadingAged)
        assert (aged.value, aged.quality, aged.measured_s) == (None, UNKNOWN, None)
        assert told(run, "lost") == [Level.WARNING]

    run_supervisor(config_of(warm_probe=PROBE), story, before=lambda run: run.wire("probes").vanish(True))


def test_f003_one_power_on_value_changes_nothing():
    async def story(run: Run) -> None:
        await asyncio.sleep(30)
        before = believed(run).value
        undo = says(run, lambda text: "85000")
        await until_just_after(run, ReadingMissed)
        undo()
        assert believed(run).quality is GOOD
        assert believed(run).value == before
        await asyncio.sleep(30)
        assert run.supervisor.readings.channels[FULL].missed == 1

    run = one_probe(story)
    assert run.seen(ReadingAged) == run.seen(ConditionChanged) == []


@pytest.mark.parametrize(
    "text", ["85000", "127937", "", "82000", "-40000", "rubbish"], ids=["f004", "f005", "f010", "f035", "cold", "text"]
)
def test_f004_f005_f010_f035_what_is_no_temperature_is_never_believed_and_ends_in_unknown(text):
    async def story(run: Run) -> None:
        await asyncio.sleep(30)
        says(run, lambda honest: text)
        begun_s = run.clock.mono()
        while run.clock.mono() < begun_s + 300:
            belief = believed(run)
            assert belief.value is None or belief.value < 30.0
            if run.clock.mono() >= begun_s + 35:
                assert belief.quality is UNKNOWN
            await asyncio.sleep(1)

    run = one_probe(story)
    assert told(run, "lost") == [Level.WARNING]
    assert told(run, "too_high") == []


def test_f007_a_third_of_wrong_checksums_never_loses_the_probe_and_is_told_within_300_s():
    async def story(run: Run) -> None:
        random = Random(7)
        says(run, lambda honest: "" if random.random() < 0.3 else honest)
        await asyncio.sleep(300)

    run = one_probe(story)
    assert told(run, "error_density") == [Level.WARNING]
    assert UNKNOWN not in [event.quality for event in run.seen(ReadingAged)]


def test_f011_all_zeros_are_no_reading():
    async def story(run: Run) -> None:
        await asyncio.sleep(30)
        for file in ("in_temp_input", "in_humidityrelative_input"):
            says(run, lambda honest: "0", wire="kernel", path=f"iio:device0/{file}")
        await asyncio.sleep(40)
        assert believed(run, "air.temperature").quality is UNKNOWN

    run = run_supervisor(full_config(air=AIR), story)
    assert 0.0 not in [event.value for event in run.seen(ReadingTaken)]


@pytest.mark.parametrize("milli", ["105000", "-3000"])
def test_f013_an_impossible_humidity_is_lost(milli):
    async def story(run: Run) -> None:
        await asyncio.sleep(30)
        says(run, lambda honest: milli, wire="kernel", path="iio:device0/in_humidityrelative_input")
        await asyncio.sleep(35)
        assert believed(run, "air.humidity").quality is UNKNOWN

    run = run_supervisor(full_config(air=AIR), story)
    assert all(0 <= event.value <= 100 for event in run.seen(ReadingTaken, channel="humidity"))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_f014_what_is_no_number_never_leaves_the_driver(value, mocker):
    async def story(run: Run) -> None:
        await asyncio.sleep(31)  # just after a reading
        driver = run.supervisor.sensors["warm_probe"]._driver
        mocker.patch.object(driver, "read", side_effect=lambda: [Sample("temperature", value)])
        await asyncio.sleep(12)
        assert believed(run).quality is GOOD

    run = one_probe(story)
    for event in [*run.seen(ReadingTaken), *run.seen(ReadingAged)]:
        json.loads(encode_reading(event, mono_s=2e3, wall_s=2e9), parse_constant=pytest.fail)


def test_f023_one_jump_of_15_degrees_is_not_believed():
    async def story(run: Run) -> None:
        await asyncio.sleep(30)
        undo = says(run, lambda honest: str(int(honest) + 15_000))
        await until_just_after(run)
        undo()
        assert run.seen(ReadingTaken)[-1].quality is BAD
        assert believed(run).quality is GOOD
        await asyncio.sleep(30)

    run = one_probe(story)
    values = [event.value for event in run.seen(ReadingTaken) if event.quality is not BAD]
    assert max(values) - min(values) < 1.0
    assert run.supervisor.readings.channels[FULL].bad == 1
    assert run.seen(ConditionChanged) == []


def test_f025_data_that_are_five_minutes_old_when_they_come_are_lost(mocker):
    async def story(run: Run) -> None:
        await asyncio.sleep(30)
        driver = run.supervisor.sensors["warm_probe"]._driver
        honest = driver.read
        mocker.patch.object(driver, "read", side_effect=lambda: [Sample("temperature", honest()[0].value, age_s=300.0)])
        begun_s = run.clock.mono()
        await asyncio.sleep(30.1)
        while run.clock.mono() < begun_s + 900:
            assert believed(run).quality is UNKNOWN
            await asyncio.sleep(10)

    run = one_probe(story)
    assert told(run, "lost") == [Level.WARNING]
    last = max(run.seen(ReadingTaken, quality=GOOD), key=run.events.index)
    after = run.events[run.events.index(last) :]
    assert any(isinstance(event, ReadingAged) and event.quality is UNKNOWN for event in after)


def test_f029_garbage_is_suspect_within_a_minute_and_stays_so():
    async def story(run: Run) -> None:
        await asyncio.sleep(600)
        random = Random(29)
        undo = says(run, lambda honest: str(int(honest) + round(random.gauss(0.0, 5000.0))))
        await asyncio.sleep(60)
        begun_s = run.clock.mono()
        while run.clock.mono() < begun_s + 1800:
            assert believed(run).quality is not GOOD
            await asyncio.sleep(1)
        undo()
        await asyncio.sleep(60)
        assert believed(run).quality is GOOD

    run = one_probe(story)
    assert told(run, "noisy") == [Level.WARNING, Level.CLEAR]


def test_f034_three_samples_out_of_range_change_no_value_and_a_fourth_one_makes_it_unknown():
    async def story(run: Run) -> None:
        await asyncio.sleep(30)
        converter = run.wire("bus")._chips[0x48]
        honest = converter._input_v
        for samples, quality in ((3, SUSPECT), (4, UNKNOWN)):
            converter._input_v = lambda number: 0.0
            for _ in range(samples):
                await until_just_after(run, ReadingMissed, "soil")
            await asyncio.sleep(1)
            assert believed(run, "soil.soil").quality is quality
            assert (believed(run, "soil.soil").value is None) == (quality is UNKNOWN)
            converter._input_v = honest
            await asyncio.sleep(12)
            assert believed(run, "soil.soil").quality is GOOD

    run_supervisor(config_of(soil=SOIL), story)


def test_a_probe_beside_it_that_moves_shows_that_a_probe_is_stuck():
    async def story(run: Run) -> None:
        await asyncio.sleep(30)
        says(run, lambda honest: "25000")
        await asyncio.sleep(60)
        await run.command("lamp", 1.0, ttl_s=3600)
        await asyncio.sleep(1700)
        assert believed(run).quality is GOOD
        await asyncio.sleep(500)
        assert believed(run).quality is SUSPECT

    run = one_probe(story, beside=SIBLING)
    assert told(run, "stuck") == [Level.WARNING]
    assert told(run, "stuck", "beside") == []


def test_hours_of_light_and_dark_raise_no_alarm():
    async def story(run: Run) -> None:
        await asyncio.sleep(5)
        for turn in range(4):
            await run.command("lamp", float(turn % 2), ttl_s=1800)
            await asyncio.sleep(1800)

    devices = {"cool_probe": {**SIBLING, "zone": "cool"}, "air": AIR, "soil": SOIL}
    coarse = {**PROBE, "address": "28-0316a2795bf1", "resolution_bits": 9}
    run = run_supervisor(full_config(warm_probe=PROBE, coarse=coarse, lamp=LAMP, **devices), story)
    assert run.seen(ConditionChanged) == []
    assert {event.quality for event in run.seen(ReadingTaken)} == {GOOD}


def test_alarm_limits_tell_and_do_not_spoil_the_reading():
    async def story(run: Run) -> None:
        await asyncio.sleep(30)
        undo = says(run, lambda honest: str(int(honest) + 4000))
        await asyncio.sleep(60)
        assert believed(run).quality is GOOD
        undo()
        await asyncio.sleep(60)

    probe = {**PROBE, "channels": {"temperature": {"alarm_high": 24.0, "alarm_low": 10.0}}}
    run = run_supervisor(config_of(warm_probe=probe), story)
    assert told(run, "too_high") == [Level.WARNING, Level.CLEAR]
    assert told(run, "too_low") == []


def test_beliefs_need_no_task():
    async def story(run: Run) -> None:
        await asyncio.sleep(30)
        await run.supervisor.readings._tasks.cancel()
        run.wire("probes").vanish(True)
        await asyncio.sleep(31)
        assert believed(run).quality is UNKNOWN

    one_probe(story)
