"""What is believed of a channel as its last reading grows old; it must not remember the reading."""

from dataclasses import dataclass
from math import inf

from alimante.core.events import Quality, ReadingTaken
from alimante.policy.belief import Belief, unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How old a reading may be, counted from the moment it was measured."""

    stale_after_s: float
    lost_after_s: float

    def quality(self, measured_s: float, now_s: float) -> Quality:
        """GOOD while a reading is young, SUSPECT when it is stale, UNKNOWN when it is lost."""
        age_s = now_s - measured_s
        if age_s >= self.lost_after_s:
            return Quality.UNKNOWN
        return Quality.SUSPECT if age_s >= self.stale_after_s else Quality.GOOD

    def believed(self, last: ReadingTaken | None, now_s: float, *, good_s: float = -inf) -> Belief:
        """What `last`, the last reading that was not bad, is worth now; the last good one was measured at `good_s`."""
        if last is None:
            return unknown("there was no reading yet")
        aged = self.quality(last.measured_s, now_s)
        if aged is Quality.UNKNOWN:
            return unknown(f"the last reading is older than {self.lost_after_s:g} s")
        reasons = last.reasons
        if aged is Quality.SUSPECT:
            reasons = (*reasons, f"the last reading is older than {self.stale_after_s:g} s")
        value = last.value
        is_doubtful = Quality.SUSPECT in (aged, last.quality)
        return Belief(
            value=value,
            quality=Quality.SUSPECT if is_doubtful else Quality.GOOD,
            reasons=reasons,
            measured_s=last.measured_s,
            highest=value,
            lowest=value,
            members=(value,),
            hold_until_s=good_s + self.lost_after_s if is_doubtful else inf,
        )
