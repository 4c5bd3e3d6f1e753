"""The end of a simulated process, and putting a real configuration on simulated wires."""

import asyncio
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from alimante.commands.loading import load_whole
from alimante.core.clock import ManualClock
from alimante.io.worker import InlineWorker
from alimante.simulation.secrecy import PLACE
from alimante.simulation.stage import begins_wall_s, on_simulated_wires
from alimante.simulation.virtual_time import run_virtual
from hardware.sim.settings import PlantSettings

CONFIG = Path(__file__).parents[3] / "config"


def test_what_waits_behind_a_hanging_call_ends_with_its_process():
    clock, done = ManualClock(), []

    async def story() -> None:
        worker = InlineWorker("bus", clock=clock, on_wedged=lambda wedged, reason: None)
        worker.submit(lambda: worker.sleep(30.0), lambda ended: None, label="hang", deadline_s=100.0)
        assert worker.slept_s == 30.0
        worker.submit(lambda: done.append("written"), lambda ended: None, label="write", deadline_s=100.0)
        worker.close()
        await asyncio.sleep(60.0)

    run_virtual(story(), clock)
    assert done == []


def test_every_wire_is_simulated_and_nothing_else_about_it_changes():
    config = load_whole(CONFIG / "alimante.json").config
    staged = on_simulated_wires(config)
    assert {wire.backend for wire in staged.wires.values()} == {"sim"}
    assert staged.devices == config.devices
    assert staged.controllers == config.controllers
    assert staged.mqtt.embedded is False
    assert staged.mqtt.password == PLACE


def test_a_zone_that_the_simulation_does_not_say_is_an_ordinary_one():
    config = load_whole(CONFIG / "alimante.json").config
    devices = {name: replace(device, zone="basking") for name, device in config.devices.items()}
    staged = on_simulated_wires(replace(config, devices=devices, simulation={}))
    assert list(staged.simulation.zones) == ["basking"]
    said = {"zones": {"cool": {"volume_m3": 0.2}}}
    staged = on_simulated_wires(replace(config, devices=devices, simulation=said))
    assert list(staged.simulation.zones) == ["cool", "basking"]
    assert staged.simulation.zones["cool"].volume_m3 == 0.2


def test_the_clock_on_the_wall_agrees_with_the_sun_in_the_room():
    config = load_whole(CONFIG / "alimante.json").config
    start_hour = PlantSettings.model_validate(config.simulation).ambient.start_hour
    local = datetime.fromtimestamp(begins_wall_s(config), ZoneInfo(config.location.timezone))
    assert local.hour + local.minute / 60 == start_hour
