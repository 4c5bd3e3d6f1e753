"""One worker per wire: runs blocking driver calls one at a time; it must not know what they do.

The unit of work is one driver operation. A deadline runs from submission: work that expired in the queue is dropped
unstarted; work that expires in flight marks the wire as wedged, and until its late result arrives everybody else is
refused at once. A daemon thread is used because a call that hangs in the kernel for ever must neither hold the other
wires nor the end of the process.
"""

import asyncio
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from functools import partial
from heapq import heappop, heappush
from itertools import count
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from alimante.core.clock import Clock
from alimante.core.text import said_by
from alimante.io.bell import Bell
from hardware.errors import DeviceError

T = TypeVar("T")


class Priority(IntEnum):
    """Which work goes first; within one priority, first come, first served."""

    URGENT = 0  # safe states
    NORMAL = 1
    BACKGROUND = 2


class WireWedged(DeviceError):
    """The wire's worker is stuck in an earlier call."""


class DeadlinePassed(DeviceError):
    """The time for this call was up; `started` says whether it may have had an effect."""

    def __init__(self, message: str, *, started: bool) -> None:
        super().__init__(message)
        self.started = started


class DriverCrashed(DeviceError):
    """The driver raised something that is no `DeviceError`: a defect in the driver."""


@dataclass(slots=True)
class Done(Generic[T]):
    """How one piece of work ended: with `value`, or with `error`. `started_s` is when it began (monotonic)."""

    value: T | None
    error: DeviceError | None
    started_s: float


OnDone = Callable[[Done[Any]], None]


@dataclass(slots=True, eq=False)
class _Job:
    work: Callable[[], Any]
    on_done: OnDone
    label: str
    deadline_s: float
    ticket: list[None] = field(default_factory=lambda: [None])  # who pops it decides: it runs, or it has expired
    started_s: float = 0.0
    expired: bool = False
    finished: bool = False
    given_up: bool = False

    def claim(self) -> bool:
        """Whether the caller is the first to claim; atomic between threads."""
        try:
            self.ticket.pop()
        except IndexError:
            return False
        return True


