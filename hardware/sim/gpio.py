"""Simulated GPIO lines with a far side that the simulated world holds; it must not know what hangs on a line.

A line has one electrical level. It is what the outside holds it at; else what an owned output drives; else what the
pull makes of it: the claimed one for an owned input, the one after reset for an unowned line (BCM2835 ARM
peripherals, section 6.2: GPIO 0-8 up, 9-27 down). A floating line without a pull keeps its last level.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from hardware.bus.gpio import GpioWire, Pull
from hardware.errors import LineBusy, TransferError, ValueRefused, WireUnavailable
from hardware.sim.place import Meddle

LINES = range(28)
_PULLED_UP_AT_RESET = range(9)

LevelCallback = Callable[[bool], None]


@dataclass(slots=True)
class _Claim:
    """How a line is owned: `level` is set for an output, `pull` for an input; `stale` when the chip was gone."""

    level: bool | None = None
    pull: Pull | None = None
    stale: bool = False


class SimGpio(GpioWire):
    """28 lines in memory. Callbacks are called in order, without a lock held, in the thread of some change."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._claims: dict[int, _Claim] = {}
        self._outside: dict[int, bool] = {}
        self._busy: set[int] = set()
        self._meddlers: dict[int, Meddle] = {}
        self._gone = False
        self._levels = {line: line in _PULLED_UP_AT_RESET for line in LINES}
        self._listeners: dict[int, list[LevelCallback]] = {line: [] for line in LINES}
        self._watchers: dict[int, list[LevelCallback]] = {line: [] for line in LINES}
        self._steppers: list[Callable[[], None]] = []
        self._pending: deque[tuple[LevelCallback, bool]] = deque()
        self._delivering = False

    # The near side: what drivers use.

    def claim_output(self, line: int, *, level: bool) -> None:
        """See `GpioWire`."""
        self._between(line, "claim", lambda: self._claim(line, _Claim(level=level)))

    def claim_input(self, line: int, *, pull: Pull) -> None:
        """See `GpioWire`."""
        self._claim(line, _Claim(pull=pull))

    def write(self, line: int, level: bool) -> None:
        """See `GpioWire`."""
        if self._meddlers:
            self._between(line, "write", lambda: self._write(line, level))
        else:
            self._write(line, level)

    def read(self, line: int) -> bool:
        """See `GpioWire`."""
        if self._meddlers:
            return bool(self._between(line, "read", lambda: self._read(line)))
        return self._read(line)

    def watch(self, line: int, on_edge: LevelCallback) -> Callable[[], None]:
        """See `GpioWire`."""

        def undo() -> None:
            with self._lock:
                if on_edge in self._watchers[line]:
                    self._watchers[line].remove(on_edge)

        with self._lock:
            if self._owned(line).pull is None:
                raise ValueRefused(f"GPIO {line} is not claimed as an input")
            self._watchers[line].append(on_edge)
        return undo

    def release(self, line: int) -> None:
        """See `GpioWire`."""
        with self._lock:
            if self._claims.pop(line, None) is not None:
                self._watchers[line].clear()
                self._settle(line)
        self._deliver()

    def close(self) -> None:
        """See `GpioWire`."""
        for line in LINES:
            self.release(line)

    def recover(self) -> str:
        """See `Recoverable`: claims from before the chip vanished are let go."""
        with self._lock:
            dead = [line for line, claim in self._claims.items() if claim.stale]
        for line in dead:
            self.release(line)
        return f"let go of {len(dead)} lines that do not answer" if dead else "every claimed line answers"

    # The far side: what the simulated world uses.

    def drive(self, line: int, level: bool | None) -> None:
        """Hold `line` at `level` from outside, or let it float with None. An output held so is short-circuited."""
        with self._lock:
            if level is None:
                self._outside.pop(line, None)
            else:
                self._outside[line] = level
            self._settle(line)
        self._deliver()

    def level(self, line: int) -> bool:
        """The electrical level of a line, owned or not."""
        with self._lock:
            return self._levels[line]

    def on_level(self, line: int, callback: LevelCallback) -> None:
        """Call `callback(level)` at once and at every change of the line's level, owned or not."""
        with self._lock:
            self._listeners[line].append(callback)
            self._pending.append((callback, self._levels[line]))
        self._deliver()

    def every_step(self, callback: Callable[[], None]) -> None:
        """Call `callback()` at every `step()`: chips that watch the world have no clock of their own."""
        with self._lock:
            self._steppers.append(callback)

    @property
    def has_steppers(self) -> bool:
        """Whether any chip on these lines has to look at the world."""
        return bool(self._steppers)

    def step(self) -> None:
        """Let every chip on these lines look at the world."""
        with self._lock:
            steppers = tuple(self._steppers)
        for stepper in steppers:
            stepper()

    def busy(self, line: int, *, held: bool = True) -> None:
        """Mark `line` as held by another process, or as free again."""
        with self._lock:
            (self._busy.add if held else self._busy.discard)(line)

    def meddle(self, line: int, meddle: Meddle | None) -> None:
        """Let `meddle` stand before everything that drivers do with `line`, or nothing again."""
        self._meddlers.pop(line, None)
        if meddle is not None:
            self._meddlers[line] = meddle

    def vanish(self) -> None:
        """The chip disappears: lines stand uncontrolled, claims are dead and stay dead until claimed anew."""
        with self._lock:
            self._gone = True
            for claim in self._claims.values():
                claim.stale = True
            for line in LINES:
                self._settle(line)
        self._deliver()

    def return_(self) -> None:
        """The chip is back."""
        with self._lock:
            self._gone = False

    # Both sides; the lock is held in all of these but `_claim` and `_deliver`.

    def _claim(self, line: int, claim: _Claim) -> None:
        with self._lock:
            if line not in LINES:
                raise ValueRefused(f"GPIO {line}: the board has no such line")
            if self._gone:
                raise WireUnavailable(f"GPIO {line}: the chip is gone")
            if line in self._claims or line in self._busy:
                raise LineBusy(f"GPIO {line} is held by somebody else")
            self._claims[line] = claim
            self._settle(line)
        self._deliver()

    def _between(self, line: int, what: str, ask: Callable[[], Any]) -> Any:
        meddle = self._meddlers.get(line)
        return ask() if meddle is None else meddle(what, ask)

    def _write(self, line: int, level: bool) -> None:
        with self._lock:
            claim = self._owned(line)
            if claim.level is None:
                raise ValueRefused(f"GPIO {line} is not claimed as an output")
            claim.level = level
            self._settle(line)
        self._deliver()

    def _read(self, line: int) -> bool:
        with self._lock:
            self._owned(line)
            return self._levels[line]

    def _owned(self, line: int) -> _Claim:
        claim = self._claims.get(line)
        if claim is None:
            raise ValueRefused(f"GPIO {line} is not claimed")
        if claim.stale:
            raise TransferError(f"GPIO {line}: the chip vanished")
        return claim

    def _settle(self, line: int) -> None:
        level = self._electrical(line)
        if level == self._levels[line]:
            return
        self._levels[line] = level
        self._pending.extend((callback, level) for callback in (*self._listeners[line], *self._watchers[line]))

    def _electrical(self, line: int) -> bool:
        if line in self._outside:
            return self._outside[line]
        claim = self._claims.get(line)
        if claim is None or claim.stale:
            return line in _PULLED_UP_AT_RESET
        if claim.level is not None:
            return claim.level
        return self._levels[line] if claim.pull is Pull.NONE else claim.pull is Pull.UP

    def _deliver(self) -> None:
        """Call what is pending, one at a time over all threads, so that no listener sees two changes swapped."""
        while True:
            with self._lock:
                if self._delivering or not self._pending:
                    return
                self._delivering = True
                callback, level = self._pending.popleft()
            try:
                callback(level)
            finally:
                with self._lock:
                    self._delivering = False
