"""Builds the controllers of clocks, lamps and food that a configuration says; it must not check it."""

from alimante.config.days import FeedingKeys, PhotoperiodKeys, ScheduleKeys
from alimante.config.model import Config
from alimante.control.controller import Controller
from alimante.control.feeding import Feeding
from alimante.control.photoperiod import Photoperiod
from alimante.control.schedule import Schedule


def days(config: Config) -> dict[str, Controller]:
    """The controllers of these kinds by id, in the order of the configuration, which was found sound."""
    accepts = {
        name: device.spec.accepts(device.params)
        for name, device in config.devices.items()
        if device.spec.kind == "actuator"
    }
    made: dict[str, Controller] = {}
    for name, keys in config.controllers.items():
        match keys:
            case PhotoperiodKeys():
                made[name] = Photoperiod(name, keys, location=config.location, accepts=accepts)
            case ScheduleKeys():
                made[name] = Schedule(name, keys, accepts=accepts)
            case FeedingKeys():
                made[name] = Feeding(name, keys, accepts=accepts)
    return made
