"""Asks every controller at each control tick and hands its wishes to the gate; it must not decide or move anything.

A controller that raises stands alone with it: its outputs get no wish, so that they go safe when their last one has
run out, and it is asked again at the next tick. All others go on.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any, Protocol

from alimante.control.controller import Controller, Demand, Finding, Look, Remembering, Report, Telling, Tunable
from alimante.control.local_time import LocalTime
from alimante.core.bus import EventBus
from alimante.core.clock import Clock
from alimante.core.component import Phase
from alimante.core.events import ConditionChanged, ControllerFailed, Level
from alimante.core.tasks import Tasks
from alimante.policy.belief import Believed
from alimante.services.periodic import recur

CONDITION = "controller_failed"
_log = logging.getLogger(__name__)


class Ask(Protocol):
    """How an output is asked for: `Gate.demand`."""

    def __call__(self, device: str, value: float, *, source: str, reason: str, target: float | None = None) -> object:
        """Wish `device` at `value`, for as long as such a wish lives."""
        ...


class WrongDemand(Exception):
    """A controller wished for something that is not its own or is no number."""


class ControlService:
    """One task for all controllers, in the order of the configuration.

    `believed` and `local` are asked at each tick. `on_change(critical)` is called with True when a controller has
    something new to remember that must not be lost.
    """

    name = "control"
    phase = Phase.SERVICES

    def __init__(
        self,
        controllers: Sequence[Controller],
        *,
        believed: Believed,
        local: Callable[[], LocalTime | None],
        ask: Ask,
        bus: EventBus,
        clock: Clock,
        tasks: Tasks,
        tick_s: float,
        on_change: Callable[[bool], None] = lambda critical: None,
    ) -> None:
        self.controllers: Mapping[str, Controller] = {controller.id: controller for controller in controllers}
        self.completed_s: float | None = None
        """The monotonic time of the last completed round: evidence for a watchdog that control is alive."""
        self.on_tick: Callable[[], None] = lambda: None
        """Called after each completed round, for who wants a sign of life."""
        self._believed = believed
        self._local = local
        self._ask = ask
        self._bus = bus
        self._clock = clock
        self._tasks = tasks
        self._tick_s = tick_s
        self._on_change = on_change
        self._failures: dict[str, str] = {}
        self._told: dict[str, Mapping[str, Finding]] = {}
        self._telling = {c.id: c for c in controllers if isinstance(c, Telling)}
        self._remembering = {c.id: c for c in controllers if isinstance(c, Remembering)}
        self._milestones = self._count_milestones()

    async def start(self) -> None:
        """Begin with a first round."""
        self._tasks.spawn(self._run(), name=self.name)

    async def stop(self) -> None:
        """Wish for nothing more."""
        await self._tasks.cancel()

    def tick(self) -> None:
        """One round."""
        look = Look(now_s=self._clock.mono(), believed=self._believed, local=self._local())
        for controller in self.controllers.values():
            self._serve(controller, look)
        self.completed_s = self._clock.mono()
        self.on_tick()
        milestones = self._count_milestones()
        if milestones != self._milestones:
            self._milestones = milestones
            self._on_change(True)

    def reports(self) -> dict[str, Report]:
        """What each controller last decided and why; `failure` is there while it fails."""
        return {
            name: {"outputs": list(controller.outputs), **controller.report(), **self._failure(name)}
            for name, controller in self.controllers.items()
        }

    def tune(self, name: str) -> str:
        """Let a controller find out how strongly it has to answer; returns why not, or the empty text."""
        controller = self.controllers.get(name)
        if not isinstance(controller, Tunable):
            able = ", ".join(name for name, one in self.controllers.items() if isinstance(one, Tunable))
            return f"{name} cannot be tuned; what can be is {able or 'nothing'}"
        return controller.tune()

    def snapshot(self) -> dict[str, Any]:
        """What controllers have to remember, by their ids."""
        return {name: controller.snapshot() for name, controller in self._remembering.items()}

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Give every controller back what it has to remember."""
        for name, controller in self._remembering.items():
            if isinstance(kept := saved.get(name), dict):
                controller.restore(kept)
        self._milestones = self._count_milestones()

    async def _run(self) -> None:
        await recur(self._tick, first_s=self._tick())

    def _tick(self) -> float:
        self.tick()
        return self._tick_s

    def _serve(self, controller: Controller, look: Look) -> None:
        try:
            for demand in _checked(controller, controller.decide(look)):
                self._ask(demand.output, demand.value, source=controller.id, reason=demand.reason, target=demand.target)
            if controller.id in self._telling:
                self._tell(controller.id, self._telling[controller.id].findings())
        except Exception as error:  # noqa: BLE001 - one controller must not stop the others
            self._on_failed(controller.id, error)
        else:
            if self._failures:
                self._on_served(controller.id)

    def _tell(self, name: str, findings: Mapping[str, Finding]) -> None:
        """Publish each finding that is new, changed or over."""
        told = self._told.get(name, {})
        self._told[name] = findings
        for condition in sorted(told.keys() - findings.keys()):
            self._warn(name, condition, Level.CLEAR, Finding(text=f"over: {told[condition].text}"))
        for condition, finding in findings.items():
            if finding != told.get(condition):
                self._warn(name, condition, Level.WARNING, finding)

    def _warn(self, name: str, condition: str, level: Level, finding: Finding) -> None:
        self._bus.publish(
            ConditionChanged(component=name, condition=condition, level=level, text=finding.text, advice=finding.advice)
        )

    def _on_failed(self, name: str, error: Exception) -> None:
        """Tell it once, and again only when something else goes wrong."""
        text = f"{type(error).__name__}: {error}"
        is_told = self._failures.get(name, "").startswith(f"{type(error).__name__}:")
        self._failures[name] = text
        if is_told:
            return
        _log.error("the controller %s failed", name, exc_info=error)
        self._bus.publish(
            ControllerFailed(controller=name, error=type(error).__name__, text=f"the controller {name} failed: {text}")
        )
        self._publish(name, Level.CRITICAL, f"{name} failed ({text}); its outputs go to their safe values")

    def _on_served(self, name: str) -> None:
        if self._failures.pop(name, None) is not None:
            self._publish(name, Level.CLEAR, f"{name} works again")

    def _publish(self, name: str, level: Level, text: str) -> None:
        advice = "please report this with the log; restarting may help" if level is not Level.CLEAR else ""
        self._bus.publish(
            ConditionChanged(component=name, condition=CONDITION, level=level, text=text, advice=advice, is_safety=True)
        )

    def _failure(self, name: str) -> Report:
        return {"failure": self._failures[name]} if name in self._failures else {}

    def _count_milestones(self) -> int:
        milestones = 0
        for controller in self._remembering.values():  # a generator costs more than what it adds up
            milestones += controller.milestones
        return milestones


def _checked(controller: Controller, demands: Sequence[Demand]) -> Sequence[Demand]:
    """`demands`, all of which are sound. Raises `WrongDemand`."""
    for demand in demands:
        if demand.output not in controller.outputs:
            raise WrongDemand(f"{controller.id} wished for {demand.output}, which is not its own")
        if not isfinite(demand.value):
            raise WrongDemand(f"{controller.id} wished {demand.output} at {demand.value}")
    return demands
