"""What the gate takes up of an earlier run."""

import json

import pytest
from benches import GateBench
from fakes import an_actuator, heard

from alimante.core.bus import EventBus
from alimante.core.events import ConditionChanged, Level
from alimante.safety.conditions import Conditions
from alimante.safety.memory import Memory
from alimante.safety.reporting import Reporter
from alimante.safety.rules import Rules

SAVED_S, WALL_S = 1000.0, 50_000.0


class Learned:
    """In the place of the watch over a heater: keeps what it is given."""

    def __init__(self):
        self.taken = []

    def snapshot(self):
        return {"warms": 0.5}

    def restore(self, learned, *, away_s):
        self.taken.append((learned, away_s))


class Run:
    """One run of the node: what it remembers, and what it tells."""

    def __init__(self, output, *, now_s, wall_s):
        bus = EventBus()
        self.now_s, self.wall_s = now_s, wall_s
        self.output, self.watch = output, Learned()
        self.raised = heard(bus, ConditionChanged)
        self.reporter = Reporter(bus, Conditions(bus), now=lambda: self.now_s, wall=lambda: self.wall_s)
        self.memory = Memory(
            {"heater": output},
            {"heater": self.watch},
            self.reporter,
            now=lambda: self.now_s,
            wall=lambda: self.wall_s,
        )


def runs(look, *, wall_s=WALL_S, again_wall_s=WALL_S + 600.0):
    """Let `look(first, again)` have a run that is saved at `SAVED_S`, and one that has not taken it up yet."""
    first, again = GateBench(an_actuator()), GateBench(an_actuator())

    async def main():
        again.build()
        look(Run(first.output, now_s=SAVED_S, wall_s=wall_s), Run(again.output, now_s=5.0, wall_s=again_wall_s))

    first.run(main, start=False)


def saved(run):
    return json.loads(json.dumps(run.memory.snapshot()))


def test_a_snapshot_has_all_parts_by_output():
    def look(first, again):
        first.output.account.turned_on(900.0, None)
        first.output.latch.trip(cause="stuck_on", text="it is on", now_s=990.0)
        first.reporter.acted(first.output, "forced_safe", "gap", "")
        kept = first.memory.snapshot()
        assert kept == {
            "wall_s": WALL_S,
            "outputs": {"heater": first.output.account.snapshot(SAVED_S)},
            "latches": {"heater": first.output.latch.snapshot(SAVED_S)},
            "heaters": {"heater": {"warms": 0.5}},
            "log": list(first.reporter.log),
        }

    runs(look)


@pytest.mark.parametrize(
    ("wall_s", "again_wall_s", "returned_s", "learned_s"),
    [
        (WALL_S, WALL_S + 600.0, 600.0, 600.0),
        (WALL_S, WALL_S, 0.0, 0.0),
        (WALL_S, WALL_S - 50.0, 0.0, 0.0),  # a clock that went back says nothing
        (None, WALL_S, 0.0, None),
        (WALL_S, None, 0.0, None),
        (None, None, 0.0, None),
    ],
)
def test_everything_is_older_by_the_time_between_the_runs_as_far_as_that_is_known(
    wall_s, again_wall_s, returned_s, learned_s
):
    def look(first, again):
        first.output.account.turned_on(500.0, None)
        first.output.account.turned_off(900.0)
        first.output.latch.trip(cause="no_response", text="", now_s=SAVED_S - 100.0, wall_s=wall_s and wall_s - 100.0)
        assert again.memory.restore(saved(first)) == returned_s
        assert again.watch.taken == [({"warms": 0.5}, learned_s)]
        assert again.output.account.lasted_s(5.0) == pytest.approx(100.0 + returned_s)
        waits_s = again.output.latch.cooldown_s - 100.0 - returned_s
        assert again.output.latch.tick(5.0 + waits_s - 0.1) is None
        assert again.output.latch.tick(5.0 + waits_s) is not None

    runs(look, wall_s=wall_s, again_wall_s=again_wall_s)


