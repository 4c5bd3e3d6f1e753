"""The report as people see it."""

import io
import logging
import os
import re
from collections import deque

import pytest

from alimante.services import console
from alimante.services.console import LiveTable, LogTail
from alimante.services.table import cut, plain_table, table

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def reading(value=28.5, quality="good", reasons=(), age_s=3.0):
    return {"value": value, "unit": "°C", "quality": quality, "reasons": list(reasons), "age_s": age_s}


def sensor(**found):
    return {
        "kind": "sensor",
        "name": "x",
        "state": "online",
        "reason": "",
        "channels": {"temperature": reading(**found)},
    }


def actuator(**more):
    shown = {"value": "ON", "source": "warmth", "reason": "it is cold", "limited_because": "", "trip": ""}
    return {"kind": "actuator", "latched": False, "limited_by": "", "learned": None, **shown, **more}


def bounds(**more):
    room = {"room_seems_c": 21.26, "room_low_c": 18.0, "room_high_c": 26.0}
    return {
        "highest_possible_c": 30.12,
        "is_doubted": False,
        "is_too_cold": False,
        **room,
        "drift_bound_c": 38.0,
        "harm_c": 39.0,
        **more,
    }


def alert(name="probe/lost", level="critical", state="active", by="", text="no answer"):
    return {"alert": name, "level": level, "state": state, "text": text, "acknowledged_by": by}


def report(**more):
    return {
        "version": "0.1.0",
        "state": "running",
        "health": "HEALTHY",
        "armed": True,
        "not_armed_because": "",
        "maintenance_s": None,
        "boot": {"last_end": None, "bad_starts": 0, "safe_mode": ""},
        "uptime_s": 7300.0,
        "time_believed": True,
        "devices": {"probe": sensor(), "heater": actuator()},
        "groups": {},
        "controllers": {},
        "alerts": [],
        "troubles": [],
        **more,
    }


def shown(**more):
    return "\n".join(plain_table(report(**more)))


def test_a_calm_node_is_a_short_table():
    assert plain_table(report()) == [
        "Alimante 0.1.0  running  HEALTHY  up 2 h",
        "",
        "Sensors",
        "  probe              temperature           28.5 °C  3 s ago",
        "",
        "Outputs",
        "  heater                                        ON  warmth: it is cold",
    ]


def test_why_it_is_not_armed_stands_at_the_top():
    lines = plain_table(report(armed=False, not_armed_because="not armed: not yet known to be safe: heater"))
    assert lines[1] == "not armed: not yet known to be safe: heater"


def test_maintenance_and_an_unknown_time_are_told():
    text = shown(maintenance_s=900.0, time_believed=False)
    assert "controllers are ignored for 15 min more" in text
    assert "the time is not known" in text


def test_alerts_stand_above_readings_the_worst_first_and_many_are_counted():
    alerts = [alert(f"probe{number}/lost", level="warning") for number in range(5)]
    lines = plain_table(report(alerts=[*alerts, alert("heater/hot", by="Kim")]))
    assert lines[2] == "Alerts"
    assert lines[3] == "  heater/hot (Kim knows)  no answer"
    assert lines[7] == "  and 2 more: `alimante alerts` shows them"
    assert lines.index("Sensors") > 7


def test_a_reading_that_is_not_good_says_so_and_why():
    text = shown(devices={"probe": sensor(quality="suspect", reasons=["older than 15 s"], age_s=16.0)})
    assert "suspect 16 s ago older than 15 s" in text
    text = shown(devices={"probe": sensor(value=None, quality="unknown", reasons=["older than 30 s"], age_s=None)})
    assert "unknown  older than 30 s" in text


def test_groups_and_controllers_are_told_with_targets():
    members = {"a": {"ejected": False}, "b": {"ejected": True}}
    controllers = {
        "warmth": {"target": 30.0, "measured": 28.53, "reason": "28.5 °C, full power"},
        "air": {"targets": {"fan": 70.0, "mister": 50.0}, "measured": None, "reason": "unknown"},
        "light": {"demand": 1.0, "reason": "day"},
        "broken": {"failure": "ValueError: x"},
    }
    text = shown(groups={"warm": {**reading(), "members": members}}, controllers=controllers)
    assert "of 2" in text
    assert "without b" in text
    assert "28.5 → 30.0  28.5 °C, full power" in text
    assert "? → 70.0/50.0" in text
    assert "failed: ValueError: x" in text


def test_a_trip_and_a_limit_take_the_place_of_the_wish():
    text = shown(devices={"heater": actuator(value="OFF", latched=True, trip="41 °C", limited_because="tripped")})
    assert re.search(r"heater +tripped +OFF  41 °C", text)
    text = shown(devices={"heater": actuator(value="OFF", limited_because="warm is not known")})
    assert "OFF  warm is not known" in text


