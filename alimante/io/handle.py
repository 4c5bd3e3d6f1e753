"""The async faces of drivers: they call the driver on its wire's worker and say on the bus what came of it.

They must not decide when to read or what an output should be.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from alimante.config.model import Device
from alimante.config.readings import rules
from alimante.core.bus import EventBus
from alimante.core.clock import Clock
from alimante.core.events import DeviceStateChanged, EdgeSeen, ReadingMissed, ReadingTaken
from alimante.core.states import DEVICE, DeviceState, Tracked
from alimante.core.text import brief, said_by
from alimante.io.guard import BreakerOpen, ReadGuard
from alimante.io.retrying import RETRYING
from alimante.io.worker import DeadlinePassed, Done, OnDone, Priority, WireWedged, Worker
from alimante.policy.chain import Chain
from alimante.policy.plausibility import is_number
from alimante.policy.retry import RetryRules
from hardware.api import Channel, EdgeSensor, OpenRequest, Sample
from hardware.errors import BadData, DeviceError, WireUnavailable

WRITE_DEADLINE_S = 1.0
"""How long an actuator's write with its read-back may take, so that a stop with stuck wires stays below 2 s."""

REOPEN_AFTER = 3
"""After so many failures in a row the driver is opened anew, so that a chip that lost its settings gets them back."""


class Handle:
    """What sensors and actuators share: a driver that is opened on its wire when it is first needed."""

    def __init__(self, device: Device, *, wire: Any, worker: Worker, clock: Clock, bus: EventBus) -> None:
        self.device = device
        self.worker = worker
        self._wire = wire
        self._clock = clock
        self._bus = bus
        self._driver: Any = None
        self._failures = 0
        self.state = Tracked(DeviceState.UNKNOWN, DEVICE, self._announce)

    def _opened(self, initial: float = 0.0) -> Any:
        """The driver, opened if need be; runs on the worker."""
        if self._driver is None:
            request = OpenRequest(wire=self._wire, params=self.device.params, sleep=self.worker.sleep, initial=initial)
            self._driver = self.device.spec.open(request)
        return self._driver

    def _close(self) -> None:
        """Let go of the driver; runs on the worker."""
        driver, self._driver = self._driver, None
        if driver is not None:
            driver.close()

    def _note(self, error: DeviceError | None) -> None:
        """Count what came of an operation, and keep the device's state."""
        if error is None:
            self._failures = 0
            if self.state.current is not DeviceState.ONLINE:
                self.state.move(DeviceState.ONLINE)
            return
        self._failures += 1
        self.state.move(DeviceState.OFFLINE, said_by(error))

    def _is_worn(self) -> bool:
        """Whether the driver should be opened anew before it is used again."""
        return self._failures > 0 and self._failures % REOPEN_AFTER == 0

    def _announce(self, old: DeviceState, new: DeviceState, reason: str) -> None:
        self._bus.publish(DeviceStateChanged(device=self.device.id, old=old, new=new, reason=reason))


