"""The kernel's IIO files of a DHT22; it must not know how the driver reads them."""

from itertools import count

from hardware.sim.place import Params, Place
from hardware.sim.sysfs import SimSysfs

# AM2302 data sheet: repeatability ±0.2 °C and ±1 %, taken as three sigmas.
NOISE_C = 0.07
NOISE_PERCENT = 0.33


def _in_tenths(value: float, low: float, high: float) -> str:
    """The kernel's milli-units of what the chip sends in tenths."""
    return f"{round(min(high, max(low, value)) * 10) * 100}\n"


def _free_folder(wire: SimSysfs) -> str:
    taken = wire.list()
    return next(folder for folder in (f"iio:device{n}" for n in count()) if folder not in taken)


def attach(wire: SimSysfs, params: Params, place: Place) -> None:
    """Add the chip's folder below /sys/bus/iio/devices, named as the overlay does."""

    def temperature() -> str:
        return _in_tenths(place.sense("temperature") + place.noise(NOISE_C), -40.0, 80.0)

    def humidity() -> str:
        return _in_tenths(place.sense("humidity") + place.noise(NOISE_PERCENT), 0.0, 100.0)

    folder = params.get("device") or _free_folder(wire)
    wire.add(f"{folder}/name", read=f"dht11@{params['pin']:x}\n")
    wire.add(f"{folder}/in_temp_input", read=temperature)
    wire.add(f"{folder}/in_humidityrelative_input", read=humidity)
