"""What a simulated day takes of the processor; it must not take so long that nobody runs it.

One terrarium with two probes, a heater and a lamp, at two paces. Beside the seconds stands how many turns of the
calibration loop they are, which can be held against another machine.
"""

import json
import time
from typing import Any, Final

from alimante.config.load import load_text
from alimante.simulation.rehearsal import rehearse
from hardware.sim.settings import PlantSettings
from parts.machine import calibrate, say
from parts.report import Goal, Row

DAY_S: Final = 86_400.0
PACES: Final = (
    # poll in s, tick in s, goal in s per day, virtual hours that are run
    (5.0, 1.0, 10.0, 24.0),
    (30.0, 5.0, 1.64, 240.0),  # a year in ten minutes
)
QUICK: Final = 0.1
"""Of the hours. Short runs take more for a day: their curves are finer, and they search the disk more often."""


def measure(*, quick: bool) -> list[Row]:
    """Processor seconds for a virtual day; what longer or shorter runs take is scaled to one."""
    share = QUICK if quick else 1.0
    return [_row(poll_s, tick_s, most_s, share * hours) for poll_s, tick_s, most_s, hours in PACES]


def _row(poll_s: float, tick_s: float, most_s: float, hours: float) -> Row:
    say(f"simulating {hours:g} h at a tick of {tick_s:g} s …")
    config = load_text(json.dumps(_terrarium(poll_s, tick_s)), simulation_model=PlantSettings).config
    rehearse(config, for_s=60.0)  # what is imported and filled at the first run
    loop_s, _ = calibrate()
    began_s = time.process_time()
    rehearse(config, for_s=hours * 3600.0)
    taken_s = (time.process_time() - began_s) * DAY_S / (hours * 3600.0)
    return Row(
        part="virtual_day",
        what=f"simulated day, polls of {poll_s:g} s and ticks of {tick_s:g} s: processor",
        figure=taken_s,
        unit="s",
        goal=Goal(of="figure", side="<=", limit=most_s),
        note=f"out of {hours:g} h; as long as {taken_s / loop_s:,.0f} calibration loops",
    )


def _terrarium(poll_s: float, tick_s: float) -> dict[str, Any]:
    probe = {"driver": "ds18b20", "wire": "onewire", "poll_s": poll_s}
    if poll_s > 5.0:
        probe |= {"stale_after_s": 2 * poll_s + 1, "lost_after_s": 3 * poll_s + 5}
    relay = {"driver": "relay", "wire": "header", "active_high": True, "zone": "warm", "safe_value": "off"}
    return {
        "version": 1,
        "node": {"id": "day", "board": "pi-zero-2w"},
        "location": {"timezone": "Europe/Paris", "clock_is_trusted": True},
        "mqtt": {"embedded": True},
        "control": {"tick_s": tick_s},
        "wires": {
            "header": {"kind": "gpio", "backend": "sim"},
            "onewire": {"kind": "onewire", "backend": "sim", "pin": 4},
        },
        "devices": {
            "warm_probe": probe | {"address": "28-000000000001", "zone": "warm"},
            "cool_probe": probe | {"address": "28-000000000002", "zone": "cool"},
            "heater": relay | {"pin": 17, "role": "heater", "depends_on": ["warm_probe.temperature"]},
            "lamp": relay | {"pin": 22, "role": "light"},
        },
        "species": {"preset": "leopard_gecko"},
        "controllers": {
            "daylight": {"kind": "photoperiod", "outputs": ["lamp"]},
            "warmth": {"kind": "thermostat", "sensor": "warm_probe.temperature", "heater": "heater"},
        },
        "simulation": {"seed": 1},
    }
