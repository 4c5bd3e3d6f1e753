"""Looks whether the configuration's file has changed and whether a changed one does well; it must not end anything.

An editor may write a file in pieces, so only what was found twice in a row is taken. Everything that touches the disk,
and the understanding of a text, is done by the disk's worker: control does not wait for it.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from alimante.config.load import Loaded
from alimante.config.model import Config
from alimante.config.rollout import RolloutKeys
from alimante.core.bus import EventBus
from alimante.core.clock import Clock
from alimante.core.component import Phase
from alimante.core.events import ConditionChanged, ConfigurationChanged, Level
from alimante.core.tasks import Tasks
from alimante.io.worker import Worker
from alimante.policy.probation import Survey, losses
from alimante.policy.rollout import Verdict
from alimante.rollout.rollout import FAULTY, NOT_SAVED, REFUSED, WAITING, Finding, Rollout, Wish

T = TypeVar("T")

WORK_S: Final = 60.0
"""A worn SD card can take tens of seconds for one fsync."""
AGAIN_S: Final = 60.0
"""How long after a write that failed the next one is tried."""
COMPONENT: Final = "config"

_ADVICE: Final = {
    FAULTY: "mend the file; alimante check FILE shows all that is wrong with it",
    REFUSED: "change the file, or mend the cause and say: alimante config apply --again",
    WAITING: "alimante config apply takes it now, or says what has to be done first",
    NOT_SAVED: "look at the SD card: is it full, worn or read-only?",
}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a run shows of itself. `survey()` says how it does now; all outputs, channels and components are named."""

    survey: Callable[[], Survey]
    wanted: tuple[str, ...]
    components: Callable[[], tuple[str, ...]]


