"""Puts what the watch over a heater found into words; it must not judge."""

from alimante.core.events import Level
from alimante.safety.findings import Finding, Kind

_LOOK = "Look whether the sensor still sits at the heater and follows it, and whether the heater gets warm."


def no_rise(heater: str, *, full_s: float, risen_c: float, expected_c: float, is_harmless: bool) -> Finding:
    """On for `full_s`, and the reading did not rise."""
    fell = risen_c < -0.15
    moved = f"fell by {-risen_c:.1f} °C" if fell else f"rose by {max(risen_c, 0.0):.2f} °C"
    return Finding(
        kind=Kind.NOT_HEATING if fell else Kind.NO_RESPONSE,
        level=Level.WARNING if is_harmless else Level.CRITICAL,
        is_trip=not is_harmless,
        text=f"{heater} was on for {full_s:.0f} s at full power, and its sensor {moved} instead of {expected_c:.1f} °C",
        advice=_LOOK,
        values=(("full_s", full_s), ("risen_c", risen_c), ("expected_c", expected_c)),
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
    """Below its target for long, and not on the way to it."""
    weak = "It is too weak for this room." if is_harmless else _LOOK
    return Finding(
        kind=Kind.NOT_HEATING,
        level=Level.WARNING if is_harmless else Level.CRITICAL,
        is_trip=not is_harmless,
        text=f"{heater} does not get the enclosure warm: {reading_c:.1f} °C, and {target_c:g} °C are wanted",
        advice=weak,
        values=(("target_c", target_c), ("reading_c", reading_c)),
    )


def swapped(heater: str, *, own_c: float, other: str, other_c: float) -> Finding:
    """It warms another zone's probe."""
    return Finding(
        kind=Kind.SWAPPED,
        level=Level.WARNING,
        is_trip=False,
        text=f"{heater} warmed {other} by {other_c:.1f} °C and its own sensor by {own_c:.1f} °C",
        advice="Two probes are probably swapped in the configuration: warm one in the hand and see which one rises.",
        values=(("own_c", own_c), ("other_c", other_c)),
    )


def stuck_on(heater: str, *, rise_c: float, span_s: float) -> Finding:
    """Off, and it gets warmer."""
    return Finding(
        kind=Kind.STUCK_ON,
        level=Level.CRITICAL,
        is_trip=True,
        text=f"{heater} is off, and within {span_s:.0f} s it got warmer by {rise_c:.1f} °C",
        advice="Unplug the heater. Its relay may be welded, or active_high may be wrong in the configuration.",
        values=(("rise_c", rise_c), ("span_s", span_s)),
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
    )
