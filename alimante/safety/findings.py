"""What the watch over a heater can find; it must not decide what happens then."""

from dataclasses import dataclass
from enum import StrEnum

from alimante.core.events import Level


class Kind(StrEnum):
    """The findings by name; each is the id of a condition."""

    NO_RESPONSE = "no_response"  # on, and its sensor does not move
    NOT_HEATING = "not_heating"  # on, and it gets colder or never reaches its target
    OVER_TEMPERATURE = "over_temperature"
    STUCK_ON = "stuck_on"  # off, and it heats
    SWAPPED = "swapped_probes"  # on, and another zone's probe gets warm
    LOWER = "lower_than_possible"  # its sensor reads less than its zone can be at
    MORE_THAN_NEEDED = "more_than_ever_needed"  # as if the room were colder than it can be
    WEAK = "weak"  # on, and its sensor shows less of it than was learned, but not nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is so now.

    `is_trip` says that all heat of this heater must go off and stay off until its latch resets. `text` is one sentence
    for people and `advice` what they can do; `values` are the numbers that it was judged by. A trip `is_for_person`
    where going on could harm; one that does not count, for it may not be the heater's, brings no person nearer. `other`
    is the full name of the sensor that follows this heater instead of its own.
    """

    kind: Kind
    level: Level
    is_trip: bool
    text: str
    advice: str
    values: tuple[tuple[str, float], ...] = ()
    is_for_person: bool = False
    counts: bool = True
    other: str = ""
