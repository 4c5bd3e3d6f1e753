"""Remembers commands: the answer to each id, and the order that sources number theirs in; it must not judge else."""

from collections import OrderedDict
from typing import Final

from alimante.core.events import CommandFinished, CommandReceived

REMEMBERED_COMMANDS: Final = 1000
"""How many command ids keep their answer, so that a repeated command has no second effect."""

ORDERED_FOR_S: Final = 300.0
"""For how long a number orders: no command can be on its way for longer, and a source that restarts counts anew."""


class Answers:
    """The commands of the last while, by device and id."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[str, str], CommandFinished | None] = OrderedDict()
        self._numbers: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._answers)

    def is_known(self, command: CommandReceived) -> bool:
        """Whether its id was seen before; from now on it was."""
        key = (command.device, command.id)
        if key in self._answers:
            return True
        self._answers[key] = None
        while len(self._answers) > REMEMBERED_COMMANDS:
            self._answers.popitem(last=False)
        return False

    def of(self, command: CommandReceived) -> CommandFinished | None:
        """The answer that was given; None while it is under way."""
        return self._answers.get((command.device, command.id))

    def keep(self, finished: CommandFinished) -> None:
        """Remember the answer to a command that is still known."""
        if (finished.device, finished.id) in self._answers:
            self._answers[finished.device, finished.id] = finished

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