class SensorHandle(Handle):
    """A sensor. `read()` ends in one `ReadingTaken` or `ReadingMissed` per channel, and never raises."""

    def __init__(self, device: Device, *, wire: Any, worker: Worker, clock: Clock, bus: EventBus) -> None:
        super().__init__(device, wire=wire, worker=worker, clock=clock, bus=bus)
        self.channels = device.channels
        self._label = f"read {device.id}"
        self.deadline_s = self._deadline_s(RetryRules.deadline_s)
        self.chains = {
            channel.name: Chain(channel, rules(channel, device.reading, device.poll_s)) for channel in self.channels
        }
        self.latest: dict[str, ReadingTaken | ReadingMissed] = {}
        self.edges = 0
        """How many raw edges the wire has reported; counted in the wire's thread."""
        self._edge_told = False
        self.guard: ReadGuard | None = None
        """Says whether to read and whether to try again; without one every read is one attempt."""
        self.attempts = 0
        """How many times the driver was asked, repetitions included."""
        self.refused = 0
        """How many reads the guard has refused."""
        self._is_missed = False
        self._unwatch: Callable[[], None] | None = None
        self._asked: Any = None
        """The driver that was asked whether it tells edges."""
        self._seq = 0

    @property
    def settle_s(self) -> float:
        """How long after an edge the line must be quiet before it is read; 0.0 while the driver is not open."""
        settle_s = getattr(self._driver, "settle_s", 0.0)  # looked at once: the worker may close the driver just now
        return max(0.0, settle_s) if is_number(settle_s) else 0.0

    def protect(self, guard: ReadGuard) -> None:
        """Have `guard` asked before every read, and keep to the deadline of its retries."""
        self.guard = guard
        self.deadline_s = self._deadline_s(guard.retry.rules.deadline_s)

    def _deadline_s(self, most_s: float) -> float:
        """How long a reading may take, queueing and repetitions included.

        Less than `most_s` for fast polls, so that they cannot pile up, and more for a chip that needs it.
        """
        return max(min(most_s, self.device.poll_s / 2), 1.5 * self.device.spec.read_s)

    async def read(self) -> None:
        """Measure once, with as many attempts as the guard allows before the deadline."""
        if self.guard is not None and (refusal := self.guard.refusal(self._clock.mono())):
            self._refuse(BreakerOpen(refusal))
            return
        done = await self._attempt()
        self._note(done.error)
        self._seq += 1
        self._is_missed = done.error is not None
        if done.error is not None:
            self._publish_missed(done.error)
        else:
            self._publish_taken(done)

    async def _attempt(self) -> Done[Sequence[Sample]]:
        """How the last attempt ended; all of them together keep to the deadline."""
        ends_s = self._clock.mono() + self.deadline_s
        attempt = 0
        try:
            while True:
                attempt += 1
                self.attempts += 1
                asked_s = self._clock.mono()
                done = await self.worker.run(self._measure, label=self._label, deadline_s=ends_s - asked_s)
                if self.guard is None:
                    return done
                now_s = self._clock.mono()
                took_s = now_s - (asked_s if isinstance(done.error, DeadlinePassed) else done.started_s)
                wait_s = self.guard.ended(now_s, done.error, attempt=attempt, took_s=took_s, left_s=ends_s - now_s)
                if wait_s is None:
                    return done
                await asyncio.sleep(wait_s)
        except asyncio.CancelledError:
            if self.guard is not None:
                self.guard.abandon()
            raise

    def _refuse(self, error: BreakerOpen) -> None:
        """Not read: a miss that is told once, and not again with each poll."""
        self.refused += 1
        if self._is_missed:
            return
        self._is_missed = True
        self._seq += 1
        self.state.move(DeviceState.OFFLINE, said_by(error))
        self._publish_missed(error)

    async def reopen(self) -> DeviceError | None:
        """Close the driver and open it anew; returns what went wrong."""

        def work() -> None:
            self.close()
            self._opened()

        label, deadline_s = f"reopen {self.device.id}", max(WRITE_DEADLINE_S, 1.5 * self.device.spec.read_s)
        done = await self.worker.run(work, label=label, deadline_s=deadline_s)
        return done.error

    def abandon(self) -> None:
        """Forget a driver that hangs in a call; the next reading opens another one."""
        self._driver = self._unwatch = None

    def edge_served(self) -> None:
        """The next edge is news again."""
        self._edge_told = False

    def close(self) -> None:
        """Let go of the line; runs on the worker."""
        unwatch, self._unwatch = self._unwatch, None
        try:
            if unwatch is not None:
                unwatch()
        finally:
            self._close()

    def _measure(self) -> Sequence[Sample]:
        token = RETRYING.set(self.guard is not None)  # repetitions are this handle's, not also the driver's
        try:
            return self._measure_once()
        finally:
            RETRYING.reset(token)

    def _measure_once(self) -> Sequence[Sample]:
        if self._is_worn():
            self.close()
        driver = self._opened()
        if driver is not self._asked:  # once for each driver: to ask costs as much as to read
            if isinstance(driver, EdgeSensor):
                self._unwatch = driver.watch(self._on_edge)
            self._asked = driver
        return checked(self.channels, driver.read())

    def _on_edge(self) -> None:
        """Called in any thread, also thousands of times a second by a loose wire: only the first edge is told."""
        self.edges += 1
        if not self._edge_told:
            self._edge_told = True
            self._bus.publish_threadsafe(EdgeSeen(device=self.device.id))

    def _publish_taken(self, done: Done[Sequence[Sample]]) -> None:
        for channel, sample in zip(self.channels, done.value or (), strict=True):
            measured_s = done.started_s - sample.age_s
            judged = self.chains[channel.name].judge(sample.value, measured_s=measured_s)
            if judged.value is None:  # `checked` lets no such sample through
                continue
            event = ReadingTaken(
                device=self.device.id,
                channel=channel.name,
                value=judged.value,
                unit=channel.unit.value,
                quality=judged.quality,
                reasons=judged.reasons,
                measured_s=measured_s,
                seq=self._seq,
            )
            self.latest[channel.name] = event
            self._bus.publish(event)

    def _publish_missed(self, error: DeviceError) -> None:
        for channel in self.channels:
            event = ReadingMissed(
                device=self.device.id,
                channel=channel.name,
                unit=channel.unit.value,
                reason=said_by(error),
                at_s=self._clock.mono(),
                seq=self._seq,
                error=type(error).__name__,
            )
            self.latest[channel.name] = event
            self._bus.publish(event)


