"""Reports chips on a wire that no configuration names, such as a new probe in place of a broken one.

It must never use one: which place a probe measures is for a person to say.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from alimante.config.model import Device
from alimante.core.bus import EventBus
from alimante.core.component import Phase
from alimante.core.events import ConditionChanged, Level
from alimante.core.tasks import Tasks
from alimante.io.worker import Priority, Worker

LOOK_EVERY_S: Final = 30.0
"""A person who plugs in a probe should read of it within a minute."""

DEADLINE_S: Final = 5.0
NEW_DEVICE: Final = "new_device"


@dataclass(slots=True)
class _Search:
    wire: str
    driver: str
    find: Callable[[Any], Sequence[str]]
    known: set[str] = field(default_factory=set)
    told: tuple[str, ...] = ()


class Newcomers:
    """Looks on every wire that can tell its chips. `wires` and `workers` are those of the configuration by name."""

    name = "newcomers"
    phase = Phase.SERVICES

    def __init__(
        self,
        devices: Mapping[str, Device],
        *,
        wires: Mapping[str, Any],
        workers: Mapping[str, Worker],
        bus: EventBus,
        tasks: Tasks,
    ) -> None:
        self._wires = wires
        self._workers = workers
        self._bus = bus
        self._tasks = tasks
        self._searches: dict[str, _Search] = {}
        for device in devices.values():
            find, address = device.spec.find, getattr(device.params, "address", None)
            if find is not None and isinstance(address, str):
                search = self._searches.setdefault(device.wire, _Search(device.wire, device.driver, find))
                search.known.add(address)

    async def start(self) -> None:
        """Begin to look now and then."""
        if self._searches:
            self._tasks.spawn(self._run(), name=self.name)

    async def stop(self) -> None:
        """Look no more."""
        await self._tasks.cancel()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            for search in self._searches.values():
                await self._look(search)

    async def _look(self, search: _Search) -> None:
        wire = self._wires[search.wire]
        done = await self._workers[search.wire].run(
            lambda: search.find(wire),
            label=f"search {search.wire}",
            deadline_s=DEADLINE_S,
            priority=Priority.BACKGROUND,
        )
        if done.error is not None or done.value is None:
            return  # its sensors tell that the wire does not work
        strangers = tuple(sorted(set(done.value) - search.known))
        if strangers != search.told:
            search.told = strangers
            self._tell(search)

    def _tell(self, search: _Search) -> None:
        found = ", ".join(search.told)
        level, text, advice = Level.CLEAR, "nothing unknown is left", ""
        if found:
            level = Level.WARNING
            text = f"on {search.wire} there is a {search.driver} that the configuration does not name: {found}"
            advice = f'If it replaces a sensor, write its "address" to that device: {found}'
        self._bus.publish(
            ConditionChanged(component=search.wire, condition=NEW_DEVICE, level=level, text=text, advice=advice)
        )
