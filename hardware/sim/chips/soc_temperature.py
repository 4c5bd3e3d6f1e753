"""The kernel's hwmon files of the processor's thermometer; it must not know how the driver finds them."""

from hardware.sim.place import Params, Place
from hardware.sim.sysfs import SimSysfs

STEP_MILLI_C = 487  # one step of the BCM2711's sensor: its thermal node's slope is −487 m°C
NOISE_C = 0.3


def attach(wire: SimSysfs, params: Params, place: Place) -> None:
    """Add the sensor's folder below /sys/class/hwmon, after those that are there."""

    def temperature() -> str:
        heard_c = place.sense("soc_temperature") + place.noise(NOISE_C)
        return f"{round(heard_c * 1000 / STEP_MILLI_C) * STEP_MILLI_C}\n"

    folder = f"hwmon{len(wire.list())}"
    wire.add(f"{folder}/name", read=f"{params['sensor']}\n")
    wire.add(f"{folder}/temp1_input", read=temperature)
