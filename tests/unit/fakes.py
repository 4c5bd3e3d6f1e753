"""Scripted far sides for tests of what lies above the drivers; they must not know what is tested.

`FarSensor` and `FarOutput` are the truth; the drivers in front of them are as dumb as a driver can be.
"""

import asyncio
import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

from alimante.config.model import Device
from alimante.core.bus import EventBus
from alimante.core.events import Event
from hardware.api import Accepts, Channel, DriverSpec, OpenRequest, Params, Sample, Switch, Unit, WireKind
from hardware.errors import TransferError

TEMPERATURE = Channel("temperature", Unit.CELSIUS, -40.0, 125.0, "temperature")
HUMIDITY = Channel("humidity", Unit.PERCENT, 0.0, 100.0, "humidity")


def heard(bus: EventBus, *kinds: type[Event]) -> list[Any]:
    """A list that receives every event of `kinds` from now on."""
    events: list[Any] = []
    for kind in kinds:
        bus.subscribe(kind, events.append)
    return events


async def until(condition: Callable[[], object]) -> None:
    """Let everything else, other threads included, run until `condition()`; at most a real minute."""
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0)


def raising(error: BaseException) -> Callable[..., Any]:
    """A function that raises `error`, whatever it is given."""

    def fail(*given: object, **named: object) -> Any:
        raise error

    return fail


class FarSensor:
    """What a scripted sensor measures: `answer(sleep)` is called at each reading."""

    def __init__(self, answer: Callable[[Any], object] | None = None) -> None:
        self.answer = answer or (lambda sleep: [Sample("temperature", 21.5)])
        self.opened = 0
        self.closed = 0
        self.reads = 0
        self.on_open: Callable[[], None] = lambda: None
        self.on_close: Callable[[], None] = lambda: None
        self.watchers: list[Callable[[], None]] = []

    def edge(self) -> None:
        for watcher in list(self.watchers):
            watcher()


class FakeSensor:
    """The driver of a `FarSensor`."""

    def __init__(self, request: OpenRequest) -> None:
        self._far: FarSensor = request.wire
        self._sleep = request.sleep
        self._far.opened += 1
        self._far.on_open()

    def read(self) -> Any:
        self._far.reads += 1
        return self._far.answer(self._sleep)

    def close(self) -> None:
        self._far.closed += 1
        self._far.on_close()


class FakeContact(FakeSensor):
    """A driver that also tells edges."""

    settle_s: Any = 0.05

    def watch(self, on_edge: Callable[[], None]) -> Callable[[], None]:
        self._far.watchers.append(on_edge)
        return lambda: self._far.watchers.remove(on_edge)


class FarOutput:
    """What an output really stands at (`level`), and what is wrong with the wire to it (`fault`).

    Faults: "" works; "raise" fails before the output moves; "raise after" fails after it moved; "ignore" does not
    move it; "lie" moves it but reads back `lie`; "hang" moves it and comes back after `hang_s`; "hang before" moves
    it only when it comes back. `begun` has the time and value of every write that began.
    """

    def __init__(self, now: Callable[[], float], *, level: float = 1.0) -> None:
        self.now = now
        self.level = level
        self.fault = ""
        self.lie: Any = 0.0
        self.hang_s = float("inf")
        self.free_s = 0.0
        """When the last hang ends."""
        self.begun: list[tuple[float, float]] = []
        self.opened_at: list[float] = []
        self.closed = 0


class FakeActuator:
    """The driver of a `FarOutput`."""

    def __init__(self, request: OpenRequest) -> None:
        self._far: FarOutput = request.wire
        self._sleep = request.sleep
        self._far.opened_at.append(request.initial)

    def write(self, value: float) -> None:
        far = self._far
        far.begun.append((far.now(), value))
        if far.fault == "raise":
            raise TransferError("the output does not answer")
        if far.fault == "hang before":
            self._hang()
            if far.hang_s != float("inf"):
                asyncio.get_running_loop().call_later(far.hang_s, setattr, far, "level", value)
            return
        if far.fault != "ignore":
            far.level = value
        if far.fault == "raise after":
            raise TransferError("the output broke off")
        if far.fault == "hang":
            self._hang()

    def _hang(self) -> None:
        self._far.free_s = self._far.now() + self._far.hang_s
        self._sleep(self._far.hang_s)

    def read_back(self) -> Any:
        far = self._far
        if far.fault == "lie":
            return far.lie
        return far.begun[-1][1] if far.fault == "hang before" else far.level

    def close(self) -> None:
        self._far.closed += 1


def a_sensor(
    name: str = "probe",
    *,
    wire: str = "i2c",
    poll_s: float = 5.0,
    channels: tuple[Channel, ...] = (TEMPERATURE,),
    driver: Callable[[OpenRequest], Any] = FakeSensor,
    read_s: float = 0.1,
) -> Device:
    """A sensor whose wire must be a `FarSensor`."""
    spec = DriverSpec(
        name="fake",
        summary="a scripted sensor",
        wire=WireKind.I2C,
        kind="sensor",
        params=Params,
        open=driver,
        channels=lambda params: channels,
        read_s=read_s,
    )
    return Device(id=name, driver="fake", wire=wire, name=name, spec=spec, params=Params(), poll_s=poll_s)


def an_actuator(
    name: str = "heater", *, wire: str = "gpio", safe_value: float = 0.0, accepts: Accepts | None = None
) -> Device:
    """An actuator whose wire must be a `FarOutput`."""
    spec = DriverSpec(
        name="fake",
        summary="a scripted output",
        wire=WireKind.GPIO,
        kind="actuator",
        params=Params,
        open=FakeActuator,
        accepts=lambda params: accepts or Switch(),
    )
    return Device(
        id=name, driver="fake", wire=wire, name=name, spec=spec, params=Params(), role=None, safe_value=safe_value
    )


class MemoryFiles:
    """A disk in memory; `fault` is raised by the next writes."""

    def __init__(self) -> None:
        self.contents: dict[Path, bytes] = {}
        self.writes = 0
        self.fault: OSError | None = None

    def read(self, path: Path) -> bytes:
        if path not in self.contents:
            raise FileNotFoundError(errno.ENOENT, "no such file", str(path))
        return self.contents[path]

    def replace(self, path: Path, data: bytes) -> None:
        if self.fault is not None:
            raise self.fault
        self.writes += 1
        self.contents[path] = data

    def sweep(self, folder: Path, *, most: int) -> int:
        return 0

    def keep_reserve(self, folder: Path, *, size_bytes: int) -> None:
        """There is always room."""


class FarComputer:
    """A scripted computer; `fault` is raised instead of telling `facts`."""

    def __init__(self, **facts: float) -> None:
        self.facts = facts
        self.fault: Exception | None = None
        self.looks = 0

    def gather(self) -> dict[str, float]:
        self.looks += 1
        if self.fault is not None:
            raise self.fault
        return dict(self.facts)
