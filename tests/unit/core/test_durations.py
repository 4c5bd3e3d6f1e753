"""Spans of time as people type and read them."""

import pytest

from alimante.core.durations import duration_s, say_duration, span


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90.0), ("90s", 90.0), ("1.5m", 90.0), ("2h", 7200.0), ("30d", 2_592_000.0)]
)
def test_a_duration_is_a_number_with_a_unit(text: str, seconds: float):
    assert duration_s(text) == seconds


@pytest.mark.parametrize("text", ["", "h", "-3m", "1e9", "nan", "3 h", "1w", "٣s", "1000000000d"])
def test_what_is_no_duration_is_refused_in_a_sentence(text: str):
    with pytest.raises(ValueError, match='"'):
        duration_s(text)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0 s"),
        (40.0, "40 s"),
        (90.0, "90 s"),
        (300.0, "5 min"),
        (5400.0, "90 min"),
        (12_600.0, "3.5 h"),
        (86_400.0, "1 d"),
        (2_592_000.0, "30 d"),
    ],
)
def test_a_span_is_said_in_the_unit_that_people_use(seconds: float, words: str):
    assert say_duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.4, "0 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (200_000, "2 d")]
)
def test_a_span_is_said_in_its_largest_unit(seconds, said):
    assert span(seconds) == said
