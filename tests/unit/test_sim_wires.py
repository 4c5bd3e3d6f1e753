"""What the far sides of the simulated wires do, where no real wire has the like."""

from threading import Thread

import pytest

from hardware.bus.gpio import Pull
from hardware.errors import LineBusy, NoAnswer, TransferError, WirePermission, WireUnavailable
from hardware.sim.gpio import SimGpio
from hardware.sim.i2c import SimI2c
from hardware.sim.sysfs import SimSysfs


@pytest.fixture
def gpio() -> SimGpio:
    return SimGpio()


def levels_of(gpio: SimGpio, line: int) -> list[bool]:
    seen: list[bool] = []
    gpio.on_level(line, seen.append)
    return seen


@pytest.mark.parametrize(("line", "level"), [(0, True), (8, True), (9, False), (27, False)])
def test_an_unowned_line_stands_at_its_reset_pull(gpio: SimGpio, line: int, level: bool) -> None:
    assert levels_of(gpio, line) == [level]


@pytest.mark.parametrize(("line", "level"), [(4, True), (17, False)])
def test_a_released_output_falls_to_the_reset_pull(gpio: SimGpio, line: int, level: bool) -> None:
    seen = levels_of(gpio, line)
    gpio.claim_output(line, level=not level)
    gpio.release(line)
    assert seen == [level, not level, level]


def test_a_claim_at_the_standing_level_changes_nothing(gpio: SimGpio) -> None:
    seen = levels_of(gpio, 17)
    gpio.claim_output(17, level=False)
    assert seen == [False]


def test_a_short_circuit_wins_over_an_output_and_is_read_back(gpio: SimGpio) -> None:
    gpio.claim_output(17, level=True)
    gpio.drive(17, False)
    assert gpio.read(17) is False
    gpio.drive(17, None)
    assert gpio.read(17) is True


def test_a_floating_line_without_pull_keeps_its_level(gpio: SimGpio) -> None:
    gpio.claim_input(22, pull=Pull.NONE)
    gpio.drive(22, True)
    gpio.drive(22, None)
    assert gpio.read(22) is True


def test_a_line_of_another_process_is_busy_until_it_is_let_go(gpio: SimGpio) -> None:
    gpio.busy(17)
    with pytest.raises(LineBusy):
        gpio.claim_output(17, level=True)
    gpio.busy(17, held=False)
    gpio.claim_output(17, level=True)


def test_outputs_of_a_vanished_chip_stand_uncontrolled_and_their_claims_are_dead(gpio: SimGpio) -> None:
    seen = levels_of(gpio, 17)
    gpio.claim_output(17, level=True)
    gpio.vanish()
    assert seen[-1] is False
    with pytest.raises(TransferError):
        gpio.write(17, True)
    with pytest.raises(WireUnavailable):
        gpio.claim_output(18, level=True)
    gpio.return_()
    with pytest.raises(TransferError):
        gpio.read(17)
    gpio.release(17)
    gpio.claim_output(17, level=True)
    assert gpio.read(17) is True


def test_a_listener_may_change_lines_and_hears_changes_in_order(gpio: SimGpio) -> None:
    seen: list[tuple[int, bool]] = []
    gpio.on_level(17, lambda level: gpio.drive(18, level))
    for line in (17, 18):
        gpio.on_level(line, lambda level, line=line: seen.append((line, level)))
    seen.clear()
    gpio.claim_output(17, level=True)
    gpio.write(17, False)
    assert seen == [(17, True), (18, True), (17, False), (18, False)]


def test_a_listener_that_raises_does_not_silence_the_others(gpio: SimGpio) -> None:
    def fail(level: bool) -> None:
        if level:
            raise RuntimeError("a broken chip")

    gpio.on_level(17, fail)
    seen = levels_of(gpio, 17)
    with pytest.raises(RuntimeError):
        gpio.claim_output(17, level=True)
    gpio.write(17, False)
    assert seen == [False, True, False]


def test_no_change_is_lost_between_threads(gpio: SimGpio) -> None:
    seen = levels_of(gpio, 17)
    gpio.claim_input(17, pull=Pull.NONE)

    def toggle() -> None:
        for _ in range(200):
            gpio.drive(17, True)
            gpio.drive(17, False)

    threads = [Thread(target=toggle) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [index % 2 == 1 for index in range(len(seen))]
    assert seen[-1] is False


def test_every_stepper_runs_at_each_step(gpio: SimGpio) -> None:
    steps: list[str] = []
    gpio.every_step(lambda: steps.append("float"))
    gpio.every_step(lambda: steps.append("door"))
    gpio.step()
    gpio.step()
    assert steps == ["float", "door", "float", "door"]


class Short:
    """A chip that has fewer bytes to say than it is asked for."""

    def write(self, data: bytes) -> None:
        raise NoAnswer("read-only")

    def read(self, count: int) -> bytes:
        return b"\x01"


def test_a_bus_that_nobody_drives_reads_as_ones() -> None:
    wire = SimI2c()
    wire.attach(0x44, Short())
    assert wire.transfer(0x44, read=3) == b"\x01\xff\xff"


def test_a_detached_chip_does_not_answer() -> None:
    wire = SimI2c()
    wire.attach(0x44, Short())
    wire.detach(0x44)
    wire.detach(0x44)
    with pytest.raises(NoAnswer, match="0x44"):
        wire.transfer(0x44, read=1)


def test_a_file_without_a_writer_is_read_only() -> None:
    tree = SimSysfs()
    tree.add("hwmon0/temp1_input", read="42000\n")
    with pytest.raises(WirePermission, match="temp1_input"):
        tree.write("hwmon0/temp1_input", "1")


def test_removing_a_folder_takes_all_below_it_and_nothing_beside_it() -> None:
    tree = SimSysfs()
    for path in ("28-a/temperature", "28-a/driver/name", "28-ab/temperature"):
        tree.add(path, read="")
    tree.remove("28-a")
    tree.remove("28-a")
    assert tree.list() == ["28-ab"]


def test_a_tree_that_returns_has_all_its_files() -> None:
    tree = SimSysfs()
    tree.add("28-a/temperature", read="1")
    tree.vanish(True)
    with pytest.raises(WireUnavailable):
        tree.list()
    tree.vanish(False)
    assert tree.read("28-a/temperature") == "1"


def test_a_model_is_made_once_per_tree_and_name() -> None:
    one, other = SimSysfs(), SimSysfs()
    model: list[str] = one.model("pwmchip0", list)
    assert one.model("pwmchip0", list) is model
    assert one.model("pwmchip1", list) is not model
    assert other.model("pwmchip0", list) is not model