class ActuatorHandle(Handle):
    """An actuator: writes, and reads back what the wire says."""

    def __init__(self, device: Device, *, wire: Any, worker: Worker, clock: Clock, bus: EventBus) -> None:
        super().__init__(device, wire=wire, worker=worker, clock=clock, bus=bus)
        self.accepts = device.accepts
        self._label = f"look at {device.id}"
        self._is_to_reopen = False

    def reopen(self) -> None:
        """Have the driver opened anew just before the next write, so that the output never stands undriven."""
        self._is_to_reopen = True

    def write(
        self, value: float, on_done: OnDone, *, urgent: bool = False, still_wanted: Callable[[], bool] = lambda: True
    ) -> None:
        """Put the output to `value`, which must be one that it accepts, and hand the value read back to `on_done`.

        `still_wanted` is asked on the worker just before the write; if it says no, nothing is written and the done
        value is None without an error.
        """

        def work() -> float | None:
            if not still_wanted():
                return None
            if self._is_worn() or self._is_to_reopen:  # only just before a write: a line let go may stand anywhere
                self._is_to_reopen = False
                self._close()
            driver = self._opened(initial=value)
            driver.write(value)
            return read_back(driver)

        def note(done: Done[Any]) -> None:
            if done.error is not None or done.value is not None:  # what was not tried is no evidence
                self._note(done.error)
            on_done(done)

        self.worker.submit(
            work,
            note,
            label=f"write {self.device.id}",
            deadline_s=WRITE_DEADLINE_S,
            priority=Priority.URGENT if urgent else Priority.NORMAL,
        )

    def check(self, on_done: OnDone) -> None:
        """Hand to `on_done` what the output stands at now; nothing is written, so it must have been written before."""
        self.worker.submit(
            self._read_back, partial(self._checked, on_done), label=self._label, deadline_s=WRITE_DEADLINE_S
        )

    def _checked(self, on_done: OnDone, done: Done[Any]) -> None:
        if not isinstance(done.error, WireWedged):
            self._note(done.error)
        on_done(done)

    def _read_back(self) -> float:
        if self._driver is None:
            raise WireUnavailable("the output was not opened yet")
        return read_back(self._driver)


def checked(channels: Sequence[Channel], samples: object) -> Sequence[Sample]:
    """`samples`, if they are one finite number per channel in the channels' order.

    Raises `BadData` otherwise: a third party's driver may return anything.
    """
    names = [channel.name for channel in channels]
    if not isinstance(samples, list | tuple) or [getattr(sample, "channel", None) for sample in samples] != names:
        raise BadData(f"the driver returned {brief(samples)} where samples of {', '.join(names)} were expected")
    for sample in samples:
        if not is_number(sample.value):
            raise BadData(f"the driver returned {brief(sample.value)} for {sample.channel}, which is no finite number")
        if not is_number(sample.age_s) or sample.age_s < 0:  # measured in the future, it would never become old
            raise BadData(f"the driver returned {brief(sample.age_s)} as age of {sample.channel}")
    return samples


def read_back(driver: Any) -> float:
    """What `driver` reads back, if it is a finite number. Raises `BadData` otherwise."""
    value = driver.read_back()
    if not is_number(value):
        raise BadData(f"the driver read back {brief(value)}, which is no finite number")
    return float(value)
