"""What the service manager is told at each turn in the life of the process; it must not send anything.

The manager thinks in processes, the supervisor in runs: one process has many runs, one after another. So `STOPPING` is
told at the end of the process only. systemd takes it for a promise: it leaves the unit in `stop-sigterm`, hears nothing
more and kills the whole group after TimeoutStopSec=. A run that makes room for another one is a reload.

Source: service_notify_message() and service_set_state() in src/core/service.c of systemd 252 and 257.
"""

from enum import StrEnum
from typing import Final


class Phase(StrEnum):
    """What the manager is to believe of the process."""

    STARTING = "starting"
    RUNNING = "running"
    CHANGING = "changing"  # one run makes room for another one, or may be about to
    ENDING = "ending"


class Life(StrEnum):
    """What happens to the process."""

    BEGUN = "begun"  # a run has begun its work
    CHANGES = "changes"  # the configuration is read again, or the run is left for another one
    STAYS = "stays"  # the run goes on after all
    LIVES = "lives"  # there is evidence that everything critical is alive
    ENDS = "ends"  # the process ends, for whatever reason


class Notice(StrEnum):
    """What is told, by the name that sd_notify(3) has for it."""

    READY = "READY"
    RELOADING = "RELOADING"
    STOPPING = "STOPPING"
    WATCHDOG = "WATCHDOG"


_LAST: Final = (Notice.WATCHDOG, Notice.STOPPING)
"""systemd 252 only notes a STOPPING that comes during a reload, or before its ExecReload= has ended: its watchdog goes
on. So that is fed once more, for the end takes its time."""

_TURNS: Final[dict[Phase, dict[Life, tuple[Phase, tuple[Notice, ...]]]]] = {
    # No food: it would start the watchdog, while a slow start has TimeoutStartSec=. And STOPPING of what never was
    # ready means nothing: the exit code tells.
    Phase.STARTING: {
        Life.BEGUN: (Phase.RUNNING, (Notice.READY,)),
        Life.ENDS: (Phase.ENDING, ()),
    },
    Phase.RUNNING: {
        Life.CHANGES: (Phase.CHANGING, (Notice.RELOADING,)),
        Life.LIVES: (Phase.RUNNING, (Notice.WATCHDOG,)),
        Life.ENDS: (Phase.ENDING, _LAST),
    },
    Phase.CHANGING: {
        Life.BEGUN: (Phase.RUNNING, (Notice.READY,)),
        Life.STAYS: (Phase.RUNNING, (Notice.READY,)),
        Life.LIVES: (Phase.CHANGING, (Notice.WATCHDOG,)),
        Life.ENDS: (Phase.ENDING, _LAST),
    },
    # Nothing more, and no food above all: it would start the watchdog that the manager has stopped.
    Phase.ENDING: {},
}


def turn(phase: Phase, life: Life) -> tuple[Phase, tuple[Notice, ...]]:
    """What the manager is to believe once `life` has happened, and what it is told, each in a message of its own.

    What must not be told in `phase`, or is known already, is not told.
    """
    return _TURNS[phase].get(life, (phase, ()))
