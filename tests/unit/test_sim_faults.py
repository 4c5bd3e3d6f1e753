"""Faults of simulated devices: their text form, and what a driver then meets on the wire."""

import math
from statistics import pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.api import OpenRequest, WireKind
from hardware.drivers import bh1750, dht22, ds18b20, relay, sht3x
from hardware.errors import BadData, DeviceError, NoAnswer, TransferError
from hardware.sim.faults import KINDS, BadFault, Fault, parse
from hardware.sim.sabotage import Sabotage
from hardware.sim.settings import PlantSettings, ZoneSettings
from hardware.sim.world import World

PROBE, AIR, BOX, HEATER, FAR = "28-0316a2795bff", "air", "box", "heater", "far"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("probe=off@10", Fault(device="probe", kind="off", at_s=10.0)),
        ("probe=wrong(-8.5)@1.5m+2h", Fault(device="probe", kind="wrong", argument=-8.5, at_s=90.0, for_s=7200.0)),
        ("air.humidity=stuck@0", Fault(device="air", kind="stuck", quantity="humidity")),
        ("probe=hang@1d", Fault(device="probe", kind="hang", argument=math.inf, at_s=86400.0)),
        ("heater=write_fails@5s", Fault(device="heater", kind="write_fails", argument=5.0, at_s=5.0)),
        ("probe=detached@1h", Fault(device="probe", kind="detached", argument=120.0, at_s=3600.0)),
        ("air.humidity=detached(60)@0", Fault(device="air", kind="detached", argument=60.0, quantity="humidity")),
        ("probe=exchanged(air)@1h", Fault(device="probe", kind="exchanged", at_s=3600.0, other="air")),
    ],
)
def test_a_fault_is_read_from_its_text(text, fault):
    assert parse(text) == fault


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("probe", "a fault is written <device>=<kind>"),
        ("probe=weldd@1", 'did you mean "welded"?'),
        ("probe=xyz@1", "known are stuck, wrong"),
        ("probe=wrong@1", "wrong needs the error in the sensor's unit, such as wrong(1)"),
        ("probe=wrong(hot)@1", 'not "hot"'),
        ("probe=wrong(nan)@1", 'not "nan"'),
        ("probe=intermittent(2)@1", "is from 0 to 1, not 2"),
        ("probe=off@soon", '"soon" is no time'),
        ("probe=detached(0)@1", "is at least 1, not 0"),
        ("heater=power@1", "power needs the multiple, such as 0.5"),
        ("heater=power(-1)@1", "is from 0 to 10, not -1"),
        ("probe=exchanged@1", "exchanged needs another sensor in brackets"),
        ("probe=exchanged(-3)@1", "exchanged needs another sensor in brackets"),
        ("probe=exchanged(probe)@1", "probe cannot be exchanged with itself"),
        ("probe=off@1+forever", '"forever" is no time'),
    ],
)
def test_what_is_no_fault_is_told_with_a_hint(text, said):
    with pytest.raises(BadFault) as caught:
        parse(text)
    assert said in str(caught.value)
    assert text in str(caught.value)


@given(st.text(max_size=40) | st.from_regex(r"[a-z]+=[a-z]+(\([0-9a-z.]*\))?@[0-9a-z.]+", fullmatch=True))
def test_no_text_ends_in_anything_but_a_fault_or_a_sentence(text):
    try:
        fault = parse(text)
    except BadFault:
        return
    assert fault.kind in KINDS
    assert fault.at_s >= 0.0


