"""Builds the controllers of clocks, lamps and food that a configuration says; it must not check it.

The code of a kind is loaded when the first of that kind is built.
"""

from alimante.config.days import FeedingKeys, PhotoperiodKeys, ScheduleKeys
from alimante.config.model import Config
from alimante.control.controller import Controller
from alimante.control.setpoints import IsDay


def days(config: Config) -> tuple[dict[str, Controller], dict[str, IsDay]]:
    """The controllers of these kinds by id, in the order of the configuration, which was found sound.

    Beside them, for each photoperiod's id, whether it is day.
    """
    accepts = {name: device.accepts for name, device in config.devices.items() if device.spec.kind == "actuator"}
    made: dict[str, Controller] = {}
    is_day: dict[str, IsDay] = {}
    for name, keys in config.controllers.items():
        match keys:
            case PhotoperiodKeys():
                from alimante.control.photoperiod import Photoperiod

                made[name] = light = Photoperiod(name, keys, location=config.location, accepts=accepts)
                is_day[name] = light.is_day
            case ScheduleKeys():
                from alimante.control.schedule import Schedule

                made[name] = Schedule(name, keys, accepts=accepts)
            case FeedingKeys():
                from alimante.control.feeding import Feeding

                made[name] = Feeding(name, keys, accepts=accepts)
    return made, is_day
