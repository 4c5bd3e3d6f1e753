"""The watch over one heater: gathers what over-temperature and verification look at; it must not switch anything."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from alimante.config.model import Config, Role
from alimante.config.verify import LimitKeys
from alimante.core.events import Quality
from alimante.policy.belief import Belief
from alimante.safety.bound import Doubt
from alimante.safety.bounded import Bounded, rate_of
from alimante.safety.findings import Finding, Kind
from alimante.safety.output import Output, Outputs
from alimante.safety.overtemperature import OverTemperature
from alimante.safety.room import RoomLimits
from alimante.safety.seen import Seen
from alimante.safety.verification import Verification

_HEATS: Final = frozenset({Role.HEATER, Role.LIGHT, Role.UVB})
_MATTERS: Final = _HEATS | {Role.COOLER, Role.FAN, Role.OTHER}
"""What warms, cools or moves air."""

_TOO_LITTLE: Final = frozenset({Kind.NO_RESPONSE, Kind.NOT_HEATING, Kind.WEAK, Kind.SWAPPED, Kind.LOWER})
"""Warnings after which a heater's heat may be somewhere else than its sensor."""

Told = tuple[Kind, bool, bool]
"""A trip as it was told: its kind, whether it is for a person, and whether it counts."""

Look = Callable[[str], Belief]


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneBounds:
    """What a heated zone is by its sensor, should be and can be at most, in °C; None while that is not known."""

    reading_c: float | None
    expected_c: float | None
    highest_c: float | None


def thermometers_of(config: Config) -> dict[str, str | None]:
    """The zone of each channel that measures a temperature, by full name; the computer's own is none."""
    return {
        f"{device.id}.{channel.name}": device.zone
        for device in config.devices.values()
        for channel in device.channels
        if channel.quantity == "temperature"
    }


def room_of(config: Config) -> RoomLimits:
    """What is known of the room around the enclosure."""
    low_c, high_c = config.location.room_c
    sensors = (
        f"{device.id}.{channel.name}"
        for device in config.devices.values()
        for channel in device.channels
        if device.is_ambient and channel.quantity == "temperature"
    )
    return RoomLimits(low_c=low_c, high_c=high_c, sensor=next(sensors, ""))