class Worker(ABC):
    """What the threaded and the inline worker share; see the module's docstring.

    `on_wedged(wedged, reason)` is called in the loop's thread on each change.
    """

    def __init__(self, wire: str, *, clock: Clock, on_wedged: Callable[[bool, str], None]) -> None:
        self.wire = wire
        self.wedged = False
        self.late = 0
        """How many results came after their deadline and were thrown away."""
        self.given_up = 0
        """How many calls were given up by `renew` and have not come back."""
        self._hanging: _Job | None = None
        self._clock = clock
        self._on_wedged = on_wedged
        self._loop = asyncio.get_running_loop()
        self._lanes: tuple[deque[_Job], ...] = tuple(deque() for _ in Priority)
        self._deadlines: list[tuple[float, int, _Job]] = []  # a heap: (when, a running number, job)
        self._numbers = count()
        self._timer: asyncio.TimerHandle | None = None  # never later than the first deadline

    @property
    def waiting(self) -> int:
        """How many calls wait for their turn."""
        return sum(len(lane) for lane in self._lanes)

    def submit(
        self,
        work: Callable[[], Any],
        on_done: OnDone,
        *,
        label: str,
        deadline_s: float,
        priority: Priority = Priority.NORMAL,
    ) -> None:
        """Have `work()` called on this wire and `on_done` once, in the loop's thread, when it ended.

        `label` names the work for people. Never raises and never blocks; `on_done` may come before this returns.
        """
        if self.wedged:
            error = WireWedged(f"{label}: the wire {self.wire} is stuck in an earlier call")
            on_done(Done(None, error, self._clock.mono()))
            return
        job = _Job(work, on_done, label, deadline_s)
        self._expect(job)
        self._lanes[priority].append(job)
        self._offer()

    async def run(
        self, work: Callable[[], T], *, label: str, deadline_s: float, priority: Priority = Priority.NORMAL
    ) -> Done[T]:
        """`submit`, awaited."""
        future: asyncio.Future[Done[T]] = self._loop.create_future()
        self.submit(work, partial(_deliver, future), label=label, deadline_s=deadline_s, priority=priority)
        return await future

    def renew(self) -> None:
        """Give up the call that this wire is stuck in, if it is, and serve the wire beside it from now on.

        What hangs keeps its thread for as long as it hangs, and its driver must not be used again. Raises
        `RuntimeError` when there is no thread to be had: then nothing has changed.
        """
        job = self._hanging
        if job is None or not self.wedged:
            return
        self._begin_anew()
        self._hanging = None
        job.given_up = True
        self.given_up += 1
        self._set_wedged(False, f"{job.label} was given up")

    @abstractmethod
    def _begin_anew(self) -> None:
        """Nothing that runs now holds up what comes."""

    @abstractmethod
    def sleep(self, seconds: float) -> None:
        """What the drivers on this wire are given to wait with."""

    @abstractmethod
    def close(self) -> None:
        """Take no more work; what is running is left alone."""

    @abstractmethod
    def _offer(self) -> None:
        """A job was put into its lane."""

    def _take(self) -> _Job | None:
        """The next job, if there is one."""
        for lane in self._lanes:
            if lane:
                return lane.popleft()
        return None

    def _expect(self, job: _Job) -> None:
        """The time that it may take begins."""
        heappush(self._deadlines, (self._loop.time() + job.deadline_s, next(self._numbers), job))
        self._watch_deadlines()

    def _watch_deadlines(self) -> None:
        """Have one timer for all jobs, left alone when they finish: to make and cancel one for each is dear."""
        due_s = self._deadlines[0][0]
        if self._timer is not None:
            if self._timer.when() <= due_s:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(due_s, self._look_at_deadlines, due_s)

    def _look_at_deadlines(self, due_s: float) -> None:
        self._timer = None
        self._forget_finished()
        if not self._deadlines:
            return
        late = heappop(self._deadlines)[2] if self._deadlines[0][0] <= due_s else None
        if self._deadlines:  # before anybody is told, who may do anything
            self._watch_deadlines()
        if late is not None:
            self._expire(late)

    def _forget_finished(self) -> None:
        while self._deadlines and self._deadlines[0][2].finished:
            heappop(self._deadlines)

    def _expire(self, job: _Job) -> None:
        deadline_s = job.deadline_s
        started = not job.claim()
        job.expired = True
        if started:
            self._hanging = job
            self._set_wedged(True, f"{job.label} has not come back for {deadline_s:g} s")
        verb = "has not come back" if started else "could not begin"
        error = DeadlinePassed(f"{job.label}: {verb} within {deadline_s:g} s", started=started)
        job.on_done(Done(None, error, self._clock.mono()))

    def _finish(self, job: _Job, value: Any, error: BaseException | None) -> None:
        if job.expired:
            self.late += 1
            if job.given_up:
                self.given_up -= 1
            else:
                self._hanging = None
                self._set_wedged(False, f"{job.label} came back late")
            return
        job.finished = True
        self._forget_finished()
        job.on_done(Done(value, _as_device_error(job.label, error), job.started_s))

    def _set_wedged(self, wedged: bool, reason: str) -> None:
        if wedged is not self.wedged:
            self.wedged = wedged
            self._on_wedged(wedged, reason)


def _deliver(future: asyncio.Future[Done[T]], done: Done[T]) -> None:
    if not future.done():
        future.set_result(done)


def _as_device_error(label: str, error: BaseException | None) -> DeviceError | None:
    if error is None or isinstance(error, DeviceError):
        return error
    crashed = DriverCrashed(f"{label}: the driver failed with {type(error).__name__}: {said_by(error)}")
    crashed.__cause__ = error
    return crashed