def test_what_is_not_well_is_told_with_advice():
    troubles = [{"component": "probe", "health": "CRITICAL", "reason": "no answer", "advice": "look at its cable"}]
    assert shown(troubles=troubles).splitlines()[-2:] == [
        "  probe              CRITICAL  no answer",
        "                               → look at its cable",
    ]


def test_f161_names_and_reasons_cannot_write_lines_or_colours_of_their_own():
    evil = "x\nheater OFF\x1b[2J\x9b31m"
    devices = {evil: sensor(), "heater": actuator(reason=evil), "unused": {"reason": evil}}
    lines = plain_table(report(devices=devices, alerts=[alert(text=evil, by=evil)]))
    assert all(line.isprintable() for line in lines)
    coloured = table(report(devices=devices), "")
    assert all(ESCAPE.sub("", line).isprintable() for line in coloured)


def many(**more):
    devices = {f"probe{number}": sensor() for number in range(30)}
    devices["far"] = sensor(quality="suspect", reasons=["old"])
    return report(devices={**devices, "heater": actuator()}, alerts=[alert()], **more)


def test_where_there_is_no_room_good_readings_are_left_out_and_counted():
    lines = [ESCAPE.sub("", line) for line in table(many(), "mqtt://127.0.0.1:1883", rows=20)]
    assert len(lines) == 20
    kept = sum(bool(re.match(r"  probe\d+ ", line)) for line in lines)
    note = next(line for line in lines if "good readings more" in line)
    assert kept + int(note.split()[1]) == 30
    assert any(line.startswith("  far") for line in lines)
    assert any(line.startswith("  heater") for line in lines)
    assert any("probe/lost" in line for line in lines)


@pytest.mark.parametrize("rows", [1, 5, 12, 20, 40, 60])
def test_what_matters_is_there_however_little_room_there_is(rows):
    text = "\n".join(table(many(), "", rows=rows))
    for part in ("running", "probe/lost", "far", "heater"):
        assert part in text


def test_a_line_is_cut_where_it_is_seen_to_be_too_long():
    assert cut("\x1b[1mabcdef\x1b[0m", 3) == "\x1b[1mabc\x1b[0m"
    assert cut("\x1b[1mabc\x1b[0m", 3) == "\x1b[1mabc\x1b[0m"


def test_the_live_table_fits_into_its_terminal_with_the_log_below(monkeypatch):
    monkeypatch.setattr(console.shutil, "get_terminal_size", lambda: os.terminal_size((80, 24)))
    log = LogTail()
    log.lines = deque([f"WARNING line {number}" for number in range(4)], maxlen=4)
    out = io.StringIO()
    live = LiveTable(out, full=many, address=lambda: "mqtt://127.0.0.1:1883", log=log)
    live.draw()
    out.truncate(0)
    out.seek(0)
    live.draw()
    lines = out.getvalue().split("\n")
    assert len(lines) <= 24
    assert all(len(re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", line)) <= 80 for line in lines)
    assert "WARNING line 3" in lines[-2]


def test_f161_a_log_line_below_the_table_is_one_line_and_obeys_nothing():
    log = LogTail()
    log.emit(logging.LogRecord("x", logging.INFO, "", 0, "a\x1b[2Jb\nsecond", None, None))
    assert list(log.lines) == ["a\\x1b[2Jb"]


@pytest.mark.parametrize(("bad_starts", "often"), [(1, ""), (3, ", 3 bad starts in a row")])
def test_how_the_last_run_ended_is_told_where_it_did_not_end_well(bad_starts, often):
    end = {"kind": "power", "text": "the computer lost its power or was reset"}
    text = shown(boot={"last_end": end, "bad_starts": bad_starts, "safe_mode": ""})
    assert f"the run before this one: the computer lost its power or was reset{often}\n" in text
    assert "the run before" not in shown()


def test_how_warm_a_heated_zone_can_be_is_told_with_its_room_and_what_drift_could_do():
    lines = plain_table(report(devices={"heater": actuator(learned=bounds())}))
    at = lines.index("How warm each heated zone can be")
    assert lines[at + 1] == (
        "  heater             30.1 °C at most, 38.0 °C were its reading to drift; harm at 39 °C; room 21.3 °C, "
        "between 18 and 26 °C"
    )
    drifted = bounds(is_too_cold=True, highest_possible_c=38.0)
    assert "38.0 °C at most, for its reading may have drifted" in shown(devices={"heater": actuator(learned=drifted)})
    unknown = bounds(highest_possible_c=None)
    assert "How warm" not in shown(devices={"heater": actuator(learned=unknown)})


def test_a_heater_whose_reading_is_lower_than_can_be_says_so_unless_its_limit_does():
    doubted = bounds(is_doubted=True)
    told = "its zone may be at 30.1 °C, whatever its sensor says"
    assert told in shown(devices={"heater": actuator(learned=doubted)})
    assert told not in shown(devices={"heater": actuator(learned=bounds())})
    held = actuator(learned=doubted, limited_by="upper_bound", limited_because="it may be 34.9 °C")
    assert told not in shown(devices={"heater": held})
