"""The configuration's controllers become what they say."""

from alimante.config.build import build
from alimante.control.humidity import Humidity
from alimante.control.pid import Pid
from alimante.control.roster import controllers
from alimante.control.thermostat import Thermostat
from alimante.control.ventilation import Ventilation
from hardware.board import GENERIC
from tests.unit.control.looks import LOST, asked, at, good, look

RELAY = {"driver": "relay", "wire": "pins", "active_high": True, "safe_value": "off", "zone": "warm"}
DOCUMENT = {
    "version": 1,
    "node": {"id": "box"},
    "mqtt": {"host": "localhost"},
    "wires": {
        "pins": {"kind": "gpio", "backend": "sim"},
        "probes": {"kind": "onewire", "backend": "sim"},
        "bus": {"kind": "i2c", "backend": "sim"},
        "pwm": {"kind": "pwm", "backend": "sim"},
    },
    "devices": {
        "warm": {"driver": "ds18b20", "wire": "probes", "address": "28-000000000001"},
        "air": {"driver": "sht3x", "wire": "bus", "address": "0x44"},
        "tank": {"driver": "float_switch", "wire": "pins", "pin": 23},
        "gas": {
            "driver": "ads1115",
            "wire": "bus",
            "address": "0x48",
            "inputs": {"co2": {"input": 0, "unit": "ppm", "calibration": {"kind": "linear", "scale": 1000.0}}},
        },
        "heater": {**RELAY, "pin": 17, "role": "heater", "depends_on": ["warm"], "limit": {"max_c": 38.0}},
        "mat": {**RELAY, "pin": 18, "role": "heater", "depends_on": ["warm"], "limit": {"max_c": 38.0}},
        "cooler": {**RELAY, "pin": 22, "role": "cooler"},
        "mister": {**RELAY, "pin": 27, "role": "mister"},
        "lamp": {**RELAY, "pin": 5, "role": "light"},
        "fan": {"driver": "pwm_output", "wire": "pwm", "pin": 12, "role": "fan", "safe_value": 30},
    },
    "interlocks": [{"outputs": ["heater", "cooler"]}],
}

ALL = {
    "warmth": {
        "kind": "thermostat",
        "sensor": "warm",
        "heater": "heater",
        "target_c": {"day": 30.0, "night": 24.0},
        "cooler": "cooler",
        "cool_above_c": 34.0,
    },
    "floor": {
        "kind": "pid",
        "sensor": "warm",
        "heater": "mat",
        "target_c": {"day": 28.0, "night": 22.0, "day_from": "10:00", "day_to": "16:00"},
        "autotune": "once",
    },
    "damp": {
        "kind": "humidity",
        "sensor": "air.humidity",
        "mister": "mister",
        "low_pct": 60.0,
        "fan": "fan",
        "high_pct": 85.0,
        "tank": "tank",
    },
    "fresh": {"kind": "ventilation", "sensor": "gas.co2", "fan": "fan", "airing": {}},
    "days": {"kind": "photoperiod", "outputs": ["lamp"], "on": "08:00", "off": "20:00"},
}


def built(**said):
    found = build({**DOCUMENT, "controllers": said or ALL}, board=GENERIC)
    assert found.config is not None, found.errors
    return {controller.id: controller for controller in controllers(found.config)}


def test_there_is_one_controller_for_each_in_the_order_of_the_file():
    assert [type(one).__name__ for one in built().values()] == [
        "Thermostat",
        "Pid",
        "Humidity",
        "Ventilation",
        "Photoperiod",
    ]
    assert list(built()) == list(ALL)


def test_they_name_sensors_in_full_and_outputs_by_id():
    made = built()
    beliefs = {"warm.temperature": good(10.0, measured_s=0.0), "air.humidity": good(50.0), "tank.level_ok": good(1.0)}
    beliefs |= {"gas.co2": good(1500.0)}
    assert isinstance(made["warmth"], Thermostat)
    assert asked(made["warmth"], look(**beliefs)) == {"heater": 1.0, "cooler": 0.0}
    assert isinstance(made["floor"], Pid)
    assert asked(made["floor"], look(**beliefs)) == {"mat": 1.0}
    assert isinstance(made["damp"], Humidity)
    assert asked(made["damp"], look(**beliefs)) == {"mister": 1.0, "fan": 0.0}
    assert isinstance(made["fresh"], Ventilation)
    assert asked(made["fresh"], look(**beliefs)) == {"fan": 50.0}


def test_the_only_photoperiod_says_when_it_is_day():
    thermostat = built()["warmth"]
    warm = {"warm.temperature": good(27.0)}
    assert [asked(thermostat, look(local=local, **warm))["heater"] for local in (at(7), at(9), at(21), None)] == [
        0.0,
        1.0,
        0.0,
        0.0,
    ]


def test_own_times_win_over_the_photoperiod():
    floor = built()["floor"]
    for local, target_c in ((at(9), 22.0), (at(12), 28.0), (None, 22.0)):
        floor.decide(look(local=local, **{"warm.temperature": LOST}))
        assert floor.report()["target"] == target_c


def test_a_tuning_is_bound_to_the_heaters_limit():
    floor = built()["floor"]
    floor.decide(look(0.0, **{"warm.temperature": good(20.0, measured_s=0.0)}))
    floor.decide(look(5.0, **{"warm.temperature": good(37.0, measured_s=5.0)}))
    assert floor.report()["tuning"] == "not tuned: 37.0 °C came within 1 °C of the heater's limit"
