"""What the guard keeps and does for when little is left of the computer; it must not decide when that is so."""

import contextlib
import os
import sys
import time
from importlib import import_module
from typing import Final

from alimante.config.model import Config, Device
from alimante.io.handle import read_back
from alimante.policy.values import say_value, show_value
from alimante.wiring import CannotBuild, open_wires
from hardware.api import OpenRequest

FOR_ONE: Final = 6
"""How many descriptors an output takes at most: the four files of a PWM channel, and what wakes the loop for it."""

FOR_ALL: Final = 8
"""How many the event loop takes, and what is opened only for a moment."""

SLOW_TO_LOAD: Final = {"gpio": "gpiozero.pins.local", "i2c": "smbus2"}
"""What the real wires load when they are first used, by their kind; without side effects."""


class Spare:
    """Descriptors that nobody else can have until they are given away, and the modules of the wires of `devices`."""

    def __init__(self, config: Config, devices: list[Device]) -> None:
        self._descriptors: list[int] = []
        with contextlib.suppress(OSError):
            for _ in range(FOR_ALL + FOR_ONE * len(devices)):
                self._descriptors.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
        for kind in {config.wires[device.wire].kind for device in devices}:
            if kind in SLOW_TO_LOAD:
                with contextlib.suppress(ImportError):
                    import_module(SLOW_TO_LOAD[kind])
        with contextlib.suppress(CannotBuild):
            open_wires(config, now=time.monotonic)

    def give(self) -> None:
        """Let the descriptors go, for whoever opens something next."""
        while self._descriptors:
            os.close(self._descriptors.pop())


def write_plainly(config: Config, outputs: list[tuple[Device, float]]) -> int:
    """Write `outputs` one after another, without an event loop and without threads; returns 0 when all were seen there.

    One that hangs keeps the others waiting. Raises `CannotBuild`.
    """
    wires = open_wires(config, now=time.monotonic).opened
    code = 0
    for device, value in outputs:
        try:
            request = OpenRequest(wire=wires[device.wire], params=device.params, sleep=time.sleep, initial=value)
            driver = device.spec.open(request)
            driver.write(value)
            seen = read_back(driver)
        except Exception as error:  # noqa: BLE001 - the other outputs have their turn, too
            code = _fail(f"{device.id}: {error}")
            continue
        if show_value(device.accepts, seen) != show_value(device.accepts, value):
            code = _fail(f"{device.id} reads {say_value(device.accepts, seen)}")
    return code


def _fail(text: str) -> int:
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{text}\n")
    return 1
