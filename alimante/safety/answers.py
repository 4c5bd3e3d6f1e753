"""Remembers commands: the answer to each id, and the order that sources number theirs in; it must not judge else."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any, Final

from alimante.core.events import CommandFinished, CommandReceived, Outcome

REMEMBERED_COMMANDS: Final = 1000
"""How many command ids keep their answer, so that a repeated command has no second effect."""

ORDERED_FOR_S: Final = 300.0
"""For how long a number orders: no command can be on its way for longer, and a source that restarts counts anew."""

SAVED_COMMANDS: Final = 100
"""So many of them at most outlive a restart: what is saved is written again with each command."""

CUT_OFF: Final = "the supervisor ended before it was done"


class Answers:
    """The commands of the last while, by device and id. Times are monotonic, in seconds."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[str, str], tuple[float, CommandFinished | None]] = OrderedDict()
        """When each one expires, and its answer."""
        self._numbers: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._answers)

    def is_known(self, command: CommandReceived) -> bool:
        """Whether its id was seen before; from now on it was."""
        key = (command.device, command.id)
        if key in self._answers:
            return True
        self._answers[key] = command.expires_s, None
        while len(self._answers) > REMEMBERED_COMMANDS:
            self._answers.popitem(last=False)
        return False

    def of(self, command: CommandReceived) -> CommandFinished | None:
        """The answer that was given; None while it is under way."""
        return self._answers.get((command.device, command.id), (0.0, None))[1]

    def keep(self, finished: CommandFinished) -> None:
        """Remember the answer to a command that is still known."""
        key = (finished.device, finished.id)
        if key in self._answers:
            self._answers[key] = self._answers[key][0], finished

    def is_overtaken(self, command: CommandReceived, now_s: float) -> bool:
        """Whether its source has sent a later command to the device, which came first."""
        if command.seq is None:
            return False
        key = (command.device, command.source)
        last, at_s = self._numbers.get(key, (command.seq - 1, now_s))
        if command.seq <= last and now_s - at_s < ORDERED_FOR_S:
            return True
        self._numbers[key] = (command.seq, now_s)
        self._numbers.move_to_end(key)
        while len(self._numbers) > REMEMBERED_COMMANDS:
            self._numbers.popitem(last=False)
        return False

    def snapshot(self, now_s: float) -> dict[str, Any]:
        """What may still come once more or be overtaken, in plain JSON values."""
        known = [each for each in self._answers.items() if now_s - each[1][0] < ORDERED_FOR_S]
        numbers = [each for each in self._numbers.items() if now_s - each[1][1] < ORDERED_FOR_S]
        return {
            "answers": [_saved(*key, answer) for key, (_, answer) in known[-SAVED_COMMANDS:]],
            "numbers": [
                {"device": device, "source": source, "seq": seq}
                for (device, source), (seq, _) in numbers[-SAVED_COMMANDS:]
            ],
        }

    def restore(self, saved: object, now_s: float) -> None:
        """Take up a snapshot, as if all of it had come now; what does not fit is left out."""
        for entry in _entries(saved, "answers"):
            try:
                finished = _finished(entry)
            except (KeyError, TypeError, ValueError, OverflowError):
                continue
            self._answers[finished.device, finished.id] = now_s, finished
        for entry in _entries(saved, "numbers"):
            try:
                self._numbers[str(entry["device"]), str(entry["source"])] = int(entry["seq"]), now_s
            except (KeyError, TypeError, ValueError, OverflowError):
                continue


def _saved(device: str, name: str, answer: CommandFinished | None) -> dict[str, Any]:
    """One that is under way may have had its effect when nobody knows of it any more."""
    if answer is None:
        return {"id": name, "device": device, "outcome": Outcome.UNKNOWN.value, "reason": CUT_OFF, "value": None}
    return {
        "id": name,
        "device": device,
        "outcome": answer.outcome.value,
        "reason": answer.reason,
        "value": answer.value,
    }


def _finished(entry: Mapping[str, Any]) -> CommandFinished:
    """Raises `KeyError`, `TypeError`, `ValueError` and `OverflowError`."""
    value = None if entry["value"] is None else float(entry["value"])
    return CommandFinished(
        id=str(entry["id"]),
        device=str(entry["device"]),
        outcome=Outcome(entry["outcome"]),
        reason=str(entry["reason"]),
        value=value if value is not None and isfinite(value) else None,
    )


def _entries(saved: object, key: str) -> Iterator[Mapping[str, Any]]:
    part = saved.get(key) if isinstance(saved, Mapping) else None
    return (entry for entry in (part if isinstance(part, list) else ()) if isinstance(entry, Mapping))
