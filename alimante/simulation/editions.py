"""The configuration's file on the simulated disk, and what each text in it means; it must not decide what runs.

An edition is a configuration as a process finds it: its text, and the wires that are behind it. Edits of the file that
nobody meant well are editions, too.
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from alimante.config.load import Loaded, load_bytes
from alimante.config.model import Config
from alimante.core.files import Files
from alimante.rollout.rollout import Rollout
from alimante.rollout.store import ConfigStore, digest
from alimante.simulation.disk import SimDisk
from alimante.wiring import Wires
from hardware.api import WireKind
from hardware.sim.settings import PlantSettings

FILE: Final = Path("/etc/alimante/alimante.json")
ELSEWHERE: Final = "_elsewhere"
"""What the name of a wire ends in on which nothing is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One text that can be run. A process that takes one that `crashes` ends at once."""

    text: bytes
    config: Config
    wires: Wires
    crashes: bool = False


@dataclass(slots=True, eq=False)
class Editions:
    """What is in the file of a simulated computer.

    `config` stands on simulated `wires`; `text` is what it was read from, if that is known. Must be made within the
    running loop.
    """

    config: Config
    wires: Wires
    disk: SimDisk
    text: bytes = b""
    _known: dict[str, Edition] = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.text = self.text or f'{{"version": 1, "node": {{"id": "{self.config.node.id}"}}}}\n'.encode()
        blind, empty = _blind(self.config, self.wires)
        for edition in (
            Edition(text=self.text, config=self.config, wires=self.wires),
            Edition(text=self.text + b"\n", config=blind, wires=empty),
            Edition(text=self.text + b"\n\n", config=self.config, wires=self.wires, crashes=True),
        ):
            self._known[digest(edition.text)] = edition
        self.disk.put(FILE, self.text)

    def edit(self, kind: str) -> None:
        """Have the file be "broken", "blind", "crashes" or, for anything else, as it was at first."""
        sound, blind, crashes = (edition.text for edition in self._known.values())
        broken = self.text[: len(self.text) // 2]
        self.disk.put(FILE, {"broken": broken, "blind": blind, "crashes": crashes}.get(kind, sound))
        self._changed.set()

    def rollout(self, state: Path, *, files: Files, wall: Callable[[], float]) -> Rollout:
        """What a process that begins has of its configuration, with what it keeps in the folder `state`."""
        store = ConfigStore(state, files=files)
        return Rollout(store, path=FILE, wish=lambda: self.disk.read(FILE), read=self._read, wall=wall)

    async def news(self) -> None:
        """Return when the file was changed."""
        await self._changed.wait()
        self._changed.clear()

    def of(self, sha256: str) -> Edition:
        """The edition with the text of this name."""
        return self._known[sha256]

    def all_wires(self) -> Iterator[Wires]:
        """Those of all editions."""
        return (edition.wires for edition in self._known.values())

    def _read(self, data: bytes) -> Loaded:
        """Raises `ConfigInvalid`, by the words of the real reader."""
        edition = self._known.get(digest(data))
        if edition is None:
            load_bytes(data, simulation_model=PlantSettings)
            raise ValueError("a sound text that is no edition")
        return Loaded(config=edition.config, warnings=(), sha256=digest(data), text=data.decode())


def unfounded(rollout: Rollout, store: ConfigStore, *, had_any: bool) -> str:
    """Why what runs, by `rollout`, is not what is on the disk in `store`, or nothing.

    `had_any` says whether anything was ever committed before. Then one always is, whatever becomes of the power. What
    comes next is written down before what runs is left for it.
    """
    journal, running = store.journal, rollout.running.sha256
    on_trial = "" if journal.trial is None else journal.trial.new
    if had_any and not journal.committed:
        return "no configuration is committed any more"
    if not journal.named or rollout.is_to_change:  # the very first one runs even where nothing can be written down
        return ""
    if running not in (*journal.checkpoints, on_trial):
        return "what runs is neither committed nor on probation"
    return "the text of what runs is not kept" if store.text(running) is None else ""


def _blind(config: Config, wires: Wires) -> tuple[Config, Wires]:
    """`config` with every sensor on a wire where nothing is."""
    world = wires.world
    sensors = {name: device for name, device in config.devices.items() if device.spec.kind == "sensor"}
    moved = {name: replace(device, wire=device.wire + ELSEWHERE) for name, device in sensors.items()}
    named = dict.fromkeys(device.wire for device in sensors.values())
    empty = {name + ELSEWHERE: config.wires[name] for name in named}
    opened = {name: world.wire(name, WireKind(wire.kind)) for name, wire in empty.items()} if world else {}
    return (
        replace(config, devices={**config.devices, **moved}, wires={**config.wires, **empty}),
        Wires(opened={**wires.opened, **opened}, world=world),
    )
