"""Light is a function of the local time, and never longer than was said."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alimante.config.days import PhotoperiodKeys
from alimante.config.place import Location
from alimante.control.local_time import LocalTime, instant
from alimante.control.photoperiod import by_sun, daylight_of
from alimante.control.season import Curve
from tests.unit.control.calendars import PARIS, at, lit_s, look, photoperiod

DAY = {"on": "08:00", "off": "20:00"}
SEASONS = [{"date": "06-21", "hours": 14.0}, {"date": "12-21", "hours": 10.0}]
NEW_YORK, LORD_HOWE, KIRITIMATI = map(ZoneInfo, ("America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati"))


def value(controller, text, zone=PARIS):
    (demand,) = controller.decide(look(at(text, zone), zone))
    return demand.value


def test_a_switch_is_on_from_the_first_to_the_last_second_of_the_day():
    light = photoperiod(**DAY)
    shown = [value(light, f"2026-05-01 {clock}") for clock in ("07:59:59", "08:00:00", "19:59:59", "20:00:00")]
    assert shown == [0.0, 1.0, 1.0, 0.0]


def test_a_day_may_end_after_midnight():
    light = photoperiod(on="20:00", off="06:00")
    shown = [value(light, f"2026-05-01 {clock}") for clock in ("05:59", "06:00", "19:59", "20:00")]
    assert shown == [1.0, 0.0, 0.0, 1.0]


def test_a_lamp_that_can_be_dimmed_has_a_dawn_and_a_dusk_inside_the_day():
    light = photoperiod(outputs=["dimmer"], ramp_s=3600, value=80, **DAY)
    shown = [value(light, f"2026-05-01 {clock}") for clock in ("08:00", "08:30", "09:00", "14:00", "19:30", "20:00")]
    assert shown == pytest.approx([0.8, 40.0, 80.0, 80.0, 40.0, 0.0])


def test_a_dimmed_lamp_moves_in_hundredths_so_that_a_dawn_is_a_hundred_writes():
    light = photoperiod(outputs=["dimmer"], ramp_s=3600, **DAY)
    dawn_s = at("2026-05-01 08:00")
    assert len({light.decide(look(dawn_s + second))[0].value for second in range(3600)}) <= 101


def test_without_a_known_time_lamps_stay_as_they_were_over_a_restart_too():
    before, after = photoperiod(**DAY), photoperiod(**DAY)
    before.decide(look(at("2026-05-01 12:00")))
    assert before.decide(look(None))[0].value == 1.0
    after.restore(before.snapshot())
    assert after.decide(look(None))[0].value == 1.0
    assert value(after, "2026-05-01 21:00") == 0.0


def test_a_lamp_of_which_nothing_is_known_has_no_demand():
    assert photoperiod(**DAY).decide(look(None)) == ()


@pytest.mark.parametrize("saved", [{}, {"level": "x"}, {"level": 2.0}, {"level": float("nan")}, {"level": None}])
def test_a_saved_brightness_that_cannot_be_is_left_out(saved):
    light = photoperiod(**DAY)
    light.restore(saved)
    assert light.decide(look(None)) == ()


@pytest.mark.parametrize(
    ("zone", "day", "keys", "hours"),
    [
        (PARIS, "2026-03-29", DAY, 12.0),
        (PARIS, "2026-03-28", {"on": "20:00", "off": "06:00"}, 9.0),  # the clock jumps over one of its hours
        (PARIS, "2026-10-24", {"on": "20:00", "off": "06:00"}, 11.0),  # and shows one twice
        (NEW_YORK, "2026-03-07", {"on": "20:00", "off": "06:00"}, 9.0),
        (NEW_YORK, "2026-10-31", {"on": "20:00", "off": "06:00"}, 11.0),
        (LORD_HOWE, "2026-10-03", {"on": "20:00", "off": "06:00"}, 9.5),
        (LORD_HOWE, "2026-04-04", {"on": "20:00", "off": "06:00"}, 10.5),
        (PARIS, "2028-02-28", DAY, 12.0),
        (PARIS, "2028-02-29", DAY, 12.0),
        (PARIS, "2026-03-29", {"day_length": SEASONS}, 12.15),
    ],
)
def test_a_change_of_the_clock_moves_one_day_by_its_own_length_only(zone, day, keys, hours):
    noon_s = at(f"{day} 12:00", zone)
    start_s = noon_s - 12 * 3600 if keys == DAY or "day_length" in keys else noon_s
    lit = lit_s(photoperiod(**keys), start_s, start_s + 86_400, zone)
    assert lit / 3600 == pytest.approx(hours, abs=0.1)


def test_the_length_of_the_day_follows_the_year():
    light = photoperiod(day_length=SEASONS, midday="13:00")
    lit = [lit_s(light, at(f"2026-{day} 00:00"), at(f"2026-{day} 23:59"), step_s=60) for day in ("06-21", "12-21")]
    assert lit == pytest.approx([14 * 3600, 10 * 3600], abs=120)


@given(
    points=st.dictionaries(st.dates(date(2028, 1, 1), date(2028, 12, 31)), st.floats(0, 16), min_size=1, max_size=6),
    day=st.dates(date(2025, 1, 1), date(2060, 1, 1)),
)
def test_a_curve_meets_its_points_and_never_leaves_their_range(points, day):
    curve = Curve((f"{point:%m-%d}", value) for point, value in points.items())
    assert min(points.values()) - 1e-9 <= curve.at(day) <= max(points.values()) + 1e-9
    for point, known in points.items():
        assert curve.at(point) == pytest.approx(known)


# Sunrise and sunset as the U.S. Naval Observatory's tables for these places give them, to the minute.
@pytest.mark.parametrize(
    ("latitude", "longitude", "day", "rise", "down"),
    [
        (51.48, 0.0, date(2026, 6, 21), "03:43", "20:21"),  # Greenwich, UTC
        (51.48, 0.0, date(2026, 12, 21), "08:04", "15:53"),
        (0.0, 0.0, date(2026, 3, 20), "06:04", "18:11"),
        (40.71, -74.01, date(2026, 12, 21), "12:17", "21:32"),  # New York, in UTC
    ],
)
def test_the_sun_rises_and_sets_as_in_the_almanac(latitude, longitude, day, rise, down):
    light = by_sun(latitude, longitude)(ZoneInfo("UTC"), day)
    for at_s, known in ((light.start_s, rise), (light.end_s, down)):
        hours, minutes = map(int, known.split(":"))
        expected = datetime(day.year, day.month, day.day, hours, minutes, tzinfo=UTC).timestamp()
        assert at_s == pytest.approx(expected, abs=120)


def test_where_the_sun_does_not_set_the_day_is_as_long_as_is_allowed_and_where_it_does_not_rise_it_is_short():
    tromso = Location(timezone="Europe/Oslo", latitude_deg=69.65, longitude_deg=18.96)
    of = daylight_of(PhotoperiodKeys(kind="photoperiod", outputs=["lamp"], sun=True, max_h=16, min_h=8), tromso)
    summer, winter = (of(ZoneInfo("Europe/Oslo"), date(2026, month, 21)) for month in (6, 12))
    assert (summer.end_s - summer.start_s, winter.end_s - winter.start_s) == (16 * 3600, 8 * 3600)
    assert 11 < LocalTime((summer.start_s + summer.end_s) / 2, ZoneInfo("Europe/Oslo")).moment.hour < 14


@pytest.mark.parametrize(
    ("zone", "latitude", "longitude"),
    [("America/Anchorage", 64.84, -147.72), ("Pacific/Auckland", -36.85, 174.76), ("Pacific/Kiritimati", 1.87, -157.4)],
)
def test_each_local_day_has_its_own_sun_however_far_from_greenwich(zone, latitude, longitude):
    light = photoperiod(sun=True, max_h=24, location=Location(latitude_deg=latitude, longitude_deg=longitude))
    zone = ZoneInfo(zone)
    for month in (1, 6):
        noon_s = at(f"2026-0{month}-15 13:00", zone)
        lit = [lit_s(light, noon_s + days * 86_400, noon_s + (days + 1) * 86_400, zone) for days in range(3)]
        assert max(lit) - min(lit) <= 900
        assert light.is_day(LocalTime(noon_s, zone))


KEYS = st.sampled_from(
    [
        DAY,
        {"on": "20:00", "off": "06:00"},
        {"on": "00:00", "off": "24:00", "max_h": 14},
        {"day_length": SEASONS},
        {"sun": True, "max_h": 15},
    ]
)
MOMENTS = st.floats(at("2025-01-01 00:00"), at("2035-01-01 00:00"))


@given(keys=KEYS, moments=st.lists(MOMENTS, min_size=1, max_size=8))
def test_light_is_a_function_of_the_local_time_whatever_was_before(keys, moments):
    """However the clock is set and however often it was asked, the same moment looks the same."""
    place = Location(latitude_deg=48.85, longitude_deg=2.35)
    used = photoperiod(location=place, **keys)
    shown = [used.decide(look(moment))[0].value for moment in moments]
    assert shown == [photoperiod(location=place, **keys).decide(look(moment))[0].value for moment in moments]


@given(
    keys=KEYS, zone=st.sampled_from([PARIS, NEW_YORK, LORD_HOWE]), day=st.dates(date(2025, 1, 2), date(2034, 12, 30))
)
def test_no_day_is_lit_longer_than_the_keys_allow(keys, zone, day):
    keys = PhotoperiodKeys(kind="photoperiod", outputs=["lamp"], **keys)
    of = daylight_of(keys, Location(latitude_deg=48.85, longitude_deg=2.35))
    light = of(zone, day)
    assert 0 <= light.end_s - light.start_s <= keys.max_h * 3600 + 1e-3
    assert light.end_s <= of(zone, day + timedelta(days=1)).start_s
    assert abs(light.start_s - instant(zone, day, 0)) < 86_400
