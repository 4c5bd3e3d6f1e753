"""Tells the service manager of the turns in the life of the process; it must not decide what is told when.

There is one for each process, however many runs that has. A message that the manager did not take is told again with
the next sign of life: what it does not know could end the process.
"""

from collections.abc import Callable
from typing import Final

from alimante.core.clock import Clock
from alimante.policy.notices import Life, Notice, Phase, turn
from alimante.services.systemd import READY, STOPPING, WATCHDOG, Notifier, reloading, status

_FIXED: Final = {Notice.READY: READY, Notice.STOPPING: STOPPING, Notice.WATCHDOG: WATCHDOG}


class Notices:
    """The only sender of messages to the service manager. The clock's monotonic time must be CLOCK_MONOTONIC."""

    def __init__(self, notifier: Notifier, clock: Clock) -> None:
        self.phase = Phase.STARTING
        self._notifier = notifier
        self._clock = clock
        self._doing = ""
        self._owed: list[Callable[[], bool]] = []

    def begun(self, text: str) -> None:
        """A run has begun its work; `text` is one line for people about what it does."""
        self._doing = text
        self._tell(Life.BEGUN, text)

    def changes(self) -> None:
        """The configuration is read again, or the run is left for another one in the same process."""
        self._tell(Life.CHANGES, "the configuration is read again")

    def stays(self) -> None:
        """Nothing comes of the change: the run goes on as it has begun."""
        self._tell(Life.STAYS, self._doing)

    def lives(self) -> None:
        """There is evidence that everything critical is alive."""
        self._tell(Life.LIVES, "")

    def ends(self, why: str) -> None:
        """The process ends: there will be no other run."""
        self._tell(Life.ENDS, f"ending: {why}")

    def _tell(self, life: Life, text: str) -> None:
        before = self.phase
        self.phase, told = turn(before, life)
        if life is Life.LIVES:
            self._deliver()
        if self.phase is Phase.ENDING and before is Phase.STARTING:
            self._notifier.send(status(text))
        for notice in told:
            self._send(notice, text)

    def _send(self, notice: Notice, text: str) -> None:
        if notice is Notice.WATCHDOG:
            self._notifier.send(WATCHDOG)
            return
        message = (reloading(self._clock.mono()) if notice is Notice.RELOADING else _FIXED[notice], status(text))

        def deliver() -> bool:
            return self._notifier.send(*message)

        if notice is not Notice.RELOADING:
            self._owed.clear()  # a start that was never told comes before its reload; all else is past
        self._owed.append(deliver)
        self._deliver()

    def _deliver(self) -> None:
        """Tell what is owed, in its order, as far as the manager takes it."""
        while self._owed and self._owed[0]():
            del self._owed[0]
