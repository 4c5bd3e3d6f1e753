"""Finds the smallest run that still fails as a long one does: fewer faults, shorter, sooner; it must not run anything.

Faults are dropped by delta debugging (A. Zeller and R. Hildebrandt, "Simplifying and isolating failure-inducing input",
IEEE Transactions on Software Engineering 28, 2002).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf, isfinite
from typing import Final

FIRST_S: Final = 1800.0
"""When the first fault of a small run begins: everything has settled by then."""
SPARE_S: Final = 60.0
SHORTEST_S: Final = 10.0
MOST: Final = 60
"""So many runs may be tried for one failure."""


@dataclass(frozen=True, slots=True)
class Injury:
    """One fault: what breaks and how, and when, in seconds from the start; it lasts for ever where `for_s` is inf."""

    what: str
    at_s: float
    for_s: float = inf

    @property
    def spec(self) -> str:
        """As the command line takes it."""
        lasts = f"+{self.for_s:.10g}" if isfinite(self.for_s) and self.for_s > 0 else ""
        return f"{self.what}@{self.at_s:.10g}{lasts}"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run that can be made again: its seed, how long it lasts in virtual seconds, and its faults."""

    seed: int
    for_s: float
    injuries: tuple[Injury, ...] = ()


FailsAt = Callable[[Attempt], float | None]
"""When the failure that is looked for shows in a run, in seconds from its start; None when it does not."""


def shrink(attempt: Attempt, fails_at: FailsAt, *, at_s: float, most: int = MOST) -> Attempt:
    """The smallest run found that fails like `attempt`, which fails `at_s` seconds after its start.

    At most so many runs as `most` says are tried.
    """
    search = _Search(attempt, fails_at, most)
    search.cut(at_s)
    search.drop()
    search.advance()
    search.shorten()
    return search.best


class _Search:
    def __init__(self, attempt: Attempt, fails_at: FailsAt, most: int) -> None:
        self.best = attempt
        self._fails_at = fails_at
        self._left = most

    def cut(self, at_s: float) -> None:
        """Nothing after the failure matters."""
        for_s = min(self.best.for_s, float(int(at_s + SPARE_S)))
        injuries = tuple(each for each in self.best.injuries if each.at_s < for_s)
        if for_s < self.best.for_s:
            self._accepts(replace(self.best, for_s=for_s, injuries=injuries))

    def drop(self) -> None:
        """Leave out as many faults as possible: first large shares of them, then single ones."""
        share = 2
        while (count := len(self.best.injuries)) and share <= 2 * count:
            size = max(1, count // share)
            starts = range(0, count, size)
            if any(self._accepts(self._without(start, size)) for start in starts):
                share = max(2, share - 1)
            elif size == 1:
                return
            else:
                share *= 2

    def advance(self) -> None:
        """Let it all begin soon, and without the time before."""
        first_s = min((each.at_s for each in self.best.injuries), default=self.best.for_s)
        by_s = first_s - FIRST_S
        if by_s > 0:
            sooner = tuple(replace(each, at_s=each.at_s - by_s) for each in self.best.injuries)
            self._accepts(replace(self.best, for_s=self.best.for_s - by_s, injuries=sooner))

    def shorten(self) -> None:
        """Halve how long each fault lasts, as often as it goes."""
        for index in range(len(self.best.injuries)):
            while self.best.injuries[index].for_s / 2 >= SHORTEST_S:
                injury = self.best.injuries[index]
                lasts_s = injury.for_s / 2 if isfinite(injury.for_s) else self.best.for_s - injury.at_s
                shorter = replace(injury, for_s=float(max(1, int(lasts_s))))
                injuries = (*self.best.injuries[:index], shorter, *self.best.injuries[index + 1 :])
                if not self._accepts(replace(self.best, injuries=injuries)):
                    break

    def _without(self, start: int, size: int) -> Attempt:
        kept = (*self.best.injuries[:start], *self.best.injuries[start + size :])
        return replace(self.best, injuries=kept)

    def _accepts(self, attempt: Attempt) -> bool:
        """Whether `attempt` fails, too; then it is the best, and it ends soon after its failure."""
        if self._left <= 0:
            return False
        self._left -= 1
        at_s = self._fails_at(attempt)
        if at_s is None:
            return False
        self.best = replace(attempt, for_s=min(attempt.for_s, max(1.0, float(int(at_s + SPARE_S)))))
        return True
