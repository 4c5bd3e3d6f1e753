"""Looks after the health of every component and of the node, and tells each change; it must not repair anything.

What is asked of it (`health_of`, `node`, `report`, `answers`) is worked out at that moment from the age of the
evidence, so it stays right when this service's own task is dead.
"""

from collections import deque
from collections.abc import Callable, Iterable
from math import inf
from typing import Any, Final

from alimante.config.supervision import HealthKeys
from alimante.core.bus import EventBus, Undo
from alimante.core.clock import Clock
from alimante.core.component import Phase
from alimante.core.events import ConditionChanged, HealthChanged, Level
from alimante.core.ids import is_id
from alimante.core.tasks import Tasks
from alimante.policy.checkup import SOUND, Check, Checkup, Kind
from alimante.policy.health import Health, Part, of_node
from alimante.policy.health_record import WELL, HealthRecord, Judged
from alimante.policy.heartbeats import LATE_AFTER, Heartbeats
from alimante.services.health_announcer import Announcer
from alimante.services.health_entry import Entry, Routine, details
from alimante.services.health_plugins import run_check
from alimante.services.periodic import recur

NODE: Final = "node"
_CALM: Final = Part(health=Health.HEALTHY)


class HealthService:
    """Runs all checks. `refusal()` says why outputs may not move, or nothing when they may."""

    name = "health"
    phase = Phase.WIRES  # before anybody can publish a condition

    def __init__(
        self, keys: HealthKeys, *, bus: EventBus, clock: Clock, tasks: Tasks, refusal: Callable[[], str]
    ) -> None:
        self._keys = keys
        self._bus = bus
        self._clock = clock
        self._tasks = tasks
        self._refusal = refusal
        self._entries: dict[str, Entry] = {}
        self._routines: tuple[Routine, ...] = ()
        self._is_calm = False
        """Whether all entries are."""
        self._shortest_s = 0.0
        """The shortest period of a check."""
        self._next_s = 0.0
        """When there is something to do next."""
        self._announcer = Announcer(bus, unknown_after_s=keys.unknown_after_s)
        self._beats = Heartbeats(clock.mono)
        self._node = Health.UNKNOWN
        self._node_since_s = self._looked_s = clock.mono()
        self._has_started = False
        self._history: deque[tuple[float, HealthChanged]] = deque(maxlen=keys.history_count)
        self._undo: Undo = lambda: None

    async def start(self) -> None:
        """Begin to look and to listen."""
        self._undo = self._bus.subscribe(ConditionChanged, self._on_condition)
        self._tasks.spawn(self._run(), name=self.name)

    async def stop(self) -> None:
        """End."""
        self._undo()
        await self._tasks.cancel()

    def add_check(self, check: Check) -> Undo:
        """Run `check` from now on; returns the undo. Raises `ValueError` for a name that is taken or no id."""
        if not is_id(check.component) or not is_id(check.name):
            raise ValueError(f"{check.component!r} and {check.name!r} must be ids")
        if check.component == NODE:
            raise ValueError(f"{NODE} is what follows from all checks, and has none itself")
        entry = self._entry(check.component)
        if check.name in entry.record.checkups:
            raise ValueError(f"{check.component} has a check {check.name} already")
        checkup = Checkup(check, self._keys.patience(), self._keys.evidence_periods)
        entry.record.checkups[check.name] = checkup
        entry.routines[check.name] = Routine(checkup, entry, self._clock.mono())
        self._list_routines()
        self._stir(entry)
        self._announcer.own(check.component, check.name)
        return lambda: self._remove(check)

    def add_checks(self, checks: Iterable[Check]) -> None:
        """Run all of `checks` from now on."""
        for check in checks:
            self.add_check(check)

    def expect(self, name: str, *, every_s: float, is_critical: bool = True) -> Callable[[], None]:
        """Expect a sign of life of the task `name` every `every_s` seconds; returns the function that gives it."""
        beat = self._beats.expect(name, every_s=every_s)
        self.add_check(
            Check(
                component=name,
                name="heartbeat",
                run=lambda: self._beats.finding(name),
                kind=Kind.SERVICE,
                period_s=self._keys.period_s,
                is_safety=True,
                is_critical=is_critical,
            )
        )
        return beat

    def look(self) -> None:
        """Run the checks that are due and tell what changed."""
        now_s = self._looked_s = self._clock.mono()
        self._run_checks(now_s)
        if self._is_calm and self._node is Health.HEALTHY:
            return
        for entry in self._restless(now_s):
            entry.record.look_at_conditions(now_s)
        self._tell(now_s)
        for entry in self._restless(now_s):
            self._announce(entry, now_s)
            entry.is_calm = entry.judged is WELL and self._is_settled(entry)
        self._is_calm = all(entry.is_calm for entry in self._entries.values())

    def health_of(self, component: str) -> Health:
        """The health of one component now. Raises `KeyError` for one of which nothing is known."""
        return self._judge(self._entries[component], self._clock.mono()).health

    def node(self) -> Health:
        """The health of the whole node now."""
        now_s = self._clock.mono()
        restless = self._restless(now_s)
        if self._entries and not restless:
            return Health.HEALTHY
        return self._roll_up({entry.record.component: self._judge(entry, now_s) for entry in restless}, now_s)

    def answers(self) -> dict[str, dict[str, Any]]:
        """Three questions that are not the same, each with `ok` and the reasons when it is not.

        `live`: do the loops run? `ready`: may outputs move? `started`: has everything needed given evidence once?
        """
        late = self.late()
        refusal = self._refusal()
        waiting = [] if self._has_started else self._waiting()
        return {
            "live": {"ok": not late, "reasons": late},
            "ready": {"ok": not refusal, "reasons": [refusal] if refusal else []},
            "started": {"ok": not waiting, "reasons": [f"nothing is known of {name} yet" for name in waiting]},
        }

    def report(self) -> dict[str, Any]:
        """The node and each component as plain JSON values."""
        now_s = self._clock.mono()
        judged = {name: self._judge(entry, now_s) for name, entry in self._entries.items()}
        return {
            "health": self._roll_up(judged, now_s).value,
            "for_s": round(now_s - self._node_since_s, 1),
            "answers": self.answers(),
            "components": {name: self._shown(self._entries[name], found, now_s) for name, found in judged.items()},
        }

    def history(self, component: str | None = None) -> list[dict[str, Any]]:
        """The last changes of health, oldest first, of one component or of all."""
        oldest_s = self._clock.mono() - self._keys.history_days * 86_400.0
        return [
            {"age_s": round(self._clock.mono() - at_s, 1), "component": event.component}
            | {"old": event.old, "new": event.new, "reason": event.reason}
            for at_s, event in self._history
            if at_s >= oldest_s and component in (None, event.component)
        ]

    async def _run(self) -> None:
        await recur(self._look_again, first_s=self._look_again())

    def _look_again(self) -> float:
        self.look()
        return max(0.0, self._next_s - self._clock.mono())

    def _run_checks(self, now_s: float) -> None:
        """Run what is due. Most checks find the same good thing as before, which must cost next to nothing."""
        next_s = now_s + self._keys.period_s
        for routine in self._routines:
            due_s = routine.due_s
            if due_s <= now_s:
                checkup = routine.checkup
                period_s = checkup.check.period_s
                due_s += period_s
                if due_s <= now_s:
                    due_s += period_s * (1 + int((now_s - due_s) / period_s))
                routine.due_s = due_s
                finding = run_check(checkup)
                if checkup.is_steady and (finding is SOUND or finding.level is Level.CLEAR):
                    checkup.finding, checkup.evidence_s = finding, now_s
                else:
                    checkup.feed(finding, now_s)
                    self._stir(routine.entry)
            if due_s < next_s:
                next_s = due_s
        self._next_s = next_s

    def _stir(self, entry: Entry) -> None:
        """Something may have changed of it."""
        entry.is_calm = self._is_calm = False

    def _announce(self, entry: Entry, now_s: float) -> None:
        """Tell what its checks find; nothing is told of what is well, but that it is over."""
        if entry.judged is WELL and not self._announcer.has_told(entry.record.component):
            return
        self._announcer.tell(
            entry.record,
            cause=entry.judged.cause,
            is_critical=self._is_critical(entry),
            since_s=entry.since_s,
            now_s=now_s,
        )

    def _is_settled(self, entry: Entry) -> bool:
        """Whether nothing of what is HEALTHY is under way."""
        if self._announcer.has_told(entry.record.component):
            return False
        return all(checkup.is_steady for checkup in entry.record.checkups.values())

    def _restless(self, now_s: float) -> list[Entry]:
        """The entries that something may have changed of; all of them when nobody has looked for too long.

        At a look no evidence is older than its check's period, so all of it counts for some more periods.
        """
        for_s = self._shortest_s * (self._keys.evidence_periods - 1.0)
        if now_s - self._looked_s > for_s:
            return list(self._entries.values())
        return [] if self._is_calm else [entry for entry in self._entries.values() if not entry.is_calm]

    def _list_routines(self) -> None:
        self._routines = tuple(routine for entry in self._entries.values() for routine in entry.routines.values())
        self._shortest_s = min((routine.checkup.check.period_s for routine in self._routines), default=0.0)

    def _entry(self, component: str) -> Entry:
        if component not in self._entries:
            record = HealthRecord(component, self._keys.patience())
            self._entries[component] = Entry(record, Judged(health=Health.UNKNOWN), self._clock.mono())
        return self._entries[component]

    def _remove(self, check: Check) -> None:
        entry = self._entries[check.component]
        entry.record.checkups.pop(check.name, None)
        routine = entry.routines.pop(check.name, None)
        if routine is not None:  # it may be removed by another check, in the middle of a look
            routine.due_s = inf
        self._announcer.withdraw(check.component, check.name)
        if not entry.record.checkups and not entry.record.conditions:
            del self._entries[check.component]
        self._list_routines()
        self._stir(entry)

    def _on_condition(self, event: ConditionChanged) -> None:
        if self._announcer.is_own(event):
            return
        entry = self._entries.get(event.component)
        if event.level is Level.CLEAR and (entry is None or event.condition not in entry.record.conditions):
            return
        now_s = self._clock.mono()
        entry = self._entry(event.component)
        self._stir(entry)
        entry.record.take(event, now_s)
        self._tell(now_s)

    def _judge(self, entry: Entry, now_s: float) -> Judged:
        """What holds of a component now; UNKNOWN where a failed one explains it."""
        own = entry.record.judge(now_s)
        if own is WELL:
            return own
        for cause in entry.record.causes():
            other = self._entries.get(cause)
            if other is not None and other.record.judge(now_s).health is Health.CRITICAL:
                return Judged(health=Health.UNKNOWN, reason=f"{cause} has failed", cause=cause)
        return own

    def _is_critical(self, entry: Entry) -> bool:
        return entry.record.is_critical and entry.record.component not in self._keys.optional

    def _roll_up(self, judged: dict[str, Judged], now_s: float) -> Health:
        """What follows for the node where `judged` holds and all other components are HEALTHY."""

        def for_s(name: str, found: Judged) -> float:
            entry = self._entries[name]
            return now_s - (entry.since_s if found.health is entry.judged.health else self._looked_s)

        parts = [
            Part(health=found.health, is_critical=self._is_critical(self._entries[name]), for_s=for_s(name, found))
            for name, found in judged.items()
        ]
        if len(parts) < len(self._entries):
            parts.append(_CALM)
        return of_node(parts, unknown_after_s=self._keys.unknown_after_s)

    def _tell(self, now_s: float) -> None:
        """Publish what is different from what was told."""
        restless = self._restless(now_s)
        found = [self._judge(entry, now_s) for entry in restless]
        is_well = all(each is WELL is entry.judged for entry, each in zip(restless, found, strict=True))
        if is_well and self._node is Health.HEALTHY:
            return
        for entry, each in zip(restless, found, strict=True):
            self._tell_one(entry, each, now_s)
        judged = {entry.record.component: each for entry, each in zip(restless, found, strict=True)}
        node = self._roll_up({name: found for name, found in judged.items() if name in self._entries}, now_s)
        if node is not self._node:
            old_node, self._node, self._node_since_s = self._node, node, now_s
            self._publish(NODE, old_node, self._worst(judged, node), now_s)
        self._has_started = self._has_started or not self._waiting()

    def _tell_one(self, entry: Entry, found: Judged, now_s: float) -> None:
        name = entry.record.component
        old, entry.judged = entry.judged, found
        if found is not WELL:  # also one that was calm, when nobody has looked for too long
            self._stir(entry)
        if found.health is not old.health:
            entry.since_s = now_s
            if name != NODE:  # what is said of the node itself counts among the rest, and is told with it
                self._publish(name, old.health, found, now_s)
        if entry.record.is_over:
            self._entries.pop(name, None)

    def _worst(self, judged: dict[str, Judged], node: Health) -> Judged:
        """Why the node is as it is: the first component that is as bad, or nearest to it."""
        ill = [
            (name, found) for name, found in judged.items() if found.health is not Health.HEALTHY and not found.cause
        ]
        ill.sort(key=lambda item: item[1].health is not node)
        if node is Health.HEALTHY or not ill:
            return Judged(health=node)
        name, found = ill[0]
        why = found.reason or found.health.value
        return Judged(health=node, reason=why if name == NODE else f"{name}: {why}", advice=found.advice)

    def _publish(self, component: str, old: Health, found: Judged, now_s: float) -> None:
        event = HealthChanged(
            component=component, old=old.value, new=found.health.value, reason=found.reason, advice=found.advice
        )
        self._history.append((now_s, event))
        self._bus.publish(event)

    def late(self) -> list[str]:
        """A sentence for each task that is late with its sign of life, this service's own among them."""
        now_s = self._clock.mono()
        late = self._beats.late()
        if now_s - self._looked_s > LATE_AFTER * self._keys.period_s:
            late.append(f"health was looked at {now_s - self._looked_s:.0f} s ago")
        return late

    def _waiting(self) -> list[str]:
        """The components that are needed and of which nothing was ever known."""
        return [
            name
            for name, entry in self._entries.items()
            if self._is_critical(entry) and entry.judged.health is Health.UNKNOWN and not entry.judged.cause
        ]

    def _shown(self, entry: Entry, found: Judged, now_s: float) -> dict[str, Any]:
        shown = {
            "health": found.health.value,
            "for_s": round(now_s - entry.since_s, 1),
            "reason": found.reason,
            "advice": found.advice,
            "cause": found.cause,
            "optional": not self._is_critical(entry),
            "conditions": {name: event.level.value for name, event in entry.record.conditions.items()},
        }
        return shown | {"checks": {name: details(each, now_s) for name, each in entry.record.checkups.items()}}
