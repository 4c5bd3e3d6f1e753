"""What every I²C bus does: the simulated one and the kernel's, whose ioctl is replaced here, and a real empty bus."""

import errno
from collections.abc import Callable, Iterator
from ctypes import memmove
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pytest_mock import MockerFixture
from smbus2 import i2c_msg

from hardware.bus.i2c import I2cWire
from hardware.errors import NoAnswer, WireTimeout
from hardware.linux.i2c import LinuxI2c
from hardware.sim.i2c import SimI2c

ADDRESS, EMPTY = 0x44, 0x45
_I2C_M_RD = 1


@dataclass
class Recorder:
    """A chip that writes down what happens to it and answers 1, 2, 3, …"""

    log: list[str | bytes] = field(default_factory=list)
    refuses: bool = False

    def write(self, data: bytes) -> None:
        if self.refuses:
            raise NoAnswer("busy measuring")
        self.log.append(data)

    def read(self, count: int) -> bytes:
        if self.refuses:
            raise NoAnswer("busy measuring")
        self.log.append(f"read {count}")
        return bytes(range(1, count + 1))


@dataclass
class Bench:
    wire: I2cWire
    chip: Recorder
    lock: Callable[[bool], None]


class FakeKernel:
    """Stands in for `smbus2.SMBus`: executes combined transfers on one chip with the Pi controller's errnos."""

    def __init__(self, chip: Recorder) -> None:
        self.chip = chip
        self.locked = False
        self.opened: list[int] = []
        self.closed = 0

    def __call__(self, bus: int) -> "FakeKernel":
        self.opened.append(bus)
        return self

    def close(self) -> None:
        self.closed += 1

    def i2c_rdwr(self, *messages: i2c_msg) -> None:
        if self.locked:
            raise OSError(errno.ETIMEDOUT, "Connection timed out")
        for message in messages:
            if message.addr != ADDRESS or self.chip.refuses:
                raise OSError(errno.EREMOTEIO, "Remote I/O error")
            if message.flags & _I2C_M_RD:
                memmove(message.buf, self.chip.read(message.len), message.len)
            elif message.len:
                self.chip.write(bytes(message))


def simulated(mocker: MockerFixture) -> Bench:
    wire, chip = SimI2c(), Recorder()
    wire.attach(ADDRESS, chip)
    return Bench(wire, chip, wire.lock)


def linux(mocker: MockerFixture) -> Bench:
    chip = Recorder()
    kernel = FakeKernel(chip)
    mocker.patch("hardware.linux.i2c.SMBus", kernel)

    def lock(locked: bool) -> None:
        kernel.locked = locked

    return Bench(LinuxI2c(1), chip, lock)


@pytest.fixture(params=[simulated, linux])
def bench(request: pytest.FixtureRequest, mocker: MockerFixture) -> Iterator[Bench]:
    bench: Bench = request.param(mocker)
    yield bench
    bench.wire.close()


def test_a_write_reaches_the_chip_whole(bench: Bench) -> None:
    assert bench.wire.transfer(ADDRESS, b"\x24\x00\x0a") == b""
    assert bench.chip.log == [b"\x24\x00\x0a"]


@pytest.mark.parametrize("count", [1, 2, 6, 40])
def test_a_read_returns_exactly_the_bytes_asked_for(bench: Bench, count: int) -> None:
    assert bench.wire.transfer(ADDRESS, read=count) == bytes(range(1, count + 1))
    assert bench.chip.log == [f"read {count}"]


def test_a_combined_transfer_writes_first_and_reads_then(bench: Bench) -> None:
    assert bench.wire.transfer(ADDRESS, b"\xf3\x2d", read=3) == b"\x01\x02\x03"
    assert bench.chip.log == [b"\xf3\x2d", "read 3"]


def test_an_empty_transfer_asks_whether_somebody_is_there(bench: Bench) -> None:
    assert bench.wire.transfer(ADDRESS) == b""
    with pytest.raises(NoAnswer):
        bench.wire.transfer(EMPTY)


@pytest.mark.parametrize(("data", "read"), [(b"\x00", 0), (b"", 1), (b"\x00", 1)])
def test_an_empty_address_does_not_answer(bench: Bench, data: bytes, read: int) -> None:
    with pytest.raises(NoAnswer, match="address 0x45"):
        bench.wire.transfer(EMPTY, data, read=read)


def test_a_chip_that_refuses_does_not_answer(bench: Bench) -> None:
    bench.chip.refuses = True
    with pytest.raises(NoAnswer, match="address 0x44"):
        bench.wire.transfer(ADDRESS, read=6)
    bench.chip.refuses = False
    assert bench.wire.transfer(ADDRESS, read=1) == b"\x01"


def test_a_locked_bus_is_a_timeout_and_heals(bench: Bench) -> None:
    bench.lock(True)
    with pytest.raises(WireTimeout, match="address 0x44"):
        bench.wire.transfer(ADDRESS, read=1)
    bench.lock(False)
    assert bench.wire.transfer(ADDRESS, read=1) == b"\x01"


def test_a_closed_bus_can_be_used_again(bench: Bench) -> None:
    bench.wire.transfer(ADDRESS, read=1)
    bench.wire.close()
    bench.wire.close()
    assert bench.wire.transfer(ADDRESS, read=1) == b"\x01"


@pytest.mark.board
def test_nobody_answers_at_a_reserved_address_of_a_real_bus() -> None:
    buses = sorted(Path("/dev").glob("i2c-*"))
    if not buses:
        pytest.skip("no /dev/i2c-* on this computer")
    wire = LinuxI2c(int(buses[0].name.removeprefix("i2c-")))
    with pytest.raises(NoAnswer, match="0x7f"):
        wire.transfer(0x7F, read=1)  # 0x78-0x7f are reserved for 10-bit addresses and the future (UM10204, table 4)
    wire.close()
