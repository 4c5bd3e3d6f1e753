"""Section A of the fault catalogue: thermometers that fail or lie, under the whole supervisor."""

import asyncio
import json
import math
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from alimante.core.events import (
    ConditionChanged,
    GroupJudged,
    Level,
    Quality,
    ReadingAged,
    ReadingTaken,
    SafetyActed,
)
from alimante.safety.trips import Trips
from hardware.api import Sample
from hardware.drivers.ds18b20 import Ds18b20
from tests.scenario.faults.net import Net
from tests.scenario.faults.oracle import Duties
from tests.scenario.faults.stage import (
    HARM_C,
    MAX_C,
    OFF_S,
    POLL_S,
    SWITCH,
    TARGET_C,
    Stage,
    blind,
    cases,
    everywhere,
    play,
    probe,
)
from tests.scenario.harness import Run

TOLERANCE_C = 1.5
VERIFIED_S = 60.0 + 120.0 + POLL_S + 1.0
"""Dead time, half of the 240 s to harm, a poll and a tick."""


IN_BAND_C, BELOW_C = 29.875, 28.0
BOX = {"driver": "dht22", "wire": "kernel", "pin": 24, "zone": "warm"}


async def until_just_after_a_reading(stage: Stage, device: str) -> None:
    count = len(stage.run.seen(ReadingTaken, device=device))
    while len(stage.run.seen(ReadingTaken, device=device)) == count:
        await asyncio.sleep(0.1)


async def for_one_poll(stage: Stage, fault: str) -> None:
    """Let all that one poll of a probe asks for be wrong."""
    await until_just_after_a_reading(stage, "p1")
    await asyncio.sleep(POLL_S - 1.0)
    repair = stage.break_(fault)
    await asyncio.sleep(POLL_S - 1.0)
    repair()


@everywhere
def test_f001_thermometers_that_stop_answering_end_the_heat(sensors: int, is_on: bool):
    async def story(stage: Stage) -> None:
        await blind(stage, *stage.all("off"), for_s=60.0 if is_on else 240.0)
        await stage.lives_on()

    play(story, sensors=sensors, is_on=is_on)


@cases((2, True), (3, False), counts=(2, 3))
def test_f001_one_of_several_that_stops_is_told_and_the_others_go_on(sensors: int, is_on: bool):
    async def story(stage: Stage) -> None:
        repair = stage.break_("p1=off")
        await stage.alert_within("p1", "lost", OFF_S)
        for _ in range(900):
            await asyncio.sleep(1.0)
            assert abs(stage.temperature_c - TARGET_C) < 1.5
        repair()
        await stage.lives_on()

    assert play(story, sensors=sensors, is_on=is_on).trips() == []


@everywhere
def test_f002_thermometers_that_return_after_ten_minutes_warm_again_by_themselves(sensors: int, is_on: bool):
    async def story(stage: Stage) -> None:
        repair = stage.break_(*stage.all("off"))
        await stage.heater_off_within(OFF_S)
        await stage.stays_off(560.0)
        repair()
        assert await stage.heating_within(30.0) > POLL_S, "one good reading proves nothing"
        await stage.lives_on()

    play(story, sensors=sensors, is_on=is_on)


@pytest.mark.parametrize("fault", ["p1=sentinel(85)", "p1=sentinel"], ids=["f003", "f010"])
@everywhere
def test_f003_f010_one_power_on_value_or_empty_answer_changes_nothing(sensors: int, is_on: bool, fault: str):
    async def story(stage: Stage) -> None:
        await for_one_poll(stage, fault)
        assert stage.is_heating is is_on
        await asyncio.sleep(20.0)
        assert stage.health == "HEALTHY"
        assert stage.run.supervisor.readings.channels["p1.temperature"].missed == 1

    stage = play(story, sensors=sensors, is_on=is_on)
    assert stage.alerts() == set()
    assert stage.run.seen(ReadingAged) == []


@pytest.mark.parametrize(
    "raw", ["sentinel(85)", "sentinel(127.937)", "sentinel", "sentinel(82)"], ids=["f004", "f005", "f008", "f035"]
)
@everywhere
def test_f004_f005_f008_f035_what_is_no_temperature_ends_the_heat_and_trips_nothing(
    raw: str, sensors: int, is_on: bool
):
    async def story(stage: Stage) -> None:
        await blind(stage, *stage.all(raw), for_s=60.0 if is_on else 240.0)

    stage = play(story, sensors=sensors, is_on=is_on)
    assert stage.trips() == []
    assert stage.run.truth.loads["fan"].on_s == 0.0


