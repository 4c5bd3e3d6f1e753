"""From payloads to commands and from events to payloads; it must not know topics, connections or the present state."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from pydantic_core import to_json

from alimante.core.events import CommandFinished, Outcome, OutputChanged, ReadingAged, ReadingTaken
from alimante.core.text import brief
from alimante.policy.asking import MAX_NAME, MAX_TTL_S, TTL_S, is_name
from alimante.policy.plausibility import is_number
from alimante.policy.values import is_auto, parse_value, show_value
from hardware.api import Accepts

MAX_PAYLOAD_BYTES = 4096
EXPIRES_IN_S, MAX_EXPIRES_IN_S = 30.0, 300.0
MAX_CLOCK_ERROR_S = 5.0
"""How far in the future a command may have been sent: two clocks kept by NTP differ by far less."""

MAX_SEQ = 2**53 - 1
"""The largest number up to which all whole numbers of JSON are told apart (RFC 8259, section 6)."""

_STRICT = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_KEYS = {"id", "value", "expires_in_s", "ttl_s", "sent_at", "seq"}


class Refused(Exception):
    """The payload is no command; the message says why. `id` is the command's, where it could be read."""

    def __init__(self, reason: str, command_id: str | None = None) -> None:
        super().__init__(reason)
        self.id = command_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What a payload asks for. `sent_at` is the sender's wall clock in seconds since 1970, if it was told.

    The value None gives the output back to its controllers. `seq` is the sender's own number of it, if it was told.
    """

    id: str | None
    value: float | None
    expires_in_s: float
    ttl_s: float
    sent_at: float | None
    seq: int | None = None


def decode_command(payload: bytes, accepts: Accepts) -> Command:
    """The command in `payload`: `ON`, `OFF`, `AUTO`, a number, or a JSON object. Raises `Refused`."""
    command_id, said = decode_request(payload, _KEYS)
    return _command(said, command_id, accepts)


def decode_request(payload: bytes, keys: Collection[str]) -> tuple[str | None, dict[str, object]]:
    """The id, if there is one, and all members of what was said; a plain word or number is its `value`.

    Raises `Refused` for what is too long, is no JSON although it looks like it, or has members other than `keys`.
    """
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise Refused(f"the payload is longer than {MAX_PAYLOAD_BYTES} bytes")
    try:
        text = payload.decode().strip()
    except UnicodeDecodeError:
        raise Refused("the payload is no UTF-8 text") from None
    try:
        found = _parse_json(text) if text[:1] in '{["' else _parse_plain(text)
    except RecursionError:
        raise Refused("the JSON is nested too deeply") from None
    said = found if isinstance(found, dict) else {"value": found}
    request_id = _id(said.get("id"))
    unknown = [key for key in said if key not in keys]
    if unknown:
        raise Refused(f"unknown key {show(min(unknown))}; known are {', '.join(sorted(keys))}", request_id)
    return request_id, said


def _parse_plain(text: str) -> object:
    """A bare number, or a word as it stands."""
    try:
        return float(text) if text.isascii() and "_" not in text else text  # float() takes 1_0 and ٤٢
    except ValueError:
        return text


def _parse_json(text: str) -> object:
    """Every number as a float: of an integer of 400 digits Python cannot even tell whether it is finite."""
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=float)
    except ValueError as error:
        if not text.strip():
            raise Refused("the payload is empty") from None
        raise Refused(f"the payload is no valid JSON: {str(error)[:100]}") from None


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    keys = dict(pairs)
    if len(keys) != len(pairs):
        raise ValueError("a key stands there twice")
    return keys


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no number")


def _command(said: dict[str, object], command_id: str | None, accepts: Accepts) -> Command:
    if "value" not in said:
        raise Refused("there is no value", command_id)
    try:
        value = None if is_auto(said["value"]) else parse_value(accepts, said["value"])
    except ValueError as error:
        raise Refused(str(error), command_id) from None
    return Command(
        id=command_id,
        value=value,
        expires_in_s=_seconds(said, "expires_in_s", EXPIRES_IN_S, MAX_EXPIRES_IN_S, command_id),
        ttl_s=_seconds(said, "ttl_s", TTL_S, MAX_TTL_S, command_id),
        sent_at=_sent_at(said.get("sent_at"), command_id),
        seq=_seq(said.get("seq"), command_id),
    )


def show(text: str) -> str:
    """`text` in quotes, printable and not too long, whatever it is."""
    return brief(text[:40])


def _id(said: object) -> str | None:
    if said is None:
        return None
    if is_name(said):
        return said
    raise Refused(f"an id is a text of 1 to {MAX_NAME} printable characters")


def _seconds(said: dict[str, object], key: str, default: float, most: float, command_id: str | None) -> float:
    if key not in said:
        return default
    value = said[key]
    if isinstance(value, int | float) and is_number(value) and 0 < value <= most:
        return float(value)
    raise Refused(f"{key} must be a number of seconds above 0 and up to {most:g}", command_id)


def _seq(said: object, command_id: str | None) -> int | None:
    if said is None:
        return None
    if isinstance(said, float) and said.is_integer() and 0 <= said <= MAX_SEQ:  # every number of JSON is a float here
        return int(said)
    raise Refused(f"seq must be a whole number from 0 to {MAX_SEQ}", command_id)


def _sent_at(said: object, command_id: str | None) -> float | None:
    """A time as seconds since 1970 or as ISO 8601 with an offset."""
    if said is None:
        return None
    if isinstance(said, int | float) and is_number(said):
        return float(said)
    try:
        parsed = datetime.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        parsed = None
    if parsed is None or parsed.tzinfo is None:
        raise Refused("sent_at must be seconds since 1970 or a time like 2026-01-31T12:00:00Z", command_id)
    return parsed.timestamp()


def dump(document: Any) -> bytes:
    """Compact JSON; raises `ValueError` rather than write NaN or Infinity, which no JSON reader takes."""
    payload = to_json(document)
    if b"NaN" in payload or b"Infinity" in payload:  # as numbers, or only as words in a text
        _STRICT.encode(document)
    return payload


def iso(wall_s: float) -> str:
    """A wall time in seconds since 1970 as ISO 8601 in UTC with milliseconds."""
    second, microsecond = divmod(round(wall_s * 1e6), 1_000_000)
    day, second_of_day = divmod(second, 86_400)  # in UTC each day has so many
    minute, second = divmod(second_of_day, 60)
    return f"{_iso_day(day)}T{minute // 60:02d}:{minute % 60:02d}:{second:02d}.{microsecond // 1000:03d}Z"


@lru_cache(maxsize=8)
def _iso_day(day: int) -> str:
    """Most of what is told was on the same day, and to ask the calendar is dear."""
    return datetime.fromtimestamp(day * 86_400, UTC).date().isoformat()


def encode_reading(event: ReadingTaken | ReadingAged, *, mono_s: float, wall_s: float) -> bytes:
    """The state of one channel as told at `mono_s`/`wall_s`; an unknown value is null and has no age."""
    at_s = None if event.value is None else event.measured_s
    age_s = None if at_s is None else max(0.0, mono_s - at_s)
    return dump(
        {
            "value": None if event.value is None else round(event.value, 4),
            "unit": event.unit,
            "quality": event.quality.value,
            "reasons": event.reasons,
            "measured_at": None if age_s is None else iso(wall_s - age_s),
            "age_s": None if age_s is None else round(age_s, 3),
            "seq": event.seq,
        }
    )


def encode_output(event: OutputChanged, accepts: Accepts, *, mono_s: float, wall_s: float) -> bytes:
    """The state of one output; a value that could not be read back is null."""
    return dump(
        {
            "value": None if event.value is None else show_value(accepts, event.value),
            "commanded": show_value(accepts, event.commanded),
            "source": event.source,
            "reason": event.reason,
            "since": iso(wall_s - (mono_s - event.since_s)),
            "until": None if event.until_s is None else iso(wall_s + event.until_s - mono_s),
            "latched": event.latched,
        }
    )


def encode_ack(event: CommandFinished, accepts: Accepts | None) -> bytes:
    """The answer to a command."""
    value = None if event.value is None or accepts is None else show_value(accepts, event.value)
    return dump({"id": event.id, "outcome": event.outcome.value, "reason": event.reason, "value": value})


def encode_done(request_id: str | None) -> bytes:
    """The answer to a request that was done and is no command to an output."""
    return dump({"id": request_id, "outcome": Outcome.APPLIED.value, "reason": "", "value": None})


def encode_refusal(refused: Refused) -> bytes:
    """The answer to what is no command."""
    return dump({"id": refused.id, "outcome": Outcome.REJECTED.value, "reason": str(refused), "value": None})
