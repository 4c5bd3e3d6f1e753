"""Repairs what stays broken, from the smallest repair to the biggest, and asks a person when none helps.

It must not be needed for safety: the gate watches the age of readings by itself, whatever is repaired here.
"""

import logging
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, Final

from alimante.config.model import Config
from alimante.core.bus import EventBus
from alimante.core.clock import Clock
from alimante.core.component import Phase
from alimante.core.events import (
    ConditionChanged,
    Level,
    RecoveryFinished,
)
from alimante.core.tasks import Tasks
from alimante.core.text import said_by
from alimante.io.handle import ActuatorHandle
from alimante.io.worker import Worker
from alimante.policy.advice import advice_for
from alimante.policy.ladder import Attempt, Tier
from alimante.policy.remedies import CRASHED, WEDGED, for_device, for_output, for_wire
from alimante.services.control_socket import Answer, CannotAnswer
from alimante.services.fallbacks import Fallback
from alimante.services.patients import Patient, Strategy, Try
from alimante.services.periodic import recur
from alimante.services.repairs import Repairs
from alimante.services.ward import UnknownComponent, Ward
from hardware.errors import DeviceError

NEEDS_PERSON: Final = "needs_person"
Action = Callable[[], Awaitable[str]]
_STRATEGIES: Final = {Tier.DEVICE: Strategy.RESTART, Tier.WIRE: Strategy.RESET, Tier.PROCESS: Strategy.RESTART}
_log = logging.getLogger(__name__)


