"""What follows from how the last starts ended; it must not start or end anything.

A computer without a clock battery does not know how long it was off. So ages are compared within one boot of the
kernel only (a monotonic clock and the kernel's boot id), and starts before that count by their order.
"""

from dataclasses import dataclass, replace
from enum import StrEnum


@dataclass(frozen=True, kw_only=True)
class StartRules:
    """After `unclean` starts that ended badly within `within_s`, the computer may be rebooted, `reboots` times.

    A run that was healthy for `healthy_s` is no bad start, however it ended. One of `day_s` makes reboots forgotten.
    """

    unclean: int = 4
    within_s: float = 900.0
    reboots: int = 3
    healthy_s: float = 600.0
    day_s: float = 86400.0


class End(StrEnum):
    """How a run ended; `OPEN` is what a run leaves that had no time to say so."""

    OPEN = ""
    CLEAN = "clean"
    GAVE_UP = "gave_up"
    REBOOT = "reboot"


class Step(StrEnum):
    """What a start is to do."""

    RUN = "run"
    REBOOT = "reboot"
    SAFE_MODE = "safe_mode"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One start of the program: number `number`, at `at_s` of the monotonic clock of the kernel's boot `kernel`."""

    number: int
    kernel: str
    at_s: float
    end: End = End.OPEN
    reason: str = ""
    was_healthy: bool = False

    @property
    def is_bad(self) -> bool:
        """Whether it counts as unclean once it is over."""
        return self.end in (End.OPEN, End.GAVE_UP) and not self.was_healthy


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The last starts, oldest first; in which boots of the kernel a reboot was asked for; why outputs are held safe."""

    starts: tuple[Start, ...] = ()
    reboots: tuple[str, ...] = ()
    safe_mode: str = ""

    def latest(self, **changes: object) -> "Record":
        """The same with `changes` to the latest start."""
        if not self.starts:
            return self
        return replace(self, starts=(*self.starts[:-1], replace(self.starts[-1], **changes)))  # type: ignore[arg-type]


def bad_starts(record: Record, *, kernel: str, now_s: float, rules: StartRules) -> int:
    """How many starts in a row before the latest one, which is this, ended badly within the time that counts."""
    count = 0
    for start in reversed(record.starts[:-1]):
        is_old = start.kernel == kernel and now_s - start.at_s > rules.within_s
        if not start.is_bad or is_old:
            break
        count += 1
    return count


def next_step(record: Record, *, kernel: str, now_s: float, rules: StartRules, may_reboot: bool) -> Step:
    """What the latest start is to do. A reboot that was asked for in this boot of the kernel has not worked."""
    if record.safe_mode:
        return Step.SAFE_MODE
    if bad_starts(record, kernel=kernel, now_s=now_s, rules=rules) < rules.unclean:
        return Step.RUN
    can_reboot = may_reboot and len(record.reboots) < rules.reboots and kernel not in record.reboots
    return Step.REBOOT if can_reboot else Step.SAFE_MODE


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What others wrote about the end of run `number`: the service manager (systemd.exec(5)) and the guard."""

    number: int
    result: str = ""
    code: str = ""
    status: str = ""
    guard: str = ""


@dataclass(frozen=True, slots=True)
class Death:
    """How a run ended that did not end cleanly: `kind` for programs, `text` for people."""

    kind: str
    text: str


def post_mortem(before: Start | None, note: Note | None, *, kernel: str) -> Death | None:
    """Why the run `before` this one ended, or None when it ended cleanly or there was none."""
    if before is None or before.end is End.CLEAN:
        return None
    if before.end is End.GAVE_UP:
        return Death("gave_up", f"it gave up: {before.reason}")
    if before.end is End.REBOOT:
        return Death("reboot", f"it asked for a reboot: {before.reason}")
    if note is not None and note.number == before.number:
        return _noted(note)
    if before.kernel != kernel:
        return Death("power", "the computer lost its power or was reset")
    return Death("killed", "the process was killed, or died without a word")


def _noted(note: Note) -> Death:
    if note.guard:
        return Death("hang" if note.result != "watchdog" else "watchdog", f"its guard ended it: {note.guard}")
    if note.result == "watchdog":
        return Death("watchdog", "it hung, and the service manager ended it")
    if note.result == "oom-kill":
        return Death("memory", "the memory ran out, and the kernel ended it")
    if note.result == "timeout":
        return Death("timeout", "it took too long to start or to stop, and the service manager ended it")
    if note.code in ("killed", "dumped"):
        return Death("signal", f"the signal {note.status} ended it")
    return Death("crash", f"it ended by itself with exit code {note.status or 'unknown'}")