@pytest.mark.parametrize(
    "is_said", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["wrong checksums", "no answers"]
)
@everywhere
def test_f007_a_third_of_failed_reads_is_absorbed_and_told_within_300_s(sensors: int, is_on: bool, is_said: bool):
    random = Random(1)  # by chance one in twenty runs is told later

    def wrong_sometimes(what: str, ask: Callable[[], Any]) -> Any:
        """An empty file is how the kernel says that a probe's checksum was wrong."""
        return "" if what.endswith("/temperature") and random.random() < 0.3 else ask()

    async def story(stage: Stage) -> None:
        repair = stage.meddle("p1", wrong_sometimes) if is_said else stage.break_("p1=intermittent(0.3)")
        await stage.alert_within("p1", "error_density", 300.0)
        await asyncio.sleep(600.0)
        assert stage.run.seen(SafetyActed, device="heater", cause="no_evidence") == []
        repair()
        await stage.lives_on()

    stage = play(story, sensors=sensors, is_on=is_on)
    assert stage.run.seen(ReadingAged, quality=Quality.UNKNOWN) == []
    assert ("warm", "too_few_sensors") not in stage.alerts()
    assert stage.trips() == []


@pytest.mark.parametrize("is_on", [True, False], ids=["on", "off"])
def test_f011_a_frame_of_zeros_is_no_reading(is_on: bool):
    async def story(stage: Stage) -> None:
        await blind(stage, "air=sentinel(0)")

    stage = play(story, devices={"air": BOX}, members=("air.temperature",), sensors=0, is_on=is_on)
    assert 0.0 not in [event.value for event in stage.run.seen(ReadingTaken)]


@pytest.mark.parametrize(("raw", "is_on"), [(105, True), (-3, False)])
def test_f013_an_impossible_humidity_ends_the_mist_and_leaves_the_heat(raw: int, is_on: bool):
    mist = {"kind": "humidity", "sensor": "air.humidity", "mister": "mister", "low_pct": 95.0}
    mister = {**SWITCH, "pin": 27, "role": "mister", "depends_on": ["air.humidity"]}
    most = Duties(most_on_s={"mister": 30.0}, most_in_hour_s={"mister": 300.0})

    async def story(stage: Stage) -> None:
        await stage.within(400.0, lambda: stage.run.truth.loads["mister"].on_s > 0.0, "mist")
        repair = stage.break_(f"air.humidity=sentinel({raw})")
        await asyncio.sleep(OFF_S)
        spent_s = stage.run.truth.loads["mister"].on_s
        for _ in range(900):
            await asyncio.sleep(1.0)
            assert stage.run.truth.loads["mister"].on_s == spent_s
        assert abs(stage.temperature_c - TARGET_C) < 1.5
        repair()
        await stage.within(400.0, lambda: stage.run.truth.loads["mister"].on_s > spent_s, "mist")
        await stage.healthy_within()

    devices = {"air": BOX, "mister": mister}
    play(story, is_on=is_on, devices=devices, controllers={"damp": mist}, duties=most)


@pytest.mark.parametrize(
    "value", [math.nan, *(pytest.param(value, marks=pytest.mark.slow) for value in (math.inf, -math.inf))]
)
@everywhere
def test_f014_what_is_no_number_ends_the_heat_and_is_never_told(sensors: int, is_on: bool, value: float, mocker: Any):
    net = Net()

    async def story(stage: Stage) -> None:
        mocker.patch.object(Ds18b20, "read", return_value=[Sample("temperature", value)])
        stage.oracle.dark.update(stage.sensors)
        stage.mark()
        await stage.heater_off_within(OFF_S)
        await stage.alert_within("warm", "too_few_sensors", OFF_S)
        await stage.stays_off(60.0)
        json.dumps(stage.run.supervisor.status.device("p1"), allow_nan=False)
        mocker.stopall()
        stage.oracle.dark.clear()
        await stage.healthy_within()

    play(story, sensors=sensors, is_on=is_on, link=net.link)
    assert len(net.said) > 20
    for topic, payload in net.said:
        if not topic.endswith(("/session", "/availability")):
            json.loads(payload, parse_constant=pytest.fail)


