"""Devices, drivers and boards as the configuration puts them together."""

import json
from enum import StrEnum
from typing import Any

import pytest
from pydantic import BaseModel, Field
from texts import SOUND, errors, spoilt, warnings

from alimante.config.faults import ConfigInvalid
from alimante.config.load import load_text
from alimante.config.model import Role
from hardware import registry
from hardware.api import DriverSpec, Params, Range, Unit, WireKind
from hardware.board import BOARDS


class Side(StrEnum):
    LEFT = "left"


class ThirdPartyParams(Params):
    """Types that JSON writes in another way than Python."""

    pins: tuple[int, int] = (0, 1)
    side: Side = Side.LEFT
    pin: int = Field(default=30, description="Any pin.")
    address: int = 0x44


THIRD_PARTY = DriverSpec(
    name="third",
    summary="A driver from elsewhere",
    wire=WireKind.GPIO,
    kind="actuator",
    params=ThirdPartyParams,
    open=lambda request: None,
    accepts=lambda params: Range(low=-10.0, high=10.0, unit=Unit.DEGREE, off=-5.0, on=5.0),
)


@pytest.fixture
def third_party(monkeypatch):
    """A driver called `third`, and one called `broken` whose import fails."""
    get = registry.get

    def patched(name: str) -> DriverSpec:
        if name == "third":
            return THIRD_PARTY
        if name == "broken":
            raise registry.BrokenDriver("driver 'broken' cannot be imported: ImportError: no module named spidev")
        return get(name)

    monkeypatch.setattr(registry, "get", patched)


def with_device(device: dict[str, Any], *, name: str = "extra") -> str:
    return spoilt('"devices": {', f'"devices": {{"{name}": {json.dumps(device)}, ')


THIRD = {"driver": "third", "wire": "gpio", "pin": 5, "role": "other"}


def test_a_sensor_carries_what_the_file_says_and_the_defaults():
    device = load_text(SOUND).config.devices["warm"]
    assert (device.id, device.name, device.driver, device.wire) == ("warm", "warm", "ds18b20", "w1")
    assert (device.poll_s, device.zone, device.role) == (5.0, "hot", None)
    assert device.spec is registry.get("ds18b20")
    assert device.params == device.spec.params.model_validate({"address": "28-000000000001"})


def test_an_actuator_carries_its_role_and_its_safe_value_in_the_scale_of_writing():
    devices = load_text(SOUND).config.devices
    assert (devices["heater"].role, devices["heater"].safe_value) == (Role.HEATER, 0.0)
    assert (devices["fan"].role, devices["fan"].safe_value) == (Role.FAN, 100.0)


@pytest.mark.parametrize(("said", "value"), [("off", -5.0), ("on", 5.0), ("ON", 5.0), (3, 3.0), (-10.0, -10.0)])
@pytest.mark.usefixtures("third_party")
def test_a_safe_value_is_read_against_what_the_driver_accepts(said, value):
    text = with_device(THIRD | {"safe_value": said})
    assert load_text(text).config.devices["extra"].safe_value == value


@pytest.mark.usefixtures("third_party")
def test_a_drivers_parameters_may_be_of_types_that_json_lacks():
    text = with_device(THIRD | {"safe_value": "off", "pins": [3, 4], "side": "left"})
    params = load_text(text).config.devices["extra"].params
    assert params.model_dump() == {"pins": (3, 4), "side": Side.LEFT, "pin": 5, "address": 0x44}


@pytest.mark.usefixtures("third_party")
def test_a_heater_with_a_range_must_be_safe_at_its_own_off():
    heater = THIRD | {"role": "heater", "limit": {"max_c": 38.0}, "depends_on": ["warm"]}
    assert errors(with_device(heater | {"safe_value": -5})) == ()
    (fault,) = errors(with_device(heater | {"safe_value": -10}))
    assert fault.pointer == "/devices/extra/safe_value"


@pytest.mark.usefixtures("third_party")
def test_a_pin_that_the_board_lacks_is_told_for_any_driver():
    (fault,) = errors(with_device(THIRD | {"safe_value": 0, "pin": 28}))
    assert fault.message == "there is no GPIO 28 on Raspberry Pi Zero 2 W, only GPIO 0 to 27"


@pytest.mark.usefixtures("third_party")
def test_a_driver_whose_import_breaks_disables_its_device_and_nothing_else():
    loaded = load_text(with_device({"driver": "broken", "wire": "gpio", "whatever": {"it": "takes"}}))
    assert "extra" not in loaded.config.devices
    assert "no module named spidev" in loaded.config.disabled["extra"]
    assert list(loaded.config.devices) == ["warm", "air", "damp", "tank", "heater", "fan"]
    (fault,) = loaded.warnings
    assert fault.pointer == "/devices/extra/driver"
    assert "extra is disabled" in fault.message


def test_notes_may_stand_in_any_object():
    soil = {"input": 1, "unit": "%", "note": "x", "calibration": {"kind": "linear", "scale": 2, "note": "y"}}
    probes = {"driver": "ads1115", "wire": "i2c", "address": "0x48", "note": "z", "inputs": {"soil": soil}}
    assert errors(with_device(probes)) == ()
    assert errors(spoilt('"port"', '"note": "x", "port"')) == ()
    assert errors(spoilt('"iio", "b', '"iio", "note": "x", "b')) == ()
    assert errors(spoilt('"version": 1', '"note": "x", "version": 1')) == ()


