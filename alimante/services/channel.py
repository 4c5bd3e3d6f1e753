"""What is remembered of one channel between its readings; it must not publish anything."""

from dataclasses import dataclass, field
from math import inf
from typing import Any

from alimante.config.readings import ChannelKeys, freshness
from alimante.core.events import Quality, ReadingTaken
from alimante.io.handle import SensorHandle
from alimante.policy.belief import Belief, unknown
from alimante.policy.chain import Chain
from alimante.policy.density import ErrorDensity
from alimante.policy.freshness import Freshness


@dataclass(slots=True, kw_only=True)
class Alarm:
    """Limits that a person wants to be told of; `state` is "", "too_high" or "too_low"."""

    low: float
    high: float
    hysteresis: float
    state: str = ""

    def look(self, value: float) -> str:
        """The state at `value`: it begins outside of the limits and ends well inside."""
        margin = {"too_high": (0.0, self.hysteresis), "too_low": (self.hysteresis, 0.0)}.get(self.state, (0.0, 0.0))
        if value > self.high - margin[1]:
            self.state = "too_high"
        elif value < self.low + margin[0]:
            self.state = "too_low"
        else:
            self.state = ""
        return self.state


@dataclass(slots=True, kw_only=True, eq=False)
class Watched:
    """One channel: `last` is its last reading that was not bad, `told` what was said of its age last.

    Its last good reading was measured at `good_s`. After `wrong_after` wrong answers in a row nothing is believed any
    more: something that answers and is wrong each time will not be right about the reading before.
    """

    full: str
    handle: SensorHandle
    channel: Any
    chain: Chain
    freshness: Freshness
    density: ErrorDensity
    alarm: Alarm | None
    wrong_after: int
    last: ReadingTaken | None = None
    good_s: float = -inf
    told: Quality | None = None
    since_s: float = 0.0
    """When it was begun to wait for the first reading."""
    seq: int = 0
    attempts: int = 0
    why_missed: str = ""
    findings: tuple[str, ...] = ()
    bad: int = 0
    """How many readings were bad."""
    missed: int = 0
    """How many readings failed."""
    wrong: int = 0
    """How many answers in a row were wrong."""
    siblings: list["Watched"] = field(default_factory=list)
    beside: list[float | None] = field(default_factory=list)
    """What the siblings said when this channel began to say the same."""
    _believed: tuple[ReadingTaken, Quality, Belief] | None = None
    """The last belief with what it follows from: many ask between two readings."""

    @property
    def device(self) -> str:
        """The id of the sensor."""
        return self.handle.device.id

    def believed(self, now_s: float) -> Belief:
        """What is believed of it now."""
        if self.wrong >= self.wrong_after:
            return unknown(f"{self.wrong_after} wrong answers in a row")
        if self.last is None:
            return self.freshness.believed(None, now_s)
        quality = self.freshness.quality(self.last.measured_s, now_s)
        if self._believed is None or self._believed[0] is not self.last or self._believed[1] is not quality:
            belief = self.freshness.believed(self.last, now_s, good_s=self.good_s)
            self._believed = self.last, quality, belief
        return self._believed[2]

    def deadline_s(self) -> float:
        """When there is something to say of its age next."""
        if self.last is None:
            return inf if self.told else self.since_s + self.freshness.lost_after_s
        if self.told is Quality.UNKNOWN:
            return inf
        after_s = self.freshness.lost_after_s if self.told is Quality.SUSPECT else self.freshness.stale_after_s
        return self.last.measured_s + after_s

    def new_attempts(self) -> int:
        """How often the driver was asked since this was asked last; none when the reading was refused."""
        before, self.attempts = self.attempts, self.handle.attempts
        return self.attempts - before


def watched(handle: SensorHandle) -> list[Watched]:
    """The channels of a sensor, each with its own memory."""
    device = handle.device
    ages = freshness(device.reading, device.poll_s)
    return [
        Watched(
            full=f"{device.id}.{channel.name}",
            handle=handle,
            channel=channel,
            chain=handle.chains[channel.name],
            freshness=ages,
            density=ErrorDensity(device.reading.max_error_share),
            alarm=_alarm(device.reading.channels.get(channel.name)),
            wrong_after=device.reading.wrong_after,
        )
        for channel in handle.channels
    ]


def _alarm(keys: ChannelKeys | None) -> Alarm | None:
    if keys is None or (keys.alarm_low is None and keys.alarm_high is None):
        return None
    return Alarm(
        low=-inf if keys.alarm_low is None else keys.alarm_low,
        high=inf if keys.alarm_high is None else keys.alarm_high,
        hysteresis=keys.alarm_hysteresis,
    )
