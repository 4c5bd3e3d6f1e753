"""What the supervisor takes of the machine when nothing happens; it must not be asked for anything meanwhile.

Ours: 60 entities, sensors polled every 5 s. Floor: a process that imports the same libraries and stays connected.
"""

import contextlib
import tempfile
import time
from pathlib import Path

import psutil

from parts.configs import POLL_S, sixty
from parts.machine import say
from parts.mqtt import Client
from parts.nodes import wait_until_there
from parts.processes import broker, child, supervisor
from parts.report import Goal, Row

SETTLE_S = 4.0
MB = 1_000_000


def measure(*, quick: bool) -> list[Row]:
    """Resident memory and processor time, both processes over the same seconds."""
    seconds = 2 * POLL_S if quick else 6 * POLL_S
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(broker())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="alimante-bench-")))
        watcher = stack.enter_context(Client(port, "watcher", subscribe=["alimante/#"]))
        setup = sixty(port, "idle")
        ours = stack.enter_context(supervisor(setup.write(folder / "config.json"), folder))
        bare = stack.enter_context(child("bare_start", port, "bare", 1))
        wait_until_there(watcher, states=setup.entities + 1, online=1)
        watcher.__exit__()
        time.sleep(SETTLE_S)
        say(f"idling for {seconds:g} s …")
        processes = [psutil.Process(process.pid) for process in (ours, bare)]
        before = [_cpu_s(process) for process in processes]
        started_s = time.perf_counter()
        time.sleep(seconds)
        took_s = time.perf_counter() - started_s
        percent = [(_cpu_s(process) - cpu_s) / took_s * 100 for process, cpu_s in zip(processes, before, strict=True)]
        memory_mb = [process.memory_info().rss / MB for process in processes]
        threads = processes[0].num_threads()
    return [
        Row(
            part="idle",
            what="idle with 60 entities: resident memory",
            figure=memory_mb[0],
            unit="MB",
            floor=memory_mb[1],
            goal=Goal(of="figure", side="<=", limit=52),
            note=f"MB of 10⁶ bytes; {threads} threads",
        ),
        Row(
            part="idle",
            what="idle with 60 entities: resident memory, first goal",
            figure=memory_mb[0],
            unit="MB",
            floor=memory_mb[1],
            goal=Goal(of="figure", side="<=", limit=48),
            note="the same figure; 48 MB was the goal before there were groups, recovery, health and alerts",
        ),
        Row(
            part="idle",
            what="idle with 60 entities: processor",
            figure=percent[0],
            unit="%",
            goal=Goal(of="figure", side="<=", limit=1.5),
            note=f"of one core over {took_s:.0f} s; the kernel counts in steps of 10 ms, which is "
            f"{1 / took_s:.2f} % here, too coarse for the floor ({percent[1]:.2f} %)",
        ),
    ]


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
