"""A home with a supervisor that answers, of which only the part that looks after the configuration is real."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from alimante.commands import apply, past, wait
from alimante.commands.ask import NobodyListens
from alimante.commands.wait import follow
from alimante.config.model import Config
from alimante.config.rollout import RolloutKeys
from alimante.core.bus import EventBus
from alimante.core.clock import ManualClock
from alimante.core.tasks import Tasks
from alimante.io.worker import InlineWorker
from alimante.policy.probation import Survey
from alimante.rollout.watch import ConfigWatch, Look
from tests.unit.commands.homes import Home, box

WELL = Survey(is_armed=True)


class Supervised:
    """`begin` is the next start of the supervisor; `on_look` is called whenever somebody waits for half a second."""

    def __init__(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home = home
        self.rollout = home.start(box(15))
        assert self.rollout.confirm(WELL)
        self.obstacle: Callable[[Config], str] = lambda config: ""
        self.safe_mode = False
        self.is_there = True
        self.now_s = 0.0
        self.clock = ManualClock()
        self.survey = WELL
        self.on_look: list[Callable[[], None]] = []
        for module in (past, apply, wait):
            monkeypatch.setattr(module, "ask", self.ask)
        monkeypatch.setattr(apply, "follow", partial(follow, now=lambda: self.now_s, sleep=self.sleep))

    def ask(self, folders: object, request: dict[str, Any], *, within_s: float = 5.0) -> dict[str, Any]:
        if not self.is_there:
            raise NobodyListens("no supervisor is running")
        return asyncio.run(self._answer(request))

    async def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        return await self.watch().answers()[request["ask"]](request)

    def watch(self) -> ConfigWatch:
        """What answers in a run that begins now; a loop must be running."""
        return ConfigWatch(
            self.rollout,
            keys=RolloutKeys.usual(),
            look=Look(survey=lambda: self.survey, wanted=(), components=lambda: ()),
            news=lambda: asyncio.sleep(1),
            obstacle=self.obstacle,
            reload=lambda: None,
            is_safe_mode=self.safe_mode,
            worker=InlineWorker("disk", clock=self.clock, on_wedged=lambda wedged, why: None),
            bus=EventBus(),
            clock=self.clock,
            tasks=Tasks(lambda name, error: None),
        )

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds
        if self.on_look:
            self.on_look.pop(0)()

    # What happens while somebody waits.

    def goes(self) -> None:
        self.is_there = False

    def begins(self) -> None:
        self.is_there = True
        self.rollout.advance()

    def commits(self) -> None:
        assert self.rollout.confirm(WELL)

    def goes_back(self) -> None:
        assert self.rollout.reject("the lamp does not answer any more")