@pytest.mark.parametrize(
    ("sensors", "shown_c"),
    [
        pytest.param(1, IN_BAND_C, id="f016-1"),
        pytest.param(3, IN_BAND_C, id="f016-3"),
        pytest.param(1, BELOW_C, id="f017-1"),
        *(pytest.param(*case, marks=pytest.mark.slow) for case in ((2, IN_BAND_C), (2, BELOW_C), (3, BELOW_C))),
    ],
)
def test_f016_f017_stuck_thermometers_are_caught_by_the_gain_check(sensors: int, shown_c: float):
    """A heater that was never on before: what its sensors' lag is has still to be learned."""

    async def story(stage: Stage) -> None:
        await stage.within(300.0, lambda: stage.temperature_c >= 29.8, "29.8 °C")
        assert stage.is_heating
        stage.break_(*stage.all(f"sentinel({shown_c})"))
        stage.oracle.dark.clear()  # it looks like a reading
        await stage.heater_off_within(VERIFIED_S)
        await stage.alert_within("heater", "no_response", VERIFIED_S + 5.0)
        await stage.stays_off(890.0)
        await stage.heating_within(30.0)
        await stage.heater_off_within(VERIFIED_S)
        await stage.stays_off(1000.0)
        assert stage.run.supervisor.gate.outputs["heater"].latch.needs_person

    stage = play(story, sensors=sensors)
    assert stage.trips()[-1].latched
    assert stage.max_c < HARM_C - 4.0


@pytest.mark.parametrize("kind", ["thermostat", pytest.param("pid", marks=pytest.mark.slow)])
def test_f016_a_thermometer_that_sticks_somewhere_never_lets_it_get_too_hot(kind: str):
    async def story(stage: Stage) -> None:
        await asyncio.sleep(900.0)
        await stage.heating_within(1200.0)
        stage.break_("p1=stuck")
        await asyncio.sleep(3600.0)

    play(story, kind=kind)


