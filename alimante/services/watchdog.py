"""Feeds the service manager's watchdog, only with evidence that everything critical is alive; it must not use a timer.

`look` is called after each completed tick of the output gate. So a loop that stands still and a gate that is dead
starve the watchdog by themselves, and what else is late is asked for. While one run makes room for another one, `step`
is called for each part that has stopped or started: one that hangs starves the watchdog, too.
"""

from collections.abc import Callable
from typing import Final

from alimante.core.bus import EventBus
from alimante.core.clock import Clock
from alimante.core.events import ConditionChanged, Level

FEED_S: Final = 2.0
"""Fed so often when the manager wants it less often."""

CALM_S: Final = 60.0
"""After so long without standing still the loop is said to be in time again."""

_ADVICE: Final = "a driver or a plug-in keeps the program from its work; the log may say which"


class Watchdog:
    """`late()` has a sentence for each thing that gives no sign of life.

    `feed()` gives the watchdog its food. `interval_s` is how often the manager wants to hear, None when nobody watches.
    `tick_s` is the longest time between two looks when all is well, and `lag_limit_s` how much more of it people are
    told of.
    """

    def __init__(
        self,
        late: Callable[[], list[str]],
        *,
        interval_s: float | None,
        tick_s: float,
        lag_limit_s: float,
        feed: Callable[[], None],
        bus: EventBus,
        clock: Clock,
    ) -> None:
        self.longest_lag_s = 0.0
        self._recent_lag_s = 0.0
        self._late = late
        self._every_s = FEED_S if interval_s is None else min(FEED_S, interval_s / 4)
        self._tick_s = tick_s
        self._lag_limit_s = lag_limit_s
        self._feed = feed
        self._bus = bus
        self._clock = clock
        self._looked_s: float | None = None
        self._fed_s: float | None = None
        self._lagged_s: float | None = None
        self._looks_late = 0
        self._told: dict[str, Level] = {}

    def look(self) -> None:
        """Feed the watchdog if it is time and everything lives."""
        now_s = self._clock.mono()
        self._look_at_lag(now_s)
        late = self._late()
        if late:
            self._looks_late += 1
            if self._looks_late == 2:  # one may be what a loop that stood still has not come to yet
                self._tell("watchdog", "not_fed", Level.CRITICAL, "the watchdog is not fed: " + "; ".join(late))
            return
        self._looks_late = 0
        self._tell("watchdog", "not_fed", Level.CLEAR, "the watchdog is fed again")
        self._feed_if_due(now_s)

    def step(self) -> None:
        """Feed it if it is time: a part of the program has started or stopped, which is a sign of life by itself.

        Between two runs nothing else gives one, and the outputs are held safe.
        """
        self._feed_if_due(self._clock.mono())

    def take_lag_s(self) -> float:
        """For how long the program stood still at most since this was asked last."""
        lag_s, self._recent_lag_s = self._recent_lag_s, 0.0
        return lag_s

    def tell_missing(self) -> None:
        """Say that nobody would notice if the program hung."""
        text = "nobody watches this program: it runs without the service manager's watchdog"
        self._tell("watchdog", "no_watchdog", Level.WARNING, text, "run it through its systemd unit")

    def _feed_if_due(self, now_s: float) -> None:
        if self._fed_s is None or now_s - self._fed_s >= self._every_s:
            self._fed_s = now_s
            self._feed()

    def _look_at_lag(self, now_s: float) -> None:
        lag_s = 0.0 if self._looked_s is None else now_s - self._looked_s - self._tick_s
        self._looked_s = now_s
        if lag_s > self._recent_lag_s:
            self._recent_lag_s = lag_s
            self.longest_lag_s = max(self.longest_lag_s, lag_s)
        if lag_s > self._lag_limit_s:
            self._lagged_s = now_s
            self._tell("loop", "loop_lag", Level.WARNING, f"the program stood still for {lag_s:.1f} s", _ADVICE)
        elif self._lagged_s is not None and now_s - self._lagged_s >= CALM_S:
            self._lagged_s = None
            self._tell("loop", "loop_lag", Level.CLEAR, "the program is in time again")

    def _tell(self, component: str, condition: str, level: Level, text: str, advice: str = "") -> None:
        if self._told.get(condition, Level.CLEAR) is level:
            return
        self._told[condition] = level
        self._bus.publish(
            ConditionChanged(component=component, condition=condition, level=level, text=text, advice=advice)
        )
