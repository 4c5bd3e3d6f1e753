"""Holds a heater against what its sensor says: does it warm when on, and not when off? It must not switch anything.

A printer's firmware has this check and thermostats lack it. A sensor that is stuck, fell out or hangs in the wrong
place says nothing wrong; only that it does not follow the heater shows it.
"""

from collections import deque
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from alimante.config.verify import LimitKeys, VerifyKeys
from alimante.policy.belief import Belief
from alimante.safety import sentences
from alimante.safety.cold import Cold
from alimante.safety.findings import Finding, Kind
from alimante.safety.freeze import Freeze
from alimante.safety.heat_model import Guess
from alimante.safety.learning import Learned, Learner
from alimante.safety.seen import Seen
from alimante.safety.stuck_on import StuckOn
from alimante.safety.trace import Delayed, Entry, Trace, is_still
from alimante.safety.turns import Turns

__all__ = ["Seen", "Verification"]

GAP_S: Final = 30.0
"""After so long without a look nothing that was seen before counts as evidence."""

_SPAN: Final = 10.0  # windows: no evidence is older
_DENSITY: Final = 60.0  # entries in a window at most
_FULL: Final = 0.9  # duty from which the heater counts as on without a break
_MARGIN: Final = 0.75  # of the way from the limit to harm that a heater may go unseen where a sensor's steps are wide
_SLOWEST: Final = 3.0  # dead times for which a slow sensor goes on falling after the heater went on
_TURN: Final = 1.5  # dead times after which one that stands still between falling and rising has moved again
_FROZEN: Final = 0.1  # of what trips: from there on a reading that stands still teaches nothing
_SHORT_BLOCK_S: Final = 60.0
_PROVEN: Final = 0.05  # of the configured rate: a strength that is surely above is one
_NO_STRENGTH: Final = 0.125  # of the configured rate, which is not said more than twice too high: less is none
_TOLD_MIN: Final = 15.0  # at full power in all, before it is said of a heater that it has no strength
_WEAK: Final = 0.25  # of what was learned: from there on a heater is weak, below it is none
_SHOWN: Final = 0.05  # of it: where cold came in and stays, so much above what its place is without it is heat
_WEAK_S: Final = 1800.0  # for which it is told at least
_ALONE_S: Final = 75.0  # after which it shows whose sensor a heater warms


