"""A reading is worth less the older it is, and nothing in the end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alimante.config.readings import ReadingKeys, freshness
from alimante.core.events import Quality, ReadingTaken
from alimante.policy.freshness import Freshness

AGES = Freshness(stale_after_s=15.0, lost_after_s=30.0)


def taken(measured_s=0.0, quality=Quality.GOOD, reasons=()):
    return ReadingTaken(
        device="probe",
        channel="temperature",
        value=25.0,
        unit="°C",
        quality=quality,
        reasons=reasons,
        measured_s=measured_s,
        seq=1,
    )


def test_without_a_reading_nothing_is_believed():
    belief = AGES.believed(None, 0.0)
    assert (belief.value, belief.quality, belief.members) == (None, Quality.UNKNOWN, ())
    assert belief.reasons


@pytest.mark.parametrize(
    ("age_s", "quality"),
    [
        (0.0, Quality.GOOD),
        (14.99, Quality.GOOD),
        (15.0, Quality.SUSPECT),
        (29.99, Quality.SUSPECT),
        (30.0, Quality.UNKNOWN),
        (1e9, Quality.UNKNOWN),
    ],
)
def test_age_counts_from_the_measurement(age_s, quality):
    belief = AGES.believed(taken(measured_s=100.0), 100.0 + age_s)
    assert belief.quality is quality
    assert (belief.value is None) == (quality is Quality.UNKNOWN)
    assert bool(belief.reasons) == (quality is not Quality.GOOD)


def test_a_suspect_reading_stays_suspect_and_keeps_its_reason():
    belief = AGES.believed(taken(quality=Quality.SUSPECT, reasons=("noisy",)), 1.0)
    assert (belief.quality, belief.reasons) == (Quality.SUSPECT, ("noisy",))
    assert len(AGES.believed(taken(quality=Quality.SUSPECT, reasons=("noisy",)), 20.0).reasons) == 2


def test_of_one_channel_all_extremes_are_its_value():
    belief = AGES.believed(taken(measured_s=7.0), 8.0)
    assert (belief.value, belief.highest, belief.lowest, belief.members) == (25.0, 25.0, 25.0, (25.0,))
    assert belief.measured_s == 7.0


@given(
    st.floats(0.1, 1e4),
    st.floats(0.1, 1e4),
    st.floats(0.0, 1e6),
    st.floats(0.0, 1e6),
    st.sampled_from([Quality.GOOD, Quality.SUSPECT]),
)
def test_nothing_older_than_lost_is_ever_believed_and_nothing_stale_is_good(stale, lost, measured_s, now_s, quality):
    belief = Freshness(stale_after_s=stale, lost_after_s=lost).believed(taken(measured_s, quality), now_s)
    age_s = now_s - measured_s
    if belief.value is not None:
        assert age_s < lost
    if belief.quality is Quality.GOOD:
        assert age_s < stale
        assert quality is Quality.GOOD


@pytest.mark.parametrize(("poll_s", "stale_s", "lost_s"), [(1.0, 15.0, 30.0), (5.0, 15.0, 30.0), (60.0, 180.0, 360.0)])
def test_ages_follow_the_poll_with_a_floor(poll_s, stale_s, lost_s):
    assert freshness(ReadingKeys(), poll_s) == Freshness(stale_after_s=stale_s, lost_after_s=lost_s)


def test_the_configuration_may_say_other_ages():
    keys = ReadingKeys(stale_after_s=7.0, lost_after_s=9.0)
    assert freshness(keys, 5.0) == Freshness(stale_after_s=7.0, lost_after_s=9.0)


def test_doubtful_readings_may_hold_something_on_only_as_long_as_the_last_good_one_lasts():
    doubtful = taken(measured_s=128.0, quality=Quality.SUSPECT, reasons=("noisy",))
    assert AGES.believed(doubtful, 129.0, good_s=100.0).hold_until_s == 130.0
    assert AGES.believed(doubtful, 129.0).hold_until_s == float("-inf")  # there never was a good one
    assert AGES.believed(taken(measured_s=128.0), 129.0, good_s=128.0).hold_until_s == float("inf")
