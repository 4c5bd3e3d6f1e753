"""Which faults are tried, and what a page and its figures say of them."""

from dataclasses import replace
from pathlib import Path

import pytest

from alimante.commands.loading import load_whole
from alimante.config.model import Config
from alimante.simulation import cases as what
from alimante.simulation.cases import Case, cases
from alimante.simulation.faults import AROUND, OF_WIRES, Around, device_kinds, parse
from alimante.simulation.matrix import Part, as_json, badge, changes, from_json, missing, roles_of
from alimante.simulation.matrix_page import because, page, untold
from alimante.simulation.trials import Calm, Norm, Row
from hardware.sim.faults import KINDS, Kind

CONFIG = Path(__file__).parents[3] / "config"
ROW = Row(
    fault="heater=welded",
    output="heater",
    state="on",
    at_s=900.0,
    detected_s=120.0,
    alert="heater/stuck_on",
    safe_s=130.0,
    healed_s=None,
    waits_for="a person",
    zone="warm",
    highest_c=36.5,
    harm_c=39.0,
    unseen_s=5.0,
    broken=(),
)
BROKER = replace(
    ROW,
    fault="broker=down",
    detected_s=10.0,
    alert="mqtt/link",
    safe_s=0.0,
    healed_s=95.0,
    waits_for="",
    highest_c=30.4,
)
CALM = Calm(
    seed=1,
    for_s=172_800.0,
    false_alarms=(),
    repairs=0,
    restarts=0,
    broken=(),
    unseen_s=4.0,
    highest_c={"warm": 30.5},
    lowest_c={"warm": 20.9},
)
PART = Part(
    file="small.json",
    sha256="ab" * 32,
    seed=1,
    roles={"warm_probe": "sensor", "heater": "heater", "cutoff": "cutoff"},
    usual=Norm(highest_c={"warm": 30.5}, switched={"heater": ((1.0, False), (12.0, True))}),
    rows=(ROW, BROKER),
    calm=CALM,
)


@pytest.fixture(scope="module")
def shipped() -> Config:
    return load_whole(CONFIG / "simulated.json").config


def with_row(**changed: object) -> Part:
    return replace(PART, rows=(replace(ROW, **changed), BROKER))


def test_every_kind_of_fault_there_is_is_tried(shipped: Config):
    tried = {(case.target if case.target in AROUND else "", case.kind) for case in cases(shipped)}
    kinds = {name for name, kind in KINDS.items() if not kind.is_event}
    assert {kind for target, kind in tried if not target} == {*kinds, *OF_WIRES}
    assert {(target, kind) for target, kind in tried if target} == {
        (target, kind) for target, kinds in AROUND.items() for kind in kinds
    }
    buses = {"i2c", "onewire", "iio", "hwmon"}
    assert {(case.target, case.kind) for case in cases(shipped) if case.target in shipped.wires} == {
        (bus, kind) for bus in buses for kind in OF_WIRES
    }


def test_every_device_is_broken(shipped: Config):
    assert {case.target for case in cases(shipped)} >= set(shipped.devices)


def test_a_heater_is_on_and_off_at_each_fault_that_concerns_it(shipped: Config):
    found = cases(shipped)
    for fault in ("heater=welded", "warm_probe=stuck", "air=off", "broker=down", "disk=full"):
        assert {case.state for case in found if case.fault == fault and case.output == "heater"} == {"on", "off"}


def test_a_thermometer_that_says_too_little_is_tried_in_three_sizes(shipped: Config):
    tried = {case.fault for case in cases(shipped) if case.output == "heater"}
    assert {f"warm_probe=wrong({by})" for by in (-4, -10, -25)} <= tried
    assert {f"warm_probe=drift({by})" for by in (-0.5, -2, -6)} <= tried


def test_each_thermometer_is_exchanged_with_one_of_another_zone(shipped: Config):
    devices, found = device_kinds(shipped), {}
    for case in cases(shipped):
        if case.kind == "exchanged":
            found[case.fault] = parse(f"{case.fault}@1", devices).targets
    thermometers = {"warm_probe", "cool_probe", "air", "air_cool", "weather"}
    assert set().union(*found.values()) == thermometers
    assert all(len({shipped.devices[name].zone for name in both}) == 2 for both in found.values())
    assert len(set(found.values())) == len(found)


