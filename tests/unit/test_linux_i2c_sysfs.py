"""What the kernel's errnos mean on its I²C buses and attribute files."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from pytest_mock import MockerFixture

from hardware.errors import (
    DeviceError,
    LineBusy,
    NoAnswer,
    TransferError,
    ValueRefused,
    WirePermission,
    WireTimeout,
    WireUnavailable,
)
from hardware.linux.i2c import LinuxI2c
from hardware.linux.sysfs import LinuxSysfs


def failure(number: int) -> OSError:
    return OSError(number, os.strerror(number))


@pytest.fixture
def smbus(mocker: MockerFixture) -> Any:
    return mocker.patch("hardware.linux.i2c.SMBus")


@pytest.mark.parametrize(
    ("number", "meaning"),
    [(errno.ENOENT, WireUnavailable), (errno.ENXIO, WireUnavailable), (errno.EACCES, WirePermission)],
)
def test_a_bus_that_does_not_open_says_what_to_look_at(smbus: Any, number: int, meaning: type[DeviceError]) -> None:
    smbus.side_effect = failure(number)
    with pytest.raises(meaning, match=r"I2C 1 \(/dev/i2c-1\).*\?"):
        LinuxI2c(1).transfer(0x44, read=1)


@pytest.mark.parametrize(
    ("number", "meaning"),
    [
        (errno.EREMOTEIO, NoAnswer),
        (errno.ENXIO, NoAnswer),
        (errno.ETIMEDOUT, WireTimeout),
        (errno.EIO, TransferError),
        (errno.EBUSY, LineBusy),
    ],
)
def test_a_failed_transfer_names_bus_and_address(smbus: Any, number: int, meaning: type[DeviceError]) -> None:
    smbus.return_value.i2c_rdwr.side_effect = failure(number)
    with pytest.raises(meaning, match="I2C 3, address 0x76"):
        LinuxI2c(3).transfer(0x76, b"\xd0", read=1)


def test_a_bus_is_opened_at_the_first_transfer_and_kept(smbus: Any) -> None:
    wire = LinuxI2c(1)
    smbus.assert_not_called()
    wire.transfer(0x44, b"\x00")
    wire.transfer(0x44, b"\x00")
    smbus.assert_called_once_with(1)


def test_a_bus_is_opened_anew_after_a_failure_and_tried_once_only(smbus: Any) -> None:
    wire = LinuxI2c(1)
    smbus.return_value.i2c_rdwr.side_effect = failure(errno.EIO)
    with pytest.raises(TransferError):
        wire.transfer(0x44, b"\x00")
    assert (smbus.return_value.i2c_rdwr.call_count, smbus.return_value.close.call_count) == (1, 1)
    smbus.return_value.i2c_rdwr.side_effect = None
    wire.transfer(0x44, b"\x00")
    assert smbus.call_count == 2


def test_a_bus_that_cannot_be_closed_is_closed(smbus: Any) -> None:
    wire = LinuxI2c(1)
    wire.transfer(0x44, b"\x00")
    smbus.return_value.close.side_effect = failure(errno.EBADF)
    wire.close()
    wire.transfer(0x44, b"\x00")
    assert smbus.call_count == 2


@pytest.mark.parametrize(
    ("number", "meaning"),
    [
        (errno.EIO, TransferError),
        (errno.ETIMEDOUT, WireTimeout),
        (errno.EACCES, WirePermission),
        (errno.EBUSY, LineBusy),
        (errno.EINVAL, ValueRefused),
        (errno.ENODEV, NoAnswer),
    ],
)
def test_a_files_errno_says_what_happened(
    mocker: MockerFixture, tmp_path: Path, number: int, meaning: type[DeviceError]
) -> None:
    (tmp_path / "value").write_text("1\n")
    wire = LinuxSysfs(tmp_path)
    mocker.patch.object(Path, "read_bytes", side_effect=failure(number))
    mocker.patch("hardware.linux.sysfs.os.write", side_effect=failure(number))
    for use in (lambda: wire.read("value"), lambda: wire.write("value", "2")):
        with pytest.raises(meaning, match=f"value: {os.strerror(number)}"):
            use()


def test_bytes_that_are_no_text_are_no_number(tmp_path: Path) -> None:
    (tmp_path / "value").write_bytes(b"\xff12\n")
    assert LinuxSysfs(tmp_path).read("value") == "\N{REPLACEMENT CHARACTER}12"


def test_links_in_the_tree_are_followed(tmp_path: Path) -> None:
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / "value").write_text("1\n")
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "chip0").symlink_to("../devices")
    assert LinuxSysfs(tmp_path / "class").read("chip0/value") == "1"
