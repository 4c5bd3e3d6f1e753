"""The report of the node as lines for people, as many as there is room for; it must not write them anywhere."""

import re
from collections.abc import Mapping
from typing import Any, Final

from alimante.core.durations import span
from alimante.core.text import all_printable
from alimante.safety.decision import Cause

BOLD, DIM, RED, YELLOW, GREEN, OFF = "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[33m", "\x1b[32m", "\x1b[0m"
MOST_ALERTS: Final = 4
"""So many alerts are told one by one; more are counted."""

_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
_COLOUR: Final = {"HEALTHY": GREEN, "WARNING": YELLOW, "CRITICAL": RED, "UNKNOWN": DIM}
_IS_CALM: Final = {"good"}
Row = tuple[bool, str]
"""Whether it may be left out where there is no room, and the line."""


def plain_table(report: Mapping[str, Any]) -> list[str]:
    """The report as lines without colours, with what is wrong and what a person can do about it."""
    report = all_printable(report)
    lines = [*table(report, ""), *_bounds(report), *_troubles(report["troubles"])]
    return [_ESCAPE.sub("", line) for line in lines]


def table(report: Mapping[str, Any], address: str, *, rows: int | None = None) -> list[str]:
    """The report as lines with colours. Of more than `rows`, pauses go first, then readings that are good."""
    report = all_printable(report)
    lines: list[Row] = [
        *_head(report, address),
        *_alerts(report["alerts"]),
        *_section("Sensors", [row for name, device in _of(report, "sensor") for row in _sensor(name, device)]),
        *_section("Groups", [_group(name, group) for name, group in report["groups"].items()]),
        *_section("Controllers", [_controller(name, found) for name, found in report["controllers"].items()]),
        *_section("Outputs", [_actuator(name, device) for name, device in _of(report, "actuator")]),
        *[_unused(name, device) for name, device in report["devices"].items() if "kind" not in device],
    ]
    return _fit(lines, len(lines) if rows is None else rows)


def cut(line: str, columns: int) -> str:
    """`line` cut to `columns` visible characters; colours do not count."""
    visible, position = 0, 0
    while position < len(line):
        if line[position] == "\x1b":
            position = line.index("m", position) + 1
            continue
        if visible == columns:
            return line[:position] + OFF
        visible += 1
        position += 1
    return line


def _fit(lines: list[Row], rows: int) -> list[str]:
    if len(lines) > rows:
        lines = [row for row in lines if row[1]]
    over = len(lines) - rows
    if over > 0:
        calm = [index for index, row in enumerate(lines) if row[0]]
        left_out = set(calm[-over - 1 :])
        if left_out:
            note = f"  {DIM}and {len(left_out)} good readings more: `alimante status` shows them{OFF}"
            lines[min(left_out)] = (False, note)
            lines = [row for index, row in enumerate(lines) if index not in left_out or not row[0]]
    return [line for _, line in lines]


def _head(report: Mapping[str, Any], address: str) -> list[Row]:
    title = f"{BOLD}Alimante {report['version']}{OFF}"
    health = f"{_COLOUR.get(report['health'], '')}{report['health']}{OFF}"
    lines = [f"{title}  {report['state']}  {health}  up {span(report['uptime_s'])}"]
    if address:
        lines.append(f"{DIM}{address}   Ctrl-C stops with outputs safe{OFF}")
    lines += _last_end(report["boot"])
    if not report["armed"]:
        lines.append(f"{RED}not armed: {report['not_armed_because'].removeprefix('not armed: ')}{OFF}")
    if report["maintenance_s"] is not None:
        lines.append(f"{YELLOW}maintenance: controllers are ignored for {span(report['maintenance_s'])} more{OFF}")
    if not report["time_believed"]:
        lines.append(f"{DIM}the time is not known: what goes by the clock waits{OFF}")
    return [(False, line) for line in lines]


def _last_end(boot: Mapping[str, Any]) -> list[str]:
    """How the run before this one ended, unless it ended well, and how often that was so."""
    if boot["last_end"] is None:
        return []
    often = f", {boot['bad_starts']} bad starts in a row" if boot["bad_starts"] > 1 else ""
    return [f"{DIM}the run before this one: {boot['last_end']['text']}{often}{OFF}"]


def _alerts(alerts: list[Mapping[str, Any]]) -> list[Row]:
    worst_first = sorted(alerts, key=lambda alert: (alert["level"] != "critical", alert["state"] != "active"))
    lines = [_alert(alert) for alert in worst_first[:MOST_ALERTS]]
    if len(alerts) > MOST_ALERTS:
        lines.append(f"  {DIM}and {len(alerts) - MOST_ALERTS} more: `alimante alerts` shows them{OFF}")
    return _section("Alerts", [(False, line) for line in lines])


def _alert(alert: Mapping[str, Any]) -> str:
    colour = RED if alert["level"] == "critical" else YELLOW
    known = f" {DIM}({alert['acknowledged_by']} knows){OFF}" if alert["acknowledged_by"] else ""
    return f"  {colour}{alert['alert']}{OFF}{known}  {alert['text']}"