def test_what_hangs_in_one_zone_is_not_exchanged():
    probes = load_whole(CONFIG / "three-probes.json").config
    assert not [case for case in cases(probes) if case.kind == "exchanged"]


def test_all_thermometers_of_a_heater_fail_at_once_where_there_is_more_than_one(shipped: Config):
    together = [case for case in cases(shipped) if len(case.faults) > 1]
    assert {(case.fault, case.state) for case in together} == {
        (fault, state)
        for fault in ("warm_probe=wrong(-10) & air=wrong(-10)", "warm_probe=detached & air=detached")
        for state in ("on", "off")
    }
    assert not [case for case in cases(load_whole(CONFIG / "one-probe.json").config) if len(case.faults) > 1]


def test_no_case_is_there_twice(shipped: Config):
    found = cases(shipped)
    assert len(set(found)) == len(found)


def test_a_new_kind_comes_in_by_itself(shipped: Config, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(AROUND, "disk", {**AROUND["disk"], "noisy": Around(summary="it crackles", argument=None)})  # type: ignore[arg-type]
    monkeypatch.setitem(KINDS, "tired", Kind(summary="it yawns", argument=None))
    monkeypatch.setattr(what, "_can_have", lambda config, device, kind: kind == "tired")
    faults = {case.fault for case in cases(shipped)}
    assert {"disk=noisy(2h)", "warm_probe=tired(60)"} <= faults


def test_a_fault_without_an_output_that_it_concerns_is_tried_once(shipped: Config):
    assert [case for case in cases(shipped) if case.fault == "cpu=off"] == [Case(fault="cpu=off")]


def test_the_roles_of_a_configuration(shipped: Config):
    roles = roles_of(shipped)
    assert (roles["heater"], roles["cutoff"], roles["warm_probe"]) == ("heater", "cutoff", "sensor")


def test_the_file_form_comes_back_as_it_was():
    assert from_json(as_json([PART, replace(PART, calm=None)])) == [
        replace(PART, rows=[ROW, BROKER]),
        replace(PART, rows=[ROW, BROKER], calm=None),
    ]


def test_the_badge_counts():
    assert badge([PART]) == (
        "faults survived 2/2 · noticed 2/2 · no false alarms in 2 d without faults · "
        "longest heating on an old reading 5 s · hottest 36.5 °C, where harm begins at 39 °C"
    )
    spoilt = replace(with_row(broken=("I3: hot",), detected_s=None), calm=replace(CALM, false_alarms=("a/b", "c/d")))
    assert badge([spoilt]).startswith("faults survived 1/2 · noticed 1/2 · 2 false alarms in")


def test_the_badge_counts_healthy_heaters_that_tripped_where_that_was_measured_everywhere():
    rows = (replace(ROW, false_trips=2), replace(BROKER, false_trips=0))
    measured = replace(PART, rows=rows, calm=replace(CALM, false_trips=1))
    assert "healthy heaters tripped 3" in badge([measured])
    assert "tripped" not in badge([measured, PART])


def test_how_cold_it_was_is_a_column_where_that_was_measured():
    assert "colder" not in page([PART])
    told = page([with_row(colder_c=4.25)])
    assert "| hottest | colder than the target by | |" in told
    assert "| 36.5 °C | 4.2 °C | ✓ |" in told
    assert "| °C | colder by, °C |" in told


def test_what_was_not_measured_before_is_no_change_and_what_became_colder_is_worse():
    assert changes([PART], [with_row(colder_c=4.0, false_trips=1)]) == []
    (colder,) = changes([with_row(colder_c=4.0)], [with_row(colder_c=4.1)])
    assert "is WORSE: colder_c 4.1 instead of 4.0" in colder
    (tripped,) = changes([with_row(false_trips=0)], [with_row(false_trips=1)])
    assert "is WORSE" in tripped


def test_nothing_changed_is_nothing_to_tell():
    assert changes([PART], [PART]) == []


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ({"safe_s": 131.0}, "is WORSE: safe 131.0 instead of 130.0"),
        ({"safe_s": None}, "is WORSE: safe never instead of 130.0"),
        ({"detected_s": None, "alert": ""}, "is WORSE: noticed never instead of 120.0"),
        ({"highest_c": 36.6}, "is WORSE: highest_c 36.6 instead of 36.5"),
        ({"broken": ("I3: warm was at 40 °C",)}, "is WORSE: it is not survived any more: I3: warm was at 40 °C"),
        ({"safe_s": 99.0}, "is another: safe 99.0 instead of 130.0"),
        ({"alert": "heater/swapped"}, 'alert "heater/swapped" instead of "heater/stuck_on"'),
    ],
)
def test_a_change_is_told_in_a_sentence_with_its_direction(now: dict[str, object], words: str):
    (sentence,) = changes([PART], [with_row(**now)])
    assert sentence.startswith("small.json: heater=welded with heater on ")
    assert words in sentence
    assert "make matrix" in sentence