@pytest.mark.parametrize(
    ("c_per_h", "is_on"),
    [
        (6.0, True),
        *(pytest.param(*case, marks=pytest.mark.slow) for case in ((6.0, False), (0.5, True))),
    ],
)
def test_f019_a_probe_that_drifts_is_ejected_and_never_followed(c_per_h: float, is_on: bool):
    async def story(stage: Stage) -> None:
        repair = stage.break_(f"p3=drift({c_per_h})")
        for _ in range(round(1.2 * 3600.0 * TOLERANCE_C / abs(c_per_h))):
            await asyncio.sleep(1.0)
            assert abs(stage.temperature_c - TARGET_C) < 1.5
        assert stage.run.seen(GroupJudged, ejected=("p3.temperature",))
        await stage.alert_within("warm", "member_ejected", 1.4 * 3600.0 * TOLERANCE_C / abs(c_per_h))
        repair()
        await stage.healthy_within(600.0)  # it is let back in after its time

    stage = play(story, sensors=3, is_on=is_on)
    ejected = next(i for i, e in enumerate(stage.run.events) if isinstance(e, GroupJudged) and e.ejected)
    outside, most = 0, 0
    values: dict[str, float] = {}
    for event in stage.run.events[:ejected]:
        if isinstance(event, ReadingTaken):
            values[event.device] = event.value
            if event.device == "p3":
                outside += 1 if abs(event.value - sorted(values.values())[len(values) // 2]) > TOLERANCE_C else -outside
                most = max(most, outside)
    assert most == 3  # in a row: the third one throws it out


@pytest.mark.parametrize("is_bounded", [False, True])
def test_f022_two_of_three_that_agree_on_a_lie_are_overruled_by_the_third_at_the_limit(
    is_bounded: bool, monkeypatch: pytest.MonkeyPatch
):
    if not is_bounded:
        monkeypatch.setattr(Trips, "reason_to_wait", lambda trips, output: "")

    async def story(stage: Stage) -> None:
        stage.break_("p1=wrong(-12)", "p2=wrong(-12)")
        await stage.alert_within("heater", "lower_than_possible", 90.0)

        def third_c() -> float:
            return max(event.value for event in stage.run.seen(ReadingTaken, device="p3"))

        if is_bounded:
            await asyncio.sleep(3600.0)
            return
        await stage.within(3600.0, lambda: third_c() >= MAX_C + 3.0, "39 °C")
        await stage.heater_off_within(10.0)
        await stage.stays_off(600.0)
        assert stage.run.truth.loads["cutoff"].fraction == 0.0

    stage = play(story, sensors=3)
    assert [trip.cause for trip in stage.trips()] == ([] if is_bounded else ["over_temperature"])
    assert stage.max_c < (MAX_C + 1.0 if is_bounded else MAX_C + 3.5)


@everywhere
def test_f023_one_jump_of_15_degrees_trips_nothing(sensors: int, is_on: bool):
    async def story(stage: Stage) -> None:
        await for_one_poll(stage, "p1=wrong(15)")
        await asyncio.sleep(120.0)
        assert stage.health == "HEALTHY"

    stage = play(story, sensors=sensors, is_on=is_on)
    assert stage.trips() == []
    assert stage.run.truth.loads["fan"].on_s == 0.0


@pytest.mark.parametrize("is_on", [True, False], ids=["on", "off"])
def test_f031_a_probe_in_another_ones_place_is_reported_and_not_used(is_on: bool):
    async def story(stage: Stage) -> None:
        stage.break_("p1=off")
        stage.run.wire("probes").add("28-0000000000ff/temperature", read="21000\n")
        await stage.heater_off_within(OFF_S)
        await stage.alert_within("probes", "new_device", 60.0)
        await stage.stays_off(120.0)

    stage = play(story, is_on=is_on)
    (told,) = stage.run.seen(ConditionChanged, condition="new_device")
    assert "28-0000000000ff" in told.text


def test_f032_swapped_probes_are_named_within_a_verify_period():
    def swap(run: Run) -> None:
        files = run.wire("probes")._files
        one, other = (f"{probe(number)['address']}/temperature" for number in (1, 2))
        files[one], files[other] = files[other], files[one]

    async def story(stage: Stage) -> None:
        await stage.heating_within(600.0)
        stage.mark()
        await stage.alert_within("heater", "swapped_probes", VERIFIED_S + 60.0)
        (told,) = stage.run.seen(ConditionChanged, component="heater", condition="swapped_probes")
        assert (told.level, "p2.temperature" in told.text) == (Level.CRITICAL, True)
        await asyncio.sleep(3600.0)

    cool = {**probe(2), "zone": "cool"}
    play(story, is_on=None, devices={"p2": cool}, before=swap)


@pytest.mark.parametrize(("samples", "quality"), [(3, Quality.SUSPECT), (4, Quality.UNKNOWN)])
def test_f034_a_converter_out_of_range_for_three_samples_is_doubted_and_for_four_lost(samples: int, quality: Quality):
    calibration = {"kind": "linear", "scale": -50, "offset": 150}
    soil = {"driver": "ads1115", "wire": "bus", "address": "0x48"}
    soil["inputs"] = {"soil": {"input": 1, "unit": "%", "calibration": calibration}}

    async def story(stage: Stage) -> None:
        await until_just_after_a_reading(stage, "soil")
        converter = stage.run.wire("bus")._chips[0x48]
        honest, converter._input_v = converter._input_v, lambda number: 0.0
        await asyncio.sleep(samples * POLL_S + 0.5)
        believed = stage.run.supervisor.readings.believed("soil.soil")
        assert believed.quality is quality
        converter._input_v = honest
        await asyncio.sleep(30.0)
        assert stage.run.supervisor.readings.believed("soil.soil").quality is Quality.GOOD
        assert abs(stage.temperature_c - TARGET_C) < 1.5

    assert play(story, devices={"soil": soil}).trips() == []


@pytest.mark.parametrize(
    ("c_per_h", "hours"),
    [(-3.0, 1), *(pytest.param(c_per_h, 6, marks=pytest.mark.slow) for c_per_h in (-0.5, 0.5))],
)
def test_f020_a_single_probe_that_drifts_is_not_found_and_does_no_harm_by_three_degrees(c_per_h: float, hours: int):
    """Nothing else measures there: it is why two thermometers are better than one."""

    async def story(stage: Stage) -> None:
        stage.break_(f"p1=drift({c_per_h})")
        await asyncio.sleep(hours * 3600.0)
        assert abs(stage.temperature_c - TARGET_C) > 1.5

    stage = play(story)
    assert stage.trips() == []
    assert stage.max_c < TARGET_C + 4.5
