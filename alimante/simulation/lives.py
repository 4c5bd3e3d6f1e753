"""Lives a configuration through what happens to every enclosure, and counts what it is blamed for; it must not talk.

Nothing is broken in such a life, so every trip of a healthy heater is a false one, every cold a needless one, and
whatever else a run is asked for has to hold.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import Final

from alimante.config.model import Config
from alimante.simulation.healthy import drawn
from alimante.simulation.needless import Needless
from alimante.simulation.node import Node
from alimante.simulation.oracles import OF_COLD, Violation
from alimante.simulation.rehearsal import rehearse
from alimante.simulation.report import Report
from alimante.simulation.watched import harms_c

FALSE_TRIP: Final = "I19"


class Kind(StrEnum):
    """What can be wrong with a life in which nothing is."""

    LATCHED = "a healthy heater waits for a person"
    TRIPPED = "a healthy heater was tripped"
    ALERT = "a needless alert"
    COLD = "needless cold"
    RULE = "another rule was broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blame:
    """One thing that was wrong, in seconds from the start; `what` names it for a count of its kind."""

    kind: Kind
    what: str
    at_s: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What came of one life. `events` are the things that happened in it, by what they are.

    `colder_c` is how far below its target a zone was at most, `hottest_c` how warm the zone was that came nearest to
    harm, which begins there at `harm_c`. `rightful` counts the alerts that were true, by condition.
    """

    node: str
    seed: int
    for_s: float
    events: Mapping[str, int]
    blames: Sequence[Blame]
    rightful: Mapping[str, int]
    colder_c: float
    cold_h: float
    hottest_c: float
    harm_c: float

    def count(self, kind: Kind) -> int:
        """How much of one kind was wrong."""
        return sum(blame.kind is kind for blame in self.blames)


def live(config: Config, *, for_s: float, seed: int, on_progress: Callable[[float], None] = lambda share: None) -> Life:
    """Live through `for_s` seconds. The same arguments give the same life. Raises `BadFault` and `CannotBuild`."""
    events = drawn(config, for_s=for_s, seed=seed)
    needless = Needless(config)
    harms: dict[str, float] = {}

    def look(node: Node) -> None:
        if not harms:
            harms.update(harms_c(node.plan.config))
        needless.look(node)

    report = rehearse(config, for_s=for_s, faults=events, seed=seed, on_look=look, on_progress=on_progress)
    hottest = max(harms, key=lambda zone: report.truth.zones[zone].highest_c - harms[zone], default="")
    chills = [chill for both in report.cold.values() for chill in both]
    return Life(
        node=config.node.id,
        seed=seed,
        for_s=for_s,
        events=Counter(f"{event.target.partition('.')[0]}={event.kind}" for event in events),
        blames=sorted(_blames(report, needless), key=lambda blame: blame.at_s),
        rightful=needless.rightful,
        colder_c=max((chill.colder_c for chill in chills), default=0.0),
        cold_h=max((chill.below_s for chill in chills), default=0.0) / 3600.0,
        hottest_c=report.truth.zones[hottest].highest_c if hottest else -inf,
        harm_c=harms.get(hottest, inf),
    )


def _blames(report: Report, needless: Needless) -> list[Blame]:
    found = [_of_violation(each) for each in (*report.violations, *report.late)]
    for alert in needless.needless:
        what = f"{alert.component}/{alert.condition}"
        found.append(Blame(kind=Kind.ALERT, what=what, at_s=alert.at_s, text=alert.text))
    return found


def _of_violation(violation: Violation) -> Blame:
    if violation.invariant == FALSE_TRIP:
        kind = Kind.LATCHED if "waits for a person" in violation.text else Kind.TRIPPED
    else:
        kind = Kind.COLD if violation.invariant in OF_COLD else Kind.RULE
    return Blame(kind=kind, what=violation.invariant, at_s=violation.at_s, text=violation.text)
