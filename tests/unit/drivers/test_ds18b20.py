"""The DS18B20's driver on simulated files."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import FixedPlace, attach_chip, open_driver
from pydantic import ValidationError

from hardware.drivers.ds18b20 import Ds18b20, Ds18b20Params, decode
from hardware.errors import BadData, NoAnswer, TransferError, WireUnavailable
from hardware.sim.chips.ds18b20 import LAG_S
from hardware.sim.sysfs import SimSysfs

ROM = "28-0123456789ab"


@pytest.fixture
def place() -> FixedPlace:
    return FixedPlace(temperature=23.125)


@pytest.fixture
def wire(place: FixedPlace) -> SimSysfs:
    wire = SimSysfs()
    attach_chip("ds18b20", wire, {"address": ROM}, place)
    return wire


@pytest.fixture
def probe(wire: SimSysfs, place: FixedPlace) -> Ds18b20:
    return open_driver("ds18b20", wire, {"address": ROM}, place)


@pytest.mark.parametrize("last_good_c", [None, 23.0, 5.1, -5.1])
def test_a_scratchpad_of_zeros_is_bad_data(last_good_c: float | None) -> None:
    with pytest.raises(BadData, match="shorted"):
        decode("0", last_good_c=last_good_c)


@pytest.mark.parametrize("last_good_c", [5.0, 0.0, -5.0])
def test_zero_degrees_are_believed_after_a_reading_near_them(last_good_c: float) -> None:
    assert decode("0", last_good_c=last_good_c) == 0.0


def says(wire: SimSysfs, text: str) -> None:
    wire.add(f"{ROM}/temperature", read=text)


# The table of temperatures in the data sheet (table 1), as the kernel writes them.
@pytest.mark.parametrize(
    ("text", "value_c"),
    [
        ("125000", 125.0),
        ("25062", 25.062),
        ("10125", 10.125),
        ("500", 0.5),
        ("0", 0.0),
        ("-500", -0.5),
        ("-10125", -10.125),
        ("-25062", -25.062),
        ("-55000", -55.0),
    ],
)
def test_the_data_sheets_temperatures_are_decoded(text: str, value_c: float) -> None:
    assert decode(text, last_good_c=value_c) == value_c


@given(st.integers(-55_000, 125_000).filter(lambda milli: milli not in (0, 85_000)))
def test_every_temperature_in_range_is_its_milli_degrees(milli: int) -> None:
    assert decode(str(milli), last_good_c=None) * 1000 == pytest.approx(milli)


@given(st.text())
def test_any_text_is_a_finite_temperature_or_bad_data(text: str) -> None:
    with suppress(BadData):
        assert -55.0 <= decode(text, last_good_c=None) <= 125.0


@pytest.mark.parametrize(
    "text", ["", "127937", "-127000", "125001", "-55001", "nan", "inf", "23.1", "t=23125", "9" * 400]
)
def test_what_is_no_temperature_is_bad_data(text: str) -> None:
    with pytest.raises(BadData):
        decode(text, last_good_c=23.0)


@pytest.mark.parametrize("last_good_c", [None, 23.0, 79.9, 90.1])
def test_the_power_on_value_is_bad_data(last_good_c: float | None) -> None:
    with pytest.raises(BadData, match="power-on"):
        decode("85000", last_good_c=last_good_c)


@pytest.mark.parametrize("last_good_c", [80.0, 84.9, 90.0])
def test_the_power_on_value_is_believed_after_a_reading_near_it(last_good_c: float) -> None:
    assert decode("85000", last_good_c=last_good_c) == 85.0


def test_the_probe_reads_what_is_there(probe: Ds18b20) -> None:
    (sample,) = probe.read()
    assert (sample.channel, sample.value) == ("temperature", 23.125)


def test_the_driver_remembers_the_last_good_reading(probe: Ds18b20, wire: SimSysfs) -> None:
    says(wire, "84000")
    probe.read()
    says(wire, "85000")
    assert probe.read()[0].value == 85.0
    says(wire, "23000")
    probe.read()
    says(wire, "85000")
    with pytest.raises(BadData, match=ROM):
        probe.read()


def test_a_bad_reading_is_not_remembered_as_good(probe: Ds18b20, wire: SimSysfs) -> None:
    says(wire, "85000")
    for _ in range(2):
        with pytest.raises(BadData):
            probe.read()


def test_an_empty_file_is_bad_data_that_names_the_probe(probe: Ds18b20, wire: SimSysfs) -> None:
    says(wire, "")
    with pytest.raises(BadData, match=f"1-Wire {ROM}: .*checksum"):
        probe.read()


def test_a_missing_probe_is_no_answer_with_a_hint(place: FixedPlace) -> None:
    with pytest.raises(NoAnswer, match=r"4\.7 kΩ pull-up"):
        open_driver("ds18b20", SimSysfs(), {"address": ROM}, place)


def test_an_unplugged_probe_is_no_answer_and_comes_back(probe: Ds18b20, wire: SimSysfs, place: FixedPlace) -> None:
    wire.remove(ROM)
    with pytest.raises(NoAnswer, match=ROM):
        probe.read()
    attach_chip("ds18b20", wire, {"address": ROM}, place)
    assert probe.read()[0].value == 23.125
    assert wire.read(f"{ROM}/features") == "1"


def test_a_missing_tree_is_told_as_such(probe: Ds18b20, wire: SimSysfs) -> None:
    wire.vanish(True)
    with pytest.raises(WireUnavailable):
        probe.read()


def test_the_kernel_is_asked_to_report_the_power_on_value(probe: Ds18b20, wire: SimSysfs) -> None:
    assert wire.read(f"{ROM}/features") == "1"


def test_the_resolution_is_set_and_quantises(wire: SimSysfs, place: FixedPlace) -> None:
    probe = open_driver("ds18b20", wire, {"address": ROM, "resolution_bits": 9}, place)
    assert wire.read(f"{ROM}/resolution") == "9"
    assert probe.read()[0].value == 23.0


def test_the_right_resolution_is_not_written_again(wire: SimSysfs, place: FixedPlace) -> None:
    written: list[str] = []
    wire.add(f"{ROM}/resolution", read="12\n", write=written.append)
    open_driver("ds18b20", wire, {"address": ROM}, place)
    assert written == []


def test_a_probe_that_lost_its_power_gets_its_resolution_again(wire: SimSysfs, place: FixedPlace) -> None:
    probe = open_driver("ds18b20", wire, {"address": ROM, "resolution_bits": 10}, place)
    says(wire, "85000")
    with pytest.raises(BadData):
        probe.read()
    wire.write(f"{ROM}/resolution", "12")
    says(wire, "23000")
    probe.read()
    assert wire.read(f"{ROM}/resolution") == "10"


def test_files_that_are_absent_or_read_only_do_not_stop_the_probe(place: FixedPlace) -> None:
    wire = SimSysfs()
    says(wire, "23125")
    wire.add(f"{ROM}/resolution", read="9\n")
    probe = open_driver("ds18b20", wire, {"address": ROM}, place)
    assert probe.read()[0].value == 23.125


def test_a_kernel_error_passes_through(probe: Ds18b20, wire: SimSysfs) -> None:
    def fail() -> str:
        raise TransferError("input/output error")

    wire.add(f"{ROM}/temperature", read=fail)
    with pytest.raises(TransferError):
        probe.read()


def test_the_simulated_probe_lags_behind_its_surroundings(probe: Ds18b20, place: FixedPlace) -> None:
    probe.read()
    place.truths["temperature"] = 33.125
    place.time_s += LAG_S
    assert probe.read()[0].value == pytest.approx(23.125 + 10 * 0.632, abs=0.07)
    place.time_s += 20 * LAG_S
    assert probe.read()[0].value == 33.125


@pytest.mark.parametrize("address", ["28-0123456789AB", "10-0123456789ab", "28-01234567", "../28-0123456789ab", 28])
def test_only_the_rom_code_of_a_ds18b20_is_an_address(address: object) -> None:
    with pytest.raises(ValidationError):
        Ds18b20Params.model_validate({"address": address})
