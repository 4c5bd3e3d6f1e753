"""What the guard does with the outputs, in this process."""

import json
import os
import resource
import socket
import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from alimante.commands import emergency
from alimante.commands.guard import ATTEMPTS, PAUSE_S, Guard
from alimante.commands.loading import load_or_explain
from alimante.core.clock import ManualClock
from alimante.services.guard import BEAT, BYE, HAND_OVER, tell
from hardware.errors import TransferError


class Bench:
    """A guard of a lamp on a PWM channel, which is a folder."""

    def __init__(self, folder):
        lamp = {"driver": "pwm_output", "wire": "mains", "pin": 18, "role": "light", "safe_value": 0.0}
        document = {
            "version": 1,
            "node": {"id": "box", "board": "pi-4"},
            "mqtt": {"host": "127.0.0.1"},
            "wires": {"mains": {"kind": "pwm", "backend": "linux", "root": str(folder / "pwm")}},
            "devices": {"lamp": lamp},
        }
        path = folder / "box.json"
        path.write_text(json.dumps(document))
        self.channel = folder / "pwm" / "pwmchip0" / "pwm0"
        self.slept_s = []
        self.near, self.far = socket.socketpair()
        self.guard = Guard(
            self.far,
            supervisor=os.getpid(),
            config=load_or_explain(path).config,
            state=folder,
            clock=ManualClock(),
            sleep=self.slept_s.append,
        )

    def connect_lamp(self):
        self.channel.mkdir(parents=True)
        for name, text in {"period": "0", "duty_cycle": "700", "enable": "1", "polarity": "normal"}.items():
            (self.channel / name).write_text(f"{text}\n")


@pytest.fixture
def bench(tmp_path):
    bench = Bench(tmp_path)
    yield bench
    bench.near.close()
    bench.far.close()


def test_a_guard_that_hears_a_good_bye_touches_nothing(bench):
    bench.connect_lamp()
    tell(bench.near, BEAT)
    tell(bench.near, BYE)
    assert bench.guard.watch() == 0
    assert (bench.channel / "duty_cycle").read_text() == "700\n"


def test_the_outputs_of_a_supervisor_that_died_are_put_safe_at_the_first_attempt(bench):
    bench.connect_lamp()
    bench.near.close()
    assert bench.guard.watch() == 0
    assert int((bench.channel / "duty_cycle").read_text()) == 0
    assert bench.slept_s == []


def test_outputs_that_cannot_be_written_are_tried_for_five_seconds(bench, capfd):
    bench.near.close()
    assert bench.guard.watch() == 1
    assert bench.slept_s == [PAUSE_S] * ATTEMPTS
    assert sum(bench.slept_s) == 5.0
    assert "NOT all known to be safe" in capfd.readouterr().err


def test_a_supervisor_that_hands_over_and_ends_is_followed_at_once(bench):
    bench.connect_lamp()
    tell(bench.near, BEAT)
    tell(bench.near, HAND_OVER + BEAT)
    bench.near.close()
    assert bench.guard.watch() == 0
    assert int((bench.channel / "duty_cycle").read_text()) == 0


def test_a_supervisor_that_hands_over_and_sees_everything_safe_after_all_is_believed(bench):
    bench.connect_lamp()
    tell(bench.near, HAND_OVER)
    tell(bench.near, BYE)
    assert bench.guard.watch() == 0
    assert (bench.channel / "duty_cycle").read_text() == "700\n"


def test_a_supervisor_that_hands_over_and_goes_on_is_not_waited_for(bench, monkeypatch):
    bench.connect_lamp()
    monkeypatch.setattr("alimante.commands.guard.ENDS_WITHIN_S", 0.05)
    monkeypatch.setattr(os, "getppid", os.getpid)
    killed = []

    def kill(pid, number):
        killed.append(pid)
        bench.near.close()

    monkeypatch.setattr(os, "kill", kill)
    tell(bench.near, HAND_OVER)
    assert bench.guard.watch() == 0
    assert killed == [os.getpid()]
    assert int((bench.channel / "duty_cycle").read_text()) == 0


@contextmanager
def nothing_to_open():
    """Nothing can be had but what its owner lets go."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(path.name) for path in Path("/proc/self/fd").iterdir())
    fillers = []
    while not fillers or fillers[-1] < highest:
        fillers.append(os.dup(0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (fillers[-1] + 1, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for filler in fillers:
            os.close(filler)


def test_f166_a_guard_that_finds_no_descriptor_has_its_own(bench):
    bench.connect_lamp()
    bench.near.close()
    with nothing_to_open():
        with pytest.raises(OSError, match="Too many"):
            os.dup(0)
        assert bench.guard.watch() == 0
    assert int((bench.channel / "duty_cycle").read_text()) == 0
    assert bench.slept_s == []


def refuse_thread(*given):
    raise RuntimeError("can't start new thread")


def refuse_loop(*given):
    raise MemoryError


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # asyncio forgets a loop
@pytest.mark.parametrize(
    ("owner", "name", "refuse"),
    [
        (threading.Thread, "start", refuse_thread),
        (emergency.os, "eventfd", refuse_loop),
        (socket, "socketpair", refuse_loop),
    ],
)
def test_f166_a_guard_without_threads_or_an_event_loop_writes_all_the_same(bench, monkeypatch, owner, name, refuse):
    bench.connect_lamp()
    bench.near.close()
    monkeypatch.setattr(owner, name, refuse)
    assert bench.guard.watch() == 0
    assert int((bench.channel / "duty_cycle").read_text()) == 0
    assert bench.slept_s == []


def test_f166_a_guard_for_which_nothing_works_tries_to_the_end(bench, monkeypatch, capfd):
    bench.connect_lamp()
    bench.near.close()
    monkeypatch.setattr("alimante.commands.guard.write_all", refuse_thread)
    monkeypatch.setattr("alimante.commands.guard.write_plainly", refuse_loop)
    assert bench.guard.watch() == 1
    assert len(bench.slept_s) == ATTEMPTS
    assert "NOT all known to be safe" in capfd.readouterr().err


def test_written_plainly_one_output_that_fails_does_not_keep_another_from_its_turn(bench, monkeypatch, capsys):
    bench.connect_lamp()
    config = bench.guard._config
    lamp = config.devices["lamp"]

    def refuse(request):
        raise TransferError("it broke off")

    broken = replace(lamp, id="broken", spec=replace(lamp.spec, open=refuse))
    assert emergency.write_plainly(config, [(broken, 0.0), (lamp, 0.0)]) == 1
    assert int((bench.channel / "duty_cycle").read_text()) == 0
    assert "broken: it broke off" in capsys.readouterr().err


def test_an_output_that_reads_something_else_is_not_said_to_be_safe(bench, monkeypatch, capsys):
    bench.connect_lamp()
    config = bench.guard._config
    monkeypatch.setattr("hardware.drivers.pwm_output.PwmOutput.read_back", lambda output: 70.0)
    assert emergency.write_plainly(config, [(config.devices["lamp"], 0.0)]) == 1
    assert "lamp reads 70" in capsys.readouterr().err
