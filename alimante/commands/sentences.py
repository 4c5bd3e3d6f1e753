"""Turns the supervisor's answers into lines for people; it must not ask or print anything."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alimante.core.durations import span

Report = dict[str, Any]
RECENT = 3
"""So many of the last errors of a component are told."""


def of_why(report: Report) -> list[str]:
    """Why something is as it is."""
    kinds = {"actuator": _of_output, "sensor": _of_sensor, "group": _of_group, "controller": _of_controller}
    of_kind = kinds.get(report.get("kind", ""), _of_unused)
    return [*of_kind(report), *_wellbeing(report)]


def of_alerts(report: Report) -> list[str]:
    """The active alerts with what to do, and the last ones that are over."""
    lines = [] if report["alerts"] else ["no alert is active"]
    for alert in report["alerts"]:
        known = f" ({alert['acknowledged_by']} knows)" if alert["acknowledged_by"] else ""
        lines.append(f"{alert['level']:<9} {alert['alert']}{known}: {alert['text']}")
        lines += _advice(alert)
    past = [f"  {old['level']:<9} {old['alert']}: {old['text']}" for old in report["history"]]
    return [*lines, "", "over:", *past] if past else lines


def of_repairs(report: Report) -> list[str]:
    """What is broken, and the last attempts to repair it, the last one first."""
    lines = [] if report["ill"] else ["nothing is broken"]
    for name, found in report["ill"].items():
        lines.append(f"{name} is broken: {found['reason']}")
        if found["needs_person"]:
            lines.append(f"  a person is needed; when it is done: alimante recover {name}")
    for old in report["history"]:
        result = "it works" if old["succeeded"] else old["result"]
        which = f"{old['strategy']} {old['attempt']} of {old['allowed']}"
        told = old["action"] if result in old["action"] else f"{old['action']}; {result}"
        lines.append(f"  {_when(old['at_wall_s'])}  {old['component']}, {which}: {told}")
    return lines


def of_health(report: Report) -> list[str]:
    """The node, the three answers, and each component, the healthy ones in one line for each kind."""
    lines = [f"the node has been {report['health']} for {span(report['for_s'])}"]
    lines += [_answer(name, found) for name, found in report["answers"].items()]
    ill = {name: found for name, found in report["components"].items() if found["health"] != "HEALTHY"}
    for name, found in ill.items():
        lines.append(f"  {name:<18} {found['health']:<9} {found['reason'] or _because(found)}")
        lines += _advice(found)
    well: dict[str, list[str]] = {}
    for name, found in report["components"].items():
        if name not in ill:
            well.setdefault(_kind(found), []).append(name)
    return lines + [f"  healthy, {kind}: {', '.join(names)}" for kind, names in well.items()]


def _kind(found: Mapping[str, Any]) -> str:
    """What a component's first check looks at; one that others tell of only has none."""
    return next((check["kind"] for check in found["checks"].values()), "other")


def of_component(report: Report) -> list[str]:
    """The health of one component with its checks and how it came about."""
    lines = [f"{report['component']} has been {report['health']} for {span(report['for_s'])}{_dash(report['reason'])}"]
    lines += _advice(report)
    for name, check in report["checks"].items():
        age = "" if check["evidence_age_s"] is None else f", looked at {span(check['evidence_age_s'])} ago"
        lines.append(f"  {name}: {check['health']}{_dash(check['text'])}{age}")
    lines += [f"  condition {name}: {level}" for name, level in report["conditions"].items()]
    return lines + [
        f"  {span(old['age_s']):>8} ago  {old['old']} → {old['new']}{_dash(old['reason'])}" for old in report["history"]
    ]


def of_errors(report: Report) -> list[str]:
    """What failed lately, the component that failed last first."""
    lines: list[str] = []
    for name, found in report["errors"].items():
        kinds = ", ".join(f"{count} {error}" for error, count in found["by_error"].items())
        lines.append(f"{name}: {found['total']} in all, the last {span(found['last_age_s'])} ago ({kinds})")
        lines += _recent(found)
    return lines or ["nothing has failed"]