class Watch:
    """Everything that watches one heater. `look` is asked for beliefs by their full names."""

    def __init__(
        self,
        output: Output,
        limit: LimitKeys,
        *,
        outputs: Outputs,
        sensor: str,
        references: Mapping[str, str],
        thermometers: Mapping[str, str | None],
        room: RoomLimits,
    ) -> None:
        device = output.handle.device
        keys = device.output.verify
        self.output = output
        self.fans = frozenset(limit.fan)
        self.over = OverTemperature(output.id, limit)
        self._sensor = sensor
        self._power = None if keys.power is None else references.get(keys.power, keys.power)
        self._others = {
            name: other for name, other in outputs.items() if other is not output and other.rules.role in _MATTERS
        }
        place = thermometers.get(sensor) or device.zone  # where the sensor is said to be; a group is at the heater
        self._elsewhere = [name for name, zone in thermometers.items() if zone not in (None, place)]
        self._place = place
        self._thermometers = thermometers
        self._coolers = [other for other in outputs.values() if other.rules.role is Role.COOLER]
        self._besides = tuple(self._others.values())
        self._verification = Verification(output.id, verify=keys, limit=limit, others=tuple(self._others))
        rates = [
            rate_of(
                limit.max_rate_c_per_min,
                is_same_zone=other.handle.device.zone == device.zone,
                is_lamp=other.rules.role in _HEATS,
                limit=other.handle.device.output.limit if other.rules.role is Role.HEATER else None,
            )
            for other in self._besides
        ]
        self.bounded = Bounded(
            heater=output.id, limit=limit, learner=self._verification.learner, rates=rates, limits=room
        )
        self._room_sensor = room.sensor
        self._reading_c: float | None = None
        self._state: list[object] | None = None
        self._told: set[Told] = set()
        self._warned: set[Kind] = set()

    def look(
        self, now_s: float, believed: Look, *, target_c: float | None, has_power: bool, has_cutoff: bool = False
    ) -> list[Finding]:
        """What is so now; what trips is told once, and over-temperature as long as it is too hot."""
        belief = believed(self._sensor)
        self._reading_c = belief.value
        state = self._state_now(believed, belief, target_c=target_c, has_power=has_power)
        if state == self._state and self._verification.rest(now_s):
            return []
        hot = self.over.look(belief)
        seen = Seen(
            duty=_share(self.output) if has_power else 0.0,
            belief=belief,
            target_c=target_c,
            others={name: _share(other) for name, other in self._others.items()},
            heat_elsewhere=any(_may_heat(other) for other in self._others.values()),
            is_cooled=any(not other.is_confirmed or other.account.is_on for other in self._coolers),
            has_power=has_power,
            has_cutoff=has_cutoff,
            elsewhere=_known((name, believed(name).value) for name in self._elsewhere),
            power_w=None if self._power is None else believed(self._power).value,
            is_held=self.bounded.is_held,
        )
        found = [*self._verification.look(now_s, seen), *self._look_at_bound(now_s, seen, believed)]
        news = [finding for finding in found if not finding.is_trip or _told(finding) not in self._told]
        self._told = {_told(finding) for finding in found if finding.is_trip}
        is_restless = hot is not None or self._power is not None or self.bounded.is_held
        self._state = None if found or is_restless else state
        return news if hot is None else [hot, *news]

    def _look_at_bound(self, now_s: float, seen: Seen, believed: Look) -> list[Finding]:
        before = self.bounded.bound.doubt
        found = self.bounded.look(
            now_s,
            duty=seen.duty,
            shares=tuple(seen.others.values()),
            reading_c=seen.belief.value,
            measured_s=seen.belief.measured_s,
            is_cooled=seen.is_cooled,
            is_sound=seen.belief.quality is Quality.GOOD and not seen.belief.is_disputed,
            target_c=seen.target_c,
            ambient_c=believed(self._room_sensor).value if self._room_sensor else None,
        )
        doubt = self.bounded.bound.doubt
        if doubt is not before:
            self._verification.doubt(self.bounded.is_doubted, has_jumped=Doubt.JUMP in (doubt, before))
        return found

    def _state_now(self, believed: Look, belief: Belief, *, target_c: float | None, has_power: bool) -> list[object]:
        """Everything that a look depends on: while it is the same and nothing is found, there is nothing to see."""
        own = self.output
        state: list[object] = [belief, target_c, has_power, own.value, own.commanded]
        for other in self._besides:
            state += (other.value, other.commanded, other.is_confirmed, other.account.is_on)
        state += [believed(name).value for name in self._elsewhere]
        return state

    def gone(self, found: Sequence[Finding]) -> Collection[Kind]:
        """The kinds of warnings that were found before and are not `found` now."""
        if not found and not self._warned:
            return ()
        warned = {finding.kind for finding in found if not finding.is_trip}
        gone = self._warned - warned - {kind for kind, *_ in self._told}
        self._warned = warned
        return gone

    def retry(self, now_s: float) -> None:
        """The heater may be on again: what was seen before counts no more."""
        self._verification.retry(now_s)
        self._told.clear()

    @property
    def is_proven(self) -> bool:
        """Whether this heater was seen to warm its sensor."""
        return self._verification.is_proven

    @property
    def warms_too_little(self) -> bool:
        """Whether it is warned of that this heater warms its sensor by less than it should."""
        return not self._warned.isdisjoint(_TOO_LITTLE)

    @property
    def heat_lasts_s(self) -> float:
        """After so long off nothing is left of what it made: what gets warmer then, something else warms."""
        return self._verification.heat_lasts_s

    def is_warmed_by(self, other: Output) -> bool:
        """Whether the sensor here is known to get warm of the output `other`."""
        return self._verification.is_warmed_by(other.id)

    def is_held_against(self, sensor: str) -> bool:
        """Whether the heater here is held against the channel `sensor`, or against a group in its zone."""
        return self._sensor == sensor or (
            self._sensor not in self._thermometers and self._thermometers.get(sensor) == self._place
        )

    def bounds(self) -> ZoneBounds:
        """What the zone can be, as of the last look."""
        known = self.bounded.report()
        return ZoneBounds(
            reading_c=self._reading_c, expected_c=known["expected_c"], highest_c=known["highest_possible_c"]
        )

    def learned(self) -> dict[str, Any]:
        """What was learned of the heater, for people; the numbers are None while that is nothing."""
        return self._verification.report() | self.bounded.report()

    def snapshot(self) -> dict[str, Any]:
        """What was learned, in plain JSON values."""
        return self._verification.snapshot() | {"bounded": self.bounded.snapshot()}

    def restore(self, saved: Mapping[str, Any], *, away_s: float | None) -> None:
        """Take up what was learned `away_s` seconds ago (None where nobody knows); what does not fit is left out."""
        self._verification.restore(saved)
        if isinstance(bounded := saved.get("bounded"), Mapping):
            self.bounded.restore(bounded, away_s=away_s)


def watches_of(
    outputs: Outputs, references: Mapping[str, str], thermometers: Mapping[str, str | None], room: RoomLimits
) -> dict[str, Watch]:
    """The watch over each heater that has a limit and a temperature to be held against."""
    found = {}
    for name, output in outputs.items():
        keys = output.handle.device.output
        sensor = references.get(keys.verify.sensor or "") or next(iter(output.rules.needs), None)
        if keys.limit is not None and output.rules.role is Role.HEATER and sensor is not None:
            found[name] = Watch(
                output,
                keys.limit,
                outputs=outputs,
                sensor=sensor,
                references=references,
                thermometers=thermometers,
                room=room,
            )
    return found


def siblings(output: Output, outputs: Outputs) -> list[Output]:
    """All heaters of the same zone, itself included."""
    zone = output.handle.device.zone
    return [other for other in outputs.values() if other.rules.role is Role.HEATER and other.handle.device.zone == zone]


def _share(output: Output) -> float:
    """What an output does, from 0 to 1; one that is not known is taken to do what it was last seen or told to do."""
    value = output.commanded if output.value is None else output.value
    return min(max(output.rules.share(value), 0.0), 1.0)


def _may_heat(output: Output) -> bool:
    return output.rules.role in _HEATS and (not output.is_confirmed or output.account.is_on)


def _told(finding: Finding) -> Told:
    return finding.kind, finding.is_for_person, finding.counts


def _known(values: Iterable[tuple[str, float | None]]) -> dict[str, float]:
    return {name: value for name, value in values if value is not None}
