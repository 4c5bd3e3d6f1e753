"""The processor's own thermometer through hwmon; it must not be taken for the enclosure's temperature.

Source: Documentation/hwmon/sysfs-interface.rst of the Linux kernel (`temp1_input` in m°C).
"""

from re import fullmatch

from hardware.api import Channel, DriverSpec, OpenRequest, Params, Sample, Unit, WireKind
from hardware.bus.sysfs import SysfsWire
from hardware.errors import BadData, NoAnswer

# The range of the BCM2711's thermal sensor; the firmware throttles at 80 to 85 °C.
TEMPERATURE = Channel("temperature", Unit.CELSIUS, -40.0, 125.0, "soc_temperature")


class SocTemperatureParams(Params):
    """What the `name` file of the sensor's folder says."""

    sensor: str = "cpu_thermal"


def decode(text: str) -> float:
    """The temperature in °C from the text of `temp1_input` in m°C; raises `BadData`."""
    if not fullmatch("-?[0-9]{1,6}", text):
        raise BadData(f"{text[:40]!r} is no temperature in m°C")
    return int(text) / 1000.0


class SocTemperature:
    """One hwmon sensor, found by its name: the numbers of the folders change from boot to boot."""

    def __init__(self, wire: SysfsWire, params: SocTemperatureParams) -> None:
        self._wire = wire
        self._sensor = params.sensor

    def read(self) -> tuple[Sample]:
        """One temperature."""
        text = self._wire.read(f"{self._folder()}/temp1_input")
        try:
            return (Sample(TEMPERATURE.name, decode(text)),)
        except BadData as error:
            raise BadData(f"hwmon sensor {self._sensor}: {error}") from error

    def close(self) -> None:
        """Nothing is held open between reads."""

    def _folder(self) -> str:
        for folder in self._wire.list():
            if self._wire.read(f"{folder}/name") == self._sensor:
                return folder
        raise NoAnswer(f"hwmon sensor {self._sensor}: the kernel knows none of this name")


def _open(request: OpenRequest) -> SocTemperature:
    return SocTemperature(request.wire, request.params)


DRIVER = DriverSpec(
    name="soc_temperature",
    summary="Temperature of the Raspberry Pi's processor",
    wire=WireKind.HWMON,
    kind="sensor",
    params=SocTemperatureParams,
    open=_open,
    channels=lambda params: (TEMPERATURE,),
)