class ThreadWorker(Worker):
    """Runs the work in a daemon thread of its own. `sleep` really sleeps, in that thread."""

    def __init__(
        self,
        wire: str,
        *,
        clock: Clock,
        on_wedged: Callable[[bool, str], None],
        sleep: Callable[[float], None],
    ) -> None:
        super().__init__(wire, clock=clock, on_wedged=on_wedged)
        self._sleep = sleep
        self._tokens: SimpleQueue[bool] = SimpleQueue()  # one to wake the sleeping thread, and a False to end
        self._awake = False
        self._finished: deque[tuple[_Job, Any, BaseException | None]] = deque()
        self._waking = False
        self._bell = Bell(self._loop, self._deliver)
        self._begin_thread(self._tokens)

    def _begin_thread(self, tokens: "SimpleQueue[bool]") -> None:
        threading.Thread(target=self._serve, args=(tokens,), name=f"wire-{self.wire}", daemon=True).start()

    def _begin_anew(self) -> None:
        new: SimpleQueue[bool] = SimpleQueue()
        self._begin_thread(new)
        old, self._tokens = self._tokens, new
        old.put(False)  # the old thread ends when it comes back
        self._awake = True  # to look at what is waiting
        new.put(True)

    def sleep(self, seconds: float) -> None:
        """See `Worker.sleep`."""
        self._sleep(seconds)

    def close(self) -> None:
        """See `Worker.close`."""
        self._tokens.put(False)

    def _offer(self) -> None:
        if not self._awake:  # waking a thread that runs costs as much as the work
            self._awake = True
            self._tokens.put(True)

    def _serve(self, tokens: "SimpleQueue[bool]") -> None:
        while tokens.get():
            while tokens is self._tokens and (job := self._take_or_rest()) is not None:
                if job.claim():
                    self._work(job)
                del job  # or the last result would stay alive until the next job
        if tokens is self._tokens:
            self._bell.hang_up()

    def _take_or_rest(self) -> _Job | None:
        job = self._take()
        if job is None:
            self._awake = False
            job = self._take()  # one that came before that found this thread awake and did not wake it
            if job is not None:
                self._awake = True
        return job

    def _work(self, job: _Job) -> None:
        job.started_s = self._clock.mono()
        value, error = None, None
        try:
            value = job.work()
        except BaseException as caught:  # noqa: BLE001 - a driver's SystemExit must not end the wire
            error = caught
        self._finished.append((job, value, error))
        if not self._waking:  # one wake-up of the loop serves all that finish until it runs
            self._waking = True
            self._bell.ring()

    def _deliver(self) -> None:
        self._waking = False
        while self._finished:
            self._finish(*self._finished.popleft())


class InlineWorker(Worker):
    """Runs the work in the loop's thread, for virtual time.

    What a driver sleeps makes its result arrive so much later, while the wire stays occupied as a real one would be;
    an infinite sleep hangs the wire for ever.
    """

    def __init__(self, wire: str, *, clock: Clock, on_wedged: Callable[[bool, str], None]) -> None:
        super().__init__(wire, clock=clock, on_wedged=on_wedged)
        self._busy = False
        self._offering = False
        self._slept_s = 0.0

    def submit(
        self,
        work: Callable[[], Any],
        on_done: OnDone,
        *,
        label: str,
        deadline_s: float,
        priority: Priority = Priority.NORMAL,
    ) -> None:
        """See `Worker.submit`. What finds the wire free and takes no time needs neither a lane nor a deadline."""
        if self.wedged or self._busy or self._offering:
            super().submit(work, on_done, label=label, deadline_s=deadline_s, priority=priority)
            return
        self._offering = True
        started_s = self._clock.mono()
        value, error = self._call(work)
        try:
            if self._slept_s == 0.0:
                on_done(Done(value, None if error is None else _as_device_error(label, error), started_s))
            else:
                job = _Job(work, on_done, label, deadline_s, ticket=[], started_s=started_s)
                self._expect(job)
                self._occupy(job, value, error)
        finally:
            self._offering = False
        if any(self._lanes):
            self._offer()

    def sleep(self, seconds: float) -> None:
        """See `Worker.sleep`."""
        self._slept_s += seconds

    @property
    def slept_s(self) -> float:
        """How long the work under way has slept so far."""
        return self._slept_s

    def close(self) -> None:
        """See `Worker.close`. What waits behind work that hangs is dropped, as the end of a process drops it."""
        for lane in self._lanes:
            lane.clear()

    def _offer(self) -> None:
        if self._offering:  # the work that runs now has asked for more: the loop below will come to it
            return
        self._offering = True
        while not self._busy and (job := self._take()) is not None:
            if job.claim():
                self._work(job)
        self._offering = False

    def _work(self, job: _Job) -> None:
        job.started_s = self._clock.mono()
        value, error = self._call(job.work)
        if self._slept_s == 0.0:
            self._finish(job, value, error)
        else:
            self._occupy(job, value, error)

    def _call(self, work: Callable[[], Any]) -> tuple[Any, BaseException | None]:
        self._slept_s = 0.0
        try:
            return work(), None
        except BaseException as caught:  # noqa: BLE001 - as in the thread
            return None, caught

    def _occupy(self, job: _Job, value: Any, error: BaseException | None) -> None:
        """The result comes when what its driver has slept is over."""
        self._busy = True
        if self._slept_s != float("inf"):
            self._loop.call_later(self._slept_s, self._release, job, value, error)

    def _release(self, job: _Job, value: Any, error: BaseException | None) -> None:
        self._busy = self._busy and job.given_up  # else somebody else may be at work by now
        self._finish(job, value, error)
        self._offer()

    def _begin_anew(self) -> None:
        self._busy = False
        self._offer()
