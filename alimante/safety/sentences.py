"""Puts what the watch over a heater found into words; it must not judge."""

from alimante.core.events import Level
from alimante.safety.findings import Finding, Kind

_LOOK = "Look whether the sensor still sits at the heater and follows it, and whether the heater gets warm."


def no_rise(
    heater: str, *, full_s: float, risen_c: float, expected_c: float, is_harmless: bool, is_cold: bool
) -> Finding:
    """On for `full_s`, and the reading did not rise; where cold came in before, that may not be the heater's."""
    fell = risen_c < -0.15
    moved = f"fell by {-risen_c:.1f} °C" if fell else f"rose by {max(risen_c, 0.0):.2f} °C"
    return Finding(
        kind=Kind.NOT_HEATING if fell else Kind.NO_RESPONSE,
        level=Level.WARNING if is_harmless else Level.CRITICAL,
        is_trip=not is_harmless,
        text=f"{heater} was on for {full_s:.0f} s at full power, and its sensor {moved} instead of {expected_c:.1f} °C",
        advice=_LOOK,
        values=(("full_s", full_s), ("risen_c", risen_c), ("expected_c", expected_c)),
        counts=not is_cold,
    )


def frozen(heater: str, *, expected_c: float, is_harmless: bool) -> Finding:
    """More and more power, and the reading stands still."""
    return Finding(
        kind=Kind.NO_RESPONSE,
        level=Level.WARNING if is_harmless else Level.CRITICAL,
        is_trip=not is_harmless,
        text=f"{heater} got more and more power, and its sensor stood still instead of rising by {expected_c:.1f} °C",
        advice=_LOOK,
        values=(("risen_c", 0.0), ("expected_c", expected_c)),
    )


def not_held(heater: str, *, target_c: float, reading_c: float, is_harmless: bool) -> Finding:
    """Below its target for long, and not on the way to it; harmless where it is just too weak."""
    weak = "It is too weak for this room." if is_harmless else _LOOK
    return Finding(
        kind=Kind.NOT_HEATING,
        level=Level.WARNING if is_harmless else Level.CRITICAL,
        is_trip=not is_harmless,
        text=f"{heater} does not get the enclosure warm: {reading_c:.1f} °C, and {target_c:g} °C are wanted",
        advice=weak,
        values=(("target_c", target_c), ("reading_c", reading_c)),
    )


def no_strength(heater: str, *, full_min: float, strength: float, rate: float) -> Finding:
    """All that was seen says that its sensor does not follow it."""
    return Finding(
        kind=Kind.NO_RESPONSE,
        level=Level.CRITICAL,
        is_trip=True,
        text=f"{heater} was on for {full_min:.0f} min in all, and it warms its sensor by {strength:.2f} °C per minute "
        f"at most; max_rate_c_per_min is {rate:g}",
        advice="Look whether its sensor is one of another place, or hangs beside the enclosure.",
        values=(("full_min", full_min), ("strength", strength), ("rate", rate)),
    )


def weak(heater: str, *, risen_c: float, expected_c: float, is_cold: bool) -> Finding:
    """On, and it warms its sensor less than it did, but it does."""
    why = "while cold came in" if is_cold else "less than it used to"
    advice = (
        "Close the enclosure, or warm the room: the heater works, and it is too weak for this."
        if is_cold
        else "Look whether its bulb or mat is partly broken, or whether the enclosure loses more heat than before."
    )
    return Finding(
        kind=Kind.WEAK,
        level=Level.WARNING,
        is_trip=False,
        text=f"{heater} warms its sensor {why}: by {risen_c:.1f} °C where {expected_c:.1f} °C were expected",
        advice=advice,
        values=(("risen_c", risen_c), ("expected_c", expected_c)),
    )


def swapped(heater: str, *, own_c: float, other: str, other_c: float, is_trip: bool) -> Finding:
    """It warms another zone's probe; it trips where its own shows nothing of it."""
    return Finding(
        kind=Kind.SWAPPED,
        level=Level.CRITICAL if is_trip else Level.WARNING,
        is_trip=is_trip,
        text=f"{heater} warmed {other} by {other_c:.1f} °C and its own sensor by {own_c:.1f} °C",
        advice="Two probes are probably exchanged: warm one in the hand and see which one rises. Then exchange their "
        "addresses in the configuration, or the probes.",
        values=(("own_c", own_c), ("other_c", other_c)),
        other=other,
    )


def stuck_on(heater: str, *, rise_c: float, span_s: float, has_cutoff: bool) -> Finding:
    """Off, and it gets warmer. Only a safety relay can end that, and show whether it is the heater."""
    shown = (
        "Its power is cut now, which shows whether it is the heater." if has_cutoff else "Nothing can cut its power."
    )
    return Finding(
        kind=Kind.STUCK_ON,
        level=Level.CRITICAL,
        is_trip=has_cutoff,
        text=f"{heater} is off, and within {span_s:.0f} s it got warmer by {rise_c:.1f} °C",
        advice=f"Unplug the heater. Its relay may be welded, or active_high may be wrong in the configuration. {shown}",
        values=(("rise_c", rise_c), ("span_s", span_s)),
        counts=False,
    )


def welded(heater: str, *, before: float, after: float) -> Finding:
    """Off, and it got warmer until the safety relay took its power."""
    return Finding(
        kind=Kind.STUCK_ON,
        level=Level.CRITICAL,
        is_trip=True,
        text=f"{heater} was off and it got warmer by {before:.2f} °C per minute, until its safety relay opened: "
        f"{after:.2f} °C per minute since then",
        advice="Unplug the heater. Its relay is welded, or active_high is wrong in the configuration.",
        values=(("before", before), ("after", after)),
        is_for_person=True,
    )


def powered(heater: str, *, power_w: float) -> Finding:
    """Off, and it takes power."""
    return Finding(
        kind=Kind.STUCK_ON,
        level=Level.CRITICAL,
        is_trip=True,
        text=f"{heater} is off, and it takes {power_w:.1f} W",
        advice="Unplug the heater. Its relay may be welded.",
        values=(("power_w", power_w),),
        is_for_person=True,
    )
