"""Numbers about the computer and this process; it must not say which of them are bad.

What a computer does not tell is absent, never 0. The calls may block, so they belong on a worker.
"""

import contextlib
import os
import resource
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

Facts = Mapping[str, float]
Named = Iterator[tuple[str, float]]

THROTTLED = "sys/devices/platform/soc/soc:firmware/get_throttled"
THERMAL = "sys/class/thermal/thermal_zone0/temp"
SOC_CLOCK = "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq"
CGROUPS = "sys/fs/cgroup"

THROTTLED_BITS = {"under_voltage": 0, "frequency_capped": 1, "throttled": 2, "soft_temperature_limit": 3}
"""Bits of the firmware's `get_throttled`: these are now, and those 16 higher since the start of the computer
(Raspberry Pi documentation, `vcgencmd get_throttled`)."""

PERCENT = 100.0
KIB = 1024.0


class SystemFacts(Protocol):
    """Where numbers about the computer come from."""

    def gather(self) -> Facts:
        """All that is known now, by name with its unit. May block; never raises `OSError`."""
        ...


class Source(Protocol):
    """One way to learn about the computer. Every part may raise `OSError`, `ValueError`, `KeyError`, `IndexError`."""

    def cpu(self) -> Named:
        """Time of all cores: `cpu_idle_s`, `cpu_total_s`."""
        ...

    def memory(self) -> Named:
        """The computer's memory."""
        ...

    def own(self) -> Named:
        """This process."""
        ...

    def network(self) -> Named:
        """All links but the loopback, taken together."""
        ...


class LinuxFacts:
    """The computer that this runs on: through psutil where it is installed, else the smaller part that /proc tells.

    `root` is the root of the file system; `state_dir` lies on the disk that is watched.
    """

    def __init__(self, *, root: Path, state_dir: Path) -> None:
        self._root = root
        self._state_dir = state_dir
        psutil = psutil_if_installed()
        self._source: Source = ProcSource(root) if psutil is None else PsutilSource(psutil)
        self._cpu_before: tuple[float, float] | None = None

    def gather(self) -> Facts:
        """See `SystemFacts`."""
        facts: dict[str, float] = {}
        source = self._source
        for part in (source.cpu, source.memory, source.own, source.network, self._load, self._disk, self._board):
            with contextlib.suppress(OSError, ValueError, KeyError, IndexError):  # what one part lacks, others have
                facts.update(part())
        self._shares(facts)
        return facts

    def _shares(self, facts: dict[str, float]) -> None:
        """Put into `facts` what follows from two of them."""
        idle_s, total_s = facts.pop("cpu_idle_s", 0.0), facts.pop("cpu_total_s", 0.0)
        before, self._cpu_before = self._cpu_before, (idle_s, total_s)
        if before is not None and total_s > before[1]:
            facts["cpu_percent"] = PERCENT * (1 - (idle_s - before[0]) / (total_s - before[1]))
        if "process_files" in facts and (most := resource.getrlimit(resource.RLIMIT_NOFILE)[0]) > 0:
            facts["process_files_percent"] = PERCENT * facts["process_files"] / most
        limit_bytes = self._memory_limit_bytes(facts)
        if limit_bytes and "process_memory_bytes" in facts:
            facts["process_memory_percent"] = PERCENT * facts["process_memory_bytes"] / limit_bytes

    def _load(self) -> Named:
        load = os.getloadavg()
        yield from zip(("load_1m", "load_5m", "load_15m"), load, strict=True)
        yield "load_per_core", load[0] / (os.cpu_count() or 1)

    def _disk(self) -> Named:
        disk = os.statvfs(self._state_dir)
        yield "disk_free_bytes", float(disk.f_bavail * disk.f_frsize)
        yield "disk_read_only", float(bool(disk.f_flag & os.ST_RDONLY))
        if disk.f_blocks:
            yield "disk_free_percent", PERCENT * disk.f_bavail / disk.f_blocks
        if disk.f_files:  # some file systems have no fixed number of files
            yield "disk_inodes_free_percent", PERCENT * disk.f_favail / disk.f_files

    def _board(self) -> Named:
        for name, path, scale in (("soc_temperature_c", THERMAL, 1e-3), ("soc_clock_hz", SOC_CLOCK, 1e3)):
            with contextlib.suppress(OSError, ValueError):
                yield name, float(self._text(path)) * scale
        bits = int(self._text(THROTTLED).strip(), 16)
        for name, bit in THROTTLED_BITS.items():
            yield name, float(bits >> bit & 1)
            yield f"{name}_since_start", float(bits >> (bit + 16) & 1)

    def _memory_limit_bytes(self, facts: Facts) -> float | None:
        """The least of what the service manager allows this process and what the computer has."""
        limits = [facts["memory_bytes"]] if "memory_bytes" in facts else []
        with contextlib.suppress(OSError, ValueError, IndexError):
            group = self._text("proc/self/cgroup").strip().rsplit(":", 1)[1].lstrip("/")
            limits.append(float(self._text(f"{CGROUPS}/{group}/memory.max")))  # its word "max" is no number
        return min(limits, default=None)

    def _text(self, path: str) -> str:
        return (self._root / path).read_text()


