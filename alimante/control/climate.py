"""Builds the controllers of temperature, humidity and air that a configuration says; it must not check it.

The code of a kind is loaded when the first of that kind is built: most enclosures have two of these four.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from alimante.config.climate import (
    AiringKeys,
    DayNightKeys,
    HumidityKeys,
    PidKeys,
    SetpointKeys,
    ThermostatKeys,
    VentilationKeys,
)
from alimante.config.model import Config, Role
from alimante.config.outputs import ROLE_LIMITS
from alimante.control.controller import Controller
from alimante.control.drive import Drive
from alimante.control.season import Curve
from alimante.control.setpoints import Cautious, IsDay, Setpoint, between, steady

if TYPE_CHECKING:
    from alimante.control.humidity import Humidity
    from alimante.control.pid import Pid
    from alimante.control.thermostat import Thermostat
    from alimante.control.ventilation import AiringPlan, Ventilation


def climate(config: Config, days: Mapping[str, IsDay]) -> dict[str, Controller]:
    """The controllers of these kinds by id, in the order of the configuration, which was found sound.

    `days` has for each photoperiod's id whether it is day.
    """
    workshop = _Workshop(config, days)
    made: dict[str, Controller] = {}
    for name, keys in config.controllers.items():
        named = (getattr(keys, key, None) for key in ("heater", "cooler", "mister", "fan"))
        if any(output is not None and output not in config.devices for output in named):
            continue  # an output whose driver cannot be imported is told as disabled, and nothing moves it
        match keys:
            case ThermostatKeys():
                made[name] = workshop.thermostat(name, keys)
            case PidKeys():
                made[name] = workshop.pid(name, keys)
            case HumidityKeys():
                made[name] = workshop.humidity(name, keys)
            case VentilationKeys():
                made[name] = workshop.ventilation(name, keys)
    return made


class _Workshop:
    """What the builders of single controllers share."""

    def __init__(self, config: Config, days: Mapping[str, IsDay]) -> None:
        self._config = config
        self._days = days

    def thermostat(self, name: str, keys: ThermostatKeys) -> "Thermostat":
        from alimante.control.thermostat import Side, Thermostat

        sides = []
        if keys.heater is not None and keys.target_c is not None:
            target = self._setpoint(keys.target_c, min)
            sides.append(Side(drive=self._drive(keys.heater), target=target, sign=1))
        if keys.cooler is not None and keys.cool_above_c is not None:
            target = self._setpoint(keys.cool_above_c, max)
            sides.append(Side(drive=self._drive(keys.cooler), target=target, sign=-1))
        return Thermostat(name, sensor=self._full(keys.sensor), sides=sides, hysteresis_c=keys.hysteresis_c)

    def pid(self, name: str, keys: PidKeys) -> "Pid":
        from alimante.control.gains import Gains
        from alimante.control.pid import Pid, PidSettings
        from alimante.control.time_proportion import Timing

        heater = self._config.devices[keys.heater].output
        limits, usual = heater.limits, ROLE_LIMITS[Role.HEATER]
        settings = PidSettings(
            sensor=self._full(keys.sensor),
            target=self._setpoint(keys.target_c, min),
            gains=Gains(gain=keys.gain_per_c, integral_s=keys.integral_s, derivative_s=keys.derivative_s),
            most=min(keys.max_share, limits.max_power_pct / 100.0),
            band_c=keys.band_c,
            timing=Timing(
                cycle_s=keys.cycle_s,
                min_on_s=usual["min_on_s"] if limits.min_on_s is None else limits.min_on_s,
                min_off_s=usual["min_off_s"] if limits.min_off_s is None else limits.min_off_s,
                longest_s=keys.longest_cycle_s,
            ),
            ceiling_c=None if heater.limit is None else heater.limit.max_c,
            tune_once=keys.autotune == "once",
        )
        return Pid(name, self._drive(keys.heater), settings)

    def humidity(self, name: str, keys: HumidityKeys) -> "Humidity":
        from alimante.control.humidity import Airing, Humidity, Misting

        misting = airing = None
        if keys.mister is not None and keys.low_pct is not None:
            misting = Misting(
                drive=self._drive(keys.mister),
                low=self._setpoint(keys.low_pct, min),
                pulse_s=keys.pulse_s,
                pause_s=keys.pause_s,
                tank=None if keys.tank is None else self._full(keys.tank),
            )
        if keys.fan is not None and keys.high_pct is not None:
            airing = Airing(
                drive=self._drive(keys.fan),
                high=self._setpoint(keys.high_pct, max),
                hysteresis_pct=keys.hysteresis_pct,
                share=keys.fan_share,
            )
        return Humidity(name, sensor=self._full(keys.sensor), misting=misting, airing=airing)

    def ventilation(self, name: str, keys: VentilationKeys) -> "Ventilation":
        from alimante.control.ventilation import AirBand, Ventilation

        band = AirBand(low_ppm=keys.low_ppm, high_ppm=keys.high_ppm, least=keys.least_share, most=keys.most_share)
        sensor = None if keys.sensor is None else self._full(keys.sensor)
        return Ventilation(name, self._drive(keys.fan), sensor=sensor, band=band, plan=_plan(keys.airing))

    def _drive(self, output: str) -> Drive:
        device = self._config.devices[output]
        return Drive.of(output, device.accepts)

    def _full(self, said: str) -> str:
        return self._config.references.get(said, said)  # of a disabled sensor nothing is ever believed

    def _setpoint(self, keys: SetpointKeys, cautious: Cautious) -> Setpoint:
        if not isinstance(keys, DayNightKeys):
            return steady(keys)
        points = [(point.date, point.shift) for point in keys.over_year or ()]
        shifts = [shift for _, shift in points] or [0.0]
        return Setpoint(
            day=keys.day,
            night=keys.night,
            cautious=cautious,
            is_day=self._is_day(keys),
            shift=Curve(points) if points else None,
            reach=(min(shifts), max(shifts)),
        )

    def _is_day(self, keys: DayNightKeys) -> IsDay:
        if keys.day_from is not None and keys.day_to is not None:
            return between(keys.day_from, keys.day_to)
        return self._days[keys.follows] if keys.follows is not None else next(iter(self._days.values()))


def _plan(keys: AiringKeys | None) -> "AiringPlan | None":
    from alimante.control.ventilation import AiringPlan

    return None if keys is None else AiringPlan(every_s=keys.every_s, for_s=keys.for_s, share=keys.share)
