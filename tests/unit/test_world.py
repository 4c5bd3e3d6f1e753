"""The shipped drivers on simulated wires, with the physics behind them."""

import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from hardware import registry
from hardware.api import OpenRequest, WireKind
from hardware.sim.gpio import SimGpio
from hardware.sim.i2c import SimI2c
from hardware.sim.plant import UnknownRole, UnknownZone
from hardware.sim.settings import AmbientSettings, LoadSettings, PlantSettings
from hardware.sim.sysfs import SimSysfs
from hardware.sim.world import Mount, NoSimulatedChip, World

STILL = PlantSettings(ambient=AmbientSettings(amplitude_c=0.0))
WARM_PROBE = {"address": "28-000000000001"}
COOL_PROBE = {"address": "28-000000000002"}


class Bench:
    """A world, the hand on its clock, and drivers opened as the supervisor opens them."""

    def __init__(self, settings: PlantSettings = STILL, *, seed: int | None = None) -> None:
        self.time_s = 50.0
        self.world = World(settings, now=lambda: self.time_s, seed=seed)

    def open(self, device_id: str, driver: str, params: Mapping[str, Any], **where: Any) -> Any:
        spec = registry.get(driver)
        wire = self.world.wire(spec.wire.value, spec.wire)
        checked = spec.params.model_validate(params)
        self.world.mount(device_id, driver, wire=wire, params=checked.model_dump(), **where)
        return spec.open(OpenRequest(wire=wire, params=checked, sleep=self.wait))

    def wait(self, span_s: float) -> None:
        self.time_s += span_s

    def run(self, span_s: float, *, step_s: float = 5.0) -> None:
        for _ in range(round(span_s / step_s)):
            self.time_s += step_s
            self.world.step()


def value(sensor: Any) -> float:
    return sensor.read()[0].value


def test_the_relay_on_its_line_warms_what_the_probe_reads():
    bench = Bench()
    heater = bench.open("heater", "relay", {"pin": 17, "active_high": True}, role="heater")
    warm = bench.open("warm_probe", "ds18b20", WARM_PROBE, zone="warm")
    cool = bench.open("cool_probe", "ds18b20", COOL_PROBE, zone="cool")
    assert value(warm) == pytest.approx(21.0, abs=0.2)
    heater.write(1.0)
    bench.run(1800.0)
    assert value(warm) > 35.0
    assert 23.0 < value(cool) < value(warm) - 5.0
    heater.write(0.0)
    bench.run(8 * 3600.0)
    assert value(warm) == pytest.approx(21.0, abs=0.2)


def test_a_welded_relay_heats_on_and_the_probe_tells():
    bench = Bench()
    heater = bench.open("heater", "relay", {"pin": 17, "active_high": True}, role="heater")
    warm = bench.open("warm_probe", "ds18b20", WARM_PROBE, zone="warm")
    bench.world.plant.loads["heater"].stuck = 1.0
    heater.write(0.0)
    bench.run(2 * 3600.0)
    assert heater.read_back() == 0.0
    assert value(warm) > 45.0


def test_an_active_low_relay_on_an_unclaimed_low_line_heats():
    # GPIO 17 is pulled down after reset: the wiring mistake that the documentation warns of.
    bench = Bench()
    wire = bench.world.wire("gpio", WireKind.GPIO)
    bench.world.mount("heater", "relay", wire=wire, params={"pin": 17, "active_high": False}, role="heater")
    assert bench.world.plant.truth().loads["heater"].heat_w == 60.0


def test_a_dimmed_heater_gives_its_share_of_the_power():
    bench = Bench()
    heater = bench.open("heater", "pwm_output", {"pin": 18}, role="heater")
    heater.write(25.0)
    assert bench.world.plant.truth().loads["heater"].heat_w == pytest.approx(15.0, rel=0.01)


def test_a_sensor_that_hangs_in_the_room_feels_the_room_and_not_the_heater():
    bench = Bench()
    heater = bench.open("heater", "relay", {"pin": 17, "active_high": True}, role="heater")
    warm = bench.open("warm_probe", "ds18b20", WARM_PROBE, zone="warm")
    outside = bench.open("outside", "ds18b20", COOL_PROBE, is_ambient=True)
    heater.write(1.0)
    bench.run(3600.0)
    assert value(warm) > 35.0
    assert value(outside) == pytest.approx(21.0, abs=0.2)
    bench.world.plant.step_room(-8.0)
    bench.run(3600.0)
    assert value(outside) == pytest.approx(13.0, abs=0.3)


