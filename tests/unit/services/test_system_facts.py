import os
from pathlib import Path

import pytest

from alimante.services import system_facts
from alimante.services.system_facts import THERMAL, THROTTLED, LinuxFacts


def put(root, path, text):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def facts_of(root=Path("/")):
    return LinuxFacts(root=root, state_dir=Path("/"))


def test_this_computer_tells_the_usual_numbers():
    facts = facts_of()
    facts.gather()
    sum(range(2_000_000))  # so that the processor has done something
    found = facts.gather()
    for name in ("memory_percent", "disk_free_percent", "process_files_percent", "process_memory_percent"):
        assert 0.0 < found[name] <= 100.0, name
    assert found["process_threads"] >= 1
    assert found["process_memory_bytes"] > 1e6
    assert found["load_per_core"] == pytest.approx(found["load_1m"] / os.cpu_count())


def test_without_psutil_proc_tells_nearly_the_same(monkeypatch):
    with_psutil = facts_of().gather()
    monkeypatch.setattr(system_facts, "psutil_if_installed", lambda: None)
    without = facts_of().gather()
    assert set(with_psutil) - set(without) <= {"network_links_up", "process_written_bytes"}
    assert set(without) <= set(with_psutil)
    assert without["memory_bytes"] == with_psutil["memory_bytes"]
    assert without["process_memory_bytes"] == pytest.approx(with_psutil["process_memory_bytes"], rel=0.2)
    assert without["process_files"] == pytest.approx(with_psutil["process_files"], abs=2)


def test_psutil_that_cannot_be_imported_is_no_psutil(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(system_facts, "import_module", missing)
    assert system_facts.psutil_if_installed() is None


def test_the_firmwares_bits_are_now_and_since_the_start(tmp_path):
    put(tmp_path, THROTTLED, "50005\n")
    found = facts_of(tmp_path).gather()
    assert {name for name, value in found.items() if value == 1.0} >= {
        "under_voltage",
        "throttled",
        "under_voltage_since_start",
        "throttled_since_start",
    }
    assert found["frequency_capped"] == found["soft_temperature_limit"] == 0.0


def test_what_a_computer_does_not_tell_is_absent(tmp_path):
    found = facts_of(tmp_path).gather()
    assert "soc_temperature_c" not in found
    assert "under_voltage" not in found


def test_the_processors_temperature(tmp_path):
    put(tmp_path, THERMAL, "53692\n")
    assert facts_of(tmp_path).gather()["soc_temperature_c"] == pytest.approx(53.692)


def test_a_broken_file_costs_only_its_own_number(tmp_path):
    put(tmp_path, THERMAL, "hot\n")
    put(tmp_path, THROTTLED, "rubbish")
    found = facts_of(tmp_path).gather()
    assert "soc_temperature_c" not in found
    assert "memory_percent" in found or "disk_free_bytes" in found


def test_the_service_managers_memory_limit_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(system_facts, "psutil_if_installed", lambda: None)
    put(tmp_path, "proc/meminfo", "MemTotal: 400000 kB\nMemAvailable: 200000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n")
    put(tmp_path, "proc/self/status", "Name: x\nVmRSS: 50000 kB\nThreads: 3\n")
    (tmp_path / "proc/self/fd").mkdir()
    put(tmp_path, "proc/self/cgroup", "0::/system.slice/alimante.service\n")
    assert facts_of(tmp_path).gather()["process_memory_percent"] == pytest.approx(12.5)
    limit = "sys/fs/cgroup/system.slice/alimante.service/memory.max"
    put(tmp_path, limit, "102400000\n")
    assert facts_of(tmp_path).gather()["process_memory_percent"] == pytest.approx(50.0)
    put(tmp_path, limit, "max\n")
    assert facts_of(tmp_path).gather()["process_memory_percent"] == pytest.approx(12.5)
