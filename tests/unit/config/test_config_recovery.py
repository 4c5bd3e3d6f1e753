"""What may be said about repairs, and the mistakes in it."""

from typing import Any

import pytest

from alimante.config.build import build
from hardware.board import GENERIC

RAIL = {"driver": "relay", "wire": "pins", "pin": 22, "active_high": True, "role": "other", "safe_value": "on"}


def built(wires: dict[str, Any] | None = None, **devices: dict[str, Any]) -> Any:
    document = {
        "version": 1,
        "node": {"id": "test"},
        "mqtt": {"host": "localhost"},
        "wires": {
            "pins": {"kind": "gpio", "backend": "sim"},
            "bus": {"kind": "i2c", "backend": "sim"},
            **(wires or {}),
        },
        "devices": {"air": {"driver": "sht3x", "wire": "bus", "address": "0x44"}, **devices},
    }
    return build(document, board=GENERIC)


def complaints(*given: Any, **devices: Any) -> list[str]:
    return [problem.message for problem in built(*given, **devices).errors]


def bus(**keys: Any) -> dict[str, Any]:
    return {"bus": {"kind": "i2c", "backend": "sim", **keys}}


def test_a_supply_and_recovery_pins_are_taken():
    config = built(bus(power="rail", recovery_pins={"scl": 3, "sda": 2}), rail=RAIL).config
    assert config is not None
    assert config.wires["bus"].power == "rail"
    assert config.recovery.repair.device.attempts == 5
    assert (config.recovery.repair.wire.attempts, config.recovery.repair.wire.within_s) == (3, 600.0)


def test_a_device_may_have_a_supply_of_its_own():
    air = {"driver": "sht3x", "wire": "bus", "address": "0x44", "power": "rail"}
    config = built(air=air, rail=RAIL).config
    assert config is not None
    assert config.devices["air"].power == "rail"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"role": "fan"}, 'role "other"'),
        ({"safe_value": "off"}, '"safe_value": "on"'),
    ],
)
def test_only_a_relay_that_stands_on_may_supply(change, says):
    (message,) = complaints(bus(power="rail"), rail=RAIL | change)
    assert says in message


def test_a_supply_that_is_not_there_is_told():
    (problem,) = built(bus(power="rale"), rail=RAIL).errors
    assert problem.path == ("wires", "bus", "power")
    assert "rail" in problem.hint


def test_a_relay_cannot_supply_its_own_wire():
    assert any(
        "hangs on itself" in text
        for text in complaints({"pins": {"kind": "gpio", "backend": "sim", "power": "rail"}}, rail=RAIL)
    )


def test_recovery_pins_need_a_gpio_wire_of_the_same_backend():
    (message,) = complaints(
        {"pins": {"kind": "gpio", "backend": "linux", "factory": "lgpio"}, **bus(recovery_pins={"scl": 3, "sda": 2})}
    )
    assert "a wire of kind gpio" in message


def test_two_recovery_pins_are_two_pins():
    (message,) = complaints(bus(recovery_pins={"scl": 3, "sda": 3}))
    assert "both GPIO 3" in message


def test_on_a_real_bus_the_needed_right_is_told():
    wires = {
        "pins": {"kind": "gpio", "backend": "linux", "factory": "lgpio"},
        "bus": {"kind": "i2c", "backend": "linux", "recovery_pins": {"scl": 3, "sda": 2}},
    }
    assert any("bind the kernel" in problem.message for problem in built(wires).warnings)
