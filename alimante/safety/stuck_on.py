"""Says whether a heater heats that is switched off; it must not switch anything.

Not all that gets warmer is warmed by the heater: a cooler that pauses, sun on the glass and a hot room do it as well.
So the rise has to be one of this heater, and where a safety relay can take its power, that is the experiment: what a
welded relay heats ends with the power, and what comes from elsewhere goes on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from alimante.config.verify import LimitKeys, VerifyKeys
from alimante.core.events import Quality
from alimante.safety import sentences
from alimante.safety.findings import Finding
from alimante.safety.learning import Learner
from alimante.safety.seen import Seen
from alimante.safety.trace import Entry, Trace

_SHARE: Final = 0.5  # of the heater's own strength: a rise or a bend of so much is nearer to it than to nothing
_SURE: Final = 0.75  # of it: no doubt asks for more
_UNKNOWN_SHARE: Final = 1.0 / 6.0  # of the configured rate: what is left of it near the limit, said twice too high
_BEND: Final = 0.6  # of the rise before, where the strength is not known
_BEFORE_S: Final = 150.0  # over which it is looked at how it rose before the power went
_AFTER_S: Final = 120.0
_LEAST_S: Final = 45.0
_UNCUT_S: Final = 60.0  # after which a relay that did not open tells nothing
_ACQUITTED_S: Final = 3600.0
_CHANGED: Final = 0.05
_REBOUND_S: Final = 3600.0  # for so long at most it gets warmer again where a cooler pauses


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cut:
    """The power went at `at_s`; until then it got warmer by `before` °C per minute, with the `others` as they were."""

    at_s: float
    before: float
    others: Mapping[str, float]


class StuckOn:
    """What is found of one heater while it is off. `note` is called on each look, and `judge` after each reading."""

    def __init__(self, heater: str, *, verify: VerifyKeys, limit: LimitKeys) -> None:
        self.found: Finding | None = None
        self.company_s = float("-inf")
        """When another source of heat was on last."""
        self.off_since_s: float | None = None
        self._heater = heater
        self._keys = verify
        self._limit = limit
        self._cooled_s = float("-inf")  # when something took heat away last
        self._doubted_s = float("-inf")  # when its sensor was suspect last
        self._found_s = float("-inf")
        self._acquitted_s = float("-inf")
        self._lost_s: float | None = None  # when the power went, as long as the experiment has not begun
        self._had_power = False
        self._cut: _Cut | None = None

    def note(self, now_s: float, seen: Seen) -> None:
        """Take in what was so at `now_s`."""
        if seen.heat_elsewhere:
            self.company_s = now_s
        if seen.is_cooled:
            self._cooled_s = now_s
        if seen.belief.quality is Quality.SUSPECT:
            self._doubted_s = now_s  # noise looks like heat that comes from nowhere
        if seen.duty > 0.0:
            self.off_since_s, self._cut, self._acquitted_s = None, None, float("-inf")
        elif self.off_since_s is None:
            self.off_since_s = now_s
        if seen.has_power:
            self._lost_s = self._cut = None
        elif self._had_power:
            self._lost_s = now_s
        self._had_power = seen.has_power

    def retry(self, now_s: float) -> None:
        """The trip was reset: what was seen before is no evidence any more."""
        self.found = self._cut = self._lost_s = None
        self.off_since_s = None if self.off_since_s is None else now_s

    def judge(self, now_s: float, seen: Seen, trace: Trace, learner: Learner, *, is_known: bool) -> None:
        """Look at the newest reading."""
        if self.off_since_s is None:
            return
        if self._lost_s is not None:
            self._begin(seen, trace, learner, is_known=is_known)
        if self._cut is not None:
            self._end(now_s, self._cut, seen, trace, learner, is_known=is_known)
        elif self.found is None:
            self._suspect(now_s, seen, trace, learner, is_known=is_known)
        elif not self.found.is_trip:
            self._doubt(now_s, trace)
        elif not seen.has_power or now_s - self._found_s > _UNCUT_S:
            self.found = replace(self.found, counts=True)  # no experiment can tell

    def _suspect(self, now_s: float, seen: Seen, trace: Trace, learner: Learner, *, is_known: bool) -> None:
        span = self._quiet_span(now_s, trace)
        if span is None or now_s - self._acquitted_s < _ACQUITTED_S:
            return
        start, end = span
        rise_c = _rise(start, end)
        mid = trace.at(now_s - self._keys.off_window_s / 2)
        # What is left in the element and the sensor's lag dies away; what is stuck on goes on.
        is_over = rise_c <= self._keys.off_rise_c or mid is None or _rise(mid, end) < rise_c / 3.0
        if not is_over and self._fits(start, end, learner, is_known=is_known):
            self._found_s = now_s
            self.found = sentences.stuck_on(
                self._heater, rise_c=rise_c, span_s=end.at_s - start.at_s, has_cutoff=seen.has_cutoff
            )

    def _quiet_span(self, now_s: float, trace: Trace) -> tuple[Entry, Entry] | None:
        """The last readings over a whole window in which nothing but this heater can have warmed the place."""
        start = trace.at(max(self._quiet_s, now_s - self._keys.off_window_s))
        end = trace.entries[-1]
        if start is None or end.at_s - start.at_s < 0.95 * self._keys.off_window_s:
            return None
        return start, end

    @property
    def _quiet_s(self) -> float:
        """Since when nothing else can have warmed the place, and no heat of its own was left."""
        since_s = float("-inf") if self.off_since_s is None else self.off_since_s
        rebound_s = min(60.0 / (self._limit.max_rate_c_per_min / 60.0), _REBOUND_S)
        return max(max(since_s, self.company_s) + self._keys.off_after_s, self._cooled_s + rebound_s, self._doubted_s)

    def _fits(self, start: Entry, end: Entry, learner: Learner, *, is_known: bool) -> bool:
        """Whether the rise is nearer to what this heater brings than to what comes without it."""
        rise_c, minutes = _rise(start, end), (end.at_s - start.at_s) / 60.0
        if not is_known:
            return rise_c > _UNKNOWN_SHARE * self._limit.max_rate_c_per_min * minutes
        off_c, doubt_c, _ = learner.expect_off(start.sums, end.sums)
        own_c = learner.strength * minutes
        return rise_c - off_c > max(_SHARE * own_c, min(doubt_c, _SURE * own_c))

    def _begin(self, seen: Seen, trace: Trace, learner: Learner, *, is_known: bool) -> None:
        """The power went while the heater was off: how did it rise until then?"""
        lost_s, self._lost_s = self._lost_s, None
        if lost_s is None:
            return
        start, end = trace.at(max(self._quiet_s, lost_s - _BEFORE_S)), trace.at(lost_s)
        if start is None or end is None or end.at_s - start.at_s < _LEAST_S:
            return
        if self.found is not None or self._fits(start, end, learner, is_known=is_known):
            before = _slope(start, end)
            self._cut = _Cut(at_s=lost_s, before=before, others=dict(seen.others))

    def _end(self, now_s: float, cut: _Cut, seen: Seen, trace: Trace, learner: Learner, *, is_known: bool) -> None:
        """Has it bent since the power went?"""
        if any(abs(seen.others.get(name, 0.0) - share) > _CHANGED for name, share in cut.others.items()):
            self._cut = None
            if self.found is not None:
                self.found = replace(self.found, counts=True)
            return
        start, end = trace.at(max(cut.at_s + self._keys.dead_time_s, now_s - _AFTER_S)), trace.entries[-1]
        if start is None or end.at_s - start.at_s < 0.75 * _AFTER_S:
            return
        bend = cut.before - _slope(start, end)
        most = _SHARE * learner.strength if is_known else self._limit.max_rate_c_per_min / 4.0
        if bend >= (most if is_known else max(most, _BEND * cut.before)):
            self._cut = None
            self.found = sentences.welded(self._heater, before=cut.before, after=_slope(start, end))
        elif now_s >= cut.at_s + learner.heat_lasts_s + _AFTER_S:
            self._cut, self.found, self._acquitted_s = None, None, now_s

    def _doubt(self, now_s: float, trace: Trace) -> None:
        """Where nothing can take its power, it is told until it is seen to get colder with the heater off."""
        span = self._quiet_span(now_s, trace)
        if span is not None and _rise(*span) < -max(2.0 * self._keys.resolution_c, self._keys.off_rise_c / 3.0):
            self.found = None


def _rise(start: Entry, end: Entry) -> float:
    """Heat is felt by all thermometers of a place: where no majority agrees, one that rises alone is wrong."""
    return min(end.reading_c - start.smooth_c, end.lowest_c - start.smooth_lowest_c)


def _slope(start: Entry, end: Entry) -> float:
    """In °C per minute."""
    return _rise(start, end) / ((end.at_s - start.at_s) / 60.0)
