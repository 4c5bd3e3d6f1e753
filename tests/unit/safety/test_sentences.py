"""Each finding about a heater: what it is, how bad, whether it trips, and the words with its numbers."""

import pytest

from alimante.core.events import Level
from alimante.safety import sentences
from alimante.safety.findings import Finding, Kind

LOOK = "Look whether the sensor still sits at the heater and follows it, and whether the heater gets warm."
GRAVE = {"level": Level.CRITICAL, "is_trip": True}
WARNS = {"level": Level.WARNING, "is_trip": False}


@pytest.mark.parametrize("is_harmless", [False, True])
@pytest.mark.parametrize("is_cold", [False, True])
@pytest.mark.parametrize(
    ("risen_c", "kind", "moved"),
    [
        (-0.2, Kind.NOT_HEATING, "fell by 0.2 °C"),
        (-0.15, Kind.NO_RESPONSE, "rose by 0.00 °C"),
        (0.04, Kind.NO_RESPONSE, "rose by 0.04 °C"),
    ],
)
def test_no_rise_trips_unless_it_is_harmless_and_counts_unless_cold_came_in(risen_c, kind, moved, is_cold, is_harmless):
    found = sentences.no_rise(
        "heater", full_s=180.0, risen_c=risen_c, expected_c=2.5, is_harmless=is_harmless, is_cold=is_cold
    )
    assert found == Finding(
        kind=kind,
        **(WARNS if is_harmless else GRAVE),
        text=f"heater was on for 180 s at full power, and its sensor {moved} instead of 2.5 °C",
        advice=LOOK,
        values=(("full_s", 180.0), ("risen_c", risen_c), ("expected_c", 2.5)),
        counts=not is_cold,
    )


@pytest.mark.parametrize("is_harmless", [False, True])
def test_a_reading_that_stands_still_trips_unless_it_is_harmless(is_harmless):
    assert sentences.frozen("heater", expected_c=2.5, is_harmless=is_harmless) == Finding(
        kind=Kind.NO_RESPONSE,
        **(WARNS if is_harmless else GRAVE),
        text="heater got more and more power, and its sensor stood still instead of rising by 2.5 °C",
        advice=LOOK,
        values=(("risen_c", 0.0), ("expected_c", 2.5)),
    )


@pytest.mark.parametrize("is_harmless", [False, True])
def test_a_target_that_is_not_held_trips_unless_the_heater_is_just_too_weak(is_harmless):
    assert sentences.not_held("heater", target_c=30.0, reading_c=24.5, is_harmless=is_harmless) == Finding(
        kind=Kind.NOT_HEATING,
        **(WARNS if is_harmless else GRAVE),
        text="heater does not get the enclosure warm: 24.5 °C, and 30 °C are wanted",
        advice="It is too weak for this room." if is_harmless else LOOK,
        values=(("target_c", 30.0), ("reading_c", 24.5)),
    )


def test_a_heater_without_strength_trips():
    assert sentences.no_strength("heater", full_min=15.0, strength=0.05, rate=1.5) == Finding(
        kind=Kind.NO_RESPONSE,
        **GRAVE,
        text="heater was on for 15 min in all, and it warms its sensor by 0.05 °C per minute at most; "
        "max_rate_c_per_min is 1.5",
        advice="Look whether its sensor is one of another place, or hangs beside the enclosure.",
        values=(("full_min", 15.0), ("strength", 0.05), ("rate", 1.5)),
    )


@pytest.mark.parametrize(
    ("is_cold", "why", "advice"),
    [
        (True, "while cold came in", "Close the enclosure, or warm the room: the heater works, and it is too weak for"),
        (
            False,
            "less than it used to",
            "Look whether its bulb or mat is partly broken, or whether the enclosure loses",
        ),
    ],
)
def test_a_weak_heater_is_told_and_trips_nothing(is_cold, why, advice):
    found = sentences.weak("heater", risen_c=0.5, expected_c=2.5, is_cold=is_cold)
    assert found == Finding(
        kind=Kind.WEAK,
        **WARNS,
        text=f"heater warms its sensor {why}: by 0.5 °C where 2.5 °C were expected",
        advice=found.advice,
        values=(("risen_c", 0.5), ("expected_c", 2.5)),
    )
    assert found.advice.startswith(advice)


@pytest.mark.parametrize("is_trip", [False, True])
def test_a_heater_that_warms_another_sensor_names_it_and_trips_where_its_own_shows_nothing(is_trip):
    found = sentences.swapped("heater", own_c=0.1, other="cool.temperature", other_c=4.0, is_trip=is_trip)
    assert found == Finding(
        kind=Kind.SWAPPED,
        **(GRAVE if is_trip else WARNS),
        text="heater warmed cool.temperature by 4.0 °C and its own sensor by 0.1 °C",
        advice=found.advice,
        values=(("own_c", 0.1), ("other_c", 4.0)),
        other="cool.temperature",
    )
    assert found.advice.startswith("Two probes are probably exchanged")


@pytest.mark.parametrize(
    ("has_cutoff", "shown"),
    [(True, "Its power is cut now, which shows whether it is the heater."), (False, "Nothing can cut its power.")],
)
def test_a_rise_with_the_heater_off_trips_where_something_can_cut_its_power_and_counts_for_nothing_yet(
    has_cutoff, shown
):
    found = sentences.stuck_on("heater", rise_c=1.25, span_s=300.0, has_cutoff=has_cutoff)
    assert found == Finding(
        kind=Kind.STUCK_ON,
        level=Level.CRITICAL,
        is_trip=has_cutoff,
        text="heater is off, and within 300 s it got warmer by 1.2 °C",
        advice=found.advice,
        values=(("rise_c", 1.25), ("span_s", 300.0)),
        counts=False,
    )
    assert found.advice.startswith("Unplug the heater.")
    assert found.advice.endswith(shown)


def test_a_welded_relay_and_power_while_off_are_for_a_person():
    welded, powered = sentences.welded("heater", before=0.5, after=-0.1), sentences.powered("heater", power_w=60.0)
    assert welded == Finding(
        kind=Kind.STUCK_ON,
        **GRAVE,
        text="heater was off and it got warmer by 0.50 °C per minute, until its safety relay opened: "
        "-0.10 °C per minute since then",
        advice="Unplug the heater. Its relay is welded, or active_high is wrong in the configuration.",
        values=(("before", 0.5), ("after", -0.1)),
        is_for_person=True,
    )
    assert powered == Finding(
        kind=Kind.STUCK_ON,
        **GRAVE,
        text="heater is off, and it takes 60.0 W",
        advice="Unplug the heater. Its relay may be welded.",
        values=(("power_w", 60.0),),
        is_for_person=True,
    )
