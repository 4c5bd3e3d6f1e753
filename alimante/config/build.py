"""From plain JSON values to a `Config`, or to everything that is wrong with them; it must not read files or text."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from pydantic import BaseModel

from alimante.config import checks, fahrenheit, paces, rules, species
from alimante.config.climate import ControlKeys
from alimante.config.devices import Found, without_notes
from alimante.config.faults import ENOUGH, Place, Problem
from alimante.config.keys import Top
from alimante.config.model import Config
from alimante.config.place import Location
from alimante.config.refs import references
from alimante.config.scene import Scene
from alimante.config.supervision import HealthKeys
from alimante.core.ids import is_id
from hardware.board import BOARDS, Board

MOST_DEVICES: Final = 5000
"""More is no terrarium, and would take longer to read than anybody waits."""


@dataclass(frozen=True, slots=True)
class Built:
    """`config` is None when there are errors or anything is flawed."""

    config: Config | None
    errors: list[Problem]
    warnings: list[Problem]


def build(
    data: Any, *, board: Board, flawed: frozenset[Place] = frozenset(), simulation_model: type[BaseModel] | None = None
) -> Built:
    """The configuration that `data` says.

    `board` is what a node whose board is "auto" is. Nothing more is said of what is known to
    be `flawed`.
    """
    found = Found(flawed=flawed)
    if not isinstance(data, dict):
        found.errors.append(Problem((), "the configuration must be an object {…}"))
        return Built(None, found.errors, [])
    found.errors += rules.broken(data)
    hot, odd = fahrenheit.errors_and_warnings(data)
    found.errors += hot
    found.warnings += odd
    expanded = species.expand(data)
    found.errors += expanded.errors
    data = expanded.data
    top = found.take(Top, data, ())
    for name, wire in _members(_wires(data)):
        if len(found.errors) < ENOUGH:
            found.wire(name, wire)
    devices = _members(data.get("devices"))
    if len(devices) > MOST_DEVICES:
        message = f"there are {len(devices)} devices, and one node has {MOST_DEVICES} at most"
        found.errors.append(Problem(("devices",), message, "share them out among several nodes"))
    for name, device in devices[:MOST_DEVICES]:
        if len(found.errors) < ENOUGH:
            found.device(name, device)
    for name, group in _members(data.get("groups")):
        if len(found.errors) < ENOUGH:
            found.group(name, group)
    for name, controller in _members(data.get("controllers")):
        if len(found.errors) < ENOUGH:
            found.controller(name, controller)
    simulation = _simulation(data.get("simulation", {}), found, simulation_model)
    scene = Scene(
        board=_board(data, board),
        wires=found.wires,
        wire_names=tuple(name for name, _ in _members(_wires(data))),
        devices=found.devices,
        device_names=tuple(name for name, _ in _members(data.get("devices"))),
        groups=found.groups,
        controllers=found.controllers,
        interlocks=tuple(top.interlocks) if top is not None else (),
        control=top.control if top is not None else ControlKeys.usual(),
        location=top.location if top is not None else Location.usual(timezone="UTC"),  # what it says is not known
        health=top.health if top is not None else HealthKeys.usual(),
        species=top.species if top is not None else None,
        names=references(found.devices, (name for name, _ in _members(data.get("groups")))),
    )
    found.errors += islice(checks.errors(scene), ENOUGH)
    found.warnings += islice(checks.warnings(scene), ENOUGH)
    found.errors, found.warnings = (list(map(expanded.explained, told)) for told in (found.errors, found.warnings))
    if top is None or found.errors or flawed:
        return Built(None, found.errors, found.warnings)
    return Built(_config(top, found, simulation, scene), [], found.warnings)


def _config(top: Top, found: Found, simulation: Any, scene: Scene) -> Config:
    """What was found to be sound, put together."""
    return Config(
        node=top.node,
        mqtt=top.mqtt,
        wires=found.wires,
        devices=found.devices,
        disabled=found.disabled,
        simulation=simulation,
        groups=found.groups,
        controllers=found.controllers,
        control=top.control,
        interlocks=tuple(top.interlocks),
        location=top.location,
        health=paces.health(top.health, top.control, found.devices.values()),
        alerts=top.alerts,
        recovery=top.recovery,
        monitoring=paces.monitoring(top.monitoring, top.control),
        references=scene.names,
    )


def _members(value: Any) -> list[tuple[str, Any]]:
    """What stands under names that can be names; of the others the whole document's model complains."""
    return [(name, item) for name, item in value.items() if is_id(name)] if isinstance(value, dict) else []


def _wires(data: Mapping[str, Any]) -> Mapping[str, Any]:
    wires = data.get("wires")
    return wires if isinstance(wires, dict) else {}


def _simulation(data: Any, found: Found, model: type[BaseModel] | None) -> Any:
    if model is None or not isinstance(data, dict):
        return data
    return found.take(model, dict(without_notes(data)), ("simulation",))


def _board(data: Mapping[str, Any], detected: Board) -> Board:
    node = data.get("node")
    name = node.get("board", "auto") if isinstance(node, dict) else "auto"
    return BOARDS.get(name, detected) if isinstance(name, str) else detected
