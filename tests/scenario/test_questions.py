"""What the command line may ask: the real parts of a node on scripted wires, in virtual time."""

import asyncio
import json

import pytest

from alimante.commands.sentences import of_why
from alimante.services.control_socket import CannotAnswer
from tests.scenario.harness import HEATER, config_of, run_supervisor
from tests.unit.fakes import MemoryFiles

GROUPS = {"groups": {"warm": {"members": ["warm_probe"]}}}
CONTROL = {"controllers": {"warmth": {"kind": "thermostat", "sensor": "warm", "heater": "heater", "target_c": 30}}}


def asking(*requests, before=lambda run: None, wait_s=20.0, extra=None, **devices):
    """The answers of a node after `wait_s`, as the command line gets them."""
    answers = []

    async def story(run):
        await asyncio.sleep(wait_s)
        before(run)
        for request in requests:
            ask = run.supervisor.questions.answers()[request["ask"]]
            answer = await ask(request)
            assert json.loads(json.dumps(answer, allow_nan=False)) == answer
            answers.append(answer)

    config = config_of(extra={**GROUPS, **(extra or CONTROL)}, **(devices or {"heater": HEATER}))
    run_supervisor(config, story)
    return answers[0] if len(answers) == 1 else answers


def test_why_of_an_output_tells_decisions_wishes_and_health():
    found = asking({"ask": "why", "device": "heater"})
    assert (found["kind"], found["value"], found["health"]) == ("actuator", "ON", "HEALTHY")
    assert found["wishes"][0]["source"] == "warmth"
    assert found["decisions"][0]["text"].startswith("OFF by start")
    assert found["refusal"] == ""
    assert found["alerts"] == []


def test_why_of_a_sensor_tells_readings_guard_errors_and_advice():
    found = asking({"ask": "why", "device": "warm_probe"})
    assert found["channels"]["temperature"]["quality"] == "good"
    assert found["guard"]["state"] == "closed"
    assert found["errors"] is None


def test_why_of_a_group_and_of_a_controller():
    group, controller = asking({"ask": "why", "device": "warm"}, {"ask": "why", "device": "warmth"})
    assert (group["kind"], group["quality"]) == ("group", "good")
    assert list(group["members"]) == ["warm_probe.temperature"]
    assert controller["kind"] == "controller"
    assert controller["targets"] == {"heater": 30.0}
    assert controller["became"]["heater"]["value"] == "ON"


@pytest.mark.parametrize(
    ("request_", "part"),
    [
        ({"ask": "why", "device": "ghost"}, "known are warm_probe, heater, warm, warmth"),
        ({"ask": "why"}, "no device"),
        ({"ask": "why", "device": ["x"]}, "no device"),
        ({"ask": "read", "device": "heater"}, "no sensor 'heater'"),
        ({"ask": "read"}, "no sensor"),
        ({"ask": "health", "component": "ghost"}, "known are"),
        ({"ask": "health", "component": ["x"]}, "known are"),
        ({"ask": "acknowledge", "alert": "a/b", "by": "Kim"}, "active are none"),
        ({"ask": "acknowledge", "alert": "a/b", "by": ""}, "say who"),
        ({"ask": "acknowledge", "alert": "a/b", "by": "a\nb"}, "say who"),
        ({"ask": "acknowledge", "alert": "a/b"}, "say who"),
    ],
)
def test_what_cannot_be_answered_is_a_sentence(request_, part):
    with pytest.raises(CannotAnswer, match=part):
        asking(request_)


def test_a_sensor_is_read_from_what_is_believed():
    found = asking({"ask": "read", "device": "warm_probe"})
    assert found["channels"]["temperature"]["quality"] == "good"
    assert found["device"] == "warm_probe"


def test_health_is_told_of_all_and_of_one_with_its_history():
    report, one = asking({"ask": "health"}, {"ask": "health", "component": "warm_probe"})
    assert report["health"] == "HEALTHY"
    assert report["answers"]["ready"]["ok"] is True
    assert one["health"] == "HEALTHY"
    assert one["history"][-1]["new"] == "HEALTHY"


def test_errors_and_metrics_are_told():
    errors, metrics = asking({"ask": "errors"}, {"ask": "metrics"})
    assert errors == {"errors": {}}
    assert metrics["counts"]["readings_taken"] > 0


