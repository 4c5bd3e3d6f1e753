"""Carries out single repairs of devices and wires; it must not decide which, when or how often.

Outputs are never let go of to be repaired: their drivers are opened anew just before their next write.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from alimante.config.model import Config
from alimante.config.repair import RepairKeys
from alimante.config.wires import GpioWire, I2cWire, OnewireWire, RecoveryPins
from alimante.core.states import DeviceState
from alimante.io.handle import ActuatorHandle, SensorHandle
from alimante.io.worker import Worker
from alimante.safety.gate import Gate
from hardware.bus.bus_clear import clear
from hardware.bus.recoverable import Recoverable
from hardware.bus.w1_search import search_again
from hardware.errors import DeviceError

SOURCE: Final = "recovery"
RESET_DEADLINE_S: Final = 5.0
"""To bind a kernel driver anew takes a second or two."""

RENEW_S: Final = 1.0
"""How often the wish for a supply to be off is said again: less than the shortest lease of an output."""


class Repairs:
    """What can be done with the devices and wires of `config`. All methods raise `DeviceError` when it did not work."""

    def __init__(
        self,
        config: Config,
        *,
        sensors: Mapping[str, SensorHandle],
        actuators: Mapping[str, ActuatorHandle],
        wires: Mapping[str, Any],
        workers: Mapping[str, Worker],
        gate: Gate,
    ) -> None:
        self._config = config
        self._keys: RepairKeys = config.recovery.repair
        self._sensors = sensors
        self._actuators = actuators
        self._wires = wires
        self._workers = workers
        self._gate = gate

    async def restart(self, device: str) -> str:
        """Open the driver of a device anew."""
        if device in self._actuators:
            self._actuators[device].reopen()
            return "its driver is opened anew with the next write"
        _check(await self._sensors[device].reopen())
        return "opened its driver anew"

    async def reset_around(self, device: str) -> str:
        """Reset what one device hangs on, with as little as possible for its neighbours."""
        keys = self._config.devices[device]
        if keys.power is None:
            return await self.reset(keys.wire, lost=[device])
        done = await self._cycle(keys.power)
        return f"{done}, and {await self.restart(device)}"

    async def reset(self, wire: str, *, lost: Iterable[str]) -> str:
        """Begin anew with a wire, then with its devices in their order. `lost` are the devices that do not answer."""
        done = []
        if self._workers[wire].wedged and self.may_reset(wire):
            done.append(self._renew(wire))
        for step in self._steps(wire, lost):
            try:
                done.append(await step())
            except DeviceError as error:  # the next step may help nevertheless
                done.append(f"in vain: {error}")
        reopened = await self._rebind(wire)
        return "; ".join([*done, f"opened {reopened} anew" if reopened else "no sensor could be opened yet"])

    def may_reset(self, wire: str) -> bool:
        """Whether a reset can help a wire that hangs: not one with outputs, whose lines the hanging call owns."""
        return not any(handle.device.wire == wire for handle in self._actuators.values())

    def is_reset_near(self, device: str) -> bool:
        """Whether a reset for this device leaves its neighbours alone."""
        keys = self._config.devices[device]
        return keys.power is not None or isinstance(self._config.wires[keys.wire], OnewireWire)

    def given_up(self) -> int:
        """How many calls hang for good on all wires."""
        return sum(worker.given_up + worker.wedged for worker in self._workers.values())

    def _renew(self, wire: str) -> str:
        for handle in self._on(wire):
            handle.abandon()
        self._workers[wire].renew()
        return "gave up the call that hangs"

    def _steps(self, wire: str, lost: Iterable[str]) -> Iterator[Callable[[], Awaitable[str]]]:
        """What there is to do with a wire itself, in order."""
        keys, opened = self._config.wires[wire], self._wires[wire]
        if isinstance(keys, I2cWire) and keys.recovery_pins is not None and opened.may_rebind():
            yield partial(self._clear, keys, keys.recovery_pins)
        if isinstance(keys, OnewireWire):
            addresses = [str(getattr(self._config.devices[device].params, "address", "")) for device in lost]
            yield partial(self._run, wire, partial(search_again, opened, lost=addresses))
        elif isinstance(opened, Recoverable):
            yield partial(self._run, wire, opened.recover)
        if keys.power is not None:
            yield partial(self._cycle, keys.power)

    async def _clear(self, keys: I2cWire, pins: RecoveryPins) -> str:
        """Send clocks, in the thread of the pins."""
        for name, other in self._config.wires.items():
            if isinstance(other, GpioWire) and other.backend == keys.backend and name in self._workers:
                lines, sleep = self._wires[name], self._workers[name].sleep
                return await self._run(name, partial(clear, lines, scl=pins.scl, sda=pins.sda, sleep=sleep))
        return "no GPIO wire is in use to send clocks with"

    async def _run(self, wire: str, work: Callable[[], str]) -> str:
        done = await self._workers[wire].run(work, label=f"reset {wire}", deadline_s=RESET_DEADLINE_S)
        _check(done.error)
        return done.value or ""

    async def _rebind(self, wire: str) -> str:
        """Open the drivers of a wire's sensors anew; those that do not answer are no reason to leave out the others."""
        reopened = [handle.device.id for handle in self._on(wire) if await handle.reopen() is None]
        for output in self._actuators.values():
            if output.device.wire == wire and output.state.current is DeviceState.OFFLINE:
                output.reopen()
        return ", ".join(reopened)

    async def _cycle(self, relay: str) -> str:
        """Take away a supply for a moment, through the gate like everybody else."""
        reason, left_s = "the chips that it supplies are to begin anew", self._keys.power_off_s
        try:
            while left_s > 0:
                self._gate.demand(relay, 0.0, source=SOURCE, reason=reason)
                await asyncio.sleep(min(RENEW_S, left_s))
                left_s -= RENEW_S
        finally:
            self._gate.release(relay, SOURCE)
        await asyncio.sleep(self._keys.power_settle_s)
        return f"took the power of {relay} away for {self._keys.power_off_s:g} s"

    def _on(self, wire: str) -> list[SensorHandle]:
        return [handle for handle in self._sensors.values() if handle.device.wire == wire]


def _check(error: DeviceError | None) -> None:
    if error is not None:
        raise error
