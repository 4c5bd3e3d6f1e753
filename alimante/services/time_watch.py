"""Watches the wall clock: whether it is believed and when it jumps; it must not set it, nor anything by it.

Everything that lasts or ages goes by the monotonic clock, so a jump changes nothing here but what is told.
"""

from collections.abc import Callable
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

from alimante.config.place import Location
from alimante.control.local_time import Calendar, LocalTime
from alimante.core.bus import EventBus
from alimante.core.clock import Clock
from alimante.core.events import ClockStepped, ConditionChanged, Level

STEP_S: Final = 2.0
"""A clock that runs well is corrected by less than this; more is a jump."""

COMPONENT: Final = "time"
CONDITION: Final = "clock_not_believed"

PATIENCE_S: Final = 300.0
"""A computer that starts needs so long at most to hear the time from the network; until then nobody is told."""


class TimeWatch:
    """Gives everybody else the local time, and tells of jumps. It is looked at by `tick` and by each `local`.

    `on_change(critical)` is called with False while time goes on, which is always worth to be kept some time.
    """

    def __init__(
        self,
        location: Location,
        *,
        clock: Clock,
        bus: EventBus,
        on_change: Callable[[bool], None] = lambda critical: None,
    ) -> None:
        self._calendar = Calendar(ZoneInfo(location.timezone), is_trusted=location.clock_is_trusted)
        self._clock = clock
        self._bus = bus
        self._on_change = on_change
        self._offset_s = self._read_offset()
        self._doubted_s: float | None = clock.mono()
        self._is_told = False
        self._asked: tuple[float, bool] | None = None
        self._answer: LocalTime | None = None

    def local(self) -> LocalTime | None:
        """The local time now; None while the wall clock is not believed."""
        asked = wall_s, synced = self._clock.wall(), self._clock.synced()
        if asked != self._asked or self._answer is None:  # many ask at the same moment
            self._asked, self._answer = asked, self._calendar.read(wall_s=wall_s, synced=synced)
        return self._answer

    def today(self) -> date | None:
        """The local date; None while the wall clock is not believed."""
        local = self.local()
        return None if local is None else local.date

    def wall(self) -> float | None:
        """Seconds since 1970 UTC; None while the wall clock is not believed."""
        local = self.local()
        return None if local is None else local.wall_s

    def tick(self) -> None:
        """Compare the two clocks, once per control tick: publishes each jump, and when the time is not known."""
        offset_s = self._read_offset()
        by_s = offset_s - self._offset_s
        self._offset_s = offset_s
        if abs(by_s) > STEP_S:
            self._bus.publish(ClockStepped(by_s=by_s))
        is_believed = self.local() is not None
        self._tell(is_believed=is_believed)
        if is_believed:
            self._on_change(False)

    def report(self) -> dict[str, Any]:
        """Whether the time is believed, and the local time as people write it, or None."""
        local = self.local()
        shown = None if local is None else local.moment.isoformat(timespec="seconds")
        return {"believed": local is not None, "synced": self._clock.synced(), "local": shown}

    def snapshot(self) -> dict[str, Any]:
        """The last believed time, which no later clock may be behind."""
        return self._calendar.snapshot()

    def restore(self, saved: dict[str, Any]) -> None:
        """Take up the last believed time."""
        self._calendar.restore(saved)

    def _read_offset(self) -> float:
        return self._clock.wall() - self._clock.mono()

    def _tell(self, *, is_believed: bool) -> None:
        if is_believed:
            self._doubted_s = None
        elif self._doubted_s is None:
            self._doubted_s = self._clock.mono()
        is_lasting = self._doubted_s is not None and self._clock.mono() - self._doubted_s >= PATIENCE_S
        if is_lasting is self._is_told:
            return
        self._is_told = is_lasting
        self._bus.publish(
            ConditionChanged(
                component=COMPONENT,
                condition=CONDITION,
                level=Level.WARNING if is_lasting else Level.CLEAR,
                text="the time is not known: lamps stay as they are and no food is given"
                if is_lasting
                else "the time is known",
                advice="connect the network, or set clock_is_trusted in location if there is a battery clock"
                if is_lasting
                else "",
            )
        )
