"""What the configuration may say about each kind of wire; it must not look across keys.

A wire accepts the keys of its kind with either backend, so that trying a board on simulated wires changes one word.
"""

from typing import Final, Literal

from pydantic import Field

from alimante.config.base import FilePath, Id, Keys


class Wire(Keys):
    """What devices hang on."""

    backend: Literal["linux", "sim"] = Field(description="linux: the real wire of this computer; sim: a simulated one.")
    power: Id | None = Field(
        default=None, description="Relay that supplies the devices on this wire, to switch it off and on in need."
    )


class GpioWire(Wire):
    """The pins of the header."""

    kind: Literal["gpio"] = Field(description="The pins of the header.")
    factory: Literal["lgpio", "rpigpio", "mock"] | None = Field(
        default=None, description="Library that moves the pins; required with the linux backend, never guessed."
    )


class RecoveryPins(Keys):
    """The pins of an I²C bus, to free it from a chip that holds its data line."""

    scl: int = Field(ge=0, le=27, description="GPIO number of the clock line; 3 for bus 1.")
    sda: int = Field(ge=0, le=27, description="GPIO number of the data line; 2 for bus 1.")


class I2cWire(Wire):
    """One I²C bus."""

    kind: Literal["i2c"] = Field(description="An I²C bus.")
    bus: int = Field(default=1, ge=0, le=255, description="Number N of /dev/i2c-N; 1 is on pins GPIO 2 and 3.")
    recovery_pins: RecoveryPins | None = Field(
        default=None, description="Pins on which to send clocks to a chip that holds the bus; needs a GPIO wire."
    )


class OnewireWire(Wire):
    """The 1-Wire bus, through the kernel."""

    kind: Literal["onewire"] = Field(description="The 1-Wire bus, for DS18B20 probes.")
    root: FilePath = Field(default="/sys/bus/w1/devices", description="Folder of the kernel's 1-Wire devices.")
    pin: int = Field(default=4, description="GPIO number that dtoverlay=w1-gpio uses, to find conflicts.")


class IioWire(Wire):
    """The kernel's sensors."""

    kind: Literal["iio"] = Field(description="The kernel's industrial sensors, for a DHT22.")
    root: FilePath = Field(default="/sys/bus/iio/devices", description="Folder of the kernel's IIO devices.")


class HwmonWire(Wire):
    """The computer's own sensors."""

    kind: Literal["hwmon"] = Field(description="The computer's own sensors, for the processor's temperature.")
    root: FilePath = Field(default="/sys/class/hwmon", description="Folder of the kernel's hardware monitors.")


class PwmWire(Wire):
    """Pins with hardware PWM."""

    kind: Literal["pwm"] = Field(description="The pins with hardware PWM, for fans, dimmers and servos.")
    root: FilePath = Field(default="/sys/class/pwm", description="Folder of the kernel's PWM chips.")


AnyWire = GpioWire | I2cWire | OnewireWire | IioWire | HwmonWire | PwmWire
WIRES: Final[dict[str, type[AnyWire]]] = {
    "gpio": GpioWire,
    "i2c": I2cWire,
    "onewire": OnewireWire,
    "iio": IioWire,
    "hwmon": HwmonWire,
    "pwm": PwmWire,
}
