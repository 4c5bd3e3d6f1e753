"""Says on which machine the figures were taken and how noisy it was; it must not correct them for that."""

import os
import platform
import sys
from pathlib import Path
from time import perf_counter

from parts.report import spread

LOOP = 200_000
"""Turns of the calibration loop: some 10 ms on a desktop."""


def describe() -> dict[str, object]:
    """Facts that do not change during a run, and the load at this moment."""
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "load_average": [round(value, 2) for value in os.getloadavg()],
        "packages": {name: _version(name) for name in ("paho-mqtt", "pydantic", "blinker", "pyee")},
    }


def calibrate(repetitions: int = 40) -> tuple[float, float]:
    """(shortest duration in seconds, spread) of a fixed piece of plain Python: what other work on the machine takes."""
    durations = [_loop_s() for _ in range(repetitions)]
    return min(durations), spread(durations)


class Foreign:
    """How much of the processors other programs took between `__init__` and `share`."""

    def __init__(self) -> None:
        self._busy_s = _busy_s()
        self._own_s = _own_s()
        self._started_s = perf_counter()

    def share(self) -> float | None:
        """Of all cores together, 0.0 to 1.0; None where the kernel does not tell."""
        if self._busy_s is None or (busy_s := _busy_s()) is None:
            return None
        foreign_s = busy_s - self._busy_s - (_own_s() - self._own_s)
        return max(0.0, foreign_s / ((perf_counter() - self._started_s) * (os.cpu_count() or 1)))


def _busy_s() -> float | None:
    """Seconds that all cores were not idle since the system started (proc(5), /proc/stat)."""
    try:
        user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, _first_line("/proc/stat").split()[1:9])
    except (OSError, ValueError):
        return None
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _own_s() -> float:
    """Seconds that this process and its children that have ended took."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _first_line(path: str) -> str:
    with Path(path).open() as file:
        return file.readline()


def _loop_s() -> float:
    started_s = perf_counter()
    total = 0
    for value in range(LOOP):
        total += value & 7
    return perf_counter() - started_s


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Model"))]
    return names[-1] if names else "unknown"


def _version(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def say(text: str) -> None:
    """One line of progress."""
    print(text, file=sys.stderr, flush=True)
