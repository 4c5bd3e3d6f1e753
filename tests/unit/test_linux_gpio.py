"""What gpiozero's real pin factories are asked for; the libraries below them are replaced."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pytest_mock import MockerFixture

from hardware.bus.gpio import Pull
from hardware.errors import LineBusy, TransferError, ValueRefused, WirePermission, WireUnavailable
from hardware.linux import pin_factory
from hardware.linux.gpio import LinuxGpio

_OUT, _ALERT = 2, 1 << 10


class LgpioError(Exception):
    """Like lgpio's: its text is the repr of its value, and its only base is Exception."""

    def __str__(self) -> str:
        return repr(self.args[0])


class FakeLgpio(ModuleType):
    """lgpio's functions as gpiozero calls them, over one chip in memory."""

    error = LgpioError
    SET_PULL_NONE, SET_PULL_UP, SET_PULL_DOWN = 128, 32, 64
    RISING_EDGE, FALLING_EDGE, BOTH_EDGES = 1, 2, 3

    def __init__(self) -> None:
        super().__init__("lgpio")
        self.modes: dict[int, int] = {}
        self.levels: dict[int, list[int]] = {}
        self.busy: set[int] = set()
        self.gone = False
        self.callbacks: dict[int, Callable[..., None]] = {}
        self.open_chips = 0

    def gpiochip_open(self, chip: int) -> int:
        if self.gone:
            raise LgpioError("can not open gpiochip")
        self.open_chips += 1
        return 0

    def gpiochip_close(self, handle: int) -> None:
        self.open_chips -= 1

    def _claim(self, line: int, mode: int) -> None:
        if line in self.busy:
            raise LgpioError("GPIO busy")
        self.modes[line] = mode

    def gpio_claim_input(self, handle: int, line: int, flags: int = 0) -> None:
        self._claim(line, flags)
        self.levels.setdefault(line, []).append(int(bool(flags & self.SET_PULL_UP)))

    def gpio_claim_output(self, handle: int, line: int, level: int = 0, flags: int = 0) -> None:
        self._claim(line, flags | _OUT)
        self.levels[line] = [level]

    def gpio_claim_alert(self, handle: int, line: int, edges: int, flags: int = 0) -> None:
        self._claim(line, flags | _ALERT)

    def gpio_free(self, handle: int, line: int) -> None:
        if line not in self.modes:
            raise LgpioError("GPIO not allocated")
        del self.modes[line]

    def gpio_get_mode(self, handle: int, line: int) -> int:
        return self.modes[line]

    def gpio_read(self, handle: int, line: int) -> int:
        if self.gone:
            raise LgpioError("bad GPIO read")
        return self.levels[line][-1]

    def gpio_write(self, handle: int, line: int, level: int) -> None:
        if self.gone:
            raise LgpioError("bad GPIO write")
        self.levels[line].append(int(level))

    def callback(self, handle: int, line: int, edges: int, function: Callable[..., None]) -> Any:
        self.callbacks[line] = function
        return type("Callback", (), {"cancel": lambda _: self.callbacks.pop(line, None)})()

    def edge(self, line: int, level: int) -> None:
        self.levels[line].append(level)
        if line in self.callbacks:
            self.callbacks[line](0, line, level, 1_000_000_000)


@pytest.fixture(autouse=True)
def fresh_modules(monkeypatch: pytest.MonkeyPatch, mocker: MockerFixture, tmp_path: Path) -> Iterator[None]:
    """gpiozero's pins of all local factories are one dictionary, and its modules bind the library at import."""
    from gpiozero.pins import local

    monkeypatch.setenv("LG_WD", str(tmp_path))
    mocker.patch.object(local, "get_pi_revision", return_value=0xA02082)
    modules = ("gpiozero.pins.lgpio", "hardware.linux.lgpio_pin", "gpiozero.pins.rpigpio")
    for module in modules:
        monkeypatch.delitem(sys.modules, module, raising=False)
    yield
    local.LocalPiFactory.pins.clear()
    for module in modules:
        sys.modules.pop(module, None)


