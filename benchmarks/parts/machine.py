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