def test_the_float_switch_follows_the_tank_and_gives_an_edge():
    bench = Bench(STILL.model_copy(update={"tank_capacity_ml": 560.0}))
    level = bench.open("level", "float_switch", {"pin": 5})
    pump = bench.open("pump", "relay", {"pin": 22, "active_high": True}, role="pump")
    edges = []
    level.watch(lambda: edges.append(bench.time_s))
    assert value(level) == 1.0
    pump.write(1.0)
    bench.run(30.0)
    assert value(level) == 0.0
    assert edges == [65.0]  # 60 ml at 5 ml/s are gone at 62 s, and the world looks every 5 s


def test_the_door_and_the_button_are_seen_on_their_lines():
    bench = Bench()
    door = bench.open("door", "door_contact", {"pin": 6})
    button = bench.open("button", "button", {"pin": 7})
    assert (value(door), value(button)) == (0.0, 0.0)
    bench.world.plant.door_open = True
    bench.world.plant.button_pressed = True
    bench.world.step()
    assert (value(door), value(button)) == (1.0, 1.0)


def test_the_servo_of_a_feeder_counts_servings():
    bench = Bench()
    feeder = bench.open("feeder", "servo", {"pin": 18, "rest_deg": 10.0, "active_deg": 100.0}, role="feeder")
    for angle_deg in (100.0, 10.0, 55.0, 10.0, 100.0, 10.0):
        feeder.write(angle_deg)
        bench.run(5.0)
    assert bench.world.plant.truth().loads["feeder"].strokes == 2


def test_chips_on_one_bus_see_the_zones_they_stand_in():
    bench = Bench()
    mister = bench.open("mister", "relay", {"pin": 17, "active_high": True}, role="mister", zone="warm")
    warm = bench.open("warm_air", "sht3x", {"address": 0x44}, zone="warm")
    cool = bench.open("cool_air", "sht3x", {"address": 0x45}, zone="cool")
    mister.write(1.0)
    bench.run(20.0, step_s=1.0)
    assert warm.read()[1].value > cool.read()[1].value + 10.0


# Every chip.


def test_every_driver_has_a_simulated_chip():
    from hardware import drivers  # the registry also names other distributions' drivers

    here = {path.stem for path in Path(drivers.__path__[0]).glob("*.py")} - {"__init__"}
    for name in sorted(here):
        assert callable(import_module(f"hardware.sim.chips.{name}").attach), name


def test_a_driver_without_a_simulated_chip_is_refused():
    world = Bench().world
    for name in ("no_such_chip", "../relay", "relay.attach", ""):
        with pytest.raises(NoSimulatedChip, match="has no simulated chip"):
            world.mount("thing", name, wire=SimGpio(), params={})


def third_party(folder: Path, monkeypatch: pytest.MonkeyPatch, *, target: str) -> None:
    (folder / "their_chips.py").write_text(
        "def attach(wire, params, place):\n    wire.add('theirs', read=lambda: str(place.sense('pressure')))\n"
    )
    described = folder / "theirs-1.0.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (described / "entry_points.txt").write_text(f"[alimante.chips]\ntheir_chip = {target}\n")
    monkeypatch.syspath_prepend(str(folder))


def test_other_distributions_bring_their_chips(tmp_path, monkeypatch):
    third_party(tmp_path, monkeypatch, target="their_chips:attach")
    wire = SimSysfs()
    Bench().world.mount("theirs", "their_chip", wire=wire, params={})
    assert wire.read("theirs") == "1013.25"


def test_a_broken_chip_of_another_distribution_is_named(tmp_path, monkeypatch):
    third_party(tmp_path, monkeypatch, target="their_chips:missing")
    with pytest.raises(NoSimulatedChip, match="'their_chip' cannot be loaded"):
        Bench().world.mount("theirs", "their_chip", wire=SimSysfs(), params={})


# Wires and places.


