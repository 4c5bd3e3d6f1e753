"""From groups, health, alerts and single facts to payloads; it must not know topics or the present state."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from alimante.core.events import AlertChanged, Event, GroupJudged, HealthChanged, SafetyActed
from alimante.core.text import strict
from alimante.mqtt.codec import dump, iso

DIGITS = 4
"""So many digits behind the point are told of any number."""


def encode_group(event: GroupJudged, *, mono_s: float, wall_s: float) -> bytes:
    """What a group says as told at `mono_s`/`wall_s`; an unknown value is null and has no age."""
    at_s = None if event.value is None else event.measured_s
    age_s = None if at_s is None else max(0.0, mono_s - at_s)
    facts = {
        "value": event.value,
        "highest": event.highest,
        "lowest": event.lowest,
        "unit": event.unit,
        "quality": event.quality.value,
        "reasons": event.reasons,
        "ejected": event.ejected,
        "measured_at": None if age_s is None else iso(wall_s - age_s),
        "age_s": None if age_s is None else round(age_s, 3),
    }
    return dump(strict(facts, DIGITS))


def encode_health(event: HealthChanged) -> bytes:
    """The health of one component, why, and what a person can do."""
    return dump({"health": event.new, "reason": event.reason, "advice": event.advice})


def encode_alert(event: AlertChanged) -> bytes:
    """An alert that is not over."""
    return dump(
        {
            "level": event.level.value,
            "state": event.state,
            "text": event.text,
            "advice": event.advice,
            "since": iso(event.since_wall_s),
            "count": event.count,
            "flapping": event.is_flapping,
            "acknowledged_by": event.acknowledged_by,
        }
    )


def encode_report(report: Mapping[str, Any]) -> bytes:
    """What a part says of itself."""
    return dump(strict(dict(report), DIGITS))


def encode_fact(event: Event, *, mono_s: float, wall_s: float) -> bytes:
    """Any fact: its members as they are, but for times, which are told in UTC."""
    facts = asdict(event)
    if isinstance(event, SafetyActed):
        del facts["at_s"]
        facts |= {"values": dict(event.values), "at": iso(wall_s + event.at_s - mono_s)}
    return dump(strict(facts, DIGITS))