def _section(title: str, rows: list[Row]) -> list[Row]:
    return [(False, ""), (False, f"{BOLD}{title}{OFF}"), *rows] if rows else []


def _of(report: Mapping[str, Any], kind: str) -> list[tuple[str, Mapping[str, Any]]]:
    return [(name, device) for name, device in report["devices"].items() if device.get("kind") == kind]


def _sensor(name: str, device: Mapping[str, Any]) -> list[Row]:
    reason = device["reason"]
    return [_reading(name, channel, found, reason) for channel, found in device["channels"].items()]


def _group(name: str, group: Mapping[str, Any]) -> Row:
    _, line = _reading(name, f"of {len(group['members'])}", group, "")
    out = [member for member, found in group["members"].items() if found["ejected"]]
    return False, f"{line}  {YELLOW}without {', '.join(out)}{OFF}" if out else line


def _reading(name: str, channel: str, found: Mapping[str, Any], reason: str) -> Row:
    why = "; ".join(found["reasons"]) or reason
    if found["value"] is None:
        return False, f"  {name:<18} {channel:<14} {'unknown':>14}  {RED}{why}{OFF}"
    shown = f"{found['value']:g} {found['unit']}".rstrip()
    remark = "" if found["age_s"] is None else f"{DIM}{span(found['age_s'])} ago{OFF}"
    is_calm = found["quality"] in _IS_CALM
    if not is_calm:
        remark = f"{YELLOW}{found['quality']}{OFF} {remark} {DIM}{why}{OFF}"
    return is_calm, f"  {name:<18} {channel:<14} {shown:>14}  {remark}"


def _controller(name: str, found: Mapping[str, Any]) -> Row:
    if "failure" in found:
        return False, f"  {name:<18} {RED}failed: {found['failure']}{OFF}"
    return False, f"  {name:<18} {_target(found):>14}  {DIM}{found.get('reason', '')}{OFF}"


def _target(found: Mapping[str, Any]) -> str:
    """What is measured and what it is to be, where the controller has such a thing."""
    targets = found.get("targets") or ({"": found["target"]} if found.get("target") is not None else {})
    measured = found.get("measured")
    if not targets:
        return ""
    shown = "/".join(dict.fromkeys(f"{target:.1f}" for target in targets.values()))
    return f"{'?' if measured is None else f'{measured:.1f}'} → {shown}"


def _actuator(name: str, device: Mapping[str, Any]) -> Row:
    value = "unknown" if device["value"] is None else device["value"]
    shown = value if isinstance(value, str) else f"{value:g}"
    colour = RED if device["latched"] else YELLOW if shown not in ("OFF", "0") else ""
    why = device["trip"] or device["limited_because"] or f"{device['source']}: {device['reason']}"
    why += _doubt(device)
    return False, f"  {name:<18} {'tripped' if device['latched'] else '':<14} {colour}{shown:>14}{OFF}  {DIM}{why}{OFF}"


def _doubt(device: Mapping[str, Any]) -> str:
    """How warm the zone of a heater can be, where its reading is lower than that."""
    learned = device["learned"]
    if learned is None or not learned["is_doubted"] or device["limited_by"] == Cause.UPPER_BOUND:
        return ""
    return f"; its zone may be at {learned['highest_possible_c']:.1f} °C, whatever its sensor says"


def _unused(name: str, device: Mapping[str, Any]) -> Row:
    return False, f"  {name:<18} {DIM}not used: {device['reason']}{OFF}"


def _bounds(report: Mapping[str, Any]) -> list[str]:
    """Of each heater that is watched: how warm its zone can be now, its room, and what slow drift could do."""
    lines = []
    for name, device in _of(report, "actuator"):
        learned = device["learned"]
        if learned is None or learned["highest_possible_c"] is None:
            continue
        line = f"  {name:<18} {learned['highest_possible_c']:.1f} °C at most"
        if learned["is_too_cold"]:
            line += ", for its reading may have drifted"
        elif learned["drift_bound_c"] is not None:
            line += f", {learned['drift_bound_c']:.1f} °C were its reading to drift"
        seems = "" if learned["room_seems_c"] is None else f"{learned['room_seems_c']:.1f} °C, "
        room = f"room {seems}between {learned['room_low_c']:g} and {learned['room_high_c']:g} °C"
        lines.append(f"{line}; harm at {learned['harm_c']:g} °C; {room}")
    return ["", "How warm each heated zone can be", *lines] if lines else []


def _troubles(troubles: list[Mapping[str, str]]) -> list[str]:
    if not troubles:
        return []
    lines = []
    for found in troubles:
        lines.append(f"  {found['component']:<18} {found['health']:<9} {found['reason']}")
        if found["advice"]:
            lines.append(f"  {'':<18} {'':<9} → {found['advice']}")
    return ["", "What is not well", *lines]
