"""`alimante read`, `set` and `safe`: the hardware without MQTT; they must not touch wires that a supervisor holds."""

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from alimante.commands.ask import NoSupervisor, ask
from alimante.commands.errors import BadUse, CommandFailed
from alimante.commands.folders import LAST_CONFIG, Folders
from alimante.commands.loading import load_or_explain
from alimante.config.faults import ConfigInvalid
from alimante.config.load import load
from alimante.config.model import Config, Device, Role
from alimante.core.bus import EventBus
from alimante.core.clock import SystemClock
from alimante.core.events import ReadingTaken
from alimante.core.files import DiskFiles
from alimante.core.text import printable
from alimante.io.handle import ActuatorHandle, SensorHandle
from alimante.io.worker import Done, ThreadWorker
from alimante.policy.values import parse_value, say_value, show_value
from alimante.services.boots import note_end
from alimante.services.instance_lock import AlreadyRunning, InstanceLock
from alimante.wiring import CannotBuild, open_wires
from hardware.sim.settings import PlantSettings

TRIAL_S = 10.0
"""How long a heater stays on that a person switches on past the supervisor, to try its wiring."""


class _Bench:
    """The wires of a configuration, opened for one command."""

    def __init__(self, config: Config) -> None:
        self._clock = SystemClock()
        try:
            self._wires = open_wires(config, now=self._clock.mono)
        except CannotBuild as error:
            raise CommandFailed(str(error)) from None
        self._bus = EventBus()

    def handle(self, kind: Callable[..., Any], device: Device) -> Any:
        worker = ThreadWorker(device.wire, clock=self._clock, on_wedged=lambda wedged, reason: None, sleep=time.sleep)
        wire = self._wires.opened[device.wire]
        return kind(device, wire=wire, worker=worker, clock=self._clock, bus=self._bus)


def read(config_path: Path, folders: Folders, device_id: str, *, as_json: bool) -> int:
    """Measure once and print it."""
    config = load_or_explain(config_path).config
    device = _device(config, device_id, kind="sensor")
    with _lock(folders):
        return asyncio.run(_read(config, device, as_json=as_json))


def set_value(config_path: Path, folders: Folders, device_id: str, said: str) -> int:
    """Put one output to a value, which it keeps as long as the hardware keeps it once this process has ended.

    A heater goes off again after `TRIAL_S`: without a supervisor nobody would do that. The safe value waits for nobody,
    also not for a supervisor that has the wires and does not answer.
    """
    try:
        lock = _lock(folders)
    except CommandFailed:
        config = _config_for_safe(config_path, folders.state / LAST_CONFIG)
        device, value = _asked(config, device_id, said)
        if value != device.safe_value:
            raise
        return asyncio.run(write_all(config, [(device, value)]))
    with lock:
        config = load_or_explain(config_path).config
        device, value = _asked(config, device_id, said)
        if device.role is Role.HEATER and value != device.safe_value:
            return asyncio.run(_try_out(config, device, value))
        return asyncio.run(write_all(config, [(device, value)]))


def _asked(config: Config, device_id: str, said: str) -> tuple[Device, float]:
    device = _device(config, device_id, kind="actuator")
    try:
        return device, parse_value(device.accepts, _number_or_word(said))
    except ValueError as error:
        raise BadUse(f"{device_id}: {error}") from None


def safe(config_path: Path, folders: Folders) -> int:
    """Put every output to its safe value, through the supervisor if one runs, else directly.

    As the service manager's clean-up it also notes how the supervisor ended.
    """
    try:
        ask(folders, {"ask": "safe"})
    except NoSupervisor:
        try:
            return _safe_directly(config_path, folders)
        finally:
            with contextlib.suppress(OSError):
                note_end(folders.state, os.environ, files=DiskFiles())
    _print("the supervisor has put every output to its safe value and keeps it there until it is restarted")
    return 0


def _safe_directly(config_path: Path, folders: Folders) -> int:
    config = _config_for_safe(config_path, folders.state / LAST_CONFIG)
    outputs = [(device, device.safe_value) for device in config.devices.values() if device.spec.kind == "actuator"]
    return asyncio.run(write_all(config, outputs))


