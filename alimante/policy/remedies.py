"""What can help against a kind of failure; it must not read words in messages, and it must not try anything.

An attempt that cannot help is worse than none: it uses up time and budget, and the big ones stop what works. A chip
that was pulled out comes back when somebody plugs it in, and no restart of the program will do that.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from alimante.policy.ladder import Tier

_DEVICE: Final = frozenset({Tier.DEVICE})
_WIRE: Final = frozenset({Tier.WIRE})
_BOTH: Final = _DEVICE | _WIRE
_NONE: Final[frozenset[Tier]] = frozenset()

CRASHED: Final = "DriverCrashed"
WEDGED: Final = "WireWedged"

_OF_DEVICE: Final[Mapping[str, frozenset[Tier]]] = MappingProxyType(
    {
        "WireTimeout": _BOTH,
        "TransferError": _BOTH,
        "DeadlinePassed": _BOTH,
        WEDGED: _BOTH,
        "WirePermission": _NONE,  # a person has to give the right
        "ValueRefused": _NONE,  # a person has to correct the configuration
        CRASHED: _BOTH | {Tier.PROCESS},  # a fresh interpreter has none of the state that a driver has spoilt
    }
)
"""For a device. What is not named here gets its driver opened anew and nothing bigger."""

_OF_WIRE: Final[Mapping[str, frozenset[Tier]]] = MappingProxyType(
    {
        WEDGED: _WIRE | {Tier.PROCESS},  # threads that hang in the kernel end with the process only
        "WirePermission": _NONE,
    }
)
"""For a wire. What is not named here gets the wire opened anew; opening it in a new process does no more."""

WIRE_FAULTS: Final = frozenset(
    {"WireUnavailable", "WirePermission", "WireTimeout", "TransferError", "DeadlinePassed", WEDGED}
)
"""Errors that may be the wire's. With any other one it has worked: something answered, or nothing at one place."""

WIRE_GONE: Final = frozenset({"WireUnavailable", "WirePermission"})
"""Those that are the wire's for certain."""


def for_device(error: str, *, is_reset_near: bool) -> frozenset[Tier]:
    """What can help a device whose operations end in `error`.

    `is_reset_near` says whether its wire, or its own supply, can do something for this one device that leaves the
    others alone: search for it again, or take its power away for a moment.
    """
    tiers = _OF_DEVICE.get(error, _DEVICE)
    return tiers | _WIRE if is_reset_near and Tier.DEVICE in tiers else tiers


def for_output() -> frozenset[Tier]:
    """What can help an output that does not answer, and lets go of no other output."""
    return _BOTH


def for_wire(error: str) -> frozenset[Tier]:
    """What can help a wire whose operations end in `error`."""
    return _OF_WIRE.get(error, _WIRE)
