"""F106 to F116 on the simulated computer: its file is edited while a real supervisor heats a true enclosure."""

from dataclasses import replace
from pathlib import Path

import pytest

from alimante.commands.loading import load_whole
from alimante.policy import rollout as steps
from alimante.policy.rollout import Journal
from alimante.rollout.store import ConfigStore
from alimante.simulation.faults import device_kinds, parse
from alimante.simulation.rehearsal import rehearse
from alimante.simulation.report import Report

LOADED = load_whole(Path("config/one-probe.json"))
LASTS_S = 2400.0
ON_S, OFF_S = 904.0, 1000.0
"""Moments at which the heater of a run without faults is on, and off."""


def run(*faults: str, for_s: float = LASTS_S) -> Report:
    planned = [parse(fault, device_kinds(LOADED.config)) for fault in faults]
    return rehearse(LOADED.config, for_s=for_s, faults=planned, text=LOADED.text)


def broken(report: Report) -> list[str]:
    return [f"{each.invariant}: {each.text}" for each in (*report.violations, *report.late)]


@pytest.fixture(scope="module")
def calm() -> Report:
    return run()


def test_a_first_configuration_proves_itself_without_a_word(calm: Report):
    assert (calm.sometimes["configuration committed"], calm.alerts, calm.starts) == (1, [], 1)


@pytest.mark.parametrize("at_s", [ON_S, OFF_S])
def test_f106_a_broken_file_is_told_within_10_s_and_changes_nothing_in_the_enclosure(calm: Report, at_s: float):
    report = run(f"config=broken@{at_s:g}+10m")
    [alert] = report.alerts
    assert (alert.component, alert.condition) == ("config", "faulty")
    assert alert.at_s - at_s <= 10.0
    assert alert.resolved_s is not None
    lines = LOADED.text[: len(LOADED.text) // 2].splitlines()
    assert f"alimante.json:{len(lines)}:" in alert.text
    assert (report.starts, broken(report)) == (1, [])
    assert report.truth.loads == calm.truth.loads


def test_f112_a_file_that_is_written_in_pieces_is_read_when_it_is_whole(calm: Report):
    report = run("config=broken@900+1", "config=broken@905+1", "config=broken@910+1")
    assert (report.alerts, report.starts) == ([], 1)
    assert report.truth.loads == calm.truth.loads


@pytest.mark.parametrize("at_s", [ON_S, OFF_S])
def test_f113_one_that_blinds_it_puts_outputs_safe_and_is_left_within_150_s(at_s: float):
    report = run(f"config=blind@{at_s:g}+20m")
    [fault] = report.faults
    assert fault.safe_s is not None
    assert fault.safe_s - at_s <= 5.0
    [refused] = [alert for alert in report.alerts if alert.condition == "refused"]
    assert refused.at_s - at_s <= 150.0
    assert "warm_probe.temperature" in refused.text
    assert report.sometimes["configuration rolled_back"] == 1
    assert report.sometimes["configuration on_probation"] == 2, "it was tried again"
    assert (report.starts, broken(report)) == (1, [])
    assert fault.healed_s is not None


def test_one_that_is_put_back_before_it_was_judged_is_left_at_once():
    report = run("config=blind@904+60")
    assert report.sometimes["configuration rolled_back"] == 0
    [fault] = report.faults
    assert fault.healed_s is not None
    assert fault.healed_s - fault.fault.ends_s <= 30.0
    assert broken(report) == []


@pytest.mark.parametrize("at_s", [ON_S, OFF_S])
def test_f114_f116_one_that_kills_the_program_is_left_after_few_starts(at_s: float):
    report = run(f"config=crashes@{at_s:g}+10m")
    assert report.starts == 4
    [refused] = report.alerts
    assert refused.condition == "refused"
    assert broken(report) == []
    [fault] = report.faults
    assert fault.safe_s is not None
    assert fault.safe_s - at_s <= 5.0
    assert fault.healed_s is not None


@pytest.mark.parametrize("kind", ["broken", "blind", "crashes"])
@pytest.mark.parametrize("after_s", [0.5, 3.0, 4.5, 60.0, 121.0, 125.0])
def test_f115_power_that_fails_during_a_change_leaves_one_committed(kind: str, after_s: float):
    report = run(f"config={kind}@904+8m", f"computer=off@{904 + after_s:g}+30")
    assert broken(report) == []
    if kind != "crashes":  # crashes and a loss of power right behind each other are four bad starts: safe mode
        assert all(fault.healed_s is not None for fault in report.faults)


@pytest.mark.parametrize("disk", ["readonly", "failing"])
def test_f097_a_change_on_a_disk_that_cannot_be_written_is_told_and_not_taken(disk: str):
    report = run(f"disk={disk}@880+5m", "config=blind@904+4m")
    assert broken(report) == []
    assert report.sometimes["configuration on_probation"] == 1, "it was taken"
    assert "not_saved" in [alert.condition for alert in report.alerts]


@pytest.mark.parametrize("disk", ["full", "slow"])
def test_a_change_on_a_full_or_slow_disk_ends_well(disk: str):
    report = run(f"disk={disk}@880+5m", "config=blind@904+4m")
    assert broken(report) == []
    assert all(fault.healed_s is not None for fault in report.faults)


def test_one_that_kills_the_program_while_the_disk_fails_is_left_after_few_starts():
    report = run("config=crashes@904+20m", "disk=failing@907.5+15m")
    assert report.starts == 4
    assert broken(report) == []


def test_no_reboot_is_asked_for_that_the_disk_cannot_count():
    config = replace(LOADED.config, recovery=LOADED.config.recovery.model_copy(update={"reboot": True}))
    faults = [parse(text, device_kinds(config)) for text in ("disk=failing@0+5m", "config=crashes@0+5m")]
    report = rehearse(config, for_s=300.0, faults=faults, text=LOADED.text)
    assert report.sometimes["computer rebooted"] == 0


def drop_the_committed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(steps, "agreed", lambda journal: Journal())


def keep_no_text(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ConfigStore, "keep", lambda self, data: "")


def write_no_journal(patch: pytest.MonkeyPatch) -> None:
    def write(self: ConfigStore, journal: Journal) -> None:
        if journal.trial is None or not journal.checkpoints:
            whole(self, journal)

    whole = ConfigStore.write
    patch.setattr(ConfigStore, "write", write)


@pytest.mark.parametrize(
    ("bug", "told"),
    [
        (drop_the_committed, "no configuration is committed any more"),
        (keep_no_text, "the text of what runs is not kept"),
        (write_no_journal, "what runs is neither committed nor on probation"),
    ],
)
def test_i11_sees_a_planted_bug(monkeypatch: pytest.MonkeyPatch, bug: object, told: str):
    assert callable(bug)
    bug(monkeypatch)
    report = run("config=blind@904+60", for_s=1800.0)
    assert f"I11: {told}" in broken(report)