class RecoveryService:
    """Watches the devices and wires of `config` and those that are registered.

    `vital` are the sensors that outputs depend on. `fallback(component)` says how it goes on without a component.
    `end_process(reason)` makes everything safe and ends the process for the service manager to start it again; None
    leaves that out. `on_change(critical)` is told whenever `snapshot` says something new.
    """

    name = "recovery"
    phase = Phase.SERVICES

    def __init__(
        self,
        config: Config,
        repairs: Repairs,
        *,
        actuators: Mapping[str, ActuatorHandle],
        workers: Mapping[str, Worker],
        vital: Collection[str],
        fallback: Callable[[str], Fallback],
        bus: EventBus,
        clock: Clock,
        tasks: Tasks,
        end_process: Callable[[str], None] | None = None,
        on_change: Callable[[bool], None] = lambda critical: None,
    ) -> None:
        self._keys = config.recovery.repair
        self._tick_s = config.control.tick_s
        self._repairs = repairs
        self._actuators = actuators
        self._workers = workers
        self._fallback = fallback
        self._bus = bus
        self._clock = clock
        self._tasks = tasks
        self._end_process = end_process
        self._on_change = on_change
        self._actions: dict[tuple[str, Strategy], Action] = {}
        self._started_s = clock.mono()
        self.history: deque[dict[str, Any]] = deque(maxlen=self._keys.history)
        """The last attempts, oldest first, over restarts; plain JSON values."""
        self.ward = Ward(config, actuators=actuators, workers=workers, vital=vital, bus=bus, on_healed=self._healed)
        self._about: dict[str, tuple[str, ...]] = {wire: (config.wires[wire].kind,) for wire in workers}
        for device in config.devices.values():
            self._about[device.id] = (device.driver, config.wires[device.wire].kind)

    async def start(self) -> None:
        """Begin to watch."""
        self._started_s = self._clock.mono()
        self.ward.start()
        self._tasks.spawn(self._run(), name=self.name)

    async def stop(self) -> None:
        """Watch no more; what is being repaired is broken off."""
        self.ward.stop()
        await self._tasks.cancel()

    # What others may tell and ask.

    def register(self, component: str, strategy: Strategy, action: Action) -> None:
        """Have `action()` called for this strategy of a component, in place of what is done by default.

        A component that is no device and no wire is watched from now on through `failed` and `worked`; it is never
        a reason to repair anything bigger than itself. Its budget is the one that it had under this name before.
        """
        self._actions[component, strategy] = action
        if component not in self.ward.patients:
            self.ward.admit(component, "", is_vital=False)

    def unregister(self, component: str) -> None:
        """Watch a registered component no more. Its budget is kept: to be removed is not to be repaired."""
        for strategy in Strategy:
            self._actions.pop((component, strategy), None)
        if component not in self._about:
            self.ward.patients.pop(component, None)

    def failed(self, component: str, error: str, reason: str) -> None:
        """A registered component did not work: `error` names the kind of failure. Raises `UnknownComponent`."""
        self.ward.failed(component, error, reason)

    def worked(self, component: str) -> None:
        """A registered component worked. Raises `UnknownComponent`."""
        self.ward.worked(component)

    def ask(self, component: str, by: str) -> str:
        """A person, `by`, has done what was to do, or wants it tried again: begin anew at once, beside the budgets.

        Returns what is being done. Raises `UnknownComponent`.
        """
        patient, now_s = self.ward.find(component), self._clock.mono()
        if patient.is_busy or now_s < patient.ladder.ready_s:
            return f"{component} was begun anew just now; wait to see whether that helped"
        if patient.is_given_up:
            patient.is_given_up = False
            self._tell(patient, Level.CLEAR, f"acknowledged by {by}")
        if not patient.is_ill:
            patient.is_ill, patient.good = True, 0
        tier = Tier.DEVICE if patient.wire or component not in self._workers else Tier.WIRE
        rung = self._keys.wire if tier is Tier.WIRE else self._keys.device
        patient.ladder.ready_s = now_s + rung.cool_down_s
        self._begin(patient, Attempt(tier, 1, 1), strategy=Strategy.MANUAL, why=f"asked for by {by}")
        return f"{component} is being begun anew; `alimante repairs` tells whether that helped"

    def answers(self) -> dict[str, Answer]:
        """The questions `recover` and `repairs` of the control socket."""

        async def recover(request: dict[str, Any]) -> dict[str, Any]:
            component = str(request.get("device"))
            try:
                return {"device": component, "text": self.ask(component, "a person at the console")}
            except UnknownComponent as error:
                raise CannotAnswer(str(error)) from None

        async def repairs(request: dict[str, Any]) -> dict[str, Any]:
            return self.report()

        return {"recover": recover, "repairs": repairs}

    def count_broken(self) -> int:
        """How many components are broken now, those that wait for a person among them."""
        return sum(patient.is_ill for patient in self.ward.patients.values())

    def report(self) -> dict[str, Any]:
        """What is broken and what was done, as plain JSON values, the last attempt first."""
        now_s = self._clock.mono()
        return {
            "ill": {
                patient.id: {
                    "error": patient.error,
                    "reason": patient.reason,
                    "is_vital": patient.is_vital,
                    "needs_person": patient.is_given_up,
                    "trying": patient.trying.action if patient.trying else "",
                }
                for patient in self.ward.patients.values()
                if patient.is_ill
            },
            "budgets": {
                name: {"used": budget.used(now_s), "allowed": budget.rules.attempts, "is_spent": budget.is_spent}
                for name, budget in self.ward.budgets.items()
                if budget.is_spent or budget.used(now_s)
            },
            "history": list(reversed(self.history)),
        }

    def snapshot(self) -> dict[str, Any]:
        """What must outlive a restart, in plain JSON values."""
        now_s = self._clock.mono()
        return {
            "wall_s": self._clock.wall(),
            "budgets": {name: budget.snapshot(now_s) for name, budget in self.ward.budgets.items()},
            "history": list(self.history),
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Take up a snapshot before the start; what does not fit is left out."""
        wall_s, budgets, history = saved.get("wall_s"), saved.get("budgets"), saved.get("history")
        away_s = self._clock.wall() - wall_s if isinstance(wall_s, int | float) and self._clock.synced() else 0.0
        if isinstance(budgets, dict):
            for name, section in budgets.items():
                if isinstance(section, dict) and name in self.ward.budgets:
                    self.ward.budgets[name].restore(section, now_s=self._clock.mono(), away_s=away_s)
        if isinstance(history, list):
            self.history.extend(entry for entry in history if isinstance(entry, dict))

    # What is done.

    async def _run(self) -> None:
        await recur(self._tick, first_s=self._tick_s)

    def _tick(self) -> float:
        self.tick()
        return self._tick_s

    def tick(self) -> None:
        """Look at everything, wires first, and begin what is due."""
        now_s = self._clock.mono()
        self.ward.look(now_s)
        if self.ward.is_calm:
            return
        for patient in self.ward.excused():
            self._settle(patient, f"its wire {patient.wire} is to be repaired first", succeeded=False)
        for patient in self.ward.waiting():
            self._treat(patient, now_s)

    def _treat(self, patient: Patient, now_s: float) -> None:
        attempt = patient.ladder.climb(now_s, self._helpful(patient, now_s))
        if attempt is not None:
            strategy = _STRATEGIES[attempt.tier]
            self._begin(patient, attempt, strategy=strategy, why=f"{patient.error or 'no answer'}: {patient.reason}")
        elif patient.ladder.is_at_end and not patient.is_given_up:
            self._settle(patient, patient.reason, succeeded=False)
            self._give_up(patient)

    def _helpful(self, patient: Patient, now_s: float) -> frozenset[Tier]:
        if patient.id in self._workers:
            tiers = for_wire(patient.error)
            too_many = self._repairs.given_up() >= self._keys.stuck_calls
            if patient.error == WEDGED and (too_many or not self._repairs.may_reset(patient.id)):
                tiers -= {Tier.WIRE}
        elif patient.id in self._actuators:
            tiers = for_output()
        elif patient.wire:
            tiers = for_device(patient.error, is_reset_near=self._repairs.is_reset_near(patient.id))
        else:
            tiers = frozenset({Tier.DEVICE})
        may_end = patient.is_vital and self._end_process is not None
        # Of a hang only lines that a dead process lets go of can be worth more than one end of the process a day.
        once_a_day = patient.error == CRASHED or (patient.id in self._workers and self._repairs.may_reset(patient.id))
        if not may_end or (once_a_day and patient.fresh.used(now_s)):
            return tiers - {Tier.PROCESS}
        if now_s - self._started_s < self._keys.process.cool_down_s:  # the process is fresh: that cannot be all
            return frozenset() if tiers == {Tier.PROCESS} else tiers - {Tier.PROCESS}
        return tiers

    def _begin(self, patient: Patient, attempt: Attempt, *, strategy: Strategy, why: str) -> None:
        self._settle(patient, patient.reason, succeeded=False)
        self.ward.stir()
        patient.has_failed, patient.is_busy, patient.good = False, True, 0
        trying = Try(strategy=strategy, attempt=attempt, why=why, began_s=self._clock.mono())
        patient.trying = trying
        self._tasks.spawn(self._carry_out(patient, trying), name=f"repair {patient.id}")

    async def _carry_out(self, patient: Patient, trying: Try) -> None:
        try:
            trying.action = await self._action(patient, trying)()
        except DeviceError as error:
            trying.action = f"in vain: {error}"
            patient.failed(type(error).__name__, said_by(error))
        except Exception as error:  # noqa: BLE001 - a task's boundary, and a registered action may raise anything
            _log.exception("a repair of %s failed", patient.id)
            trying.action = f"in vain: {type(error).__name__}: {error}"
            patient.failed(type(error).__name__, said_by(error))
        finally:
            patient.is_busy = False
            self.ward.stir()
        _log.info("%s of %s: %s", trying.strategy.value, patient.id, trying.action)

    def _action(self, patient: Patient, trying: Try) -> Action:
        own = self._actions.get((patient.id, trying.strategy))
        tier = trying.attempt.tier
        if own is not None and tier is not Tier.PROCESS:
            return own
        if tier is Tier.PROCESS:
            return lambda: self._end(patient, trying)
        if patient.id in self._workers:
            return lambda: self._repairs.reset(patient.id, lost=sorted(patient.hurts))
        if tier is Tier.WIRE:
            return lambda: self._repairs.reset_around(patient.id)
        if patient.wire:
            return lambda: self._repairs.restart(patient.id)
        return self._nothing

    async def _nothing(self) -> str:
        return "there is no action for it"

    async def _end(self, patient: Patient, trying: Try) -> str:
        """Told before the end: whether it helped is seen by the next process only."""
        patient.fresh.take(self._clock.mono())
        trying.action = "ended the process with the outputs safe"
        self._settle(patient, "the next process goes on", succeeded=False)
        self._on_change(True)
        if self._end_process is not None:
            self._end_process(f"{patient.id} could not be repaired in this process: {patient.reason}")
        return trying.action

    def _give_up(self, patient: Patient) -> None:
        """Nothing that could help is left: go on without it, and ask a person."""
        patient.is_given_up = True
        fallback = self._fallback(patient.id)
        began_s = self._clock.mono()
        self._record(
            patient,
            Try(
                strategy=Strategy.FALLBACK,
                attempt=Attempt(Tier.DEVICE, 1, 1),
                why=patient.reason,
                began_s=began_s,
                action=fallback.text,
            ),
            "it goes on so",
            succeeded=fallback.is_enough,
        )
        own = self._actions.get((patient.id, Strategy.FALLBACK))
        if own is not None:
            self._tasks.spawn(self._call(own), name=f"fallback of {patient.id}")
        level = Level.WARNING if fallback.is_enough or not patient.is_vital else Level.CRITICAL
        self._tell(patient, level, f"{patient.id} could not be repaired; {fallback.text}: {patient.reason}")

    async def _call(self, action: Action) -> None:
        await action()

    def _healed(self, patient: Patient) -> None:
        patient.is_ill = patient.has_failed = False
        self._settle(patient, f"{self._keys.good_samples} good readings in a row", succeeded=True)
        if patient.is_given_up:
            patient.is_given_up = False
            self._tell(patient, Level.CLEAR, f"{patient.id} works again")

    # What is told.

    def _tell(self, patient: Patient, level: Level, text: str) -> None:
        known = advice_for(patient.error, of=self._about.get(patient.id, ()))
        advice = f"{known or 'look at it'}; then say so: alimante recover {patient.id}"
        self._bus.publish(
            ConditionChanged(
                component=patient.id,
                condition=NEEDS_PERSON,
                level=level,
                text=text,
                advice="" if level is Level.CLEAR else advice,
            )
        )

    def _settle(self, patient: Patient, result: str, *, succeeded: bool) -> None:
        """Judge the last attempt, if it was not yet."""
        trying, patient.trying = patient.trying, None
        if trying is not None:
            self._record(patient, trying, result, succeeded=succeeded)

    def _record(self, patient: Patient, trying: Try, result: str, *, succeeded: bool) -> None:
        took_s = self._clock.mono() - trying.began_s
        self.history.append(
            {
                "at_wall_s": round(self._clock.wall() - took_s, 1),
                "component": patient.id,
                "why": trying.why,
                "strategy": trying.strategy.value,
                "level": trying.attempt.tier.value,
                "action": trying.action,
                "attempt": trying.attempt.number,
                "allowed": trying.attempt.allowed,
                "succeeded": succeeded,
                "result": result,
                "took_s": round(took_s, 1),
            }
        )
        self._bus.publish(
            RecoveryFinished(
                component=patient.id,
                strategy=trying.strategy.value,
                action=trying.action,
                attempt=trying.attempt.number,
                allowed=trying.attempt.allowed,
                succeeded=succeeded,
                reason=result,
                took_s=took_s,
            )
        )
        self._on_change(False)
