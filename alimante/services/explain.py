"""Says why something is as it is: an output, a sensor, a group or a controller; it must not judge."""

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from alimante.core.clock import Clock
from alimante.io.guards import Guards
from alimante.policy.values import show_value
from alimante.safety.decision import Wish
from alimante.safety.gate import Gate, Output
from alimante.services.errors import ErrorRegistry
from alimante.services.status import Healths, Reports, Status

LOGGED = 20
"""So many of the last acts of safety are told of an output."""

_OF_OUTPUTS = ("value", "commanded", "source", "reason", "limited_because", "trip")


class Explainer:
    """Answers `why` for every id of a configuration."""

    def __init__(
        self,
        *,
        status: Status,
        reports: Reports,
        gate: Gate,
        guards: Guards,
        errors: ErrorRegistry,
        health: Healths,
        clock: Clock,
    ) -> None:
        self._status = status
        self._reports = reports
        self._gate = gate
        self._guards = guards
        self._errors = errors
        self._health = health
        self._clock = clock

    def why(self, name: str) -> dict[str, Any]:
        """All that is known of why `name` is as it is. Raises `KeyError` for what is no id."""
        kinds: list[tuple[Any, Callable[[str], dict[str, Any]]]] = [
            (self._gate.outputs, self._output),
            (self._status.devices(), self._sensor),
            (self._reports.groups(), self._group),
            (self._reports.controllers(), self._controller),
        ]
        for ids, explain in kinds:
            if name in ids:
                return {"device": name, **explain(name), **self._wellbeing(name)}
        raise KeyError(name)

    def known(self) -> list[str]:
        """Every id that `why` answers for."""
        return [*self._status.devices(), *self._reports.groups(), *self._reports.controllers()]

    def _wellbeing(self, name: str) -> dict[str, Any]:
        """Health, alerts and errors; a health of None is of something that has no checks."""
        found: Mapping[str, Any] = self._health.report()["components"].get(name, {})
        return {
            "health": found.get("health"),
            "health_reason": found.get("reason", ""),
            "advice": found.get("advice", ""),
            "alerts": [alert for alert in self._reports.alerts() if alert["component"] == name],
            "errors": self._errors.report().get(name),
        }

    def _output(self, name: str) -> dict[str, Any]:
        """The last decisions, oldest first, and what decides about the next one."""
        output = self._gate.outputs[name]
        account, now_s = output.account, self._clock.mono()
        return {
            **self._status.device(name),
            "refusal": self._gate.refusal_of(name),
            "wishes": [_wish(output, wish, now_s) for wish in output.wishes()],
            "conditions": [
                {"condition": found.condition, "level": found.level.value, "text": found.text, "advice": found.advice}
                for found in self._gate.conditions.of(name)
            ],
            "counts": {
                "is_on": account.is_on,
                "lasted_s": _finite(account.lasted_s(now_s)),
                "on_in_the_last_hour_s": round(account.used_s(account.hour, now_s), 1),
                "on_in_the_last_day_s": round(account.used_s(account.day, now_s), 1),
                "cycles": account.cycles,
                "by_date": dict(account.counts),
            },
            "safety_log": [entry for entry in self._gate.safety_log if entry.get("device") == name][-LOGGED:],
            "decisions": [
                {"age_s": round(now_s - decision.at_s, 1), "text": decision.text} for decision in output.decisions
            ],
        }

    def _sensor(self, name: str) -> dict[str, Any]:
        """What is believed, and what guards the readings."""
        return {**self._status.device(name), "guard": self._guards.report()["devices"].get(name)}

    def _group(self, name: str) -> dict[str, Any]:
        return {"kind": "group", **self._reports.groups()[name]}

    def _controller(self, name: str) -> dict[str, Any]:
        """What it wishes and what became of that."""
        report = dict(self._reports.controllers()[name])
        standing = {output: self._status.device(output) for output in report["outputs"]}
        became = {output: {key: found.get(key) for key in _OF_OUTPUTS} for output, found in standing.items()}
        return {"kind": "controller", **report, "became": became}


def _wish(output: Output, wish: Wish, now_s: float) -> dict[str, Any]:
    return {
        "value": show_value(output.handle.accepts, wish.value),
        "source": wish.source,
        "reason": wish.reason,
        "is_override": wish.is_override,
        "until_s": _finite(wish.until_s - now_s),
    }


def _finite(seconds: float) -> float | None:
    """`seconds` rounded; None for no end, which JSON has no word for."""
    return round(seconds, 1) if isfinite(seconds) else None
