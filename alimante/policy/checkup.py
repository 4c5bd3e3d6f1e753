"""One health check and what its findings come to over time; it must not run the check."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from alimante.core.events import Level
from alimante.policy.health import Health, of_level
from alimante.policy.hysteresis import Hysteresis, Patience


class Kind(StrEnum):
    """What a check looks at."""

    SYSTEM = "system"
    COMPONENT = "component"
    SERVICE = "service"
    HARDWARE = "hardware"
    NETWORK = "network"
    STORAGE = "storage"
    TIME = "time"
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one look at something found.

    `level` is None when there was nothing to go by. `code` is an id of the reason, `text` and `advice` are sentences
    for people, `value` is what was measured, if anything. `evidence` names what was looked at, where that can be the
    same at the next look: one bad reading is one bad finding, however often it is looked at.
    """

    level: Level | None
    code: str = ""
    text: str = ""
    advice: str = ""
    value: float | None = None
    evidence: object = None


SOUND: Final = Finding(level=Level.CLEAR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing to look at again and again: `run` is called every `period_s` seconds in the loop and must be quick.

    `name` tells it from other checks of the same `component` (both are ids) and is the condition that it announces,
    if `announces`: leave that to others who publish the same fact themselves. One bad finding of what `is_safety`
    counts. What is not `is_critical` makes the node WARNING at worst. While `parent` is CRITICAL, nothing is known of
    the component.
    """

    component: str
    name: str
    run: Callable[[], Finding]
    kind: Kind = Kind.CUSTOM
    period_s: float = 5.0
    is_safety: bool = False
    is_critical: bool = True
    announces: bool = True
    parent: str = ""


@dataclass(slots=True)
class Checkup:
    """The findings of `check` so far. Evidence older than `evidence_periods` of its periods is none."""

    check: Check
    patience: Patience = field(default_factory=Patience)
    evidence_periods: float = 3.0
    finding: Finding = Finding(level=None, text="not looked at yet")
    trouble: Finding = Finding(level=None)
    """The last finding that was not clear: what it recovers from while it does."""
    evidence_s: float | None = None
    is_steady: bool = False
    """Whether it is good, was good before, and one more good finding would change nothing but the age of it."""
    _hysteresis: Hysteresis = field(init=False)

    def __post_init__(self) -> None:
        self._hysteresis = Hysteresis(self.patience, is_safety=self.check.is_safety)

    def feed(self, finding: Finding, now_s: float) -> None:
        """Take what a look at the monotonic time `now_s` found."""
        before, self.finding = self.finding, finding
        if self.is_steady and finding.level is Level.CLEAR:
            self.evidence_s = now_s
            return
        self.is_steady = False
        if finding.level is not Level.CLEAR:
            self.trouble = finding
        if finding.level is None:
            return
        self.evidence_s = now_s
        is_old_news = finding.evidence is not None and finding.evidence == before.evidence
        if finding.level is Level.CLEAR or not is_old_news:
            level = self._hysteresis.feed(finding.level, now_s)
            self.is_steady = finding.level is Level.CLEAR is level

    def level(self, now_s: float) -> Level | None:
        """The level that holds now; None without enough evidence that is young enough."""
        if self.evidence_s is None or now_s - self.evidence_s > self.evidence_periods * self.check.period_s:
            return None
        return self._hysteresis.level

    def health(self, now_s: float) -> Health:
        """The same as a health."""
        return of_level(self.level(now_s))