class ConfigWatch:
    """One run's part of `rollout`.

    `news()` returns when the file may have changed. `obstacle(config)` says why a configuration cannot be taken without
    a restart, or nothing. `reload()` ends the run, so that another one begins in the same process.
    """

    name = "config"
    phase = Phase.LINKS

    def __init__(
        self,
        rollout: Rollout,
        *,
        keys: RolloutKeys,
        look: Look,
        news: Callable[[], Awaitable[None]],
        obstacle: Callable[[Config], str],
        reload: Callable[[], None],
        is_safe_mode: bool,
        worker: Worker,
        bus: EventBus,
        clock: Clock,
        tasks: Tasks,
    ) -> None:
        self._rollout = rollout
        self._keys = keys
        self._look = look
        self._news = news
        self._obstacle = obstacle
        self._reload = reload
        self._is_safe_mode = is_safe_mode
        self._worker = worker
        self._bus = bus
        self._clock = clock
        self._tasks = tasks
        self._judged = rollout.wish
        self._busy = asyncio.Lock()
        self._is_due_again = False
        self._began_s = clock.mono()
        self._proves_at_s: float | None = None
        self._told: Finding | None = None

    async def start(self) -> None:
        """Tell what was found at the start, and begin to look."""
        self._tell(self._rollout.news)
        self._tasks.spawn(self._watch(), name="watch")
        if self._rollout.is_on_probation and not self._is_safe_mode:
            self._announce(Verdict.OPEN, f"it has {self._keys.probation_s:g} s to prove itself")
            self._tasks.spawn(self._prove(), name="probation")

    async def stop(self) -> None:
        """End; a probation that is cut short decides nothing."""
        await self._tasks.cancel()

    async def apply(self, *, again: bool = False) -> str:
        """Look at the file now and take it if it is another one; returns what comes of it, in a sentence.

        `again` is what a person says who knows that it was gone back from before.
        """
        wish = await self._run(self._rollout.look, "look at the configuration", None)
        if wish is None:
            return "the disk does not answer"
        await self._judge(wish, is_asked=True, again=again)
        if self._rollout.is_to_change:
            is_old = self._rollout.coming.sha256 == self._rollout.journal.committed
            how = ", for it has proved itself before" if is_old else ", on probation"
            return f"the configuration in the file is sound and runs in a moment{how}"
        return "what runs is what the file holds" if self._told is None else self._told.text

    def answers(self) -> dict[str, Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]]:
        """The questions `config` and `config_apply`, the latter with `"again": true` for what was gone back from."""

        async def report(request: dict[str, Any]) -> dict[str, Any]:
            return self.report()

        async def apply(request: dict[str, Any]) -> dict[str, Any]:
            said = await self.apply(again=request.get("again") is True)
            return {"text": said, "is_taken": self._rollout.is_to_change} | self.report()

        return {"config": report, "config_apply": apply}

    def report(self) -> dict[str, Any]:
        """What is committed, on probation and refused, as plain JSON values; names are SHA-256 in hexadecimal."""
        journal, now_s = self._rollout.journal, self._clock.mono()
        left_s = None if self._proves_at_s is None else max(0.0, round(self._proves_at_s - now_s, 1))
        finding = self._told
        return {
            "running": self._rollout.running.sha256,
            "committed": journal.committed,
            "on_probation": self._rollout.is_on_probation,
            "probation_left_s": left_s,
            "is_safe_mode": self._is_safe_mode,
            "file": str(self._rollout.path.absolute()),
            "file_state": "running" if finding is None else finding.condition,
            "file_text": "" if finding is None else finding.text,
        }

    @property
    def is_in_agreement(self) -> bool:
        """Whether the file holds what runs, as far as was seen."""
        return self._told is None and not self._rollout.is_to_change

    # The file.

    async def _watch(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(AGAIN_S if self._is_due_again else None):
                    await self._news()
            wish = await self._settled()
            if wish is not None and (self._is_due_again or wish != self._judged):
                await self._judge(wish, is_asked=False)

    async def _settled(self) -> Wish | None:
        """What the file holds once that is the same twice in a row; None when the disk does not answer."""
        before = await self._run(self._rollout.look, "look at the configuration", None)
        while before is not None and before != self._judged:
            await asyncio.sleep(self._keys.look_s)
            wish = await self._run(self._rollout.look, "look at the configuration", None)
            if wish == before:
                break
            before = wish
        return before

    async def _judge(self, wish: Wish, *, is_asked: bool, again: bool = False) -> None:
        async with self._busy:
            self._judged, self._is_due_again = wish, False
            found: Loaded | Finding | None = Finding(FAULTY, f"{self._rollout.path.name} kills what reads it")
            found = await self._run(lambda: self._rollout.consider(wish, again=again), "read the configuration", found)
            if isinstance(found, Loaded):
                await self._take(found, wish, is_asked=is_asked)
            else:
                self._tell(found)

    async def _take(self, loaded: Loaded, wish: Wish, *, is_asked: bool) -> None:
        obstacle = self._obstacle_to(loaded, is_asked=is_asked)
        if obstacle:
            self._tell(Finding(WAITING, f"{self._rollout.path.name} was changed and waits: {obstacle}"))
            return
        why = "a person asked for it" if is_asked else "the file was changed"
        before = self._look.survey() if self._is_measure else None
        fault = await self._run(
            lambda: self._rollout.propose(loaded, wish.data, why=why, before=before),
            "write down the configuration",
            "the disk does not answer",
        )
        if fault == "":
            self._tell(None)
            self._reload()
        else:
            self._is_due_again = True
            text = f"{self._rollout.path.name} was changed and is not taken: {fault}"
            self._tell(Finding(NOT_SAVED, text))

    @property
    def _is_measure(self) -> bool:
        """Whether this run shows how things are: not while it is young, or is being left for another one.

        A change that comes then is held against how things were before the change before it.
        """
        return not self._rollout.is_to_change and self._clock.mono() - self._began_s >= self._keys.probation_s

    def _obstacle_to(self, loaded: Loaded, *, is_asked: bool) -> str:
        if self._is_safe_mode:
            return "in safe mode nothing new is tried"
        if not (is_asked or self._keys.automatic):
            return "changes are not taken by themselves"
        return self._obstacle(loaded.config)

    # The probation.

    async def _prove(self) -> None:
        while self._rollout.is_on_probation:
            self._proves_at_s = self._clock.mono() + self._keys.probation_s
            await asyncio.sleep(self._keys.probation_s)
            async with self._busy:
                if not self._rollout.is_to_change:
                    await self._decide()
        self._proves_at_s = None

    async def _decide(self) -> None:
        """Commit it or go back; what cannot be decided has another probation before it."""
        now = self._look.survey()
        lost = losses(self._rollout.journal.before, now, wanted=self._look.wanted, components=self._look.components())
        if not lost:
            if await self._run(lambda: self._rollout.confirm(now), "commit the configuration", False):
                self._announce(Verdict.COMMITTED, "all that was well before is well with it")
            return
        reason = f"after {self._keys.probation_s:g} s on probation {_listed(lost)}"
        if await self._run(lambda: self._rollout.reject(reason), "go back to the configuration before", False):
            self._announce(Verdict.ROLLED_BACK, reason)
            self._tell(self._rollout.news)
            self._reload()

    # What is told.

    def _tell(self, finding: Finding | None) -> None:
        if finding == self._told:
            return
        told, self._told = self._told, finding
        if told is not None and (finding is None or finding.condition != told.condition):
            self._publish(told.condition, Level.CLEAR, "")
        if finding is not None:
            self._publish(finding.condition, Level.WARNING, finding.text)

    def _publish(self, condition: str, level: Level, text: str) -> None:
        advice = _ADVICE[condition]
        self._bus.publish(
            ConditionChanged(component=COMPONENT, condition=condition, level=level, text=text, advice=advice)
        )

    def _announce(self, verdict: Verdict, reason: str) -> None:
        name = self._rollout.running.sha256
        self._bus.publish(ConfigurationChanged(sha256=name, verdict=verdict, reason=reason))

    async def _run(self, work: Callable[[], T], label: str, otherwise: T) -> T:
        """What `work` returns, done by the disk's worker; `otherwise` when that failed."""
        done = await self._worker.run(work, label=label, deadline_s=WORK_S)
        if done.error is None:
            return done.value  # type: ignore[return-value]  # which is None only where T may be
        _log.error("%s", done.error)
        return otherwise


def _listed(lost: list[str]) -> str:
    shown = "; ".join(lost[:3])
    return shown if len(lost) <= 3 else f"{shown}; and {len(lost) - 3} more"
