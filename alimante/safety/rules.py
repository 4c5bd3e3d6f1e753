"""The numbers that one output keeps to, out of its role and its configuration; it must not apply them."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from alimante.config.model import Device, Role
from alimante.config.outputs import RATED_CYCLES, ROLE_LIMITS
from alimante.policy.values import tolerance
from hardware.api import Range, Switch

WORN_SHARE = 0.8
"""The share of its rated cycles after which a relay is worth replacing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What holds for one output. Values are on the scale of what it accepts; `inf` and None stand for no limit.

    `needs` are the full names of what must be believed for it to leave its safe value. `most` is the value of its
    largest power. `is_dated` says that it goes on only when the local date is known.
    """

    safe: float
    off: float = 0.0
    on: float = 1.0
    most: float = 1.0
    tolerance: float = 0.0
    role: Role = Role.OTHER
    needs: tuple[str, ...] = ()
    lease_s: float = 10.0
    read_back_s: float = 2.0
    max_on_s: float = inf
    min_on_s: float = 0.0
    min_off_s: float = 0.0
    per_hour_s: float = inf
    per_day_s: float = inf
    per_day_count: float = inf
    rated_cycles: float = inf
    is_dated: bool = False

    @property
    def has_quota(self) -> bool:
        """Whether it may be on for so long only in an hour or in a day."""
        return self.per_hour_s < inf or self.per_day_s < inf

    def is_on(self, value: float) -> bool:
        """Whether `value` is any power at all."""
        return abs(value - self.off) > self.tolerance

    def share(self, value: float) -> float:
        """`value` as a share of full power: 0 at `off`, 1 at `on`."""
        return (value - self.off) / (self.on - self.off)


def rules_of(device: Device, references: Mapping[str, str]) -> Rules:
    """The rules of an actuator; `references` has the full name of everything that can be believed."""
    accepts, keys = device.accepts, device.output
    role = device.role or Role.OTHER
    limits = keys.limits
    said = {name: getattr(limits, name) for name in ("max_on_s", "min_on_s", "min_off_s")} | limits.quota.values()
    numbers = {**ROLE_LIMITS.get(role.value, {}), **{name: number for name, number in said.items() if number}}
    numbers |= {name: 0.0 for name, number in said.items() if number == 0}
    off, on = accepts.off, accepts.on
    return Rules(
        safe=device.safe_value,
        off=off,
        on=on,
        most=off + (on - off) * limits.max_power_pct / 100.0 if isinstance(accepts, Range) else on,
        tolerance=tolerance(accepts),
        role=role,
        needs=tuple(dict.fromkeys(references.get(name, name) for name in keys.needed)),
        lease_s=keys.lease_s,
        read_back_s=keys.read_back_s,
        rated_cycles=limits.rated_cycles or (RATED_CYCLES if isinstance(accepts, Switch) else inf),
        is_dated="per_day_count" in numbers,
        **numbers,
    )
