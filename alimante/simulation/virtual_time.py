"""An asyncio loop in which waiting takes no time; it must not be used with real sockets or threads.

A simulated year is half a billion turns of this loop. What asyncio's own one spends on a turn, for selectors, for
timers that compare themselves in Python and for handles that can do more than is asked here, is left out.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context, copy_context
from heapq import heappop, heappush
from itertools import count
from typing import Any, TypeVar

from alimante.core.clock import ManualClock

T = TypeVar("T")

RESOLUTION_S = 1e-6
"""Timers closer together than this fire together: sums of floats that mean the same moment differ by less."""


class Stuck(RuntimeError):
    """Everybody waits and no timer is set: in real time the program would wait for ever."""


class _Call:
    """A callback that waits for its turn, as `asyncio.TimerHandle` is one; `when_s` is 0.0 for one without a time."""

    __slots__ = ("args", "callback", "context", "is_cancelled", "when_s")

    def __init__(self, callback: Callable[..., object], args: tuple[Any, ...], context: Context, when_s: float) -> None:
        self.callback = callback
        self.args = args
        self.context = context
        self.when_s = when_s
        self.is_cancelled = False

    def cancel(self) -> None:
        """Never call it."""
        self.is_cancelled = True
        self.args = ()

    def cancelled(self) -> bool:
        """Whether it will never be called."""
        return self.is_cancelled

    def when(self) -> float:
        """When it is due, in the loop's time."""
        return self.when_s


class VirtualTimeLoop(asyncio.BaseEventLoop):
    """A loop whose `time()` is `clock.mono()`, and whose clock moves only when there is nothing left to do.

    Callbacks run in the order in which they were asked for; those of timers that are due together, too.
    """

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self.time = clock.mono  # type: ignore[method-assign]
        self._virtual_clock = clock
        self._calls: deque[_Call] = deque()
        self._timers: list[tuple[float, int, _Call]] = []  # a heap: (when, a running number, call)
        self._numbers = count()

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> _Call:
        """See `asyncio.AbstractEventLoop.call_soon`."""
        call = _Call(callback, args, copy_context() if context is None else context, 0.0)
        self._calls.append(call)
        return call

    call_soon_threadsafe = call_soon  # type: ignore[assignment]

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> _Call:
        """See `asyncio.AbstractEventLoop.call_at`."""
        call = _Call(callback, args, copy_context() if context is None else context, when)
        heappush(self._timers, (when, next(self._numbers), call))
        return call

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> _Call:
        """See `asyncio.AbstractEventLoop.call_later`."""
        when = self.time() + delay
        call = _Call(callback, args, copy_context() if context is None else context, when)
        heappush(self._timers, (when, next(self._numbers), call))
        return call

    def forked(self) -> None:
        """Go on in a child process: asyncio does not let a child take its parent's running loop for its own."""
        asyncio._set_running_loop(self)

    def _run_once(self) -> None:
        """What asyncio calls again and again, until it is to stop."""
        calls = self._calls
        if not calls:
            self._move_on()
        for _ in range(len(calls)):
            call = calls.popleft()
            if call.is_cancelled:
                continue
            try:
                call.context.run(call.callback, *call.args)
            except (SystemExit, KeyboardInterrupt):
                raise
            except BaseException as error:  # noqa: BLE001 - as asyncio's own loop does
                self.call_exception_handler({"message": f"{call.callback!r} failed", "exception": error})

    def _move_on(self) -> None:
        """Let the clock go to the next timer, and have called what is due then."""
        timers = self._timers
        while timers and timers[0][2].is_cancelled:
            heappop(timers)
        if not timers:
            raise Stuck("every task waits for something that no timer will bring")
        clock = self._virtual_clock
        if timers[0][0] > clock.mono():
            clock.go_to(timers[0][0])
        until_s = clock.mono() + RESOLUTION_S
        while timers and timers[0][0] <= until_s:
            self._calls.append(heappop(timers)[2])

    def _process_events(self, event_list: list[Any]) -> None:
        """There are no files here."""


def running_virtual_loop() -> VirtualTimeLoop:
    """The loop that runs now. Raises `RuntimeError` where it is another one."""
    loop = asyncio.get_running_loop()
    if not isinstance(loop, VirtualTimeLoop):
        raise RuntimeError("this needs virtual time")
    return loop


def run_virtual(main: Coroutine[Any, Any, T], clock: ManualClock) -> T:
    """Run `main` to its end in virtual time, as `asyncio.run` does in real time. Raises `Stuck`."""
    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(clock)) as runner:
        return runner.run(main)
