"""Watches who is ill: folds readings, breakers and stuck wires into one memory of each device and wire.

It must not repair, publish or decide what is tried: that is recovery's.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Final

from alimante.config.model import Config
from alimante.core.bus import EventBus, Undo
from alimante.core.events import BreakerChanged, Quality, ReadingMissed, ReadingTaken
from alimante.core.states import DeviceState
from alimante.io.guard import BreakerOpen
from alimante.io.handle import ActuatorHandle
from alimante.io.worker import Worker
from alimante.policy.breaker import BreakerState
from alimante.policy.budget import Budget, BudgetRules
from alimante.policy.ladder import Ladder, Rung, Tier
from alimante.policy.remedies import CRASHED, WEDGED, WIRE_FAULTS, WIRE_GONE
from alimante.services.patients import Patient

FRESH: Final = BudgetRules(attempts=1, within_s=86_400.0)
"""What crashes or hangs gets a new process once a day: if that does not help, the next one will not either, and a node
that ends again and again would stop the light and the heat for one bad chip."""


class UnknownComponent(LookupError):
    """Nothing of this name can be repaired; the message is one sentence."""


class Ward:
    """All devices and wires of `config`, and what is registered. `on_healed` is told of each that works again.

    `vital` are the sensors that outputs depend on; outputs are vital themselves, and so is the wire of anything vital.
    """

    def __init__(
        self,
        config: Config,
        *,
        actuators: Mapping[str, ActuatorHandle],
        workers: Mapping[str, Worker],
        vital: Collection[str],
        bus: EventBus,
        on_healed: Callable[[Patient], None],
    ) -> None:
        self._keys = config.recovery.repair
        self._stuck_after_s = config.recovery.stuck_after_s
        self._actuators = actuators
        self._workers = workers
        self._bus = bus
        self._on_healed = on_healed
        self._undo: list[Undo] = []
        self._is_settled = False
        """Whether the last look found everything well, and nothing was heard since that a look could make more of."""
        self.patients: dict[str, Patient] = {}
        self.budgets: dict[str, Budget] = {}
        """By name: "device x", "wire x", "process" and "fresh x"; kept when a component is removed."""
        needed = {*vital, *actuators}
        for wire in workers:
            on_it = {device.id for device in config.devices.values() if device.wire == wire}
            self.admit(wire, "", is_vital=bool(needed & on_it))
        for device in config.devices.values():
            self.admit(device.id, device.wire, is_vital=device.id in needed)

    def start(self) -> None:
        """Listen."""
        subscribe = self._bus.subscribe
        self._undo = [
            subscribe(ReadingTaken, self._on_taken),
            subscribe(ReadingMissed, self._on_missed),
            subscribe(BreakerChanged, self._on_breaker),
        ]

    def stop(self) -> None:
        """Listen no more."""
        for undo in self._undo:
            undo()

    def find(self, component: str) -> Patient:
        """Raises `UnknownComponent`."""
        if component not in self.patients:
            known = ", ".join(self.patients) or "none"
            raise UnknownComponent(f"there is nothing called {component!r} to repair; known are {known}")
        return self.patients[component]

    def failed(self, component: str, error: str, reason: str) -> None:
        """A component did not work: `error` names the kind of failure. Raises `UnknownComponent`."""
        self.stir()
        patient = self.find(component)
        patient.failed(error, reason)
        self._judge(patient)

    def worked(self, component: str) -> None:
        """A component worked. Raises `UnknownComponent`."""
        self.stir()
        self._well(self.find(component))

    def look(self, now_s: float) -> None:
        """Take note of what nobody tells: wires that hang, outputs that do not answer, and time of health."""
        if self._is_settled and not self._is_disturbed():
            return
        for name in self._workers:
            self._look_at_wire(self.patients[name], now_s)
        for name, handle in self._actuators.items():
            self._look_at_output(self.patients[name], handle)
        self._look_at_budgets(now_s)
        self._is_settled = self._would_rest()

    def stir(self) -> None:
        """Something may have changed of somebody."""
        self._is_settled = False

    @property
    def is_calm(self) -> bool:
        """Whether nobody is ill, so that there is nothing to try and nothing to judge."""
        if self._is_settled:
            return True
        for patient in self.patients.values():  # noqa: SIM110 - a generator costs more than what it looks at
            if patient.is_ill:
                return False
        return True

    def waiting(self) -> list[Patient]:
        """Those that something can be tried for, wires first; what hangs on an ill wire waits for that."""
        return [
            patient
            for patient in self.patients.values()
            if patient.is_ill and patient.has_failed and not patient.is_busy and not self._is_excused(patient)
        ]

    def excused(self) -> list[Patient]:
        """Those whose last attempt can come to nothing, because their wire turned out to be ill."""
        return [
            patient
            for patient in self.patients.values()
            if patient.trying is not None and patient.wire and self.patients[patient.wire].is_ill
        ]

    def _is_disturbed(self) -> bool:
        """Whether a wire hangs or an output does not answer."""
        for worker in self._workers.values():
            if worker.wedged:
                return True
        for handle in self._actuators.values():  # noqa: SIM110 - a generator costs more than what it looks at
            if handle.state.current is not DeviceState.ONLINE:
                return True
        return False

    def _would_rest(self) -> bool:
        """Whether the same look again would find nothing to do, as long as nothing else happens."""
        if self._is_disturbed() or not self.is_calm or any(budget.is_spent for budget in self.budgets.values()):
            return False
        is_free = all(self.patients[name].wedged_since_s is None for name in self._workers)
        return is_free and all(self._is_well(self.patients[name]) for name in self._actuators)

    def _is_excused(self, patient: Patient) -> bool:
        """Whether its wire is to be repaired first, or may come back by itself any moment."""
        if not patient.wire:
            return False
        wire = self.patients[patient.wire]
        return wire.is_ill or wire.is_busy or self._workers[wire.id].wedged

    def _look_at_wire(self, wire: Patient, now_s: float) -> None:
        if not self._workers[wire.id].wedged:
            wire.wedged_since_s = None
            return
        if wire.wedged_since_s is None:
            wire.wedged_since_s = now_s
        if now_s - wire.wedged_since_s >= self._stuck_after_s or wire.is_ill:
            wire.failed(WEDGED, f"a call on {wire.id} does not come back")
            wire.is_ill = True

    def _look_at_output(self, patient: Patient, handle: ActuatorHandle) -> None:
        """The gate tries an output that does not answer again by itself, so there is always news."""
        if handle.state.current is DeviceState.OFFLINE:
            patient.failed(patient.error, handle.state.reason)
            self._judge(patient)
        elif handle.state.current is DeviceState.ONLINE and not self._is_well(patient):
            self._well(patient)
            self._wire_works(patient)

    def _is_well(self, patient: Patient) -> bool:
        """Whether it and its wire have worked for long enough that once more would tell nothing new."""
        enough, wire = self._keys.good_samples, self.patients[patient.wire]
        is_well = patient.good >= enough and not patient.is_ill and wire.good >= enough and not wire.is_ill
        return is_well and patient.misses == wire.misses == 0 and patient.id not in wire.hurts

    def _look_at_budgets(self, now_s: float) -> None:
        spent = [(name, budget) for name, budget in self.budgets.items() if budget.is_spent]
        if not spent:
            return
        ill = {patient.id for patient in self.patients.values() if patient.is_ill or not patient.good}
        for name, budget in spent:
            _, _, component = name.partition(" ")
            near = {patient.id for patient in self.patients.values() if component in (patient.id, patient.wire)}
            is_healthy = not ill if not component else not (near & ill)
            budget.look(now_s, is_healthy=is_healthy and (not component or component in self.patients))

    def _on_taken(self, event: ReadingTaken) -> None:
        patient = self.patients.get(event.device)
        if patient is None or patient.seq == event.seq:
            return
        patient.seq = event.seq
        if event.quality is Quality.BAD:
            self.stir()
            patient.good = 0  # it answers, and a repair would not make it say something else
            return
        self._well(patient)
        self._wire_works(patient)

    def _on_missed(self, event: ReadingMissed) -> None:
        patient = self.patients.get(event.device)
        if patient is None or patient.seq == event.seq or event.error == BreakerOpen.__name__:
            return
        self.stir()
        patient.seq = event.seq
        patient.failed(event.error, event.reason)
        self._judge(patient)
        wire = self.patients[patient.wire]
        if event.error not in WIRE_FAULTS:
            self._wire_works(patient)
            return
        wire.good = 0
        wire.hurts.add(patient.id)
        if wire.is_ill or event.error in WIRE_GONE:
            wire.failed(event.error, event.reason)
            self._judge(wire)

    def _on_breaker(self, event: BreakerChanged) -> None:
        """The breaker of a wire has the judgement whose fault it is: most of its devices fail."""
        wire = self.patients.get(event.component)
        if wire is None or event.component not in self._workers or event.new != BreakerState.OPEN:
            return
        self.stir()
        errors = [self.patients[device] for device in sorted(wire.hurts)]
        wire.failed(errors[-1].error if errors else WEDGED, errors[-1].reason if errors else event.reason)
        wire.is_ill = True

    def _judge(self, patient: Patient) -> None:
        """A crash is a defect that a fresh driver may not have; anything else may be over with the next reading."""
        patient.is_ill = patient.is_ill or patient.misses >= (1 if patient.error == CRASHED else self._keys.misses)

    def _well(self, patient: Patient) -> None:
        patient.worked()
        if patient.is_ill and not patient.is_busy and patient.good >= self._keys.good_samples:
            for other in self.patients.values():
                if other.wire == patient.id:
                    other.has_failed = False  # that was the wire's fault
            self._on_healed(patient)

    def _wire_works(self, patient: Patient) -> None:
        wire = self.patients[patient.wire]
        wire.hurts.discard(patient.id)
        if not self._workers[wire.id].wedged:
            self._well(wire)

    def admit(self, component: str, wire: str, *, is_vital: bool) -> None:
        """Watch `component`, which hangs on `wire`; its budgets are those that it had under this name before."""
        self.stir()
        keys, refund_s = self._keys, self._keys.refund_after_s
        rungs = []
        if component not in self._workers:
            budget = self._budget(f"device {component}", keys.device.rules(refund_s))
            rungs.append(Rung(tier=Tier.DEVICE, budget=budget, cool_down_s=keys.device.cool_down_s))
        if wire or component in self._workers:
            budget = self._budget(f"wire {wire or component}", keys.wire.rules(refund_s))
            rungs.append(Rung(tier=Tier.WIRE, budget=budget, cool_down_s=keys.wire.cool_down_s))
            budget = self._budget("process", keys.process.rules(refund_s))
            rungs.append(Rung(tier=Tier.PROCESS, budget=budget, cool_down_s=keys.process.cool_down_s))
        fresh = self._budget(f"fresh {component}", FRESH)
        self.patients[component] = Patient(
            id=component, ladder=Ladder(rungs), fresh=fresh, wire=wire, is_vital=is_vital
        )

    def _budget(self, name: str, rules: BudgetRules) -> Budget:
        return self.budgets.setdefault(name, Budget(rules))
