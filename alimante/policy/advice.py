"""What a person can do about an error, in plain words; it must not decide anything."""

from collections.abc import Iterable
from typing import Final

ANY: Final = "*"

_ADVICE: Final[dict[tuple[str, str], str]] = {
    (
        "onewire",
        "NoAnswer",
    ): "check its plug, the 4.7 kΩ pull-up and the ground; ls /sys/bus/w1/devices shows who answers",
    ("onewire", "WireUnavailable"): "add dtoverlay=w1-gpio to /boot/firmware/config.txt and restart the computer",
    ("onewire", "silent"): "check the 4.7 kΩ pull-up between data and 3.3 V, and the ground of the probes",
    ("onewire", "BadData"): "keep the cable short and away from mains cables, and check the 4.7 kΩ pull-up",
    ("ds18b20", "BadData"): "connect the probe with three wires: parasite power often gives 85 °C or wrong checksums",
    (
        "i2c",
        "NoAnswer",
    ): "check VCC, ground, SDA and SCL of this chip, and its address: i2cdetect -y 1 shows who answers",
    ("i2c", "WireUnavailable"): "add dtparam=i2c_arm=on to /boot/firmware/config.txt and restart the computer",
    ("i2c", "WirePermission"): "let Alimante's user use the bus: sudo usermod -aG i2c alimante, then restart it",
    ("i2c", "WireTimeout"): "a chip holds the bus: take the power from its chips for ten seconds",
    ("i2c", "TransferError"): "shorten the cable, and check that only one board's pull-ups are on the bus",
    ("i2c", "WrongChip"): "another chip answers at this address: check the driver and the address in the configuration",
    ("i2c", "silent"): "check the power and the ground that the chips of this bus share, and SDA and SCL for shorts",
    ("iio", "NoAnswer"): "check power, ground and the data wire with its pull-up; a DHT22 needs 2 s between readings",
    ("iio", "WireUnavailable"): "add dtoverlay=dht11,gpiopin=N to /boot/firmware/config.txt and restart the computer",
    ("iio", "WireTimeout"): "a DHT22 misses some readings; when all fail, check its 10 kΩ pull-up and its cable",
    ("gpio", "LineBusy"): "another program holds this pin: gpioinfo shows which; stop it or choose another pin",
    ("gpio", "WirePermission"): "let Alimante's user use the pins: sudo usermod -aG gpio alimante, then restart it",
    (
        "gpio",
        "WireUnavailable",
    ): "check that /dev/gpiochip0 exists and that the library in the configuration is installed",
    ("pwm", "WireUnavailable"): "add dtoverlay=pwm-2chan to /boot/firmware/config.txt and restart the computer",
    ("pwm", "WirePermission"): "let Alimante's user write to /sys/class/pwm, or run it through its systemd unit",
    ("pwm", "LineBusy"): "another program has exported this PWM channel: stop it",
    ("hwmon", ANY): "this computer may have no such sensor: ls /sys/class/hwmon shows what there is",
    (ANY, "WireUnavailable"): "check that the interface is switched on in /boot/firmware/config.txt",
    (ANY, "WirePermission"): "give Alimante's user the right to use this interface, then restart it",
    (ANY, "LineBusy"): "another program uses this pin or chip: stop it",
    (ANY, "WireTimeout"): "check the cable; if it stays so, take the power from the device for ten seconds",
    (ANY, "NoAnswer"): "check the plug, the power and the ground of the device, and its address in the configuration",
    (ANY, "TransferError"): "check the cable and the ground, and keep them away from mains cables",
    (ANY, "BadData"): "check the cable and the power of the sensor; replace it if it stays so",
    (ANY, "WrongChip"): "check the driver and the address in the configuration",
    (ANY, "ValueRefused"): "check the driver's settings in the configuration",
    (ANY, "WireWedged"): "a call to this interface does not come back: restart the computer if it stays so",
    (ANY, "DeadlinePassed"): "the interface is slow or stuck: check the cable, and restart the computer if it stays so",
    (ANY, "BreakerOpen"): "it failed too often and is asked only now and then: see its last errors",
    (ANY, "silent"): "check the power and the ground that the devices on this wire share",
    (ANY, "bad_reading"): "compare it with another instrument; check where it sits, its cable and its power",
    (ANY, "suspect_reading"): "compare it with another instrument, and look whether anything lies on it",
    (ANY, "lost"): "check the plug, the power and the ground of the sensor",
    (ANY, "no_link"): "check the network and that the broker runs; control goes on without it",
    (ANY, "no_time"): "let this computer reach a time server, or give it a clock with a battery",
    (ANY, "late"): "restart Alimante if it stays so, and report it with the log",
    (ANY, "disabled"): "install what the driver needs, or take the device out of the configuration",
}


def advice_for(error: str, *, of: Iterable[str] = ()) -> str:
    """What to do about `error`, the name of an error's type or of a reason; empty when nothing is known.

    `of` are the driver and the kind of the wire, the most particular first.
    """
    for subject in (*of, ANY):
        for what in (error, ANY):
            if (subject, what) in _ADVICE and (subject, what) != (ANY, ANY):
                return _ADVICE[subject, what]
    return ""