def test_what_was_on_counts_as_on_until_now_or_for_as_long_as_it_may_be():
    def look(first, again):
        again.output.rules = Rules(safe=0.0, max_on_s=150.0)
        first.output.account.turned_on(900.0, None)
        again.memory.restore(saved(first))
        assert again.output.account.used_s(again.output.account.hour, 5.0) == pytest.approx(150.0)

    runs(look)


@pytest.mark.parametrize(("came_s", "shift_s"), [(60.0, 540.0), (599.5, 0.5), (600.0, 0.0), (700.0, 0.0)])
def test_a_clock_that_is_believed_later_makes_everything_older_once(came_s, shift_s):
    """By what passed between the runs, which is what the clock says less what this run has lasted."""

    def look(first, again):
        first.output.account.turned_off(SAVED_S)
        first.output.account.since_s = SAVED_S
        again.memory.restore(saved(first))
        assert again.memory.believe_clock() == 0.0
        again.now_s, again.wall_s = 5.0 + came_s, WALL_S + 600.0
        assert again.memory.believe_clock() == pytest.approx(shift_s)
        assert again.output.account.lasted_s(again.now_s) == pytest.approx(came_s + shift_s)
        assert again.memory.believe_clock() == 0.0
        assert again.output.account.lasted_s(again.now_s) == pytest.approx(came_s + shift_s)

    runs(look, again_wall_s=None)


def test_a_clock_that_was_believed_from_the_start_shifts_nothing_later():
    def look(first, again):
        again.memory.restore(saved(first))
        again.wall_s += 1e6
        assert again.memory.believe_clock() == 0.0

    runs(look)


def test_a_clock_shifts_nothing_where_nothing_was_taken_up():
    def look(first, again):
        assert again.memory.believe_clock() == 0.0

    runs(look)


def test_a_trip_that_outlives_a_restart_is_told_again_with_each_cause():
    def look(first, again):
        first.output.latch.trip(cause="stuck_on", text="it is on", now_s=990.0)
        first.output.latch.trip(cause="over_temperature", text="it is hot", now_s=995.0)
        again.memory.restore(saved(first))
        assert [
            (each.component, each.condition, each.level, each.text, bool(each.advice)) for each in again.raised
        ] == [
            ("heater", "stuck_on", Level.CRITICAL, "it is on", True),
            ("heater", "over_temperature", Level.CRITICAL, "it is hot", True),
        ]

    runs(look)


def test_a_trip_whose_sentence_was_forgotten_is_told_with_the_last_one():
    def look(first, again):
        first.output.latch.trip(cause="stuck_on", text="it is on", now_s=990.0)
        kept = saved(first)
        kept["latches"]["heater"]["causes"] = ["older"]
        again.memory.restore(kept)
        assert [(each.condition, each.text) for each in again.raised] == [("older", again.output.latch.why)]

    runs(look)


def test_the_log_goes_on():
    def look(first, again):
        first.reporter.acted(first.output, "forced_safe", "gap", "one")
        kept = saved(first)
        kept["log"] += ["no entry", 5]
        again.memory.restore(kept)
        again.reporter.acted(again.output, "forced_safe", "gap", "two")
        assert [entry["text"] for entry in again.reporter.log] == ["one", "two"]

    runs(look)


@pytest.mark.parametrize("part", ["outputs", "latches", "heaters"])
def test_what_is_no_part_or_of_no_output_is_left_out(part):
    def look(first, again):
        for nonsense in (5, [], {"gone": {}}, {"heater": 5}):
            again.memory.restore(saved(first) | {part: nonsense})
        assert not again.output.latch.is_tripped
        assert len(again.watch.taken) == (0 if part == "heaters" else 4)

    runs(look)


def test_an_account_that_cannot_be_read_begins_anew_and_is_told():
    def look(first, again):
        again.memory.restore({"outputs": {"heater": {"day": 7}}})
        assert [(each.at_s, each.text) for each in again.output.decisions] == [
            (5.0, "what was saved of it could not be read; its quotas begin anew")
        ]

    runs(look)


@pytest.mark.parametrize("wall_s", [True, "50000", None, []])
def test_a_wall_time_that_is_no_number_is_not_known(wall_s):
    def look(first, again):
        assert again.memory.restore(saved(first) | {"wall_s": wall_s}) == 0.0
        assert again.watch.taken[0][1] is None

    runs(look)