def test_a_fault_deep_in_a_drivers_parameters_is_told_at_its_place():
    soil = {"input": 7, "unit": "%", "calibration": {"kind": "table", "points": [[1, 100], [2, "x"]]}}
    probes = {"driver": "ads1115", "wire": "i2c", "address": "0x48", "inputs": {"soil": soil}}
    told = {fault.pointer: fault.message for fault in errors(with_device(probes))}
    assert told == {
        "/devices/extra/inputs/soil/input": "input must be one of 0, 1, 2, 3; it is 7",
        "/devices/extra/inputs/soil/calibration/points/1/1": 'points[1][1] must be a number; it is "x"',
    }


def test_the_bus_of_an_unused_wire_takes_no_pins():
    relay = {"driver": "relay", "wire": "gpio", "active_high": True, "role": "light", "safe_value": "off"}
    text = with_device(relay | {"pin": 3}).replace('"air":', '"note": "", "air":')
    assert "GPIO 3 is used by" in errors(text.replace('"note": "", ', ""))[0].message
    without = json.loads(with_device(relay | {"pin": 3}))
    del without["devices"]["air"]
    assert errors(json.dumps(without)) == ()


def test_simulated_pins_are_others_than_real_ones():
    sim = '"bench": {"kind": "gpio", "backend": "sim"}, "iio": {'
    text = with_device({"driver": "button", "wire": "bench", "pin": 17}).replace('"iio": {', sim)
    assert errors(text) == ()
    assert [fault.message for fault in errors(text.replace('"sim"', '"linux", "factory": "mock"'))] == [
        "the wires gpio and bench are both the header's pins",
        "GPIO 17 is used by extra and by heater",
    ]


def on_pi_5(text: str) -> list[tuple[str, str, str]]:
    try:
        load_text(text.replace("pi-zero-2w", "pi-5"))
    except ConfigInvalid as invalid:
        return [(fault.pointer, fault.message, fault.hint) for fault in invalid.errors]
    return []


def test_rpi_gpio_on_a_pi_5_deserves_a_look_for_only_rpi_lgpio_works_there_under_this_name():
    text = spoilt('"lgpio"', '"rpigpio"')
    assert load_text(text).warnings == ()
    (warning,) = load_text(text.replace("pi-zero-2w", "pi-5")).warnings
    assert warning.pointer == "/wires/gpio/factory"
    assert "Raspberry Pi 5" in warning.message
    assert "lgpio" in warning.hint


def test_pins_12_and_18_have_channels_of_their_own_on_a_pi_5_which_the_driver_is_told():
    lamp = {"driver": "pwm_output", "wire": "pwm", "pin": 18, "role": "light", "safe_value": "off"}
    ((pointer, message, hint),) = on_pi_5(with_device(lamp))
    assert pointer == "/devices/extra/pin"
    assert "PWM channel 2" in message
    assert hint == 'add "channel": 2'
    assert on_pi_5(with_device(lamp | {"channel": 2})) == []


def test_auto_is_the_board_that_this_computer_is():
    text = spoilt('"pi-zero-2w"', '"auto"').replace('"lgpio"', '"rpigpio"')
    assert load_text(text, board=BOARDS["pi-4"]).warnings == ()
    assert "Raspberry Pi 5" in load_text(text, board=BOARDS["pi-5"]).warnings[0].message


def test_the_boards_name_in_the_file_beats_the_computer():
    assert load_text(spoilt('"lgpio"', '"rpigpio"'), board=BOARDS["pi-5"]).warnings == ()


def test_every_board_can_be_named():
    for name in BOARDS:
        assert errors(spoilt('"pi-zero-2w"', f'"{name}"')) == ()


class Simulated(BaseModel, extra="forbid", strict=True):
    seed: int = 1


def test_the_simulation_passes_as_it_is_without_a_model():
    text = spoilt('"version": 1', '"version": 1, "simulation": {"anything": [1, 2]}')
    assert load_text(text).config.simulation == {"anything": [1, 2]}


def test_the_simulation_is_judged_by_the_given_model_with_its_places():
    text = spoilt('"version": 1', '"version": 1, "simulation": {"sed": 2, "note": "x"}')
    (fault,) = errors(text, simulation_model=Simulated)
    assert (fault.pointer, fault.hint) == ("/simulation/sed", 'did you mean "seed"?')
    sound = load_text(text.replace('"sed"', '"seed"'), simulation_model=Simulated)
    assert sound.config.simulation == Simulated(seed=2)
    assert load_text(SOUND, simulation_model=Simulated).config.simulation == Simulated()


@pytest.mark.parametrize("active_high", [True, False])
@pytest.mark.parametrize("pin", range(28))
def test_an_output_is_on_while_booting_exactly_where_the_reset_pull_says_so(pin: int, active_high: bool):
    relay = {"driver": "relay", "wire": "gpio", "pin": pin, "role": "light", "safe_value": "off"}
    config = json.loads(with_device(relay | {"active_high": active_high}))
    config["devices"] = {"extra": config["devices"]["extra"]}
    told = [fault for fault in warnings(json.dumps(config)) if "boots" in fault.message]
    pulled_high = pin <= 8
    assert bool(told) == (active_high == pulled_high)