def of_metrics(report: Report) -> list[str]:
    """Each number with its range, and what was counted."""
    lines = []
    for name, found in report["metrics"].items():
        level = "" if found["level"] == "clear" else f"  {found['level']}"
        value, low, high = (_amount(name, found[key]) for key in ("value", "min", "max"))
        lines.append(f"{name:<28} {value:>12}   {low} to {high}{level}")
    return [*lines, *(f"{name:<28} {count:>12}" for name, count in report["counts"].items())]


def of_maintenance(report: Report) -> list[str]:
    """Whether it has begun or ended."""
    left_s = report["maintenance_s"]
    if left_s is None:
        return ["maintenance is over: the controllers have the outputs again"]
    return [f"controllers are ignored for {span(left_s)}; outputs are safe, and what you set is done by the rules"]


def of_set(report: Report) -> list[str]:
    """What came of a command that was carried out."""
    value = "unknown" if report["value"] is None else _number(report["value"])
    return [f"{report['device']} is {value}{_dash(report['reason'])}"]


def of_read(report: Report) -> list[str]:
    """Each channel of a sensor."""
    return [_channel(name, found) for name, found in report["channels"].items()]


def _of_output(report: Report) -> list[str]:
    value = "unknown" if report["value"] is None else _number(report["value"])
    lines = [f"{report['device']} is {value}, by {report['source']}: {report['reason']}"]
    if report["refusal"]:
        lines.append(f"it takes only its safe value now: {report['refusal']}")
    for wish in report["wishes"]:
        until = "" if wish["until_s"] is None else f", for {span(wish['until_s'])} more"
        lines.append(f"  wished: {_number(wish['value'])} by {wish['source']}{until}: {wish['reason']}")
    lines += [f"  {decision['age_s']:8.1f} s ago  {decision['text']}" for decision in report["decisions"]]
    return [*lines, *_learned(report["learned"]), *_safety_log(report["safety_log"])]


def _learned(learned: Mapping[str, Any] | None) -> list[str]:
    """What the supervisor knows of a heater by having watched it."""
    if learned is None:
        return []
    if learned["gain_c_per_s"] is None:
        done = f"{learned['learned_min']:.0f} of {learned['needed_min']:.0f} minutes"
        return [f"  nothing is known yet of how it warms: learned from {done}", *_bounds(learned)]
    gain_c, lag = 60 * learned["gain_c_per_s"], span(learned["dead_time_s"])
    lines = [
        f"  learned in {span(60 * learned['learned_min'])}: it warms by {gain_c:.2f} °C a minute, seen after {lag}"
    ]
    room_c, reach_c = learned["room_seems_c"], learned["reach_c"]
    if room_c is not None and reach_c is not None and not learned["is_too_cold"]:
        # Not what the model says: of a zone that was held at one temperature it cannot tell loss from room.
        lines.append(f"  left on for good it would end at {room_c + reach_c:.1f} °C, off at {room_c:.1f} °C")
    return [*lines, *_bounds(learned)]


def _bounds(learned: Mapping[str, Any]) -> list[str]:
    """How warm the zone can be whatever its sensor says, as far as that differs, and what that follows from."""
    lines = []
    seems = "" if learned["room_seems_c"] is None else f"seems to be at {learned['room_seems_c']:.1f} °C and "
    if learned["is_too_cold"]:
        seems = f"would have to be at {learned['room_seems_c']:.1f} °C for what its reading asks for, and "
        lines.append(f"  its reading may have drifted: its zone may be at {learned['highest_possible_c']:.1f} °C")
    elif learned["is_doubted"]:
        at_most = f"by what it did its zone may be at {learned['highest_possible_c']:.1f} °C"
        lines.append(f"  {at_most}: its reading is lower than can be, and is not believed")
    low_c, high_c = learned["room_low_c"], learned["room_high_c"]
    lines.append(f"  the room {seems}is taken to be between {low_c:g} and {high_c:g} °C")
    reached_c, harm_c = learned["drift_bound_c"], learned["harm_c"]
    if reached_c is not None:
        harm = f"harm begins at {harm_c:g} °C" if reached_c < harm_c else f"that does harm, from {harm_c:g} °C on"
        lines.append(f"  a reading that drifts slowly towards cold could bring its zone to {reached_c:.1f} °C; {harm}")
    return lines


