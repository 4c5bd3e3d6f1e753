"""What each heater has to keep warm, and what may excuse it, by the configuration; it must not look at a run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf
from typing import Final

from alimante.config.climate import DayNightKeys, PidKeys, SetpointKeys, ThermostatKeys
from alimante.config.model import Config, Device, Role
from alimante.safety.rules import Rules, rules_of
from hardware.sim.load import Load

TIME_CONSTANTS: Final = 3.0
"""So many time constants of its enclosure a zone may take to become warm."""
KEPT_OFF_S: Final = 1200.0
"""So long a heater may be off in a zone that is too cold, beyond its own pause: more than a rest of 900 s is not."""
SENSOR_C: Final = 0.5
"""How far a sound thermometer may be off: a DS18B20 by its data sheet."""
BELOW_TARGET_C: Final = 4.0
"""So far below its coldest target a zone has its safe minimum where no `alarm_low` says it: as harm above a limit."""
STRONG_C: Final = 2.0
"""A heater that cannot warm its zone by so much is none, and its check may say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Warmth:
    """What one heater has to keep warm.

    The warmest of `zones` counts: the heater's own one, or those of the thermometers that it goes by. `target_c` is the
    lowest temperature that its controller may hold by the configuration, None where nothing controls it. Within
    `band_c` below the target nothing is too cold; below `minimum_c` nothing may be. `max_c` is its limit, and a
    thermometer that it goes by may be said to show `offset_c` more than what is true. `parts` are the devices and buses
    whose faults excuse it. It is at `most` of its full power after `ramp_s` at most, and off for `bound_s` at most;
    after a trip it rests for `cooldown_s`. `warm_up_s` is how long its zone may take, and `is_strong` says whether it
    can warm its zone at all.
    """

    id: str
    zone: str
    zones: tuple[str, ...]
    load: Load
    rules: Rules
    target_c: float | None
    band_c: float
    minimum_c: float
    max_c: float
    offset_c: float
    parts: frozenset[str]
    most: float
    ramp_s: float
    bound_s: float
    cooldown_s: float
    warm_up_s: float
    is_strong: bool


def warmths_of(config: Config, loads: Mapping[str, Load]) -> list[Warmth]:
    """One for each heater of `config`, which is on simulated wires."""
    return [_warmth(config, device, loads[device.id]) for device in _heaters(config)]


def _heaters(config: Config) -> Iterator[Device]:
    return (device for device in config.devices.values() if device.role is Role.HEATER)


def _warmth(config: Config, heater: Device, load: Load) -> Warmth:
    rules, keys = rules_of(heater, config.references), _controller(config, heater)
    own, limit, verify = _zone(config, heater), heater.output.limit, heater.output.verify
    goes_by = () if keys is None else _members(config, keys.sensor)
    zones = tuple(dict.fromkeys(_zone(config, config.devices[full.partition(".")[0]]) for full in goes_by))
    needed = [*goes_by, *(full for need in rules.needs for full in _members(config, need))]
    needed += [config.references.get(name, name) for name in (verify.sensor, verify.power) if name is not None]
    sensors = {full.partition(".")[0] for full in needed} & config.devices.keys()
    target_c = None if keys is None or keys.target_c is None else _lowest(keys.target_c)
    offset_c = max([0.0, *(_offset(config, full) for full in needed if full.partition(".")[0] in sensors)])
    band_c = verify.hold_band_c + offset_c
    most = rules.share(rules.most)
    ramp_s = pulse_s = 0.0
    if isinstance(keys, ThermostatKeys):
        band_c = max(band_c, keys.hysteresis_c + SENSOR_C)
    elif isinstance(keys, PidKeys):
        most = min(most, keys.max_share)
        share = keys.gain_per_c * band_c  # what it gives at once to a zone that has just become too cold
        ramp_s = keys.integral_s / share  # from nothing to full power, by its integral alone
        pulse_s = _first_pulse_s(keys, share, ramp_s, rules.min_on_s)
    settings = config.simulation.zones[own]
    return Warmth(
        id=heater.id,
        zone=own,
        zones=zones if zones and own not in zones else (own,),
        load=load,
        rules=rules,
        target_c=target_c,
        band_c=band_c,
        minimum_c=_minimum_c(config, goes_by, -inf if target_c is None else target_c),
        max_c=inf if limit is None else limit.max_c,
        offset_c=offset_c,
        parts=_parts(config, heater, sensors),
        most=most,
        ramp_s=ramp_s,
        bound_s=rules.min_off_s + KEPT_OFF_S + pulse_s,
        cooldown_s=0.0 if limit is None else limit.cooldown_s,
        warm_up_s=TIME_CONSTANTS * settings.heat_capacity_j_per_k / settings.loss_w_per_k,
        is_strong=load.settings.heat_w >= STRONG_C * settings.loss_w_per_k,
    )


def _first_pulse_s(keys: PidKeys, share: float, ramp_s: float, min_on_s: float) -> float:
    """How long a relay may wait for its first pulse: short ones are far apart, and too short ones are left out."""
    missing = max(0.0, min_on_s / keys.longest_cycle_s - share)
    return missing * ramp_s + min(keys.longest_cycle_s, max(keys.cycle_s, min_on_s / share))


def _controller(config: Config, heater: Device) -> ThermostatKeys | PidKeys | None:
    for keys in config.controllers.values():
        if isinstance(keys, ThermostatKeys | PidKeys) and keys.heater == heater.id:
            return keys
    return None


def _zone(config: Config, device: Device) -> str:
    return device.zone or next(iter(config.simulation.zones))


def _members(config: Config, name: str) -> tuple[str, ...]:
    """The full names of what measures `name`."""
    group = config.groups.get(name)
    return tuple(config.references.get(member, member) for member in ([name] if group is None else group.members))


def _lowest(keys: SetpointKeys) -> float:
    """The lowest temperature of all times: what is held while nobody knows the time."""
    if not isinstance(keys, DayNightKeys):
        return keys
    return min(keys.day, keys.night) + min((point.shift for point in keys.over_year or ()), default=0.0)


def _offset(config: Config, full: str) -> float:
    """How much warmer a thermometer is said to be than what its chip says, which in a simulation is true."""
    device, _, channel = full.partition(".")
    keys = config.devices[device].reading.channels.get(channel)
    return 0.0 if keys is None else keys.offset


def _minimum_c(config: Config, goes_by: tuple[str, ...], target_c: float) -> float:
    """Where it is too cold by the configuration's own alarm, or else far below the coldest target."""
    said = []
    for full in goes_by:
        device, _, channel = full.partition(".")
        keys = config.devices[device].reading.channels.get(channel)
        if keys is not None and keys.alarm_low is not None:
            said.append(keys.alarm_low)
    return (max(said) - SENSOR_C) if said else target_c - BELOW_TARGET_C


def _parts(config: Config, heater: Device, sensors: set[str]) -> frozenset[str]:
    """The heater, what cuts it off, the other heaters of its zone, and its thermometers with their buses and relays."""
    zone = _zone(config, heater)
    found = {heater.id, *sensors}
    for device in config.devices.values():
        is_beside = device.role is Role.HEATER and _zone(config, device) == zone
        cuts = device.role is Role.CUTOFF and device.zone in (None, zone)
        if is_beside or cuts or device.id == heater.output.cutoff:
            found.add(device.id)
    found |= {power for name in found if (power := config.devices[name].power) is not None}
    return frozenset(found | {config.devices[name].wire for name in found})