class Verification:
    """The watch over one heater. What trips is told until `retry`; a warning until the opposite was seen.

    Gain: after `dead_time_s`, in a window of full power, the reading must rise by a share of what is expected. What is
    expected comes from the learned model, less twice its doubt; where nothing was learned yet, from the configured
    rate. A window in which too little is expected to be told from the sensor's steps is stretched until enough is: in
    steady state, where heat only makes up for losses, nothing is expected and nothing found. What is then expected is
    never more than half the way from the limit to harm.
    """

    def __init__(self, heater: str, *, verify: VerifyKeys, limit: LimitKeys, others: tuple[str, ...] = ()) -> None:
        self.heater = heater
        self._keys = verify
        self._limit = limit
        self.window_s = verify.window_s(limit)
        guess = Guess(rate=limit.max_rate_c_per_min, noise_c=verify.resolution_c / 2.0, others=len(others))
        self.learner = Learner(guess, limit.max_c, verify.dead_time_s, others)
        self._trace = Trace(self.window_s / _DENSITY, self.window_s * _SPAN)
        self._freeze = Freeze()
        self._full = Delayed(verify.dead_time_s)
        self._edges: deque[Entry] = deque(maxlen=240)  # ends of blocks to be learned from
        self._found: dict[Kind, Finding] = {}
        self._before: tuple[float, Seen, float] | None = None
        self._looked_s = float("-inf")
        self._stuck = StuckOn(heater, verify=verify, limit=limit)
        self._cold = Cold(verify.resolution_c)
        self._turns = Turns(self.window_s, verify.rise_c, verify.resolution_c)
        self._is_suspect = False
        self._is_doubted = False
        self._judged_full_s = 0.0
        self.is_proven = False
        """Whether this very heater was seen to warm its sensor."""
        self._is_foretold = False  # what was learned foretold a rise, and it came
        self._has_risen = False
        self._is_of_other_place = False
        self._weak_s = float("-inf")
        self._shown_s: float | None = None  # since when it shows less than it must, but something
        self._on_since_s: float | None = None
        self._deficit_c_s = 0.0
        self._best_c: float | None = None
        self._best_full_s = 0.0

    @property
    def learned(self) -> Learned | None:
        """What is known of the heater, for people."""
        return self.learner.learned

    def look(self, now_s: float, seen: Seen) -> list[Finding]:
        """All that is so now. Call it or `rest` every second or so; the monotonic `now_s` must not go back."""
        self._note(now_s, seen)
        if self._keys.enabled:
            is_new = self._advance(now_s, seen)
            self._judge_power(now_s, seen)
            if is_new:
                self._judge(now_s, seen)
        self._looked_s = now_s
        return [*self._found.values(), *([] if self._stuck.found is None else [self._stuck.found])]

    def rest(self, now_s: float) -> bool:
        """Instead of a look, where nothing was found and all is as it was seen last; False if a look is needed."""
        if self._before is None or now_s - self._looked_s > GAP_S:
            return False
        self._looked_s = now_s
        self._note(now_s, self._before[1])
        return True

    def report(self) -> dict[str, Any]:
        """What is known of the heater, and of how much it was learned, as plain JSON values."""
        return self.learner.report() | {"is_proven": self.is_proven}

    def retry(self, now_s: float) -> None:
        """The trip was reset: what was seen before is no evidence any more, but what was learned stays.

        Only what says that its sensor is another's is learned anew: somebody may have put it right.
        """
        self._forget()
        if self._is_of_other_place:
            self.learner.begin_anew()
            self.is_proven = self._is_foretold = self._is_of_other_place = False
        self._found.clear()
        self._stuck.retry(now_s)
        self._cold.over()

    def doubt(self, is_doubted: bool, *, has_jumped: bool) -> None:
        """The reading is lower than the zone can be, or can be believed again; nothing is judged across a jump.

        While it is doubted nothing is judged by it, for the upper bound holds the heater, and people are told.
        """
        self._is_doubted = is_doubted
        if has_jumped:
            self._forget()

    def snapshot(self) -> dict[str, Any]:
        """What was learned, as plain JSON values. Evidence is not kept: after a restart it is gathered anew."""
        return {"learner": self.learner.snapshot(), "is_proven": self.is_proven, "is_foretold": self._is_foretold}

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Take over a snapshot; one of another configuration is left alone, and everything is learned anew."""
        learner = kept.get("learner")
        if isinstance(learner, Mapping) and self.learner.restore(learner):
            self.is_proven, self._is_foretold = kept.get("is_proven") is True, kept.get("is_foretold") is True

    @property
    def heat_lasts_s(self) -> float:
        """After so long off nothing is left of its heat in its element and its sensor."""
        return max(self.learner.heat_lasts_s, self._keys.off_after_s)

    def is_warmed_by(self, other: str) -> bool:
        """Whether the output `other` is known to warm this sensor by more than next to nothing."""
        return self.learner.warms(other) > _NO_STRENGTH * self._limit.max_rate_c_per_min

    def _note(self, now_s: float, seen: Seen) -> None:
        self._stuck.note(now_s, seen)
        if seen.duty > 0.0:
            self._on_since_s = now_s if self._on_since_s is None else self._on_since_s
        else:
            self._on_since_s = None

    def _advance(self, now_s: float, seen: Seen) -> bool:
        """Take in what was so since the last look; says whether there is a new reading."""
        reading_c = seen.belief.value
        before, self._before = self._before, None
        if reading_c is None:
            self._forget()
            return False
        self._before = now_s, seen, reading_c
        if before is None:
            self._forget()
            return False
        before_s, then, then_c = before
        span_s = now_s - before_s
        is_gap = now_s - self._looked_s > GAP_S
        if is_gap or not _is_comparable(then.belief, seen.belief):
            self._forget()
        self.learner.advance(span_s, duty=then.duty, reading_c=then_c, others=then.others)
        self._full.add(now_s, span_s, then.duty)
        self._sum_deficit(span_s, then, then_c)
        duty, gain, loss = self.learner.now()
        if not is_gap:  # a reading that nobody looked at did not stand still
            self._freeze.look(span_s, reading_c=then_c, duty=duty, gain=gain, loss=loss)
        if seen.belief.measured_s is not None and seen.belief.measured_s == then.belief.measured_s:
            return False
        sums, full_s = self.learner.sums(), self._full.total_s(now_s)
        lowest_c = seen.belief.lowest if seen.belief.is_disputed else None
        lowest_c = reading_c if lowest_c is None else lowest_c
        return self._trace.add(Entry(now_s, reading_c, lowest_c, full_s, sums, dict(seen.elsewhere)))

    def _forget(self) -> None:
        self._trace.entries.clear()
        self._edges.clear()
        self._freeze.forget()
        self._deficit_c_s, self._best_c = 0.0, None

    def _judge(self, now_s: float, seen: Seen) -> None:
        self._cold.look(self._trace, self.learner)
        if self._stuck.off_since_s is not None:
            self._cold.look_off(now_s, self._stuck.off_since_s + self.heat_lasts_s, self._trace, self.learner)
        if not self._is_doubted:
            self._judge_gain(now_s)
            self._judge_freeze()
            self._judge_place()
            self._judge_hold(now_s, seen)
            self._stuck.judge(now_s, seen, self._trace, self.learner, is_known=self._is_foretold)
        self._learn(now_s, seen)

    # (a) Whenever on, it must get warmer.

    def _judge_gain(self, now_s: float) -> None:
        full_s = self._trace.entries[-1].full_s
        if full_s <= self._judged_full_s:
            return  # off for a dead time: nothing new can be expected
        self._judged_full_s = full_s
        for start, end in self._trace.spans(self.window_s):
            if start.at_s < self._cold.fell_s:
                return  # cold that came in is not the heater's: judgement begins anew when it has ended
            expected_c = self._expected(start, end)
            if expected_c is None:
                continue
            if end.smooth_c - start.smooth_c >= self._needed(expected_c):
                self._is_suspect, self._has_risen, self._shown_s = False, True, None
                self._cold.over()
                # A rise while nothing else was on is its own.
                self.is_proven = self.is_proven or start.at_s > self._stuck.company_s + self._keys.dead_time_s
                self._clear(Kind.NO_RESPONSE, Kind.NOT_HEATING)
                if now_s - self._weak_s > _WEAK_S:
                    self._clear(Kind.WEAK)
            elif self._is_foretold and self._turns.look(now_s, start, end, self._trace, self.learner):
                self._is_suspect, self._shown_s = False, None  # it is the place that is not as it was learned
                if self._turns.is_lasting(now_s):
                    self._cold.over()
                    self.learner.doubt_place()
            elif self._shows_heat(start, end):
                self._find_weak(now_s, start, end, expected_c)
            else:
                self._shown_s = None
                self._find_no_rise(start, end, expected_c)
            return

    def _shows_heat(self, start: Entry, end: Entry) -> bool:
        """Whether the reading shows a share of this heater, although less than it must.

        One that stands still shows nothing. Where cold came in, all counts that is surely more than without it.
        """
        if not self._is_foretold:
            return False
        off_c, doubt_c, own_c = self.learner.expect_off(start.sums, end.sums)
        shown_c = end.smooth_c - start.smooth_c - off_c + self._short_c(start, end) - doubt_c
        if self._cold.is_in:
            return shown_c - self.learner.unsure_of_loss(self._cold.from_c, start.sums, end.sums) > _SHOWN * own_c
        half_s = (start.at_s + end.at_s) / 2.0  # a sensor that got stuck since then did move before
        stands_still = is_still(self._trace.between(half_s, end.at_s), self._keys.resolution_c)
        return not stands_still and shown_c >= _WEAK * own_c > 0.0

    def _find_weak(self, now_s: float, start: Entry, end: Entry, expected_c: float) -> None:
        self._shown_s = now_s if self._shown_s is None else self._shown_s
        if now_s - self._shown_s < self.window_s / 2.0:
            return
        if Kind.WEAK not in self._found and not self._cold.is_in:
            self.learner.doubt_strength()
        self._weak_s, self._is_suspect = now_s, False
        risen_c = end.smooth_c - start.smooth_c
        self._find(sentences.weak(self.heater, risen_c=risen_c, expected_c=expected_c, is_cold=self._cold.is_in))

    def _find_no_rise(self, start: Entry, end: Entry, expected_c: float) -> None:
        if end.elsewhere and 0.0 < end.at_s - self._stuck.company_s < _ALONE_S:
            return  # whose sensor it warms is seen soon
        self._is_suspect = not self._is_harmless
        risen_c = end.smooth_c - start.smooth_c
        other, other_c = self._elsewhere(start, end)
        if self._follows_more(other_c, risen_c) and not self._is_harmless:
            self._is_of_other_place = True
            self._find(sentences.swapped(self.heater, own_c=risen_c, other=other, other_c=other_c, is_trip=True))
            return
        self._find(
            sentences.no_rise(
                self.heater,
                full_s=end.full_s - start.full_s,
                risen_c=risen_c,
                expected_c=expected_c,
                is_harmless=self._is_harmless,
                is_cold=self._cold.is_in,
            )
        )

    def _expected(self, start: Entry, end: Entry) -> float | None:
        """The rise that belongs to the span in °C; None when that is too little or too uncertain to judge by."""
        visible_c = 2.0 * self._keys.resolution_c / self._keys.rise_share
        least_c = min(visible_c, _MARGIN * (self._limit.harmful_c - self._limit.max_c))
        learned = self.learner.expect(start.sums, end.sums, least_c=least_c) if self.is_proven else None
        if learned is not None:
            expected_c = learned[0] - self._less_c(start, end)
            if expected_c - learned[1] >= self._needed(expected_c):
                self._is_foretold = self._is_foretold or end.smooth_c - start.smooth_c >= expected_c / 2.0
                return expected_c
        full_s = end.full_s - start.full_s
        if self._is_foretold or full_s < _FULL * (end.at_s - start.at_s) or self._may_lag(start, end):
            return None
        nominal_c = self._limit.max_rate_c_per_min * full_s / 60.0
        return nominal_c if nominal_c >= least_c else None

    def _short_c(self, start: Entry, end: Entry) -> float:
        """How much less there must be than was learned, because it got colder meanwhile."""
        return self._cold.short(end.at_s) * (end.at_s - start.at_s) / 60.0

    def _less_c(self, start: Entry, end: Entry) -> float:
        """How much less that is where heat from outside has ended, or had not come yet: it is as cold as before."""
        short_c = self._short_c(start, end)
        if not self._cold.is_recent(end.at_s) and not self.learner.has_become_warmer(start.sums):
            return short_c
        return max(short_c, self.learner.colder(start.sums, end.sums))

    def _may_lag(self, start: Entry, end: Entry) -> bool:
        """Whether a sensor that did rise before, but of unknown lag, may still be falling from the last time off.

        One that shows the same for longer than the turn from falling to rising takes, in steps fine enough to see
        that, does not fall: a sensor with a lag of two minutes stands still for one minute where it turns.
        """
        is_fine = self._keys.resolution_c <= self._keys.rise_c / 2.0
        since_s = min(start.at_s, end.at_s - _TURN * self._keys.dead_time_s)
        shown_c = [entry.reading_c for entry in self._trace.entries if since_s <= entry.at_s <= end.at_s]
        if is_fine and max(shown_c) - min(shown_c) < self._keys.resolution_c / 2.0:
            return False
        on_s = 0.0 if self._on_since_s is None else end.at_s - self._on_since_s
        return self._has_risen and on_s < _SLOWEST * self._keys.dead_time_s + self.window_s

    def _needed(self, expected_c: float) -> float:
        share_c = self._keys.rise_share * expected_c
        return max(2.0 * self._keys.resolution_c, min(self._keys.rise_c, share_c))

    @property
    def _is_harmless(self) -> bool:
        """Whether the heater is said to be too weak for harm. What was learned is no proof: walls warm up for hours."""
        return self._keys.equilibrium_c is not None and self._keys.equilibrium_c < self._limit.harmful_c

    def _judge_freeze(self) -> None:
        """A reading that stands still while the duty creeps up."""
        if self._is_foretold and self._freeze.risen_c >= self._most_frozen_c:
            self._is_suspect = not self._is_harmless
            expected_c = self._freeze.risen_c
            self._find(sentences.frozen(self.heater, expected_c=expected_c, is_harmless=self._is_harmless))

    @property
    def _most_frozen_c(self) -> float:
        return max(4.0 * self._keys.resolution_c, (self._limit.harmful_c - self._limit.max_c) / 2.0)

    # The heater must warm its own sensor more than any other.

    def _judge_place(self) -> None:
        start, end = next(self._trace.spans(self.window_s), (None, None))
        if start is None or end is None or end.full_s - start.full_s < _FULL * (end.at_s - start.at_s):
            return
        if start.at_s <= self._stuck.company_s or not end.elsewhere:
            return
        own_c, (other, other_c) = end.smooth_c - start.smooth_c, self._elsewhere(start, end)
        if self._follows_more(other_c, own_c):
            self._find(sentences.swapped(self.heater, own_c=own_c, other=other, other_c=other_c, is_trip=False))
        elif own_c > other_c:
            self._clear(Kind.SWAPPED)

    def _elsewhere(self, start: Entry, end: Entry) -> tuple[str, float]:
        """Which other zone's sensor rose most, and by how much, while no other heat was on."""
        alone = self._trace.at(max(start.at_s, self._stuck.company_s)) or end
        rises = {name: now - alone.elsewhere[name] for name, now in end.elsewhere.items() if name in alone.elsewhere}
        return max(rises.items(), key=lambda item: item[1], default=("", 0.0))

    def _follows_more(self, other_c: float, own_c: float) -> bool:
        return other_c >= max(4.0 * self._keys.resolution_c, self._keys.rise_c) and other_c > 2.0 * own_c

    # (b) Below its target, it must get there.

    def _sum_deficit(self, span_s: float, then: Seen, then_c: float) -> None:
        is_judged = then.target_c is not None and not then.is_held
        deficit_c = (then.target_c or 0.0) - self._keys.hold_band_c - then_c if is_judged else 0.0
        if deficit_c <= 0.0:
            self._deficit_c_s, self._best_c = 0.0, None
        elif self._best_c is None or then_c >= self._best_c + self._progress_c:
            self._deficit_c_s, self._best_c, self._best_full_s = 0.0, then_c, self._full.total
        elif then.duty > 0.0:
            self._deficit_c_s += deficit_c * span_s

    def _judge_hold(self, now_s: float, seen: Seen) -> None:
        # A heater that can do harm has at full power at least a sixth of its rate left near the limit, in a room of
        # 10 °C, and the rate may be said twice too high: so long it may take for a rise that counts as progress.
        patience_s = 12.0 * self._progress_c / self._limit.max_rate_c_per_min * 60.0
        if self._deficit_c_s <= self._keys.hold_c_s or self._full.total - self._best_full_s < patience_s:
            return
        if now_s - self._cold.fell_s < self._keys.dead_time_s + self.window_s:
            return
        if seen.target_c is not None and seen.belief.value is not None:
            span = next((span for span in self._trace.spans(self.window_s) if span[0].at_s >= self._cold.fell_s), None)
            is_weak = self._is_harmless or Kind.WEAK in self._found or (span is not None and self._shows_heat(*span))
            finding = sentences.not_held(
                self.heater, target_c=seen.target_c, reading_c=seen.belief.value, is_harmless=is_weak
            )
            self._find(finding)

    @property
    def _progress_c(self) -> float:
        return max(4.0 * self._keys.resolution_c, self._keys.rise_c)

    def _judge_power(self, now_s: float, seen: Seen) -> None:
        since_s, power_w = self._stuck.off_since_s, seen.power_w
        if since_s is None or power_w is None or power_w <= self._keys.power_off_w:
            return
        if now_s - since_s >= self._keys.power_off_s:
            self._find(sentences.powered(self.heater, power_w=power_w))

    def _learn(self, now_s: float, seen: Seen) -> None:
        """Learn from blocks that are older than the window in which a stuck sensor is found."""
        if self._is_suspect or self._is_doubted or seen.belief.is_disputed or self._cold.is_new(now_s):
            self._edges.clear()
            return
        block_s, entries = max(_SHORT_BLOCK_S, self.window_s / 4.0), self._trace.entries
        if len(entries) > 2 and (not self._edges or entries[-2].at_s - self._edges[-1].at_s >= block_s):
            self._edges.append(entries[-2])
        if self._freeze.risen_c > _FROZEN * self._most_frozen_c:
            return  # should it move again, then what is put off now can be learned
        delay_s = self.window_s + self._keys.dead_time_s
        if seen.duty == 0.0:
            delay_s = max(delay_s, self._keys.off_after_s + self._keys.off_window_s + block_s)
        while len(self._edges) > 1 and self._edges[1].at_s <= now_s - delay_s:
            start, end = islice(self._edges, 2)
            self.learner.learn(start.sums, end.sums, end.smooth_c - start.smooth_c)
            self._edges.popleft()
            self._judge_strength()

    def _judge_strength(self) -> None:
        """A strength of next to nothing is the finding, not the end of the check."""
        rate = self._limit.max_rate_c_per_min
        lowest, highest = self.learner.gain
        self.is_proven = self.is_proven or lowest > _PROVEN * rate
        if self.learner.full_min >= _TOLD_MIN and highest < _NO_STRENGTH * rate and not self._is_harmless:
            self._is_suspect = self._is_of_other_place = True
            self._find(sentences.no_strength(self.heater, full_min=self.learner.full_min, strength=highest, rate=rate))

    def _find(self, finding: Finding) -> None:
        before = self._found.get(finding.kind)
        if before is None or (finding.is_trip and not before.is_trip):
            self._found[finding.kind] = finding

    def _clear(self, *kinds: Kind) -> None:
        """Withdraw warnings; what trips stays until `retry`."""
        for kind in kinds:
            if kind in self._found and not self._found[kind].is_trip:
                del self._found[kind]


def _is_comparable(one: Belief, other: Belief) -> bool:
    """Whether two beliefs in a group come about in the same way, so that their difference is one of temperature."""
    return len(one.members) == len(other.members) and one.is_disputed is other.is_disputed