@pytest.fixture
def lgpio(monkeypatch: pytest.MonkeyPatch) -> FakeLgpio:
    fake = FakeLgpio()
    monkeypatch.setitem(sys.modules, "lgpio", fake)
    return fake


@pytest.fixture
def rpi_gpio(monkeypatch: pytest.MonkeyPatch, mocker: MockerFixture) -> Any:
    library, package = mocker.MagicMock(name="RPi.GPIO"), ModuleType("RPi")
    package.GPIO = library  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "RPi", package)
    monkeypatch.setitem(sys.modules, "RPi.GPIO", library)
    return library


@pytest.mark.parametrize("level", [False, True])
def test_lgpio_claims_an_output_at_its_level_and_never_at_another(lgpio: FakeLgpio, level: bool) -> None:
    LinuxGpio("lgpio").claim_output(17, level=level)
    assert lgpio.levels[17] == [int(level)]
    assert lgpio.modes[17] & _OUT


def test_lgpio_claims_an_input_with_its_pull(lgpio: FakeLgpio) -> None:
    wire = LinuxGpio("lgpio")
    wire.claim_input(22, pull=Pull.UP)
    assert lgpio.modes[22] == FakeLgpio.SET_PULL_UP
    assert wire.read(22) is True


def test_edges_of_lgpio_reach_the_watcher_until_it_is_undone(lgpio: FakeLgpio) -> None:
    wire = LinuxGpio("lgpio")
    wire.claim_input(22, pull=Pull.UP)
    heard: list[bool] = []
    undo = wire.watch(22, heard.append)
    lgpio.edge(22, 0)
    lgpio.edge(22, 1)
    undo()
    lgpio.edge(22, 0)
    assert heard == [False, True]


def test_a_released_lgpio_line_is_free_for_others(lgpio: FakeLgpio) -> None:
    wire = LinuxGpio("lgpio")
    wire.claim_output(17, level=True)
    wire.claim_input(22, pull=Pull.UP)
    wire.watch(22, lambda level: None)
    wire.release(17)
    wire.release(22)
    assert lgpio.modes == {}
    assert lgpio.callbacks == {}


def test_closing_lgpio_closes_the_chip(lgpio: FakeLgpio) -> None:
    wire = LinuxGpio("lgpio")
    wire.claim_output(17, level=True)
    wire.close()
    assert (lgpio.modes, lgpio.open_chips) == ({}, 0)


def test_a_line_that_another_process_holds_is_busy_and_can_be_had_later(lgpio: FakeLgpio) -> None:
    wire = LinuxGpio("lgpio")
    lgpio.busy.add(17)
    with pytest.raises(LineBusy, match="GPIO 17: GPIO busy"):
        wire.claim_output(17, level=False)
    lgpio.busy.clear()
    wire.claim_output(17, level=True)
    assert wire.read(17) is True


def test_a_chip_that_vanishes_breaks_the_transfer_and_closing_does_not_raise(lgpio: FakeLgpio) -> None:
    wire = LinuxGpio("lgpio")
    wire.claim_output(17, level=False)
    lgpio.gone = True
    with pytest.raises(TransferError, match="GPIO 17: bad GPIO read"):
        wire.read(17)
    with pytest.raises(TransferError, match="bad GPIO write"):
        wire.write(17, True)
    wire.close()


def test_a_chip_that_is_not_there_is_no_wire(lgpio: FakeLgpio) -> None:
    lgpio.gone = True
    with pytest.raises(WireUnavailable, match="can not open gpiochip"):
        LinuxGpio("lgpio").claim_output(17, level=False)