def _safety_log(log: list[Mapping[str, Any]]) -> list[str]:
    """What was done for safety, the last act first, over restarts."""
    lines = ["  what safety did, the last first:"] if log else []
    for entry in reversed(log):
        when = "at a time unknown" if entry["wall_s"] is None else _when(entry["wall_s"])
        values = ", ".join(f"{name} {value:g}" for name, value in entry["values"].items())
        lines.append(
            f"  {when}  {entry['action']} ({entry['cause']}): {entry['text']}{f' [{values}]' if values else ''}"
        )
    return lines


def _of_sensor(report: Report) -> list[str]:
    lines = [f"{report['device']} is {report['state']}{_dash(report['reason'])}"]
    lines += [f"  {_channel(name, found)}" for name, found in report["channels"].items()]
    guard = report["guard"] or {"state": "closed"}
    if guard["state"] != "closed":
        lines.append(f"  its breaker is {guard['state']}: {guard['reason']}")
    return lines


def _of_group(report: Report) -> list[str]:
    lines = [_channel(report["device"], report)]
    for name, member in report["members"].items():
        value = "" if member["value"] is None else f"{member['value']:g} {report['unit']}".rstrip() + ", "
        lines.append(f"  {name}: {value}{member['quality']}{', left out' if member['ejected'] else ''}")
    return lines


def _of_controller(report: Report) -> list[str]:
    lines = [f"{report['device']}: {report.get('failure') or report.get('reason', '')}"]
    lines += [f"  {key}: {report[key]:g}" for key in ("measured", "target") if report.get(key) is not None]
    lines += [f"  target for {output}: {target:g}" for output, target in report.get("targets", {}).items()]
    for output, found in report["became"].items():
        value = "unknown" if found["value"] is None else _number(found["value"])
        why = found["trip"] or found["limited_because"] or f"{found['source']}: {found['reason']}"
        lines.append(f"  {output} is {value}, {why}")
    return lines


def _of_unused(report: Report) -> list[str]:
    return [f"{report['device']} is not used: {report.get('reason', '')}"]


def _wellbeing(report: Report) -> list[str]:
    """Health with advice, alerts and the last errors, where there are such."""
    lines = []
    if report["health"] not in (None, "HEALTHY"):
        lines.append(f"health: {report['health']}{_dash(report['health_reason'])}")
        lines += _advice(report)
    lines += [f"alert: {alert['level']} {alert['alert']}: {alert['text']}" for alert in report["alerts"]]
    if report["errors"]:
        lines.append(f"errors: {report['errors']['total']} in all")
        lines += _recent(report["errors"])
    return lines


def _channel(name: str, found: Mapping[str, Any]) -> str:
    if found["value"] is None:
        return f"{name}: unknown{_dash('; '.join(found['reasons']))}"
    value = f"{found['value']:g} {found['unit']}".rstrip()
    age = "" if found["age_s"] is None else f", {span(found['age_s'])} ago"
    return f"{name}: {value}, {found['quality']}{age}{_dash('; '.join(found['reasons']))}"


def _recent(found: Mapping[str, Any]) -> list[str]:
    return [f"  {span(one['age_s']):>8} ago  {one['error']}: {one['text']}" for one in found["recent"][:RECENT]]


def _answer(name: str, found: Mapping[str, Any]) -> str:
    return f"  {name}: {'yes' if found['ok'] else 'no'}{_dash('; '.join(found['reasons']))}"


def _because(found: Mapping[str, Any]) -> str:
    return f"because of {found['cause']}" if found["cause"] else ""


def _advice(found: Mapping[str, Any]) -> list[str]:
    return [f"    → {found['advice']}"] if found["advice"] else []


def _dash(text: str) -> str:
    return f": {text}" if text else ""


def _amount(name: str, value: float) -> str:
    """A measured number; of bytes, which nobody can read in powers of ten, the megabytes."""
    return f"{value / 1e6:.1f} MB" if name.endswith("_bytes") else f"{value:g}"


def _number(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _when(wall_s: float) -> str:
    return datetime.fromtimestamp(wall_s).astimezone().strftime("%Y-%m-%d %H:%M:%S")
