"""Opens gpiozero's pin factories by name and says what their errors mean; it must not fall back to another one.

gpiozero's own search ends in factories that poke /dev/mem, which drives nothing on a Pi 5 and says nothing. Importing
gpiozero takes a while on a small board: nothing here does it before a factory is asked for.
"""

import os
import shutil
import sys
import tempfile
from atexit import register
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from hardware.errors import (
    DeviceError,
    LineBusy,
    TransferError,
    ValueRefused,
    WirePermission,
    WireUnavailable,
    from_oserror,
)

FACTORIES = {
    "lgpio": ("hardware.linux.lgpio_pin", "lgpio_factory", "apt's python3-lgpio or the extra lgpio"),
    "rpigpio": ("gpiozero.pins.rpigpio", "RPiGPIOFactory", "the extra rpi-gpio (Pi 0-4) or rpi-lgpio (any Pi)"),
    "mock": ("gpiozero.pins.mock", "MockFactory", "the package gpiozero"),
}
"""Module, maker and what to install, by the factory's name."""

# The libraries give no numbers, only these texts (lgpio's `error_text`, RPi.GPIO's source/py_gpio.c, gpiozero/pins/).
_MEANINGS: tuple[tuple[str, type[DeviceError]], ...] = (
    ("busy", LineBusy),
    ("already in use", LineBusy),
    ("No access to /dev/", WirePermission),
    ("no permission", WirePermission),
    ("not permitted", WirePermission),
    ("bad GPIO number", ValueRefused),
    ("channel sent is invalid", ValueRefused),
    ("not a valid pin name", ValueRefused),
    ("pull", ValueRefused),  # GPIO 2 and 3 have fixed resistors
)


def open_factory(name: str) -> Any:
    """The gpiozero factory called `name`; raises `WireUnavailable` or `WirePermission` with a way out."""
    module, maker, remedy = FACTORIES[name]
    try:
        with _lgpio_folder():
            make = getattr(import_module(module), maker)
    except (ImportError, RuntimeError, OSError) as error:  # RPi.GPIO: RuntimeError where there is no Pi
        raise WireUnavailable(f"GPIO: pin factory {name} cannot be loaded ({error}); install {remedy}") from error
    try:
        return make()
    except library_exceptions() as error:
        raise _unopened(error, name) from error


def library_exceptions() -> tuple[type[Exception], ...]:
    """What gpiozero and the loaded GPIO library raise; lgpio's class has no base but `Exception`."""
    from gpiozero import GPIOZeroError

    kinds: tuple[type[Exception], ...] = (GPIOZeroError, RuntimeError, ValueError, OSError)
    lgpio = sys.modules.get("lgpio")
    return kinds if lgpio is None else (*kinds, lgpio.error)


@contextmanager
def library_errors(where: str) -> Iterator[None]:
    """Turn the libraries' errors at `where` into `DeviceError`s; what is not known is a `TransferError`."""
    try:
        yield
    except library_exceptions() as error:
        if isinstance(error, OSError):
            raise from_oserror(error, where) from error
        text = str(error).strip("'")
        kind = next((kind for part, kind in _MEANINGS if part in text), TransferError)
        raise kind(f"{where}: {text}") from error


def _unopened(error: Exception, name: str) -> DeviceError:
    closed = [str(chip) for chip in Path("/dev").glob("gpiochip*") if not os.access(chip, os.R_OK | os.W_OK)]
    if closed:
        return WirePermission(f"GPIO: no access to {', '.join(sorted(closed))}; is the user in the group gpio?")
    return WireUnavailable(f"GPIO: pin factory {name} finds no board: {error}")


@contextmanager
def _lgpio_folder() -> Iterator[None]:
    """Give lgpio a folder for its pipe: at import it changes into `LG_WD`, or litters where it is, for good."""
    if "LG_WD" not in os.environ:
        runtime = os.environ.get("RUNTIME_DIRECTORY", "").split(":")[0]
        folder = tempfile.mkdtemp(prefix="gpio-", dir=runtime or None)
        register(shutil.rmtree, folder, ignore_errors=True)
        os.environ["LG_WD"] = folder
    with chdir(os.environ["LG_WD"]):
        yield