@pytest.mark.parametrize(
    ("kind", "made"),
    [
        (WireKind.GPIO, SimGpio),
        (WireKind.I2C, SimI2c),
        (WireKind.ONEWIRE, SimSysfs),
        (WireKind.IIO, SimSysfs),
        (WireKind.HWMON, SimSysfs),
        (WireKind.PWM, SimSysfs),
    ],
)
def test_a_wire_is_made_once_and_stays_of_its_kind(kind, made):
    world = Bench().world
    wire = world.wire("one", kind)
    assert isinstance(wire, made)
    assert world.wire("one", kind) is wire
    assert world.wire("two", kind) is not wire
    with pytest.raises(ValueError, match="'one'"):
        world.wire("one", WireKind.I2C if made is SimGpio else WireKind.GPIO)


def test_a_place_that_does_not_exist_is_named():
    world = Bench().world
    wire = world.wire("gpio", WireKind.GPIO)
    params = {"pin": 17, "active_high": True}
    with pytest.raises(UnknownZone, match="it has warm, cool"):
        world.mount("heater", "relay", wire=wire, params=params, zone="attic", role="heater")
    with pytest.raises(UnknownRole, match="known are heater"):
        world.mount("heater", "relay", wire=wire, params=params, role="oven")
    assert not world.plant.loads


def test_the_settings_of_a_device_find_it_by_its_id():
    bench = Bench(PlantSettings(loads={"mat": LoadSettings(heat_w=15.0)}))
    bench.open("mat", "relay", {"pin": 17, "active_high": True}, role="heater").write(1.0)
    assert bench.world.plant.truth().loads["mat"].heat_w == 15.0


def test_a_cutoff_without_a_zone_is_in_series_with_every_heater():
    bench = Bench()
    bench.open("heater", "relay", {"pin": 17, "active_high": True}, role="heater", zone="cool").write(1.0)
    cutoff = bench.open("cutoff", "relay", {"pin": 27, "active_high": True}, role="cutoff")
    assert bench.world.plant.truth().loads["heater"].heat_w == 0.0
    cutoff.write(1.0)
    assert bench.world.plant.truth().loads["heater"].heat_w == 60.0


# The same again.


def trace(*, seed: int, others: int = 0) -> list[float]:
    """What one chip said in ten minutes of a heater's work, with `others` beside it that draw noise too."""
    bench = Bench(seed=seed)
    beside = [bench.open(f"probe_{n}", "ds18b20", {"address": f"28-00000000001{n}"}) for n in range(others)]
    air = bench.open("air", "sht3x", {"address": 0x44})
    heater = bench.open("heater", "relay", {"pin": 17, "active_high": True}, role="heater")
    said = []
    for number in range(20):
        heater.write(float(number % 3 == 0))
        bench.run(30.0)
        for probe in beside:
            probe.read()
        said.extend(sample.value for sample in air.read())
    return said


def test_the_same_seed_gives_the_same_trace_and_another_seed_another():
    assert trace(seed=7) == trace(seed=7)
    assert trace(seed=7) != trace(seed=8)


def test_another_device_does_not_move_a_devices_noise():
    assert trace(seed=7, others=3) == trace(seed=7)


def test_two_devices_have_different_noise():
    plant = Bench().world.plant
    one, other = (Mount(plant, name, zone=None, seed=1, now=lambda: 0.0) for name in ("one", "other"))
    assert one.noise(1.0) != other.noise(1.0)


def test_the_seed_of_the_settings_counts_when_no_other_is_given():
    def chip_says(settings: PlantSettings, seed: int | None = None) -> list[str]:
        probe = SimSysfs()
        World(settings, now=lambda: 0.0, seed=seed).mount("probe", "ds18b20", wire=probe, params=WARM_PROBE)
        return [probe.read("28-000000000001/temperature") for _ in range(20)]

    assert chip_says(PlantSettings(seed=5)) == chip_says(PlantSettings(seed=6), seed=5)
    assert chip_says(PlantSettings(seed=5)) != chip_says(PlantSettings(seed=6))


NOISE = """
from hardware.sim.settings import PlantSettings
from hardware.sim.world import Mount, World
world = World(PlantSettings(), now=lambda: 0.0)
place = Mount(world.plant, "probe", zone=None, seed=3, now=lambda: 0.0)
print([place.noise(1.0) for _ in range(3)])
"""


def test_noise_does_not_depend_on_the_hash_seed():
    said = {
        subprocess.run(
            [sys.executable, "-c", NOISE], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1
    assert len(said.pop()) > 10