def test_another_configuration_and_another_row_are_told():
    assert "was changed since" in changes([PART], [replace(PART, sha256="cd" * 32)])[0]
    assert "not in the matrix" in changes([], [PART])[0]
    assert "has no row" in changes([replace(PART, rows=(ROW,))], [PART])[0]


def test_rows_that_were_not_run_again_are_no_change():
    assert changes([PART], [replace(PART, rows=(ROW,))]) == []


def test_missing_and_surplus_rows_are_told():
    lacking, surplus = missing(PART, [BROKER.case, Case(fault="disk=full", output="heater", state="on")])
    assert "disk=full with heater on has no row" in lacking
    assert "heater=welded with heater on is not tried any more" in surplus


def test_a_case_that_a_person_helped_into_its_state_is_the_same_case():
    assert replace(ROW, state="on, by hand").case == ROW.case
    assert replace(ROW, state="on, refused").case == ROW.case


def test_the_page_shows_the_worst_first_and_harm_in_bold():
    mild = replace(ROW, fault="heater=burnt_out", highest_c=30.0)
    harm = replace(ROW, fault="heater=inverted", highest_c=33.0, broken=("I3: warm was at 40 °C",))
    text = page([replace(PART, rows=(mild, ROW, harm))])
    assert text.index("(`inverted`)") < text.index("(`welded`)") < text.index("(`burnt_out`)")
    assert "**broken in 1**" in text
    assert "I3: warm was at 40 °C" in text


def test_the_page_says_when_something_is_never_safe_or_needs_a_person():
    text = page([with_row(safe_s=None)])
    assert "| 2 min | not by itself | a person | 36.5 °C | ✓ |" in text


def test_what_nobody_was_told_has_its_reason_or_is_a_defect():
    silent = replace(ROW, fault="warm_probe=drift(3)", detected_s=None, alert="")
    odd = replace(silent, fault="disk=full")
    assert because(ROW) is None
    assert because(silent)
    assert list(untold([replace(PART, rows=(ROW, silent, odd))])) == [
        "small.json: disk=full with heater on raised no alert"
    ]
    text = page([replace(PART, rows=(silent, odd))])
    assert "**drift**, 1 run: " in text
    assert "this is a defect" in text


def test_faults_at_once_are_told_as_such():
    both = replace(ROW, fault="warm_probe=wrong(-10) & air=wrong(-10)")
    alone = replace(ROW, fault="warm_probe=wrong(-4)")
    text = page([replace(PART, rows=(both, alone))])
    assert "| all thermometers of a heater: it is wrong by so much (`wrong(-10)`) | 1 |" in text
    assert "| it is wrong by so much (`wrong(-4)`) | 1 |" in text


def test_the_run_without_faults_says_how_long_it_really_was():
    assert "| small.json, seed 1 | 2 | 0 | 0 | 0 | warm 20.9 to 30.5 °C |" in page([PART])