class PsutilSource:
    """What psutil tells."""

    def __init__(self, psutil: ModuleType) -> None:
        self._psutil: Any = psutil
        self._process = self._psutil.Process()

    def cpu(self) -> Named:
        """See `Source`."""
        times = self._psutil.cpu_times()
        yield "cpu_idle_s", times.idle + getattr(times, "iowait", 0.0)
        yield "cpu_total_s", sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)

    def memory(self) -> Named:
        """See `Source`."""
        memory = self._psutil.virtual_memory()
        yield "memory_bytes", float(memory.total)
        yield "memory_available_bytes", float(memory.available)
        yield "memory_percent", PERCENT * (1 - memory.available / memory.total)
        yield "swap_used_bytes", float(self._psutil.swap_memory().used)

    def own(self) -> Named:
        """See `Source`."""
        with self._process.oneshot():
            used = self._process.cpu_times()
            yield "process_memory_bytes", float(self._process.memory_info().rss)
            yield "process_threads", float(self._process.num_threads())
            yield "process_files", float(self._process.num_fds())
            yield "process_cpu_s", used.user + used.system
            yield "process_written_bytes", float(self._process.io_counters().write_bytes)

    def network(self) -> Named:
        """See `Source`."""
        links = {name: link for name, link in self._psutil.net_if_stats().items() if name != "lo"}
        counted = self._psutil.net_io_counters(pernic=True)
        yield "network_links_up", float(sum(link.isup for link in links.values()))
        yield "network_sent_bytes", float(sum(counted[name].bytes_sent for name in links if name in counted))
        yield "network_received_bytes", float(sum(counted[name].bytes_recv for name in links if name in counted))


class ProcSource:
    """What Linux tells in /proc, for a computer without psutil."""

    def __init__(self, root: Path) -> None:
        self._proc = root / "proc"

    def cpu(self) -> Named:
        """See `Source`. The first line of proc(5)'s stat: user nice system idle iowait irq softirq steal, in ticks."""
        ticks = [float(field) for field in (self._proc / "stat").read_text().split("\n", 1)[0].split()[1:9]]
        per_second = os.sysconf("SC_CLK_TCK")
        yield "cpu_idle_s", (ticks[3] + ticks[4]) / per_second
        yield "cpu_total_s", sum(ticks) / per_second

    def memory(self) -> Named:
        """See `Source`."""
        lines = (line.partition(":") for line in (self._proc / "meminfo").read_text().splitlines())
        size_bytes = {name: float(value.split()[0]) * KIB for name, _, value in lines}
        yield "memory_bytes", size_bytes["MemTotal"]
        yield "memory_available_bytes", size_bytes["MemAvailable"]
        yield "memory_percent", PERCENT * (1 - size_bytes["MemAvailable"] / size_bytes["MemTotal"])
        yield "swap_used_bytes", size_bytes["SwapTotal"] - size_bytes["SwapFree"]

    def own(self) -> Named:
        """See `Source`."""
        lines = (line.partition(":") for line in (self._proc / "self/status").read_text().splitlines())
        status = {name: value for name, _, value in lines}
        yield "process_memory_bytes", float(status["VmRSS"].split()[0]) * KIB
        yield "process_threads", float(status["Threads"])
        yield "process_files", float(sum(1 for _ in (self._proc / "self/fd").iterdir()))
        used = os.times()
        yield "process_cpu_s", used.user + used.system

    def network(self) -> Named:
        """See `Source`; /proc does not tell which links are up."""
        lines = (line.partition(":") for line in (self._proc / "net/dev").read_text().splitlines()[2:])
        counts = [[float(field) for field in fields.split()] for name, _, fields in lines if name.strip() != "lo"]
        yield "network_received_bytes", sum(fields[0] for fields in counts)
        yield "network_sent_bytes", sum(fields[8] for fields in counts)


def psutil_if_installed() -> ModuleType | None:
    """psutil, or None where it is missing or broken."""
    try:
        return import_module("psutil")
    except ImportError:
        return None
