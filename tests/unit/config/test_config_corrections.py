"""A correction may not make a temperature look colder than was measured."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alimante.config.checks_corrections import APART_C, COLDEST_C, FAR_C, HOTTEST_C
from alimante.policy.calibration import correction
from tests.unit.config.test_config_safety_review import AIR, built, only, told

WIDE = {"plausible_low": -100.0, "plausible_high": 60.0}
"""Limits that hide what an offset does."""


def with_channel(**keys: Any) -> Any:
    return built({}, warm={"channels": {"temperature": keys}})


@pytest.mark.parametrize(
    ("keys", "key", "words"),
    [
        ({"offset": -20.0}, "offset", "nothing shows that the sensor is so wrong"),
        ({"offset": -60.0, **WIDE}, "offset", "60 °C would count as 0 °C"),
        ({"offset": -3.1}, "offset", "nothing shows"),
        ({"offset": -20.0, "calibration": [[0, 0], [50, 50]]}, "offset", "less than its reference points say"),
        ({"offset": -2.0, "calibration": [[0, -2], [50, 48]]}, "offset", "less than its reference points say"),
        ({"calibration": [[25, 21], [26, 22]], "calibrated_beyond": 40}, "calibration", "less than 10 °C apart"),
        ({"calibration": [[20, 20], [30, 26]], "calibrated_beyond": 60}, "calibrated_beyond", "far outside"),
        ({"calibration": [[0, 40], [50, 0]]}, "calibration", "a warmer place looks colder"),
        ({"calibration": [[0, 10], [50, 10]]}, "calibration", "a warmer place looks colder"),
        ({"calibration": [[300, 20], [400, 30]]}, "calibration", "lies within its calibration"),
    ],
)
def test_a_correction_downwards_that_nothing_shows_is_refused(keys: dict[str, Any], key: str, words: str):
    path, message = only(with_channel(**keys).errors)
    assert path == f"devices/warm/channels/temperature/{key}"
    assert words in message


@pytest.mark.parametrize(
    "keys",
    [
        {"offset": -3.0},
        {"offset": 0.7},
        {"calibration": [[0, 0.2], [50, 51]]},
        {"calibration": [[0.4, 0], [41, 40]], "offset": 0.5},
    ],
)
def test_a_correction_as_sensors_need_it_says_nothing(keys: dict[str, Any]):
    result = with_channel(**keys)
    assert (told(result.errors), told(result.warnings)) == ([], [])


@pytest.mark.parametrize(
    "keys", [{"calibration": [[0, -6], [50, 44]]}, {"offset": 8.0}, {"calibration": [[0, 5], [50, 55]]}]
)
def test_a_large_correction_that_was_measured_or_goes_up_is_a_warning(keys: dict[str, Any]):
    result = with_channel(**keys)
    assert told(result.errors) == []
    path, message = only(result.warnings)
    assert path == f"devices/warm/channels/temperature/{next(iter(keys))}"
    assert "one that is so wrong is broken" in message


def test_what_is_no_temperature_may_be_corrected_by_more():
    result = built({}, air={**AIR, "channels": {"humidity": {"offset": -8.0}}})
    assert (told(result.errors), told(result.warnings)) == ([], [])


POINT = st.tuples(st.integers(-20, 90), st.integers(-20, 90))


@given(
    offset=st.integers(-30, 30),
    points=st.none() | st.lists(POINT, min_size=2, max_size=4, unique_by=lambda point: point[0]).map(sorted),
    beyond=st.integers(0, 40),
)
def test_whatever_passes_moves_no_temperature_further_down_than_its_reference_points(
    offset: int, points: list[tuple[int, int]] | None, beyond: int
):
    keys: dict[str, Any] = {"offset": float(offset), "calibrated_beyond": float(beyond)}
    if points:
        keys["calibration"] = [list(point) for point in points]
    if any("/channels/" in path for path, _ in told(with_channel(**keys).errors)):
        return
    correct = correction(offset=offset, points=points or (), beyond=beyond) or (lambda said: said)
    lowest = min((true - said for said, true in points or ()), default=0.0)
    for said in range(int(COLDEST_C), int(HOTTEST_C) + 1):
        true = correct(float(said))
        if true is not None and true - said < -FAR_C - 1e-6:
            assert points is not None
            assert points[-1][0] - points[0][0] >= APART_C
            assert true - said >= min(lowest, 0.0) - FAR_C - 1e-6
