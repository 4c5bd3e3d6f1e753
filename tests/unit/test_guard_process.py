"""What the guard does with the outputs, in this process."""

import json
import os
import socket

import pytest

from alimante.commands.guard import ATTEMPTS, PAUSE_S, Guard
from alimante.commands.loading import load_or_explain
from alimante.core.clock import ManualClock
from alimante.services.guard import BEAT, BYE, tell


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
