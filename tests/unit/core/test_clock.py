"""Two clocks that are never mixed up."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alimante.core.clock import ManualClock, SystemClock


@pytest.mark.parametrize("step_s", [-7200.0, 56 * 365.25 * 86400.0])
def test_a_step_of_the_wall_clock_leaves_monotonic_time_alone(step_s):
    clock = ManualClock(mono_s=5.0, wall_s=100.0)
    clock.step_wall(step_s)
    assert clock.mono() == 5.0
    assert clock.wall() == 100.0 + step_s


def test_time_passes_on_both_clocks():
    clock = ManualClock(mono_s=5.0, wall_s=100.0)
    clock.advance(2.5)
    assert (clock.mono(), clock.wall()) == (7.5, 102.5)


@pytest.mark.parametrize("seconds", [-1.0, -1e-9, float("nan")])
def test_time_never_runs_backwards(seconds):
    clock = ManualClock()
    with pytest.raises(ValueError, match="cannot pass"):
        clock.advance(seconds)


@given(st.lists(st.floats(0, 1e6), max_size=20))
def test_a_clock_that_was_told_to_move_only_rises(steps_s):
    clock = ManualClock()
    seen = [clock.mono()]
    for step_s in steps_s:
        clock.advance(step_s)
        seen.append(clock.mono())
    assert seen == sorted(seen)


def test_whether_the_time_is_known_is_said():
    clock = ManualClock(synced=False)
    assert not clock.synced()
    clock.set_synced(True)
    assert clock.synced()


def test_the_system_clock_is_synced_once_timesyncd_left_its_mark(tmp_path):
    clock = SystemClock(sync_mark=tmp_path / "synchronized")
    assert not clock.synced()
    (tmp_path / "synchronized").touch()
    assert clock.synced()


def test_the_system_clock_asks_the_operating_system():
    clock = SystemClock()
    assert time.monotonic() <= clock.mono() <= time.monotonic()
    assert time.time() <= clock.wall() <= time.time()
