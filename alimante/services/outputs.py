"""The heartbeat of the output gate: starts it safe, ticks it, and leaves it safe; it must not decide anything."""

import asyncio
import contextlib
from collections.abc import Callable

from alimante.core.bus import EventBus
from alimante.core.component import Phase
from alimante.core.events import CommandReceived
from alimante.core.reserve import Reserve
from alimante.core.tasks import Tasks
from alimante.safety.gate import Gate
from alimante.services.periodic import recur

TICK_S = 1.0
SOONEST_S = 0.01
"""The shortest pause between two ticks, whatever is due: time must pass between them."""

SETTLE_S = 1.5
"""How long start and stop wait for the outputs; more than a write's own deadline, less than what a stop may take."""


class OutputService:
    """Runs the gate. `on_tick` is called after each completed tick, every `tick_s`: evidence that control is alive.

    `on_safe` is called at the start, before any output may leave its safe value: from then on others have to watch.
    `on_stranded(why)` is called at each tick at which an output is beyond the means of this process.
    """

    name = "outputs"
    phase = Phase.OUTPUTS

    def __init__(
        self,
        gate: Gate,
        *,
        bus: EventBus,
        tasks: Tasks,
        on_tick: Callable[[], None],
        on_safe: Callable[[], None] = lambda: None,
        on_stranded: Callable[[str], None] = lambda why: None,
        tick_s: float = TICK_S,
    ) -> None:
        self._gate = gate
        self._tick_s = tick_s
        self._bus = bus
        self._on_tick = on_tick
        self._on_safe = on_safe
        self._on_stranded = on_stranded
        self._undo: Callable[[], None] = lambda: None
        self._tasks = tasks
        self.reserve = Reserve()
        """What the last round of all outputs needs when there is no other memory; after that the run ends."""

    async def start(self) -> None:
        """Put everything safe before anything else happens, and tell what outlived the restart."""
        self._gate.conditions.tell_all()
        self._gate.make_safe("start", "every output starts safe")
        await self._settle()
        self._on_safe()
        self._undo = self._bus.subscribe(CommandReceived, self._gate.on_command)
        self._tasks.spawn(recur(self._tick, first_s=self._pause_s()), name=self.name)

    async def stop(self) -> None:
        """Leave everything safe, as far as the wires answer."""
        await self.hold("the supervisor is stopping")
        self._undo()
        await self._tasks.cancel()

    async def hold(self, reason: str, *, is_by_person: bool = False) -> None:
        """Put everything safe for the rest of this run, and wait until that is done or can be waited for no more."""
        if not self._gate.held:
            self._gate.hold(reason, is_by_person=is_by_person)
        await self._settle()

    def _tick(self) -> float:
        """Tick once; returns when to tick again: in `tick_s`, or when the time of an output is over."""
        try:
            self._gate.tick()
        except MemoryError:
            self.reserve.give()
            self._gate.make_safe("gate", "no memory is left")
            raise
        if why := self._gate.stranded():
            self._on_stranded(why)
        self._on_tick()
        return self._pause_s()

    def _pause_s(self) -> float:
        return min(self._tick_s, max(SOONEST_S, self._gate.due_in_s(self._tick_s)))

    async def _settle(self) -> None:
        idle = asyncio.Event()
        self._gate.when_idle(idle.set)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(idle.wait(), SETTLE_S)
