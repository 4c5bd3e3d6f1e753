"""What one look at a heater and its place shows; it must not judge it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from alimante.policy.belief import Belief


@dataclass(slots=True, kw_only=True)  # made on every tick: a frozen one takes three times as long
class Seen:
    """What is so at one moment, as seen from one heater.

    `duty` is what its output was read back at, from 0 to 1. `others` has what each other output that warms, cools or
    moves air does, from 0 to 1; `heat_elsewhere` says whether any other source of heat is on, and `is_cooled` whether
    anything takes heat away. `elsewhere` has the temperatures that other zones' sensors read. `power_w` is the heater's
    own power where that is measured. `has_power` is False while its safety relay is open, and `has_cutoff` says
    whether there is one. Where the heater `is_held`, it may not do what would warm the reading to the target.
    """

    duty: float
    belief: Belief
    target_c: float | None = None
    others: Mapping[str, float] = field(default_factory=dict)
    heat_elsewhere: bool = False
    is_cooled: bool = False
    elsewhere: Mapping[str, float] = field(default_factory=dict)
    power_w: float | None = None
    has_power: bool = True
    has_cutoff: bool = False
    is_held: bool = False
