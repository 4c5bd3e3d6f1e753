"""Starts services again whose tasks died, within a budget; it must not touch outputs.

A service is restarted whole, by its own `stop` and `start`, so nothing of the failed life is left over. A service that
is not critical and fails too often stays stopped, and everything else goes on. A critical one ends the run.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from alimante.core.bus import EventBus
from alimante.core.clock import Clock
from alimante.core.component import Lifecycle
from alimante.core.events import ConditionChanged, Level, ServiceFailed
from alimante.core.tasks import Tasks
from alimante.policy.restarts import RestartBudget, RestartRules

CONDITION = "service_failed"
ADVICE = "please report this with the log"
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Service:
    is_critical: bool
    budget: RestartBudget
    is_busy: bool = False
    """Whether it is off, for a moment or for good: what else of it dies then dies with it."""
    level: Level = Level.CLEAR


class Supervision:
    """Hands out the `Tasks` of each component of `lifecycle`. `give_up(reason)` ends the run."""

    def __init__(
        self,
        lifecycle: Lifecycle,
        *,
        bus: EventBus,
        clock: Clock,
        give_up: Callable[[str], None],
    ) -> None:
        self._lifecycle = lifecycle
        self._bus = bus
        self._clock = clock
        self._give_up = give_up
        self._services: dict[str, _Service] = {}
        self._restarts = Tasks(self._on_own_failure)
        self._is_over = False

    def tasks(self, component: str, *, is_critical: bool, rules: RestartRules) -> Tasks:
        """The tasks of `component`; a critical one takes the run with it when its budget is used up."""
        service = _Service(is_critical, RestartBudget(rules))
        self._services[component] = service
        return Tasks(lambda task, error: self._on_failed(component, service, f"{task}: {_say(error)}", error))

    async def stop(self) -> None:
        """Restart nothing any more."""
        self._is_over = True
        await self._restarts.cancel()

    def _on_failed(self, name: str, service: _Service, text: str, error: BaseException) -> None:
        if service.is_busy or self._is_over:
            _log.debug("%s lost the task %s as well", name, text)
            return
        _log.error("a task of %s died", name, exc_info=error)
        service.is_busy = True
        pause_s = self._count(name, service, text)
        if pause_s is not None or not service.is_critical:
            self._restarts.spawn(self._repair(name, service, text, pause_s), name=f"restart {name}")

    async def _repair(self, name: str, service: _Service, text: str, pause_s: float | None) -> None:
        await self._lifecycle.fail(name, text)
        while pause_s is not None:
            await asyncio.sleep(pause_s)
            await self._lifecycle.fail(name, text)  # in case that it had not finished starting before
            text = await self._lifecycle.revive(name)
            if not text:
                service.is_busy = False
                await self._watch(name, service)
                return
            pause_s = self._count(name, service, text)

    async def _watch(self, name: str, service: _Service) -> None:
        """Say so when it has been well for long enough."""
        await asyncio.sleep(service.budget.silence_s(self._clock.mono()))
        if not service.is_busy and service.budget.is_well(self._clock.mono()):
            self._tell(name, service, Level.CLEAR, f"{name} runs again")

    def _count(self, name: str, service: _Service, text: str) -> float | None:
        """Count a failure and tell it; returns the pause before the restart, or None when there is none."""
        pause_s = service.budget.failed(self._clock.mono())
        restarts = service.budget.restarts(self._clock.mono())
        self._bus.publish(ServiceFailed(service=name, error=text, restarts=restarts, is_critical=service.is_critical))
        if pause_s is not None:
            self._tell(name, service, Level.WARNING, f"{name} failed and is started again: {text}")
        elif service.is_critical:
            self._tell(name, service, Level.CRITICAL, f"{name} failed too often: {text}")
            self._give_up(f"{name} failed: {text}")
        else:
            service.level = Level.CLEAR  # it is a WARNING already, but this is news
            self._tell(name, service, Level.WARNING, f"{name} failed too often and stays off: {text}")
        return pause_s

    def _tell(self, name: str, service: _Service, level: Level, text: str) -> None:
        if service.level is level:
            return
        service.level = level
        advice = "" if level is Level.CLEAR else ADVICE
        component = name.replace(" ", "_")
        self._bus.publish(
            ConditionChanged(component=component, condition=CONDITION, level=level, text=text, advice=advice)
        )

    def _on_own_failure(self, task: str, error: BaseException) -> None:
        _log.error("the task %r of the supervision died", task, exc_info=error)
        self._give_up(f"{task}: {_say(error)}")


def _say(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
