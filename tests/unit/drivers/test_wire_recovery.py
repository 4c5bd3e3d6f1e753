"""What wires do to come back to life, and what they leave alone meanwhile."""

from pathlib import Path

import pytest

from hardware.bus.bus_clear import CLOCKS, clear
from hardware.bus.gpio import Pull
from hardware.bus.i2c import I2cWire
from hardware.bus.recoverable import Recoverable
from hardware.bus.w1_search import search_again
from hardware.errors import LineBusy, TransferError, WirePermission, WireTimeout, WireUnavailable
from hardware.linux.gpio import LinuxGpio
from hardware.linux.i2c import LinuxI2c
from hardware.sim.chips.ds18b20 import attach
from hardware.sim.gpio import SimGpio
from hardware.sim.i2c import SimI2c
from hardware.sim.sysfs import SimSysfs
from tests.unit.drivers.places import FixedPlace

SCL, SDA = 3, 2
ADDRESS = "28-0316a2795bff"


class Deaf:
    """A chip that is only there."""

    def write(self, data: bytes) -> None:
        """Take anything."""

    def read(self, count: int) -> bytes:
        return bytes(count)


def held_bus(clocks: int) -> tuple[SimI2c, SimGpio]:
    bus, lines = SimI2c(), SimGpio()
    bus.attach(0x44, Deaf())
    bus.hold_data(lines, scl=SCL, sda=SDA, clocks=clocks)
    return bus, lines


def answers(bus: I2cWire) -> bool:
    try:
        bus.transfer(0x44)
    except WireTimeout:
        return False
    return True


@pytest.mark.parametrize("clocks", [1, 5, 9])
def test_a_chip_that_waits_in_the_middle_of_a_byte_lets_go_after_its_clocks(clocks):
    bus, lines = held_bus(clocks)
    assert not answers(bus)
    assert f"came free after {clocks} clocks" in clear(lines, scl=SCL, sda=SDA, sleep=lambda seconds: None)
    assert answers(bus)


def test_the_bus_is_left_with_both_lines_released():
    _, lines = held_bus(3)
    clear(lines, scl=SCL, sda=SDA, sleep=lambda seconds: None)
    for line in (SCL, SDA):
        lines.claim_input(line, pull=Pull.UP)


def test_the_last_thing_on_the_bus_is_a_stop_condition():
    _, lines = held_bus(2)
    edges: list[tuple[str, bool]] = []
    lines.on_level(SCL, lambda level: edges.append(("scl", level)))
    lines.on_level(SDA, lambda level: edges.append(("sda", level)))
    clear(lines, scl=SCL, sda=SDA, sleep=lambda seconds: None)
    assert edges[-4:] == [("scl", False), ("sda", False), ("scl", True), ("sda", True)]


def test_a_line_that_stays_low_is_said_after_nine_clocks():
    bus, lines = held_bus(CLOCKS + 1)
    with pytest.raises(WireTimeout, match="still held low after 9 clocks"):
        clear(lines, scl=SCL, sda=SDA, sleep=lambda seconds: None)
    assert not answers(bus)


def test_a_free_bus_gets_no_clocks():
    lines = SimGpio()
    edges: list[bool] = []
    lines.on_level(SCL, edges.append)
    assert "no clocks" in clear(lines, scl=SCL, sda=SDA, sleep=lambda seconds: None)
    assert edges == [True]


def test_pins_that_somebody_else_holds_are_left_alone():
    lines = SimGpio()
    lines.busy(SDA)
    with pytest.raises(LineBusy):
        clear(lines, scl=SCL, sda=SDA, sleep=lambda seconds: None)


def a_controller(tmp_path: Path) -> Path:
    """The kernel's folders of adapter 7: its controller has a link to a driver with files to bind and unbind."""
    controller = tmp_path / "devices" / "fe804000.i2c"
    driver = tmp_path / "drivers" / "i2c-bcm2835"
    adapters = tmp_path / "adapters"
    for folder in (controller / "i2c-7", driver, adapters):
        folder.mkdir(parents=True)
    (controller / "driver").symlink_to(driver)
    (adapters / "i2c-7").symlink_to(controller / "i2c-7")
    for name in ("bind", "unbind"):
        (driver / name).write_text("")
    return adapters


def test_the_kernels_driver_is_bound_anew_where_that_is_permitted(tmp_path):
    bus = LinuxI2c(7, adapters=a_controller(tmp_path))
    assert bus.may_rebind()
    with pytest.raises(WireUnavailable):  # this computer has no /dev/i2c-7
        bus.recover()
    driver = tmp_path / "drivers" / "i2c-bcm2835"
    assert [(driver / name).read_text() for name in ("unbind", "bind")] == ["fe804000.i2c"] * 2


def test_without_such_a_driver_nothing_is_bound(tmp_path):
    assert not LinuxI2c(7, adapters=tmp_path).may_rebind()


@pytest.mark.parametrize("wire", [SimI2c(), SimGpio(), LinuxI2c(7), LinuxGpio("mock")])
def test_these_wires_can_be_recovered(wire):
    assert isinstance(wire, Recoverable)


def test_an_adapter_that_is_stuck_works_after_it_was_opened_anew():
    bus = SimI2c()
    bus.attach(0x44, Deaf())
    bus.lock(True, until_reopened=True)
    assert not answers(bus)
    bus.recover()
    assert answers(bus)


def test_outputs_that_can_still_be_driven_keep_their_level_through_a_recovery():
    lines = SimGpio()
    lines.claim_output(17, level=True)
    assert lines.recover() == "every claimed line answers"
    assert lines.read(17) is True


def test_lines_from_before_the_chip_vanished_can_be_claimed_again():
    lines = SimGpio()
    lines.claim_output(17, level=True)
    lines.vanish()
    lines.return_()
    with pytest.raises(TransferError):
        lines.write(17, True)
    assert "1 lines" in lines.recover()
    lines.claim_output(17, level=False)


def test_real_lines_that_answer_are_not_let_go():
    lines = LinuxGpio("mock")
    lines.claim_output(17, level=True)
    assert lines.recover() == "every claimed line answers"
    lines.write(17, False)
    lines.close()


def test_a_gpio_chip_without_claimed_lines_is_opened_anew():
    lines = LinuxGpio("mock")
    assert "opened anew" in lines.recover()


def a_tree() -> SimSysfs:
    tree = SimSysfs()
    attach(tree, {"address": ADDRESS}, FixedPlace())
    return tree


def test_a_probe_that_the_kernel_has_forgotten_is_found_by_a_search():
    tree = a_tree()
    tree.write("w1_bus_master1/w1_master_remove", ADDRESS)
    assert ADDRESS not in tree.list()
    assert search_again(tree, lost=[ADDRESS]) == "searched again on 1 1-Wire master"
    assert ADDRESS in tree.list()


def test_a_probe_that_is_there_but_does_not_answer_is_forgotten_and_found_anew():
    tree = a_tree()
    assert f"forgetting {ADDRESS}" in search_again(tree, lost=[ADDRESS])
    assert ADDRESS in tree.list()


def test_a_kernel_without_a_master_is_said():
    with pytest.raises(WireUnavailable, match="w1-gpio"):
        search_again(SimSysfs())


def test_only_root_may_search_on_some_systems():
    tree = SimSysfs()
    tree.add("w1_bus_master1/w1_master_search", read="-1")
    with pytest.raises(WirePermission):
        search_again(tree)
