"""Takes what is asked of the node over MQTT that is no command to an output; it must not decide how it is done."""

from collections.abc import Callable
from typing import Any

from alimante.core.ids import is_id
from alimante.core.text import said_by
from alimante.mqtt.codec import EXPIRES_IN_S, Refused, decode_request, encode_done, encode_refusal, show
from alimante.mqtt.facts import encode_report
from alimante.mqtt.link import Inbound
from alimante.mqtt.outbox import Message
from alimante.mqtt.topics import Topics
from alimante.policy.asking import MAINTENANCE_S, MAX_MAINTENANCE_S, MAX_NAME, is_name
from alimante.policy.plausibility import is_number


class Requests:
    """Acknowledgements of alerts, maintenance, repairs and metrics; each is answered.

    `acknowledge(name, by)` raises `KeyError` where no such alert is active. `maintain(for_s)` begins maintenance, or
    ends it with None. `metrics()` is what is told on request. `recover(component, by)` has something begun anew, or
    raises a `LookupError` that says why not.
    """

    def __init__(
        self,
        *,
        topics: Topics,
        send: Callable[[Message], None],
        acknowledge: Callable[[str, str], None],
        maintain: Callable[[float | None], None],
        metrics: Callable[[], dict[str, Any]],
        recover: Callable[[str, str], str],
    ) -> None:
        self._topics = topics
        self._send = send
        self._acknowledge = acknowledge
        self._maintain = maintain
        self._metrics = metrics
        self._recover = recover

    def on_message(self, message: Inbound, age_bound_s: float) -> None:
        """Do what `message` asks for and answer; another topic is nobody's business here."""
        topics = self._topics
        if message.topic == topics.maintenance:
            self._serve(self._on_maintenance, message, age_bound_s, topics.maintenance_answer)
        elif message.topic == topics.metrics_get:
            self._serve(self._on_metrics, message, age_bound_s, topics.refused)
        elif (component := topics.device_of_recovery(message.topic)) is not None:
            answer = topics.recovery_answer(component) if is_id(component) else topics.refused
            self._serve(lambda payload: self._on_recover(component, payload), message, age_bound_s, answer)
        elif (named := topics.alert_of_ack(message.topic)) is not None:
            answer = topics.alert_answer(*named) if all(map(is_id, named)) else topics.refused
            self._serve(lambda payload: self._on_ack("/".join(named), payload), message, age_bound_s, answer)

    def _serve(self, do: Callable[[bytes], bytes], message: Inbound, age_bound_s: float, topic: str) -> None:
        try:
            if message.retained:
                raise Refused("what is retained is never carried out; publish it without the retain flag")
            if age_bound_s > EXPIRES_IN_S and not message.is_fresh:
                raise Refused("it may have waited at the broker for too long; publish it again")
            answer = do(message.payload)
        except Refused as refused:
            answer = encode_refusal(refused)
        if answer:
            self._send(Message(topic, lambda: answer, retain=False, is_state=False))

    def _on_ack(self, name: str, payload: bytes) -> bytes:
        request_id, said = decode_request(payload, {"id", "value", "by"})
        by = said.get("by", said.get("value"))
        if not is_name(by):
            raise Refused(f"say who knows of it: a name of 1 to {MAX_NAME} printable characters", request_id)
        try:
            self._acknowledge(name, by)
        except KeyError:
            raise Refused(f"there is no active alert {show(name)}", request_id) from None
        return encode_done(request_id)

    def _on_recover(self, component: str, payload: bytes) -> bytes:
        """Whatever else is in `payload`, which may be empty: there is only one thing to ask for."""
        request_id, _ = decode_request(payload or b"{}", {"id", "value"})
        try:
            self._recover(component, "mqtt")
        except LookupError as error:
            raise Refused(said_by(error), request_id) from None
        return encode_done(request_id)

    def _on_maintenance(self, payload: bytes) -> bytes:
        request_id, said = decode_request(payload, {"id", "value"})
        self._maintain(_maintenance_s(said.get("value"), request_id))
        return encode_done(request_id)

    def _on_metrics(self, payload: bytes) -> bytes:
        """Whatever is in `payload`: the answer is the same."""
        answer = encode_report(self._metrics())
        self._send(Message(self._topics.metrics, lambda: answer, retain=False, is_state=False))
        return b""


def _maintenance_s(said: object, request_id: str | None) -> float | None:
    """For how many seconds; None to end it."""
    word = said.strip().upper() if isinstance(said, str) else ""
    if word in ("ON", "OFF"):
        return MAINTENANCE_S if word == "ON" else None
    if isinstance(said, float) and is_number(said) and 0 < said <= MAX_MAINTENANCE_S:
        return said
    raise Refused(f"maintenance is ON, OFF or a number of seconds up to {MAX_MAINTENANCE_S:g}", request_id)
