"""DHT22 (AM2302) through the kernel's dht11 driver; it must not hide that this chip often misses a read.

Sources: AM2302 data sheet (Aosong), table "Performance" for ranges and the period of 2 s; the kernel's
drivers/iio/humidity/dht11.c and Documentation/ABI/testing/sysfs-bus-iio for names and milli-units.
"""

from re import fullmatch
from typing import Annotated

from pydantic import Field

from hardware.api import Channel, DriverSpec, OpenRequest, Params, Sample, Unit, WireKind
from hardware.bus.sysfs import SysfsWire
from hardware.errors import BadData, NoAnswer

MIN_POLL_S = 2.0
"""The chip measures once in 2 s and may refuse to answer sooner."""

TEMPERATURE = Channel("temperature", Unit.CELSIUS, -40.0, 80.0, "temperature")
HUMIDITY = Channel("humidity", Unit.PERCENT, 0.0, 100.0, "humidity")


class Dht22Params(Params):
    """The GPIO of the data line, as in `dtoverlay=dht11,gpiopin=N`; `device` chooses where several chips are."""

    pin: Annotated[int, Field(ge=0, le=27)]
    device: Annotated[str, Field(pattern=r"^iio:device[0-9]+$", examples=["iio:device0"])] | None = None


def decode(temperature: str, humidity: str) -> tuple[float, float]:
    """°C and % from the texts of `in_temp_input` and `in_humidityrelative_input`; raises `BadData`.

    All zeros have a valid checksum and come from a data line that is held low; so 0.0 °C with 0.0 % is no reading.
    """
    temperature_c, humidity_percent = _from_milli(temperature), _from_milli(humidity)
    if temperature_c == 0.0 and humidity_percent == 0.0:
        raise BadData("0 °C with 0 % is what a dead data line reads as")
    if not HUMIDITY.low <= humidity_percent <= HUMIDITY.high:
        raise BadData(f"{humidity_percent} % is no relative humidity")
    if not TEMPERATURE.low <= temperature_c <= TEMPERATURE.high:
        raise BadData(f"{temperature_c} °C is outside of what the chip can measure")
    return temperature_c, humidity_percent


def choose(names: dict[str, str], params: Dht22Params) -> str:
    """The folder of the chip among `names`, a map from folders to what their `name` files say; raises `NoAnswer`.

    Newer kernels add the device tree's address, which the overlay makes the pin in hexadecimal ("dht11@11").
    """
    found = [folder for folder, name in names.items() if name.startswith("dht11")]
    by_pin = [folder for folder in found if names[folder] == f"dht11@{params.pin:x}"]
    if params.device is not None:
        found = [folder for folder in found if folder == params.device]
    elif len(by_pin) == 1:
        found = by_pin
    if len(found) == 1:
        return found[0]
    if found:
        raise NoAnswer(f'{", ".join(found)} may all be the chip on GPIO {params.pin}; say which with "device"')
    raise NoAnswer(
        f"the kernel knows no {params.device or 'dht11 device'}; "
        f"config.txt needs the line dtoverlay=dht11,gpiopin={params.pin}"
    )


class Dht22:
    """One chip on its own data line."""

    def __init__(self, wire: SysfsWire, params: Dht22Params) -> None:
        self._wire = wire
        self._params = params
        self._where = f"DHT22 on GPIO {params.pin}"

    def read(self) -> tuple[Sample, Sample]:
        """Temperature and humidity; the kernel answers both from one transfer. Not more often than `MIN_POLL_S`."""
        try:
            folder = choose(self._names(), self._params)
            texts = (self._wire.read(f"{folder}/{file}") for file in ("in_temp_input", "in_humidityrelative_input"))
            temperature_c, humidity_percent = decode(*texts)
        except (BadData, NoAnswer) as error:
            raise type(error)(f"{self._where}: {error}") from error
        return Sample(TEMPERATURE.name, temperature_c), Sample(HUMIDITY.name, humidity_percent)

    def close(self) -> None:
        """Nothing is held open between reads."""

    def _names(self) -> dict[str, str]:
        # Looked up anew at each read: the numbers change when an overlay is loaded again.
        folders = (folder for folder in self._wire.list() if folder.startswith("iio:device"))
        return {folder: self._wire.read(f"{folder}/name") for folder in folders}


def _from_milli(text: str) -> float:
    if not fullmatch("-?[0-9]{1,6}", text):
        raise BadData(f"{text[:40]!r} is no number of thousandths")
    return int(text) / 1000.0


def _open(request: OpenRequest) -> Dht22:
    return Dht22(request.wire, request.params)


DRIVER = DriverSpec(
    name="dht22",
    summary="DHT22 (AM2302) thermometer and hygrometer on a GPIO, read by the kernel",
    wire=WireKind.IIO,
    kind="sensor",
    params=Dht22Params,
    open=_open,
    channels=lambda params: (TEMPERATURE, HUMIDITY),
    read_s=1.1,  # the kernel waits up to 1 s for the chip's edges
)
