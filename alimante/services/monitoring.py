"""Watches the computer and the supervisor's own doings in numbers; it must not block the loop or repair anything."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from alimante.config.monitoring import LimitKeys, MonitoringKeys
from alimante.core.bus import EventBus, Undo
from alimante.core.clock import Clock
from alimante.core.component import Phase
from alimante.core.events import (
    BreakerChanged,
    CommandFinished,
    CommandReceived,
    ConditionChanged,
    ErrorSeen,
    HandlerFailed,
    HandlerSlow,
    Level,
    MailboxOverflowed,
    ReadingMissed,
    ReadingTaken,
    RecoveryFinished,
    ServiceFailed,
)
from alimante.core.tasks import Tasks
from alimante.io.worker import Worker
from alimante.policy.series import Series
from alimante.policy.thresholds import Limit, Threshold
from alimante.services.system_facts import THROTTLED_BITS, Facts, SystemFacts

GATHER_DEADLINE_S = 5.0
BASELINE_AFTER_S = 120.0
"""How long after the start the number of tasks is taken as the usual one."""

_ADVICE = {
    "under_voltage": "use the official power supply and a short thick cable; a Pi that browns out corrupts its SD card",
    "throttled": "the processor is slowed down: give it air or a heat sink, and a better power supply",
    "frequency_capped": "the processor is slowed down: give it air or a heat sink, and a better power supply",
    "soft_temperature_limit": "the processor is hot: give it air or a heat sink",
    "cpu_percent": "something uses the processor up; `top` shows what",
    "load_per_core": "too much runs at once; `top` shows what",
    "memory_percent": "something uses the memory up; `top` shows what",
    "process_memory_percent": "restart the supervisor when it suits you, and report this",
    "process_files_percent": "restart the supervisor when it suits you, and report this",
    "process_threads": "calls into drivers hang; look at the wires",
    "disk_free_percent": "delete something, or use a larger SD card",
    "disk_inodes_free_percent": "delete many small files",
    "disk_read_only": "the SD card may be worn out: keep a copy of it, and restart the computer when it suits you",
    "soc_temperature_c": "give the Raspberry Pi air or a heat sink",
    "tasks_growth": "a driver or a plug-in leaves tasks behind; restart the supervisor and report this",
}
_PARTS = {"process": ("process_", "tasks_"), "storage": ("disk_",)}
"""The components that numbers belong to, by how their names begin; all others belong to the system."""


ALWAYS_TOLD = (
    "readings_taken",
    "readings_missed",
    "recoveries_succeeded",
    "recoveries_failed",
    "handlers_failed",
    "services_failed",
)
"""Counts that are told also while they are 0: whoever draws them wants a line."""

MOST_COMMANDS = 256
"""So many commands that have not ended are timed at once."""


class Latencies:
    """How long something took since it was asked last."""

    __slots__ = ("_count", "_longest_s", "_total_s")

    def __init__(self) -> None:
        self._count, self._total_s, self._longest_s = 0, 0.0, 0.0

    def add(self, took_s: float) -> None:
        """One of them took `took_s` seconds."""
        self._count += 1
        self._total_s += took_s
        if took_s > self._longest_s:
            self._longest_s = took_s

    def take(self, name: str) -> Facts:
        """The mean and the longest, called after `name`; nothing where there was none."""
        count, total_s, longest_s = self._count, self._total_s, self._longest_s
        self._count, self._total_s, self._longest_s = 0, 0.0, 0.0
        return {f"{name}_mean_s": total_s / count, f"{name}_max_s": longest_s} if count else {}


class Monitoring:
    """Looks every `period_s` and keeps a recent series of each number.

    `facts` is asked on `worker`. `gauges` are numbers of the supervisor itself, asked in the loop. `on_exhaustion` is
    called once when the supervisor's own memory becomes critical, so that a restart can be planned.
    """

    name = "monitoring"
    phase = Phase.SERVICES

    def __init__(
        self,
        keys: MonitoringKeys,
        *,
        facts: SystemFacts,
        gauges: Mapping[str, Callable[[], float]],
        worker: Worker,
        bus: EventBus,
        clock: Clock,
        tasks: Tasks,
        on_exhaustion: Callable[[str], None] = lambda reason: None,
    ) -> None:
        self._keys = keys
        self._facts = facts
        self._gauges = gauges
        self._worker = worker
        self._bus = bus
        self._clock = clock
        self._tasks = tasks
        self._on_exhaustion = on_exhaustion
        self._started_s = clock.mono()
        self._usual_tasks: int | None = None
        self._series = Series(keep_s=keys.keep_s)
        self._thresholds = {name: _threshold(limit) for name, limit in _limits(keys)}
        self._told: dict[str, ConditionChanged] = {}
        self._measured_s: float | None = None
        self._undo: list[Undo] = []
        self.counts: Counter[str] = Counter(dict.fromkeys(ALWAYS_TOLD, 0))
        """What happened since the start, by name."""
        self._reads = Latencies()
        self._commands = Latencies()
        self._asked_s: dict[tuple[str, str], float] = {}  # of commands that have not ended

    async def start(self) -> None:
        """Begin to look and to count."""
        self._undo = [self._bus.subscribe(kind, handler) for kind, handler in self._handlers()]
        self._tasks.spawn(self._serve(), name=self.name)

    async def stop(self) -> None:
        """End."""
        for undo in self._undo:
            undo()
        await self._tasks.cancel()

    def export(self) -> dict[str, Any]:
        """Everything that is known now, as plain JSON values; what is too old is left out."""
        now_s = self._clock.mono()
        metrics = {}
        for name, summary in self._series.summaries(now_s).items():
            metrics[name] = {
                "value": _round(summary.last),
                "min": _round(summary.lowest),
                "mean": _round(summary.mean),
                "max": _round(summary.highest),
                "count": summary.count,
                "age_s": round(summary.age_s, 1),
                "level": self._level(name).value,
            }
        return {"period_s": self._keys.period_s, "metrics": metrics, "counts": dict(sorted(self.counts.items()))}

    def errors(self) -> int:
        """How many errors there were since the start, of all kinds."""
        return sum(count for name, count in self.counts.items() if name.startswith("errors_"))

    def conditions(self, component: str) -> list[ConditionChanged]:
        """What holds now of `component`: "system", "process" or "storage"."""
        return [told for told in self._told.values() if told.component == component and told.level is not Level.CLEAR]

    def age_s(self) -> float | None:
        """How long ago the computer was measured; None before the first time."""
        return None if self._measured_s is None else self._clock.mono() - self._measured_s

    async def _serve(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(self._keys.period_s)

    async def look(self) -> None:
        """Measure once."""
        done = await self._worker.run(self._facts.gather, label="system facts", deadline_s=GATHER_DEADLINE_S)
        if done.error is None:
            self._measured_s = done.started_s
        facts: dict[str, float] = dict(done.value or {})
        for name, gauge in self._gauges.items():
            facts[name] = gauge()
        facts |= self._tasks_growth()
        facts |= self._reads.take("read_latency")
        facts |= self._commands.take("command_latency")
        now_s = self._clock.mono()
        self._series.add(facts, now_s)
        self._judge(facts, now_s)

    def _tasks_growth(self) -> Facts:
        """How many tasks there are, and how many times as many as usual."""
        now = len(asyncio.all_tasks())
        if self._usual_tasks is None and self._clock.mono() - self._started_s >= BASELINE_AFTER_S:
            self._usual_tasks = now
        return {"tasks": now} | ({"tasks_growth": now / self._usual_tasks} if self._usual_tasks else {})

    def _judge(self, facts: Facts, now_s: float) -> None:
        for name, threshold in self._thresholds.items():
            value = facts.get(name)
            if value is not None:
                level = threshold.look(value, now_s)
                if level is not self._level(name):
                    self._tell(name, level, f"{name} is {value:.4g}")
        for name in THROTTLED_BITS:
            value = facts.get(name)
            if value is not None:
                level = Level.WARNING if value else Level.CLEAR
                if level is not self._level(name):
                    self._tell(name, level, f"the firmware reports: {name.replace('_', ' ')}")

    def _tell(self, name: str, level: Level, text: str) -> None:
        component = next((part for part, names in _PARTS.items() if name.startswith(names)), "system")
        self._told[name] = told = ConditionChanged(
            component=component, condition=name, level=level, text=text, advice=_ADVICE.get(name, "")
        )
        self._bus.publish(told)
        if name == "process_memory_percent" and level is Level.CRITICAL:
            self._on_exhaustion(text)

    def _level(self, name: str) -> Level:
        told = self._told.get(name)
        return Level.CLEAR if told is None else told.level

    def _handlers(self) -> list[tuple[type[Any], Callable[[Any], None]]]:
        count = self.counts

        def counted(kind: type[Any], name: Callable[[Any], str]) -> tuple[type[Any], Callable[[Any], None]]:
            def fold(event: Any) -> None:
                count[name(event)] += 1

            return kind, fold

        return [
            (ReadingTaken, self._on_reading),
            counted(ReadingMissed, lambda event: "readings_missed"),
            counted(ErrorSeen, lambda event: f"errors_{event.category}"),
            (CommandReceived, self._on_command),
            (CommandFinished, self._on_finished),
            counted(BreakerChanged, lambda event: f"breakers_{event.new.lower()}"),
            counted(RecoveryFinished, lambda event: f"recoveries_{'succeeded' if event.succeeded else 'failed'}"),
            counted(HandlerFailed, lambda event: "handlers_failed"),
            counted(HandlerSlow, lambda event: "handlers_slow"),
            counted(MailboxOverflowed, lambda event: "mailboxes_overflowed"),
            counted(ServiceFailed, lambda event: "services_failed"),
        ]

    def _on_reading(self, event: ReadingTaken) -> None:
        self.counts["readings_taken"] += 1
        self._reads.add(self._clock.mono() - event.measured_s)

    def _on_command(self, event: CommandReceived) -> None:
        if len(self._asked_s) >= MOST_COMMANDS:
            del self._asked_s[next(iter(self._asked_s))]
        self._asked_s[event.device, event.id] = self._clock.mono()

    def _on_finished(self, event: CommandFinished) -> None:
        self.counts[f"commands_{event.outcome}"] += 1
        asked_s = self._asked_s.pop((event.device, event.id), None)
        if asked_s is not None:
            self._commands.add(self._clock.mono() - asked_s)


def _limits(keys: MonitoringKeys) -> list[tuple[str, LimitKeys]]:
    named = ((name, getattr(keys, name)) for name in MonitoringKeys.model_fields)
    return [(name, value) for name, value in named if isinstance(value, LimitKeys)]


def _threshold(keys: LimitKeys) -> Threshold:
    def limit(enter: float | None, leave: float | None) -> Limit | None:
        return None if enter is None or leave is None else Limit(enter=enter, leave=leave, hold_s=keys.hold_s)

    return Threshold(warning=limit(keys.warning, keys.warning_over), critical=limit(keys.critical, keys.critical_over))


def _round(value: float) -> float:
    """Six digits: more are noise, and they cost bytes."""
    return float(f"{value:.6g}")
