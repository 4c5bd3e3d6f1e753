"""From a driver's name to its `DriverSpec`; it must not open anything.

A built-in driver is a module of `hardware.drivers` and its name is the module's: adding the file adds the driver.
Other distributions add drivers through the entry point group `alimante.drivers`, whose objects are `DriverSpec`s.
"""

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from hardware import drivers
from hardware.api import DriverSpec

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ENTRY_POINT_GROUP = "alimante.drivers"


class UnknownDriver(LookupError):
    """No driver of this name is installed."""


class BrokenDriver(Exception):
    """The driver is installed, but importing it failed."""


def names() -> tuple[str, ...]:
    """The names of all installed drivers, sorted; a name says nothing about whether its import works."""
    built_in = {module.name for module in iter_modules(drivers.__path__)}
    return tuple(sorted(built_in | set(_entry_points())))


@cache
def get(name: str) -> DriverSpec:
    """The driver called `name`.

    Raises `UnknownDriver`, or `BrokenDriver` with the cause when its code cannot be imported.
    """
    try:
        if name.isidentifier() and find_spec(f"hardware.drivers.{name}") is not None:
            found = import_module(f"hardware.drivers.{name}").DRIVER
        elif name in _entry_points():
            found = _entry_points()[name].load()
        else:
            raise UnknownDriver(name)
    except UnknownDriver:
        raise
    except Exception as error:  # any code may run when a third party's module is imported
        raise BrokenDriver(f"driver {name!r} cannot be imported: {type(error).__name__}: {error}") from error
    if not isinstance(found, DriverSpec):
        raise BrokenDriver(f"driver {name!r} is no DriverSpec but {type(found).__name__}")
    return found


@cache
def _entry_points() -> "dict[str, EntryPoint]":
    from importlib.metadata import entry_points  # slow to import, and most configurations never need it

    return {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}