def _config_for_safe(config_path: Path, copy: Path) -> Config:
    """What last ran, for that is what the outputs are wired to; else the configuration itself."""
    try:
        return load(copy, simulation_model=PlantSettings).config
    except ConfigInvalid:
        return load_or_explain(config_path).config


async def _read(config: Config, device: Device, *, as_json: bool) -> int:
    handle: SensorHandle = _Bench(config).handle(SensorHandle, device)
    await handle.read()
    readings = {
        name: {"value": event.value, "unit": event.unit, "quality": event.quality.value}
        if isinstance(event, ReadingTaken)
        else {"value": None, "unit": event.unit, "quality": "unknown"}
        for name, event in handle.latest.items()
    }
    failed = any(reading["value"] is None for reading in readings.values())
    if as_json:
        report = {"device": device.id, "channels": readings, "reason": handle.state.reason}
        _print(json.dumps(report, ensure_ascii=False))
    elif failed:
        return _fail(f"{device.id}: {handle.state.reason}")
    else:
        for name, reading in readings.items():
            remark = "" if reading["quality"] == "good" else f"  ({reading['quality']})"
            _print(f"{name}: {reading['value']:g} {reading['unit']}".rstrip() + remark)
    return 1 if failed else 0


async def write_all(config: Config, outputs: list[tuple[Device, float]]) -> int:
    """Write all `outputs` at once, one wire not waiting for another, and tell what came of each."""
    return await _write(_actuators(config, [device for device, _ in outputs]), outputs)


async def _try_out(config: Config, device: Device, value: float) -> int:
    """Put a heater to `value` for long enough to feel it or to hear its relay, and to its safe value again."""
    handles = _actuators(config, [device])
    try:
        code = await _write(handles, [(device, value)])
        if code == 0:
            _print(f"no supervisor watches over it, so it goes off again in {TRIAL_S:g} s")
            await asyncio.sleep(TRIAL_S)
    finally:
        off = await _write(handles, [(device, device.safe_value)])
    return code or off


def _actuators(config: Config, devices: list[Device]) -> dict[str, ActuatorHandle]:
    bench = _Bench(config)
    return {device.id: bench.handle(ActuatorHandle, device) for device in devices}


async def _write(handles: Mapping[str, ActuatorHandle], outputs: list[tuple[Device, float]]) -> int:
    ended: dict[str, asyncio.Future[Done[float]]] = {}
    for device, value in outputs:
        ended[device.id] = asyncio.get_running_loop().create_future()
        handles[device.id].write(value, ended[device.id].set_result, urgent=True)
    code = 0
    for device, value in outputs:
        done = await ended[device.id]
        accepts = device.accepts
        if done.error is not None:
            code = _fail(f"{device.id}: {done.error}")
        elif done.value is not None and show_value(accepts, done.value) != show_value(accepts, value):
            code = _fail(
                f"{device.id}: {say_value(accepts, value)} was written, {say_value(accepts, done.value)} read back"
            )
        else:
            _print(f"{device.id} is {say_value(accepts, done.value)}")
    return code


def _device(config: Config, device_id: str, *, kind: str) -> Device:
    device = config.devices.get(device_id)
    if device is not None and device.spec.kind == kind:
        return device
    known = ", ".join(name for name, found in config.devices.items() if found.spec.kind == kind) or "none"
    article = "an actuator" if kind == "actuator" else "a sensor"
    if device is not None:
        raise BadUse(f"{device_id} is not {article}; those are {known}")
    raise BadUse(f"there is no device {device_id!r}; of this kind there are {known}")


def _lock(folders: Folders) -> InstanceLock:
    """Raises `CommandFailed` where a supervisor has the wires, although it did not answer."""
    DiskFiles().make_folder(folders.state)
    try:
        return InstanceLock(folders.state)
    except AlreadyRunning as running:
        raise CommandFailed(
            f"a supervisor (process {running.pid}) holds the hardware but does not answer; try it again in a moment"
        ) from None


def _number_or_word(said: str) -> object:
    try:
        return float(said)
    except ValueError:
        return said


def _print(line: str) -> None:
    sys.stdout.write(f"{printable(line)}\n")


def _fail(text: str) -> int:
    sys.stderr.write(f"alimante: {printable(text)}\n")
    return 1
