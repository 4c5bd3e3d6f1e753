"""Lifetimes: components start in a named order and stop in reverse; this must not know what a component does."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from enum import IntEnum
from typing import Protocol

from alimante.core.bus import EventBus
from alimante.core.events import ComponentStateChanged
from alimante.core.states import COMPONENT, ComponentState, Tracked

STOP_S = 5.0
"""How long one component may take to stop before the next one's turn comes."""

_log = logging.getLogger(__name__)


class Phase(IntEnum):
    """The order of start. Outputs are safe before anything is measured, and nobody can command before both."""

    WIRES = 1
    OUTPUTS = 2
    SENSORS = 3
    SERVICES = 4
    LINKS = 5


class Component(Protocol):
    """Something with a lifetime."""

    name: str
    phase: Phase

    async def start(self) -> None:
        """Begin; when this raises, the whole start fails and what has started is stopped."""
        ...

    async def stop(self) -> None:
        """End; must work after any failure, and must be quick: the outputs' stop comes late."""
        ...


class Lifecycle:
    """Starts components by phase and, within a phase, in the order in which they were added; stops in reverse.

    `on_step` is called whenever a component has started or stopped in its turn.
    """

    def __init__(self, bus: EventBus, *, on_step: Callable[[], None] = lambda: None) -> None:
        self._bus = bus
        self._on_step = on_step
        self._components: list[tuple[Component, Tracked[ComponentState]]] = []

    def add(self, component: Component) -> None:
        """Make `component` part of the next start."""

        def announce(old: ComponentState, new: ComponentState, reason: str) -> None:
            self._bus.publish(ComponentStateChanged(component=component.name, old=old, new=new, reason=reason))

        self._components.append((component, Tracked(ComponentState.NEW, COMPONENT, announce)))

    def states(self) -> dict[str, ComponentState]:
        """The state of each component by name, in the order of start."""
        return {component.name: state.current for component, state in self._in_order()}

    async def start(self) -> None:
        """Start all. The first failure stops what runs and is raised."""
        for component, state in self._in_order():
            state.move(ComponentState.STARTING)
            try:
                await component.start()
            except BaseException as error:
                state.move(ComponentState.FAILED, f"{type(error).__name__}: {error}")
                await self.stop()
                raise
            state.move(ComponentState.RUNNING)
            self._on_step()

    async def stop(self) -> None:
        """Stop what runs, in reverse order; a failure is logged and does not keep the others from stopping."""
        for component, state in reversed(self._in_order()):
            if state.current is not ComponentState.RUNNING:
                continue
            state.move(ComponentState.STOPPING)
            failure = await _attempt(component.stop)
            state.move(ComponentState.FAILED if failure else ComponentState.STOPPED, failure)
            self._on_step()

    async def fail(self, name: str, reason: str) -> bool:
        """Stop the running component `name`, which is ill because of `reason`; whether it was running."""
        component, state = self._named(name)
        if state.current is not ComponentState.RUNNING:
            return False
        state.move(ComponentState.FAILED, reason)
        await _attempt(component.stop)
        return True

    async def revive(self, name: str) -> str:
        """Start the failed component `name` again; returns what went wrong, or the empty text."""
        component, state = self._named(name)
        if state.current is not ComponentState.FAILED:
            return f"{name} is {state.current} and cannot be started"
        state.move(ComponentState.STARTING, "it is started again")
        failure = "it was not waited for"
        try:
            failure = await _attempt(component.start, within_s=None)
        finally:
            if failure:
                await _attempt(component.stop)
            state.move(ComponentState.FAILED if failure else ComponentState.RUNNING, failure)
        return failure

    def _named(self, name: str) -> "tuple[Component, Tracked[ComponentState]]":
        """Raises `KeyError`."""
        for entry in self._components:
            if entry[0].name == name:
                return entry
        raise KeyError(name)

    def _in_order(self) -> list[tuple[Component, Tracked[ComponentState]]]:
        return sorted(self._components, key=lambda entry: entry[0].phase)


async def _attempt(step: Callable[[], Awaitable[None]], *, within_s: float | None = STOP_S) -> str:
    """Await `step()`; returns what went wrong, or the empty text. Only a cancellation of the caller gets through."""
    try:
        async with asyncio.timeout(within_s):
            await step()
    except asyncio.CancelledError:
        if (task := asyncio.current_task()) is not None and task.cancelling():
            raise
        return "something in it was cancelled"
    except TimeoutError:
        _log.error("a component did not come to its end within %g s", within_s or 0.0)
        return "it took too long"
    except BaseException as error:  # noqa: BLE001 - the others have their turn, too
        _log.exception("a component did not start or stop cleanly")
        return f"{type(error).__name__}: {error}"
    return ""