def test_a_chip_without_access_is_a_matter_of_permission(lgpio: FakeLgpio, mocker: MockerFixture) -> None:
    lgpio.gone = True
    mocker.patch.object(Path, "glob", return_value=[Path("/dev/gpiochip0")])
    mocker.patch.object(os, "access", return_value=False)
    with pytest.raises(WirePermission, match=r"/dev/gpiochip0.*group gpio"):
        LinuxGpio("lgpio").claim_output(17, level=False)


def test_a_missing_library_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lgpio", None)
    with pytest.raises(WireUnavailable, match="python3-lgpio"):
        LinuxGpio("lgpio").claim_output(17, level=False)


def test_rpi_gpio_on_another_computer_is_no_wire(mocker: MockerFixture) -> None:
    mocker.patch.object(pin_factory, "import_module", side_effect=RuntimeError("can only be run on a Raspberry Pi!"))
    with pytest.raises(WireUnavailable, match="rpi-lgpio"):
        LinuxGpio("rpigpio").claim_output(17, level=False)


def test_a_factory_that_does_not_exist_is_refused_at_once() -> None:
    with pytest.raises(WireUnavailable, match="lgpio, rpigpio, mock"):
        LinuxGpio("native")


def test_a_missing_factory_is_not_replaced_by_another(monkeypatch: pytest.MonkeyPatch, rpi_gpio: Any) -> None:
    monkeypatch.setitem(sys.modules, "lgpio", None)
    with pytest.raises(WireUnavailable):
        LinuxGpio("lgpio").claim_output(17, level=False)
    rpi_gpio.setup.assert_not_called()


def test_rpi_gpio_claims_an_output_at_its_level_and_lets_it_stand(rpi_gpio: Any) -> None:
    wire = LinuxGpio("rpigpio")
    wire.claim_output(17, level=True)
    rpi_gpio.setup.assert_called_with(17, rpi_gpio.OUT, initial=True)
    wire.release(17)
    wire.claim_output(17, level=True)
    wire.close()
    rpi_gpio.cleanup.assert_not_called()


def test_rpi_gpio_without_access_is_a_matter_of_permission(rpi_gpio: Any) -> None:
    rpi_gpio.setup.side_effect = RuntimeError("No access to /dev/mem.  Try running as root!")
    with pytest.raises(WirePermission, match="GPIO 17"):
        LinuxGpio("rpigpio").claim_output(17, level=True)


def test_a_pull_against_a_fixed_resistor_is_refused_and_the_line_stays_free() -> None:
    wire = LinuxGpio("mock")
    with pytest.raises(ValueRefused, match="GPIO 2"):
        wire.claim_input(2, pull=Pull.DOWN)
    wire.claim_input(2, pull=Pull.UP)
    assert wire.read(2) is True


def test_a_claim_that_fails_half_way_leaves_the_line_to_others(lgpio: FakeLgpio) -> None:
    with pytest.raises(ValueRefused, match="GPIO 2"):
        LinuxGpio("lgpio").claim_input(2, pull=Pull.DOWN)
    assert lgpio.modes == {}


def test_loading_lgpio_gives_it_a_folder_and_keeps_the_process_where_it_is(
    monkeypatch: pytest.MonkeyPatch, mocker: MockerFixture, lgpio: FakeLgpio, tmp_path: Path
) -> None:
    def load(name: str) -> Any:  # lgpio's C library changes into LG_WD for good
        os.chdir(os.environ["LG_WD"])
        return __import__(name, fromlist=["lgpio_factory"])

    monkeypatch.delenv("LG_WD")
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    mocker.patch.object(pin_factory, "import_module", load)
    before = Path.cwd()
    LinuxGpio("lgpio").claim_output(17, level=False)
    assert Path.cwd() == before
    assert Path(os.environ["LG_WD"]).parent == tmp_path


def test_a_folder_for_lgpio_that_is_missing_is_no_wire(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LG_WD", str(tmp_path / "missing"))
    with pytest.raises(WireUnavailable, match="missing"):
        LinuxGpio("lgpio").claim_output(17, level=False)
