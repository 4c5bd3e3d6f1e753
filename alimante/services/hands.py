"""What a person at the console does to outputs, as answers of the control socket; it must not pass by the gate."""

import asyncio
import itertools
from collections.abc import Mapping
from typing import Any, Final

from alimante.core.bus import EventBus
from alimante.core.clock import Clock
from alimante.core.events import CommandFinished, CommandReceived
from alimante.policy.asking import MAX_TTL_S, TTL_S
from alimante.policy.plausibility import is_number
from alimante.policy.values import is_auto, parse_value, show_value
from alimante.safety.gate import Gate
from alimante.safety.output import Output
from alimante.services.control_socket import Answer, CannotAnswer

ANSWERED_S: Final = 3.0
"""A write ends within its own deadline; more than two of them in a row are not waited for."""


class Hands:
    """Commands, resets and maintenance by hand."""

    def __init__(self, gate: Gate, *, bus: EventBus, clock: Clock) -> None:
        self._gate = gate
        self._bus = bus
        self._clock = clock
        self._ids = itertools.count(1)

    def answers(self) -> Mapping[str, Answer]:
        """The questions `set`, `reset` and `maintenance`."""
        return {"set": self.set, "reset": self.reset, "maintenance": self.maintenance}

    async def set(self, request: dict[str, Any]) -> dict[str, Any]:
        """Put `device` to `value` (ON, OFF, a number, or AUTO for its controllers) for `ttl_s` seconds."""
        output = self._output(request)
        said = request.get("value")
        try:
            value = None if is_auto(said) else parse_value(output.handle.accepts, said)
        except ValueError as error:
            raise CannotAnswer(f"{output.id}: {error}") from None
        finished = await self._command(output.id, value, _seconds(request, "ttl_s", TTL_S, MAX_TTL_S))
        stands_at = None if finished.value is None else show_value(output.handle.accepts, finished.value)
        return {"device": output.id, "outcome": finished.outcome.value, "reason": finished.reason, "value": stands_at}

    async def reset(self, request: dict[str, Any]) -> dict[str, Any]:
        """End the trip of `device`."""
        output = self._output(request)
        return {"device": output.id, "was_tripped": self._gate.reset(output.id, "a person at the console")}

    async def maintenance(self, request: dict[str, Any]) -> dict[str, Any]:
        """Ignore controllers for `for_s` seconds; 0 ends it."""
        for_s = request.get("for_s")
        if not is_number(for_s) or for_s < 0:  # type: ignore[operator]
            raise CannotAnswer("for_s must be a number of seconds, 0 or more")
        if for_s:
            self._gate.maintain(float(for_s))
        else:
            self._gate.end_maintenance()
        return {"maintenance_s": self._gate.maintenance_left_s()}

    async def _command(self, device: str, value: float | None, ttl_s: float) -> CommandFinished:
        command_id = f"console-{next(self._ids)}"
        answer: asyncio.Future[CommandFinished] = asyncio.get_running_loop().create_future()

        def on_finished(event: CommandFinished) -> None:
            if (event.device, event.id) == (device, command_id) and not answer.done():
                answer.set_result(event)

        undo = self._bus.subscribe(CommandFinished, on_finished)
        try:
            expires_s = self._clock.mono() + ANSWERED_S
            self._bus.publish(
                CommandReceived(
                    id=command_id, device=device, value=value, source="console", expires_s=expires_s, ttl_s=ttl_s
                )
            )
            return await asyncio.wait_for(answer, ANSWERED_S)
        except TimeoutError:
            raise CannotAnswer(f"{device} has not answered within {ANSWERED_S:g} s") from None
        finally:
            undo()

    def _output(self, request: dict[str, Any]) -> Output:
        device = request.get("device")
        if not isinstance(device, str) or device not in self._gate.outputs:
            known = ", ".join(self._gate.outputs) or "none"
            raise CannotAnswer(f"there is no actuator {device!r}; known are {known}")
        return self._gate.outputs[device]


def _seconds(request: dict[str, Any], key: str, default: float, most: float) -> float:
    said = request.get(key, default)
    if not is_number(said) or not 0 < said <= most:
        raise CannotAnswer(f"{key} must be a number of seconds above 0 and up to {most:g}")
    return float(said)