class Bench:
    """One device of each kind of wire in a world at 25 °C, with faults."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.slept: list[tuple[str, float]] = []
        zones = {"warm": ZoneSettings(start_c=25.0), "cool": ZoneSettings(start_c=35.0)}
        settings = PlantSettings(zones=zones, coupling_w_per_k=0.0)
        self.world = World(settings, now=lambda: self.now_s, seed=1)
        self.drivers = {
            "probe": self._mount("probe", ds18b20, {"address": PROBE}),
            AIR: self._mount(AIR, sht3x, {"address": 0x44}),
            BOX: self._mount(BOX, dht22, {"pin": 24}),
            HEATER: self._mount(HEATER, relay, {"pin": 17, "active_high": True}, role="heater"),
            "idle": self._mount("idle", relay, {"pin": 18, "active_high": True}, role="other"),
            FAR: self._mount(FAR, sht3x, {"address": 0x45}, zone="cool"),
            "lux": self._mount("lux", bh1750, {"address": 0x23}),
        }
        self.sabotage = Sabotage(
            self.world, now=lambda: self.now_s, sleep=lambda device, s: self.slept.append((device, s)), seed=1
        )

    def _mount(self, device, module, params, **where):
        driver = module.DRIVER
        wire = self.world.wire(driver.wire.value, WireKind(driver.wire))
        given = driver.params(**params)
        quantities = [channel.quantity for channel in driver.channels(given)]
        self.world.mount(device, driver.name, wire=wire, params=given.model_dump(), quantities=quantities, **where)
        return driver.open(OpenRequest(wire=wire, params=given, sleep=lambda s: None))

    def begin(self, text: str):
        return self.sabotage.begin(parse(f"{text}@0"))

    def read(self, device: str, channel: int = 0) -> float:
        self.now_s += 5.0
        return self.drivers[device].read()[channel].value

    def read_after(self, device: str, span_s: float) -> float:
        """What it says after it was read every five seconds for so long."""
        return [self.read(device) for _ in range(round(span_s / 5.0))][-1]

    @property
    def room_c(self) -> float:
        return self.world.plant.truth().ambient_c

    def zone_c(self, zone: str) -> float:
        return self.world.plant.truth().zones[zone].temperature_c

    @property
    def heat_w(self) -> float:
        return self.world.plant.truth().loads[HEATER].heat_w


SENSORS = ("probe", AIR, BOX)


@pytest.mark.parametrize("device", SENSORS)
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("off", NoAnswer),
        ("raise(5)", TransferError),
        ("intermittent(1)", NoAnswer),
        ("sentinel", BadData),
    ],
)
def test_a_question_that_ends_badly_does_so_until_it_is_repaired(device, fault, error):
    bench = Bench()
    undo = bench.begin(f"{device}={fault}")
    with pytest.raises(error):
        bench.read(device)
    undo()
    assert bench.read(device) == pytest.approx(25.0, abs=0.5)


@pytest.mark.parametrize("device", SENSORS)
def test_values_are_bent_in_the_unit_of_the_sensor(device):
    bench = Bench()
    bench.read(device)
    undo = bench.begin(f"{device}=wrong(8)")
    assert bench.read(device) == pytest.approx(33.0, abs=0.5)
    undo()
    assert bench.read(device) == pytest.approx(25.0, abs=0.5)
    bench.begin(f"{device}=drift(7200)")
    assert bench.read(device) == pytest.approx(35.0, abs=0.5)


@pytest.mark.parametrize("device", SENSORS)
def test_a_stuck_sensor_says_exactly_the_same_while_the_truth_moves(device):
    bench = Bench()
    bench.begin(f"{device}=stuck")
    first = bench.read(device)
    bench.world.plant.act(HEATER, 1.0)
    bench.now_s += 600.0
    assert {bench.read(device) for _ in range(5)} == {first}
    assert bench.world.plant.truth().zones["warm"].temperature_c > 28.0


@pytest.mark.parametrize("device", SENSORS)
def test_garbage_scatters_as_widely_as_it_says(device):
    bench = Bench()
    bench.begin(f"{device}=garbage(5)")
    assert 3.5 < pstdev(bench.read(device) for _ in range(100)) < 6.5


def test_garbage_of_several_sensors_is_unlike_and_no_other_than_that_of_one_alone():
    def noise(*faulty: str) -> list[list[float]]:
        bench = Bench()
        for device in faulty:
            bench.begin(f"{device}=garbage(5)")
        return [[bench.drivers[device].read()[0].value for _ in range(20)] for device in faulty]

    together = noise(*SENSORS)
    assert all(len(set(look)) == len(SENSORS) for look in zip(*together, strict=True))
    assert [noise(device)[0] for device in SENSORS] == together


@pytest.mark.parametrize("device", SENSORS)
def test_delayed_values_are_those_of_so_long_ago(device):
    bench = Bench()
    bench.begin(f"{device}=delayed(120)")
    bench.read(device)
    bench.world.plant.act(HEATER, 1.0)
    early = [bench.read(device) for _ in range(24)]
    assert max(early) < 25.4
    assert bench.world.plant.truth().zones["warm"].temperature_c > 25.9
    assert max(bench.read(device) for _ in range(30)) > 25.5


@pytest.mark.parametrize("device", SENSORS)
def test_a_detached_sensor_takes_on_the_temperature_of_the_room_with_its_lag(device):
    bench = Bench()
    bench.world.plant.act(HEATER, 0.4)
    began_c = bench.read_after(device, 600.0)
    room_c = bench.room_c
    bench.begin(f"{device}=detached(300)")
    for span_s, left in ((300.0, math.exp(-1.0)), (300.0, math.exp(-2.0)), (1500.0, math.exp(-7.0))):
        assert bench.read_after(device, span_s) == pytest.approx(room_c + (began_c - room_c) * left, abs=0.7)
    assert bench.zone_c("warm") > room_c + 8.0


@pytest.mark.parametrize("device", SENSORS)
def test_a_sensor_that_was_put_back_comes_back_with_its_lag_and_then_says_what_is_so(device):
    bench = Bench()
    bench.world.plant.act(HEATER, 0.4)
    undo = bench.begin(f"{device}=detached(300)")
    bench.read_after(device, 3000.0)
    undo()
    difference = bench.room_c - bench.zone_c("warm")
    early_c = bench.read_after(device, 300.0)  # a DS18B20 has some seconds of its own on top
    assert early_c == pytest.approx(bench.zone_c("warm") + difference * math.exp(-1.0), abs=0.7)
    bench.read_after(device, 3000.0)
    assert bench.read(device) == pytest.approx(bench.zone_c("warm"), abs=0.5)


def test_a_detached_sensor_follows_a_room_that_changes():
    bench = Bench()
    bench.begin("air=detached")
    bench.read_after(AIR, 6 * 3600.0)
    assert bench.room_c > 22.9
    assert bench.read(AIR) == pytest.approx(bench.room_c, abs=0.4)


def test_the_humidity_of_a_detached_sensor_is_that_of_the_room():
    bench = Bench()
    assert bench.read(AIR, 1) < 44.0
    bench.begin("air=detached")
    bench.read_after(AIR, 1200.0)
    assert bench.read(AIR, 1) == pytest.approx(bench.world.plant.sense("warm", "ambient_humidity"), abs=2.0)
    assert bench.read(AIR, 0) == pytest.approx(bench.room_c, abs=0.4)


def test_one_quantity_of_a_detached_chip_can_be_meant():
    bench = Bench()
    bench.world.plant.act(HEATER, 0.4)
    bench.begin("air.humidity=detached")
    bench.read_after(AIR, 1200.0)
    assert bench.read(AIR) == pytest.approx(bench.zone_c("warm"), abs=0.5)


@pytest.mark.parametrize("one", SENSORS)
def test_exchanged_sensors_of_any_kind_say_what_is_so_where_the_other_one_belongs(one):
    bench = Bench()
    undo = bench.begin(f"{one}=exchanged({FAR})")
    bench.read_after(one, 300.0)
    assert bench.read(one) == pytest.approx(bench.zone_c("cool"), abs=0.7)
    assert bench.read(FAR) == pytest.approx(bench.zone_c("warm"), abs=0.5)
    assert abs(bench.zone_c("cool") - bench.zone_c("warm")) > 5.0
    undo()
    bench.read_after(one, 300.0)
    assert bench.read(one) == pytest.approx(bench.zone_c("warm"), abs=0.7)
    assert bench.read(FAR) == pytest.approx(bench.zone_c("cool"), abs=0.5)


def test_an_exchange_takes_nobody_elses_noise_along():
    calm, exchanged = Bench(), Bench()
    exchanged.begin(f"air=exchanged({FAR})")
    errors = [
        [bench.read(FAR) - bench.zone_c(zone) for _ in range(20)]
        for bench, zone in ((calm, "cool"), (exchanged, "warm"))
    ]
    assert errors[1] == pytest.approx(errors[0], abs=0.02)


def test_exchanges_that_overlap_leave_everything_in_its_place_in_the_end():
    bench = Bench()
    undo = [bench.begin(f"air=exchanged({FAR})"), bench.begin(f"probe=exchanged({FAR})")]
    undo[0]()
    assert bench.read(AIR) == pytest.approx(bench.zone_c("warm"), abs=0.5)
    undo[1]()
    for device, zone in ((AIR, "warm"), (FAR, "cool")):
        assert bench.read(device) == pytest.approx(bench.zone_c(zone), abs=0.5)


def test_faults_of_one_moment_begin_in_one_step():
    bench = Bench()
    for device in SENSORS:
        bench.sabotage.add(parse(f"{device}=off@60"))
    bench.now_s = 60.0
    bench.sabotage.step()
    for device in SENSORS:
        with pytest.raises(NoAnswer):
            bench.read(device)


def test_one_quantity_of_a_chip_can_be_meant():
    bench = Bench()
    bench.begin("air.humidity=wrong(20)")
    bench.begin("box.humidity=sentinel(105)")
    assert bench.read(AIR) == pytest.approx(25.0, abs=0.5)
    with pytest.raises(BadData, match="105"):
        bench.read(BOX)


@pytest.mark.parametrize(("fault", "seconds"), [("slow(4)", 4.0), ("hang", math.inf)])
def test_slow_and_hanging_questions_occupy_the_wire(fault, seconds):
    bench = Bench()
    bench.begin(f"probe={fault}")
    bench.read("probe")
    assert bench.slept == [("probe", seconds)]


def test_actuators_break_in_what_they_do():
    bench = Bench()
    heater = bench.drivers[HEATER]
    undo = bench.begin("heater=welded")
    assert (heater.read_back(), bench.heat_w) == (0.0, 60.0)
    undo()
    heater.write(1.0)
    undo = bench.begin("heater=burnt_out")
    assert (heater.read_back(), bench.heat_w) == (1.0, 0.0)
    undo()
    undo = bench.begin("heater=inverted")
    assert (heater.read_back(), bench.heat_w) == (1.0, 0.0)
    undo()
    assert bench.heat_w == 60.0


def test_an_actuator_can_have_another_power_and_still_obeys():
    bench = Bench()
    heater = bench.drivers[HEATER]
    undo = bench.begin("heater=power(0.5)")
    assert bench.heat_w == 0.0
    heater.write(1.0)
    assert (heater.read_back(), bench.heat_w) == (1.0, 30.0)
    undo()
    assert bench.heat_w == 60.0
    bench.begin("heater=power(2)")
    assert bench.heat_w == 120.0
    heater.write(0.0)
    assert bench.heat_w == 0.0


def test_a_relay_whose_writes_fail_stays_as_it_is():
    bench = Bench()
    heater = bench.drivers[HEATER]
    heater.write(1.0)
    undo = bench.begin("heater=write_fails")
    with pytest.raises(DeviceError, match="GPIO 17"):
        heater.write(0.0)
    assert (heater.read_back(), bench.heat_w) == (1.0, 60.0)
    undo()
    heater.write(0.0)
    assert bench.heat_w == 0.0


def test_a_relay_can_lie_about_its_line():
    bench = Bench()
    heater = bench.drivers[HEATER]
    bench.begin("heater=lies(0)")
    heater.write(1.0)
    assert (heater.read_back(), bench.heat_w) == (0.0, 60.0)


def test_faults_begin_and_end_in_their_time():
    bench = Bench()
    bench.sabotage.add(parse("heater=welded@60+30"))
    seen = []
    for second in range(0, 120, 10):
        bench.now_s = second
        bench.sabotage.step()
        seen.append(bench.heat_w)
    assert seen == [0.0] * 6 + [60.0] * 3 + [0.0] * 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nobody=off@1", "there is no simulated device 'nobody'; there are probe, air, box, heater"),
        ("heater=detached@1", "heater is an actuator"),
        ("probe=power(2)@1", "probe is a sensor"),
        ("idle=power(2)@1", "idle does nothing to its surroundings"),
        ("lux=detached@1", "lux measures nothing that would be another in the room"),
        ("probe.humidity=detached@1", "probe measures nothing that would be another in the room"),
        ("heater=exchanged(probe)@1", "heater is an actuator"),
        ("probe=exchanged(nobody)@1", "no other simulated device 'nobody' to be exchanged with probe"),
        ("probe=exchanged(lux)@1", "probe cannot be exchanged with lux, which does not measure temperature"),
        ("probe=exchanged(heater)@1", "probe cannot be exchanged with heater, which does not measure temperature"),
        ("heater=off@1", "heater is an actuator"),
        ("probe=welded@1", "probe is a sensor"),
    ],
)
def test_a_fault_that_fits_no_device_is_told_when_it_is_added(text, said):
    with pytest.raises(BadFault, match=said):
        Bench().sabotage.add(parse(text))


def test_the_same_seed_breaks_the_same_way():
    def answers() -> list[str]:
        bench = Bench()
        bench.begin("probe=intermittent(0.5)")
        found = []
        for _ in range(50):
            try:
                found.append(str(bench.read("probe")))
            except NoAnswer:
                found.append("none")
        return found

    assert answers() == answers()
    assert 10 < answers().count("none") < 40
