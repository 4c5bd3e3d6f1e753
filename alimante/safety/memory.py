"""What the gate remembers over a restart; it must not write files.

Ages go on over the time between two runs by the wall clock. Where that is not believed at the start, they stand still
until it is.
"""

from collections.abc import Callable, Mapping
from typing import Any

from alimante.core.events import Level
from alimante.safety.output import Output
from alimante.safety.reporting import Reporter
from alimante.safety.trips import ADVICE
from alimante.safety.watch import Watch


class Memory:
    """Snapshots of the accounts, the trips, what was learned of heaters, and the log."""

    def __init__(
        self,
        outputs: Mapping[str, Output],
        watches: Mapping[str, Watch],
        reporter: Reporter,
        *,
        now: Callable[[], float],
        wall: Callable[[], float | None],
    ) -> None:
        self._outputs = outputs
        self._watches = watches
        self._reporter = reporter
        self._now = now
        self._wall = wall
        self._restored_s = 0.0
        self._saved_wall_s: float | None = None
        """The wall time of the snapshot, as long as it is not known how long ago that was."""

    def snapshot(self) -> dict[str, Any]:
        """Everything that must outlive a restart, in plain JSON values."""
        now_s = self._now()
        return {
            "wall_s": self._wall(),
            "outputs": {name: output.account.snapshot(now_s) for name, output in self._outputs.items()},
            "latches": {name: output.latch.snapshot(now_s) for name, output in self._outputs.items()},
            "heaters": {name: watch.snapshot() for name, watch in self._watches.items()},
            "log": list(self._reporter.log),
        }

    def restore(self, saved: Mapping[str, Any]) -> float:
        """Take up a snapshot; what does not fit is left out. Returns how many seconds ago it was, as far as known."""
        now_s, wall_s, saved_wall_s = self._now(), self._wall(), _number(saved.get("wall_s"))
        away_s, is_known = 0.0, wall_s is not None and saved_wall_s is not None
        if wall_s is not None and saved_wall_s is not None:
            away_s = max(0.0, wall_s - saved_wall_s)
        else:
            self._saved_wall_s, self._restored_s = saved_wall_s, now_s
        for name, account in _parts(saved, "outputs", self._outputs):
            self._restore_one(self._outputs[name], account, now_s=now_s, away_s=away_s)
        for name, latch in _parts(saved, "latches", self._outputs):
            self._outputs[name].latch.restore(latch, now_s=now_s, wall_s=wall_s)
            self._tell_trip(self._outputs[name])
        for name, learned in _parts(saved, "heaters", self._watches):
            self._watches[name].restore(learned, away_s=away_s if is_known else None)
        log = saved.get("log")
        self._reporter.log.extend(entry for entry in (log if isinstance(log, list) else ()) if isinstance(entry, dict))
        return away_s

    def _tell_trip(self, output: Output) -> None:
        """A trip that outlives a restart is a condition of the new run, too."""
        for cause in output.latch.causes:
            text = next((one.text for one in reversed(output.latch.trips) if one.cause == cause), output.latch.why)
            self._reporter.found(output, cause, level=Level.CRITICAL, text=text, advice=ADVICE)

    def believe_clock(self) -> float:
        """Let the ages go on by the time between the runs, as soon as that is known: returns it once, else 0."""
        if self._saved_wall_s is None or (wall_s := self._wall()) is None:
            return 0.0
        away_s = wall_s - self._saved_wall_s - (self._now() - self._restored_s)
        self._saved_wall_s = None
        if away_s > 0:
            for output in self._outputs.values():
                output.account.shift(away_s, before_s=self._restored_s)
        return max(0.0, away_s)

    @staticmethod
    def _restore_one(output: Output, saved: dict[str, Any], *, now_s: float, away_s: float) -> None:
        try:
            output.account.restore(saved, now_s=now_s, away_s=away_s, longest_on_s=output.rules.max_on_s)
        except (KeyError, TypeError, ValueError):
            output.decide(now_s, "what was saved of it could not be read; its quotas begin anew")


def _parts(saved: Mapping[str, Any], key: str, known: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """What was saved under `key` of what is still there."""
    parts = saved.get(key)
    if not isinstance(parts, dict):
        return []
    return [(name, part) for name, part in parts.items() if name in known and isinstance(part, dict)]


def _number(said: Any) -> float | None:
    return float(said) if isinstance(said, int | float) and not isinstance(said, bool) else None
