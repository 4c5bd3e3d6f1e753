"""Builds the guards of all sensors and tells what they do; it must not read anything.

A wire that fails is one alert: the conditions of its devices carry the wire as their cause. Between opening and
closing there may be a thousand probes: those are counted and not told.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from alimante.config.supervision import RecoveryKeys
from alimante.core.bus import EventBus
from alimante.core.clock import Clock
from alimante.core.events import BreakerChanged, ConditionChanged, Level, WireStateChanged
from alimante.core.rng import RandomStreams
from alimante.io.guard import ReadGuard, WireGuard
from alimante.io.handle import SensorHandle
from alimante.policy.blame import Suspicion
from alimante.policy.breaker import Breaker, BreakerRules, BreakerState
from alimante.policy.retry import RetryPolicy
from alimante.policy.tokens import TokenBucket

BREAKER_OPEN = "breaker_open"
STUCK = "stuck"
_PASSING = frozenset({BreakerState.CLOSED, BreakerState.DISABLED})


class NoBreaker(LookupError):
    """No sensor and no wire with sensors has this name; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class _Fact:
    """What a condition says, to be told only when it changes."""

    level: Level
    text: str = ""
    cause: str = ""


_CLEAR = _Fact(Level.CLEAR)


class Guards:
    """Puts a guard before each of `sensors`, and keeps the breakers of sensors and wires for people to look at."""

    def __init__(
        self,
        sensors: Mapping[str, SensorHandle],
        *,
        keys: RecoveryKeys,
        bus: EventBus,
        clock: Clock,
        streams: RandomStreams,
    ) -> None:
        self._keys = keys
        self._bus = bus
        self._clock = clock
        self._streams = streams
        self._sensors = sensors
        self._told: dict[tuple[str, str], _Fact] = {}
        self._stuck: dict[str, str] = {}
        self._hung: dict[str, asyncio.TimerHandle] = {}
        members = Counter(handle.device.wire for handle in sensors.values())
        self.wires = {wire: self._wire(wire, count) for wire, count in members.items()}
        retry = RetryPolicy(keys.retry.rules(), rng=streams.stream("retry"))
        for name, handle in sensors.items():
            rules = keys.breaker.rules()
            slow_s = max(rules.slow_s, handle.device.spec.read_s)
            breaker = self._breaker(name, replace(rules, slow_s=slow_s))
            wire = self.wires[handle.device.wire]
            handle.protect(ReadGuard(name, breaker=breaker, wire=wire, retry=retry))
        bus.subscribe(WireStateChanged, self._on_wire)

    def force(self, component: str, state: BreakerState, reason: str) -> None:
        """Hold the breaker of a sensor or a wire in FORCED_OPEN or DISABLED. Raises `NoBreaker`."""
        self._find(component).force(state, reason)

    def release(self, component: str) -> None:
        """Let the breaker of a sensor or a wire work again. Raises `NoBreaker`."""
        self._find(component).release(self._clock.mono())

    def report(self) -> dict[str, Any]:
        """Breakers, buckets and counters as plain JSON values."""
        now_s = self._clock.mono()
        return {
            "devices": {
                name: {**_shown(self._find(name)), "attempts": handle.attempts, "refused": handle.refused}
                for name, handle in self._sensors.items()
            },
            "wires": {
                name: {
                    **_shown(wire.breaker),
                    "tokens": round(wire.tokens.tokens(now_s), 1),
                    "retries": wire.retries,
                    "stuck": self._stuck.get(name, ""),
                }
                for name, wire in self.wires.items()
            },
        }

    def count_open(self) -> int:
        """How many breakers of sensors and wires keep something from being asked as usual."""
        names = (*self._sensors, *self.wires)
        return sum(self._find(name).state not in _PASSING for name in names)

    def _find(self, component: str) -> Breaker:
        handle = self._sensors.get(component)
        if handle is not None and handle.guard is not None:
            return handle.guard.breaker
        if component in self.wires:
            return self.wires[component].breaker
        known = ", ".join([*self._sensors, *self.wires]) or "none"
        raise NoBreaker(f"{component} has no breaker; known are {known}")

    def _wire(self, wire: str, members: int) -> WireGuard:
        return WireGuard(
            wire,
            breaker=self._breaker(wire, self._keys.breaker.rules()),
            tokens=TokenBucket(self._keys.tokens.rules(), now_s=self._clock.mono()),
            suspicion=Suspicion(members),
        )

    def _breaker(self, component: str, rules: BreakerRules) -> Breaker:
        told = BreakerState.CLOSED

        def announce(old: BreakerState, new: BreakerState, reason: str) -> None:
            nonlocal told
            if new in (told, BreakerState.HALF_OPEN):
                return  # a probe is no news until it is known how the probes went
            told, before = new, told
            self._bus.publish(BreakerChanged(component=component, old=before, new=new, reason=reason))
            self._tell(component)

        return Breaker(rules, rng=self._streams.stream(f"breaker/{component}"), announce=announce)

    def _on_wire(self, event: WireStateChanged) -> None:
        """A wire that hangs is told only after a while: a single slow call ends by itself."""
        timer = self._hung.pop(event.wire, None)
        if timer is not None:
            timer.cancel()
        if event.wedged:
            loop = asyncio.get_running_loop()
            self._hung[event.wire] = loop.call_later(self._keys.stuck_after_s, self._found_stuck, event)
        elif self._stuck.pop(event.wire, None) is not None:
            self._tell(event.wire)

    def _found_stuck(self, event: WireStateChanged) -> None:
        self._hung.pop(event.wire, None)
        self._stuck[event.wire] = event.reason
        self._tell(event.wire)

    def _tell(self, component: str) -> None:
        """Publish what has changed in the conditions of `component` and, if it is a wire, of its devices."""
        if component in self.wires:
            self._publish(component, BREAKER_OPEN, self._of_wire(component))
            reason = self._stuck.get(component)
            self._publish(component, STUCK, _Fact(Level.CRITICAL, reason) if reason else _CLEAR)
            members = [name for name, handle in self._sensors.items() if handle.device.wire == component]
        else:
            members = [component]
        for name in members:
            self._publish(name, BREAKER_OPEN, self._of_device(name))

    def _of_wire(self, wire: str) -> _Fact:
        breaker = self.wires[wire].breaker
        if breaker.state in _PASSING:
            return _CLEAR
        return _Fact(Level.CRITICAL, f"the wire {wire} is asked only now and then: {breaker.reason}")

    def _of_device(self, name: str) -> _Fact:
        wire = self._sensors[name].device.wire
        if wire in self._stuck or self.wires[wire].breaker.state not in _PASSING:
            return _Fact(Level.WARNING, f"{name} cannot be read while its wire {wire} fails", cause=wire)
        breaker = self._find(name)
        if breaker.state in _PASSING:
            return _CLEAR
        return _Fact(Level.WARNING, f"{name} is asked only now and then: {breaker.reason}")

    def _publish(self, component: str, condition: str, fact: _Fact) -> None:
        told = self._told.get((component, condition), _CLEAR)
        if (told.level, told.cause) == (fact.level, fact.cause):
            return  # how it came to be open the second time is not news
        self._told[component, condition] = fact
        self._bus.publish(
            ConditionChanged(
                component=component,
                condition=condition,
                level=fact.level,
                text=fact.text,
                advice=_advice(condition, is_wire=component in self.wires) if fact.level is not Level.CLEAR else "",
                cause=fact.cause,
            )
        )


def _advice(condition: str, *, is_wire: bool) -> str:
    if condition == STUCK:
        return "A device holds the wire. Unplug its devices one by one, and restart the supervisor if it stays so."
    if is_wire:
        return "Check the cable, the pull-up resistors and that the wire is enabled in the board's settings."
    return "Check the sensor's cable, its supply and its address."


def _shown(breaker: Breaker) -> dict[str, Any]:
    return {
        "state": breaker.state.value,
        "reason": breaker.reason,
        "times_opened": breaker.times_opened,
        "rejected": breaker.rejected,
    }
