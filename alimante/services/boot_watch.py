"""Tells how the last run ended, and when this one has run well for long enough; it must not decide what follows."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from alimante.core.bus import EventBus
from alimante.core.clock import Clock
from alimante.core.component import Phase
from alimante.core.events import ConditionChanged, Level, PostMortem
from alimante.core.tasks import Tasks
from alimante.io.worker import Worker
from alimante.policy.boot import StartRules
from alimante.services.boots import Boots

LOOK_S: Final = 30.0
WRITE_DEADLINE_S: Final = 10.0
LEAVE: Final = "find out what went wrong, then end the safe mode with: alimante safe-mode off"

_log = logging.getLogger(__name__)


class BootWatch:
    """`is_well()` says whether the node is healthy now. `give_up(reason)` ends the run, to try a normal one again."""

    name = "boots"
    phase = Phase.LINKS

    def __init__(
        self,
        boots: Boots,
        *,
        rules: StartRules,
        is_well: Callable[[], bool],
        give_up: Callable[[str], None],
        worker: Worker,
        bus: EventBus,
        clock: Clock,
        tasks: Tasks,
    ) -> None:
        self._boots = boots
        self._rules = rules
        self._is_well = is_well
        self._give_up = give_up
        self._worker = worker
        self._bus = bus
        self._clock = clock
        self._tasks = tasks

    async def start(self) -> None:
        """Tell of the past and watch the present."""
        death, safe_mode = self._boots.death, self._boots.record.safe_mode
        if death is not None and not self._boots.is_told:
            self._boots.is_told = True
            _log.warning("the run before this one did not end as it should: %s", death.text)
            self._bus.publish(PostMortem(kind=death.kind, text=death.text, bad_starts=self._boots.bad_starts))
        if safe_mode:
            self._bus.publish(
                ConditionChanged(
                    component="supervisor",
                    condition="safe_mode",
                    level=Level.CRITICAL,
                    text=f"safe mode, every output is held safe: {safe_mode}",
                    advice=LEAVE,
                    is_safety=True,
                )
            )
        self._tasks.spawn(self._watch(), name=self.name)

    async def stop(self) -> None:
        """End."""
        await self._tasks.cancel()

    async def _watch(self) -> None:
        await self._run_well_for(self._rules.healthy_s)
        if not self._boots.record.safe_mode:
            await self._worker.run(self._boots.note_healthy, label="note a good start", deadline_s=WRITE_DEADLINE_S)
        await asyncio.sleep(max(0.0, self._rules.day_s - self._rules.healthy_s))
        was_safe_mode = bool(self._boots.record.safe_mode)
        if was_safe_mode or self._boots.record.reboots:
            await self._worker.run(self._boots.forget, label="forget bad starts", deadline_s=WRITE_DEADLINE_S)
        if was_safe_mode:
            self._give_up("the safe mode has lasted long enough; a normal start is tried again")

    async def _run_well_for(self, seconds: float) -> None:
        """Return once the node has been well without a break for so long; in safe mode time alone counts."""
        since_s = self._clock.mono()
        while self._clock.mono() - since_s < seconds:
            await asyncio.sleep(min(LOOK_S, seconds))
            if not self._is_well() and not self._boots.record.safe_mode:
                since_s = self._clock.mono()
