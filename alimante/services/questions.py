"""What a person at the command line may ask the running supervisor; it must not move an output but to be safe."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from alimante.core.states import NodeState, Tracked
from alimante.core.text import strict
from alimante.policy.asking import MAX_NAME, is_name
from alimante.services.alerts import AlertService
from alimante.services.control_socket import Answer, CannotAnswer
from alimante.services.errors import ErrorRegistry
from alimante.services.explain import Explainer
from alimante.services.health import HealthService
from alimante.services.monitoring import Monitoring
from alimante.services.outputs import OutputService
from alimante.services.status import Status

HISTORY = 20
"""How many alerts of the past are told."""

Request = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of a supervisor that answer."""

    node: Tracked[NodeState]
    status: Status
    explain: Explainer
    outputs: OutputService
    alerts: AlertService
    health: HealthService
    errors: ErrorRegistry
    monitoring: Monitoring


class Questions:
    """One method for each question, as answers of the control socket."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def answers(self) -> dict[str, Answer]:
        """What is served, by what is asked."""
        asked: dict[str, Callable[[Request], Request]] = {
            "status": lambda request: self._parts.status.full(),
            "why": self._why,
            "read": self._read,
            "health": self._health,
            "alerts": self._alerts,
            "errors": lambda request: {"errors": self._parts.errors.report()},
            "metrics": lambda request: self._parts.monitoring.export(),
            "acknowledge": self._acknowledge,
        }
        return {name: _answering(answer) for name, answer in asked.items()} | {"safe": self._safe}

    def acknowledge(self, alert: str, by: str) -> None:
        """A person knows of the alert `component/condition`. Raises `KeyError` when it is not active."""
        self._parts.alerts.acknowledge(alert, by=by)

    def _why(self, request: Request) -> Request:
        name = request.get("device")
        try:
            return self._parts.explain.why(str(name))
        except KeyError:
            known = ", ".join(self._parts.explain.known())
            raise CannotAnswer(f"there is no device, group or controller {name!r}; known are {known}") from None

    def _read(self, request: Request) -> Request:
        name = str(request.get("device"))
        found = self._parts.status.device(name) if name in self._parts.status.devices() else {}
        if "channels" not in found:
            raise CannotAnswer(f"there is no sensor {name!r} in use; `alimante status` lists them, groups too")
        return {"device": name, "channels": found["channels"], "reason": found["reason"]}

    def _health(self, request: Request) -> Request:
        report, name = self._parts.health.report(), request.get("component")
        if name is None:
            return report
        if not isinstance(name, str) or name not in report["components"]:
            known = ", ".join(report["components"])
            raise CannotAnswer(f"there is no component {name!r}; known are {known}")
        return {
            "component": name,
            **report["components"][name],
            "history": self._parts.health.history(name),
        }

    def _alerts(self, request: Request) -> Request:
        history = list(self._parts.alerts.book.history)[-HISTORY:]
        return {"alerts": self._parts.alerts.report(), "history": history}

    def _acknowledge(self, request: Request) -> Request:
        alert, by = request.get("alert"), request.get("by")
        if not is_name(by):
            raise CannotAnswer(f"say who knows of it: a name of 1 to {MAX_NAME} printable characters")
        try:
            self.acknowledge(str(alert), by)
        except KeyError:
            known = ", ".join(row["alert"] for row in self._parts.alerts.report()) or "none"
            raise CannotAnswer(f"there is no active alert {alert!r}; active are {known}") from None
        return {"alert": alert, "acknowledged_by": by}

    async def _safe(self, request: Request) -> Request:
        parts = self._parts
        if parts.node.current is NodeState.RUNNING:  # while stopping everything is made safe anyway
            parts.node.move(NodeState.SAFE, "a person asked for it")
        reason = "a person put everything safe; restart the supervisor to go on"
        await parts.outputs.hold(reason, is_by_person=True)
        return parts.status.full()


def _answering(answer: Callable[[Request], Request]) -> Answer:
    async def answering(request: Request) -> Request:
        found: Request = strict(answer(request))
        return found

    return answering
