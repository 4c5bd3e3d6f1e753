"""Keeps what is believed of every channel, and tells when it grows old or strange; it must not read a sensor itself.

What is believed is computed from the age of the last reading when it is asked for: it is right even when every task is
dead. The one task here only says on the bus, at the moment, what everybody can find by asking.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final

from alimante.config.model import Device
from alimante.core.bus import EventBus, Undo
from alimante.core.clock import Clock
from alimante.core.component import Phase
from alimante.core.events import (
    ConditionChanged,
    Level,
    OutputChanged,
    Quality,
    ReadingAged,
    ReadingMissed,
    ReadingTaken,
)
from alimante.core.tasks import Tasks
from alimante.io.handle import SensorHandle
from alimante.policy.belief import Belief, Believed
from alimante.policy.chain import IDENTICAL, NOISY, STUCK
from alimante.services.channel import Alarm, Watched, watched
from alimante.services.channel_conditions import ChannelConditions
from alimante.services.neighbours import Neighbours
from hardware.errors import BadData

AFTER_S: Final = 0.001
"""How long after a deadline the task looks: a timer may fire a trace too early."""

_SAYS: Final = {
    STUCK: "says the same although it should have moved",
    IDENTICAL: "has said the very same for hours",
    NOISY: "is much noisier than usual",
}


class Readings:
    """What is believed of the channels of `handles`, by full name, and of `groups`.

    `groups` maps the ids of groups to functions of the channels' beliefs and the monotonic time; `members` are the
    full names of each group's members. `outputs` are the actuators of the configuration. Devices in `vital` are those
    without which an output may not be on: when they are lost it is critical.
    """

    name = "readings"
    phase = Phase.SENSORS

    def __init__(
        self,
        handles: Mapping[str, SensorHandle],
        *,
        bus: EventBus,
        clock: Clock,
        tasks: Tasks,
        outputs: Iterable[Device] = (),
        groups: Mapping[str, Callable[[Believed, float], Belief]] | None = None,
        members: Iterable[Sequence[str]] = (),
        vital: Collection[str] = (),
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._tasks = tasks
        self._groups = dict(groups or {})
        self._vital = frozenset(vital)
        self.channels: dict[str, Watched] = {
            channel.full: channel for handle in handles.values() for channel in watched(handle)
        }
        self._by_names = {(channel.device, channel.channel.name): channel for channel in self.channels.values()}
        self._neighbours = Neighbours(self.channels, outputs=outputs, groups=members)
        wires = {name: handle.device.wire for name, handle in handles.items()}
        self._conditions = ChannelConditions(wires, bus=bus)
        self._news = asyncio.Event()
        self._next_s = float("inf")
        """When a channel grows old next, as far as the task knows."""
        self._asked_s = float("nan")
        self._answers: dict[str, Belief] = {}
        """What was answered at this very moment: many ask for the same, and nothing ages in no time."""
        self._undo: list[Undo] = []

    def believed(self, full_name: str) -> Belief:
        """What is believed now of a group or of `sensor.channel`. Raises `KeyError` for any other name."""
        now_s = self._clock.mono()
        if now_s != self._asked_s:
            self._asked_s = now_s
            self._answers.clear()
        answer = self._answers.get(full_name)
        if answer is None:
            answer = self._answers[full_name] = self._believed(full_name, now_s)
        return answer

    def _believed(self, full_name: str, now_s: float) -> Belief:
        group = self._groups.get(full_name)
        if group is not None:
            return group(self.believed, now_s)
        return self.channels[full_name].believed(now_s)

    async def start(self) -> None:
        """Listen, and begin to wait for the first readings."""
        now_s = self._clock.mono()
        for channel in self.channels.values():
            channel.since_s = now_s
        subscribe = self._bus.subscribe
        self._undo = [
            subscribe(ReadingTaken, self._on_taken),
            subscribe(ReadingMissed, self._on_missed),
            subscribe(OutputChanged, self._neighbours.on_output),
            subscribe(ConditionChanged, self._conditions.on_condition),
        ]
        self._tasks.spawn(self._watch(), name=self.name)

    async def stop(self) -> None:
        """Listen no more."""
        for undo in self._undo:
            undo()
        await self._tasks.cancel()

    def _on_taken(self, event: ReadingTaken) -> None:
        channel = self._by_names.get((event.device, event.channel))
        if channel is None:
            return
        self._answers.clear()
        channel.seq = event.seq
        is_bad = event.quality is Quality.BAD
        self._count(channel, failed=channel.new_attempts() - 1 + is_bad, good=not is_bad)
        if channel.chain.findings != channel.findings:
            self._find(channel)
        if is_bad:
            channel.bad += 1
            channel.why_missed = event.reasons[0] if event.reasons else ""
            self._answered_wrongly(channel)
            return
        channel.wrong = 0
        channel.last = event
        if event.quality is Quality.GOOD:
            channel.good_s = event.measured_s
        now_s = self._clock.mono()
        self._neighbours.look(channel, now_s)
        if channel.told is not Quality.GOOD or now_s - event.measured_s >= channel.freshness.stale_after_s:
            self._came(channel, event.measured_s, now_s)
        if channel.alarm is not None:
            self._alarm(channel, channel.alarm, event.value)

    def _on_missed(self, event: ReadingMissed) -> None:
        channel = self._by_names.get((event.device, event.channel))
        if channel is None:
            return
        self._answers.clear()
        channel.seq = event.seq
        channel.missed += 1
        channel.why_missed = event.reason
        self._count(channel, failed=channel.new_attempts(), good=False)
        if event.error == BadData.__name__:
            self._answered_wrongly(channel)
        else:
            self._look_at_first(channel)

    def _answered_wrongly(self, channel: Watched) -> None:
        """Something answers, and not with a measurement: soon nothing is believed of it."""
        channel.wrong += 1
        if channel.wrong == channel.wrong_after and channel.told is not Quality.UNKNOWN:
            self._age(channel, Quality.UNKNOWN)
        self._look_at_first(channel)

    def _look_at_first(self, channel: Watched) -> None:
        """A channel whose first reading fails is unknown at once: there is nothing that could be believed meanwhile."""
        if channel.last is None and channel.told is None:
            self._age(channel, Quality.UNKNOWN)

    def _came(self, channel: Watched, measured_s: float, now_s: float) -> None:
        """The first reading, one after a silence, or one that is old already when it comes."""
        quality = channel.freshness.quality(measured_s, now_s)
        if quality is not Quality.GOOD:
            self._age(channel, quality)
            return
        channel.told = quality
        self._conditions.end(channel.device, channel.channel.name, "lost")
        self._conditions.end(channel.device, channel.channel.name, "stale")
        self._wake(channel)

    def _wake(self, channel: Watched) -> None:
        """Have the task look again when `channel` grows old before everything that it waits for."""
        if channel.deadline_s() < self._next_s:
            self._news.set()

    def _age(self, channel: Watched, quality: Quality) -> None:
        """Say that the last reading is as old as `quality` says."""
        channel.told = quality
        last, name, device = channel.last, channel.channel.name, channel.device
        belief = channel.believed(self._clock.mono())
        reasons = (*belief.reasons, channel.why_missed) if channel.why_missed else belief.reasons
        self._bus.publish(
            ReadingAged(
                device=device,
                channel=name,
                value=belief.value,
                unit=channel.channel.unit.value,
                quality=quality,
                reasons=reasons,
                measured_s=last.measured_s if last is not None else None,
                seq=channel.seq,
            )
        )
        text = f"{channel.full}: {'; '.join(reasons)}"
        if quality is Quality.SUSPECT:
            self._conditions.find(device, name, "stale", text=text)
        else:
            level = Level.CRITICAL if device in self._vital else Level.WARNING
            self._conditions.find(device, name, "lost", text=text, level=level)
            self._conditions.end(device, name, "stale")
        self._wake(channel)

    def _count(self, channel: Watched, *, failed: int, good: bool) -> None:
        """Take in the attempts of one reading; those of a lost channel say nothing new."""
        if channel.told is Quality.UNKNOWN:
            return
        density = channel.density
        was_high = density.is_high
        for _ in range(failed):
            density.add(failed=True)
        if good:
            density.add(failed=False)
        if density.is_high is was_high:
            return
        if density.is_high:
            text = f"{channel.full}: {density.share:.0%} of the last attempts to read it failed"
            self._conditions.find(channel.device, channel.channel.name, "error_density", text=text)
        else:
            self._conditions.end(channel.device, channel.channel.name, "error_density")

    def _find(self, channel: Watched) -> None:
        """Tell what began and what ended of `stuck`, `identical` and `noisy`."""
        before, now = channel.findings, channel.chain.findings
        channel.findings = now
        for found in now:
            if found not in before:
                text = f"{channel.full} {_SAYS[found]}"
                self._conditions.find(channel.device, channel.channel.name, found, text=text)
        for found in before:
            if found not in now:
                self._conditions.end(channel.device, channel.channel.name, found)

    def _alarm(self, channel: Watched, alarm: Alarm, value: float) -> None:
        before, now = alarm.state, alarm.look(value)
        if before == now:
            return
        if before:
            self._conditions.end(channel.device, channel.channel.name, before)
        if now:
            text = f"{channel.full} is {now.replace('_', ' ')}: {value:.4g} {channel.channel.unit}".rstrip()
            self._conditions.find(channel.device, channel.channel.name, now, text=text)

    async def _watch(self) -> None:
        """Say what is old at the moment at which it becomes so."""
        while True:
            now_s = self._clock.mono()
            for channel in self.channels.values():
                if channel.deadline_s() <= now_s:
                    self._grew_old(channel, now_s)
            self._news.clear()
            self._next_s = min((channel.deadline_s() for channel in self.channels.values()), default=float("inf"))
            await self._until(self._next_s)

    def _grew_old(self, channel: Watched, now_s: float) -> None:
        if channel.last is None:
            self._age(channel, Quality.UNKNOWN)
        else:
            self._age(channel, channel.freshness.quality(channel.last.measured_s, now_s))

    async def _until(self, at_s: float) -> None:
        """Wait for the moment, or for a channel to come back: its deadline may be an earlier one."""
        if at_s == float("inf"):
            await self._news.wait()
            return
        timer = asyncio.get_running_loop().call_later(at_s + AFTER_S - self._clock.mono(), self._news.set)
        try:
            await self._news.wait()
        finally:
            timer.cancel()
