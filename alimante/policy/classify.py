"""How much an error matters and what it belongs to; it must not read words in messages.

The type of the error and the part that the component plays decide, and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from alimante.core.events import Category, Severity


class Part(StrEnum):
    """What a component is to the animal."""

    SENSOR = "sensor"
    GATING_SENSOR = "gating_sensor"  # an output may be on only while its readings are good
    OUTPUT = "output"
    HEAT_OUTPUT = "heat_output"
    WIRE = "wire"
    LINK = "link"
    CONTROLLER = "controller"
    SERVICE = "service"
    VITAL_SERVICE = "vital_service"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Classified:
    """The answer."""

    severity: Severity
    category: Category


_OF_PART: Final[Mapping[Part, Classified]] = MappingProxyType(
    {
        Part.SENSOR: Classified(Severity.MEDIUM, Category.SENSOR),
        Part.GATING_SENSOR: Classified(Severity.HIGH, Category.SENSOR),
        Part.OUTPUT: Classified(Severity.HIGH, Category.ACTUATOR),
        Part.HEAT_OUTPUT: Classified(Severity.CRITICAL, Category.ACTUATOR),
        Part.WIRE: Classified(Severity.HIGH, Category.BUS),
        Part.LINK: Classified(Severity.LOW, Category.NETWORK),
        Part.CONTROLLER: Classified(Severity.HIGH, Category.SERVICE),
        Part.SERVICE: Classified(Severity.MEDIUM, Category.SERVICE),
        Part.VITAL_SERVICE: Classified(Severity.CRITICAL, Category.SERVICE),
        Part.SYSTEM: Classified(Severity.LOW, Category.SYSTEM),
    }
)

_CATEGORY: Final[Mapping[str, Category]] = MappingProxyType(
    {
        "WireUnavailable": Category.BUS,
        "WireTimeout": Category.BUS,
        "WireWedged": Category.BUS,
        "DeadlinePassed": Category.BUS,
        "TransferError": Category.BUS,
        "WirePermission": Category.CONFIG,
        "LineBusy": Category.CONFIG,
        "WrongChip": Category.CONFIG,
        "ValueRefused": Category.CONFIG,
    }
)
"""Errors that belong elsewhere than their component does: to the wire, or to what a person has set up."""

_AT_LEAST: Final[Mapping[str, Severity]] = MappingProxyType(
    {
        "WireWedged": Severity.HIGH,
        "WirePermission": Severity.HIGH,
        "WrongChip": Severity.HIGH,
        "LineBusy": Severity.HIGH,
        "DriverCrashed": Severity.HIGH,
        "HandlerFailed": Severity.HIGH,
    }
)
"""Errors that no waiting will heal, or that show a defect of a program, whatever they hit."""

DEFECTS: Final = frozenset({"DriverCrashed", "HandlerFailed", "ServiceFailed"})
"""Errors that only a change of a program can end."""

_RANK: Final = {severity: rank for rank, severity in enumerate(Severity)}


def worse(one: Severity, other: Severity) -> Severity:
    """The one that matters more."""
    return one if _RANK[one] >= _RANK[other] else other


def classify(error: str, part: Part) -> Classified:
    """What an error of the type named `error` means for a component that plays `part`."""
    base = _OF_PART[part]
    severity = worse(base.severity, _AT_LEAST.get(error, Severity.INFO))
    return Classified(severity, _CATEGORY.get(error, base.category))