def test_an_alert_is_told_and_acknowledged():
    def trip(run):
        run.supervisor.gate.trip("heater", "over_temperature", "41 °C are too hot")

    alerts, done, again = asking(
        {"ask": "alerts"},
        {"ask": "acknowledge", "alert": "heater/over_temperature", "by": "Kim"},
        {"ask": "alerts"},
        before=trip,
    )
    assert [row["alert"] for row in alerts["alerts"]] == ["heater/over_temperature"]
    assert done == {"alert": "heater/over_temperature", "acknowledged_by": "Kim"}
    assert again["alerts"][0]["acknowledged_by"] == "Kim"


def test_safe_holds_everything():
    report = asking({"ask": "safe"})
    assert report["state"] == "safe"
    assert report["devices"]["heater"]["value"] == "OFF"
    assert not report["armed"]


def test_why_of_a_heater_tells_what_was_learned_and_what_safety_did_over_a_restart():
    files, wall_s = MemoryFiles(), []

    async def trip(run):
        await asyncio.sleep(20)
        run.supervisor.gate.trip("heater", "over_temperature", "41 °C are too hot", values=(("warm", 41.0),))
        wall_s.append(run.clock.wall())
        await asyncio.sleep(20)

    reports = []

    async def look(run):
        await asyncio.sleep(5)
        reports.append(await run.supervisor.questions.answers()["why"]({"device": "heater"}))
        reports.append(await run.supervisor.questions.answers()["status"]({}))
        reports.append(await run.supervisor.questions.answers()["why"]({"device": "fan"}))

    fan = {**HEATER, "role": "fan", "pin": 27, "limit": None, "depends_on": []}
    del fan["limit"]
    config = config_of(extra={"location": {"clock_is_trusted": True}}, heater=HEATER, fan=fan)
    run_supervisor(config, trip, files=files)
    run_supervisor(config, look, files=files)
    why, status, other = reports
    tripped = next(entry for entry in why["safety_log"] if entry["action"] == "tripped")
    assert (tripped["cause"], tripped["values"]) == ("over_temperature", {"warm": 41.0})
    assert tripped["wall_s"] == pytest.approx(wall_s[0], abs=1.0)
    assert why["learned"]["gain_c_per_s"] is None
    assert why["learned"]["needed_min"] == 120.0
    assert status["devices"]["heater"]["learned"] == why["learned"]
    assert (other["learned"], other["safety_log"]) == (None, [])
    said = "\n".join(of_why(why))
    assert "nothing is known yet of how it warms" in said
    assert "tripped (over_temperature): 41 °C are too hot [warm 41]" in said
    assert "safety" not in "\n".join(of_why(other))


def test_a_heater_that_was_watched_for_hours_tells_its_strength_and_delay():
    reports = []

    async def tell(run):
        await asyncio.sleep(3.5 * 3600)
        reports.append(await run.supervisor.questions.answers()["why"]({"device": "heater"}))

    run_supervisor(config_of(extra={**GROUPS, **CONTROL}, heater=HEATER), tell)
    learned = reports[0]["learned"]
    assert learned["gain_c_per_s"] > 0
    assert learned["dead_time_s"] > 0
    said = "\n".join(of_why(reports[0]))
    assert "°C a minute, seen after" in said
    assert "left on for good it would end at" in said
    assert f"the room seems to be at {learned['room_seems_c']:.1f} °C" in said
    assert f"could bring its zone to {learned['drift_bound_c']:.1f} °C" in said
    assert "lower than can be" not in said


@pytest.mark.parametrize(("reached_c", "sentence"), [(38.0, "harm begins at 39 °C"), (48.0, "that does harm")])
def test_why_of_a_heater_says_how_warm_its_zone_may_be_and_what_drift_could_do(reached_c: float, sentence: str):
    learned = {"gain_c_per_s": None, "learned_min": 1.0, "needed_min": 120.0, "is_doubted": True, "is_too_cold": False}
    learned |= {"highest_possible_c": 34.2, "room_seems_c": None, "room_low_c": 18.0, "room_high_c": 26.0}
    heater = {"device": "heater", "kind": "actuator", "value": "OFF", "source": "gate", "reason": "", "refusal": ""}
    lists = {"wishes": [], "decisions": [], "safety_log": [], "alerts": [], "health": None, "errors": None}
    said = "\n".join(of_why({**heater, **lists, "learned": {**learned, "drift_bound_c": reached_c, "harm_c": 39.0}}))
    assert "by what it did its zone may be at 34.2 °C: its reading is lower than can be" in said
    assert "the room is taken to be between 18 and 26 °C" in said
    assert sentence in said
