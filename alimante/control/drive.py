"""How much of an output's power a controller wants, as the value that the output takes; it must not move it."""

from dataclasses import dataclass

from hardware.api import Accepts, Switch


@dataclass(frozen=True, slots=True, kw_only=True)
class Drive:
    """One output: `off` and `on` are its values for nothing and for full power, in its own unit."""

    output: str
    off: float
    on: float
    is_switch: bool

    @classmethod
    def of(cls, output: str, accepts: Accepts) -> "Drive":
        """The drive of what an actuator accepts."""
        return cls(output=output, off=accepts.off, on=accepts.on, is_switch=isinstance(accepts, Switch))

    def value(self, share: float) -> float:
        """The value for `share` of full power, 0 to 1; a switch is on from any share above 0."""
        if self.is_switch:
            return self.on if share > 0.0 else self.off
        low, high = min(self.off, self.on), max(self.off, self.on)
        return min(high, max(low, self.off + share * (self.on - self.off)))  # rounding must not leave the range
