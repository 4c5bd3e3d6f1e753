"""The relay's driver on a simulated line."""

import pytest
from places import FixedPlace, attach_chip, open_driver
from pydantic import ValidationError

from hardware.api import Switch
from hardware.drivers.relay import DRIVER, RelayParams
from hardware.errors import LineBusy, TransferError, ValueRefused
from hardware.sim.gpio import SimGpio

HIGH, LOW = {"pin": 17, "active_high": True}, {"pin": 4, "active_high": False}
BOTH = pytest.mark.parametrize("params", [HIGH, LOW], ids=["active_high", "active_low"])


@pytest.fixture
def wire() -> SimGpio:
    return SimGpio()


@pytest.fixture
def place() -> FixedPlace:
    return FixedPlace()


@BOTH
@pytest.mark.parametrize("initial", [0.0, 1.0])
def test_a_relay_stands_at_its_initial_value_from_its_first_moment(
    wire: SimGpio, place: FixedPlace, params: dict[str, object], initial: float
) -> None:
    attach_chip("relay", wire, params, place)
    relay = open_driver("relay", wire, params, place, initial=initial)
    assert relay.read_back() == initial
    assert place.acts == ([0.0] if initial == 0.0 else [0.0, 1.0])


@BOTH
def test_a_relay_acts_as_it_is_switched_and_reads_back(
    wire: SimGpio, place: FixedPlace, params: dict[str, object]
) -> None:
    attach_chip("relay", wire, params, place)
    relay = open_driver("relay", wire, params, place)
    read = []
    for value in (1.0, 0.0, 0.0, 1.0):
        relay.write(value)
        read.append(relay.read_back())
    assert read == [1.0, 0.0, 0.0, 1.0]
    assert place.acts == [0.0, 1.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("pin", "active_high", "act"), [(4, False, 0.0), (4, True, 1.0), (17, False, 1.0), (17, True, 0.0)]
)
def test_a_relay_on_the_wrong_pin_is_on_before_anybody_owns_it(
    wire: SimGpio, place: FixedPlace, pin: int, active_high: bool, act: float
) -> None:
    attach_chip("relay", wire, {"pin": pin, "active_high": active_high}, place)
    assert place.acts == [act]


@BOTH
def test_the_pin_is_read_back_and_not_the_memory(wire: SimGpio, place: FixedPlace, params: dict[str, object]) -> None:
    relay = open_driver("relay", wire, params, place)
    wire.drive(int(str(params["pin"])), bool(params["active_high"]))
    relay.write(0.0)
    assert relay.read_back() == 1.0


@pytest.mark.parametrize("value", [0.5, -1.0, 2.0, 1.0000001, float("nan"), float("inf"), float("-inf")])
def test_what_is_neither_off_nor_on_is_refused_and_changes_nothing(
    wire: SimGpio, place: FixedPlace, value: float
) -> None:
    relay = open_driver("relay", wire, HIGH, place, initial=1.0)
    with pytest.raises(ValueRefused, match="GPIO 17"):
        relay.write(value)
    assert relay.read_back() == 1.0


def test_a_wrong_initial_value_claims_nothing(wire: SimGpio, place: FixedPlace) -> None:
    with pytest.raises(ValueRefused):
        open_driver("relay", wire, HIGH, place, initial=0.5)
    open_driver("relay", wire, HIGH, place)


def test_a_line_of_another_process_is_busy(wire: SimGpio, place: FixedPlace) -> None:
    wire.busy(17)
    with pytest.raises(LineBusy):
        open_driver("relay", wire, HIGH, place)


def test_a_vanished_chip_is_healed_by_opening_anew(wire: SimGpio, place: FixedPlace) -> None:
    attach_chip("relay", wire, HIGH, place)
    relay = open_driver("relay", wire, HIGH, place, initial=1.0)
    wire.vanish()
    with pytest.raises(TransferError):
        relay.write(0.0)
    relay.close()
    wire.return_()
    open_driver("relay", wire, HIGH, place, initial=1.0)
    assert place.acts == [0.0, 1.0, 0.0, 1.0]


def test_which_level_switches_on_must_be_said() -> None:
    with pytest.raises(ValidationError, match="active_high"):
        RelayParams.model_validate({"pin": 17})


def test_a_relay_is_a_switch() -> None:
    assert DRIVER.accepts(RelayParams.model_validate(HIGH)) == Switch()
