"""One channel of the kernel's PWM class, below /sys/class/pwm; it must not know what a pulse means to a device.

Sources: Documentation/ABI/testing/sysfs-class-pwm and Documentation/driver-api/pwm.rst of the Linux kernel (times in
nanoseconds, duty_cycle never above period, polarity only while disabled, EBUSY for a channel in use); BCM2835 ARM
peripherals, section 9.5, for the pins.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from math import isfinite
from types import MappingProxyType

from hardware.bus.sysfs import SysfsWire
from hardware.errors import BadData, LineBusy, NoAnswer, ValueRefused, WirePermission, WireUnavailable

CHANNEL_OF_PIN: Mapping[int, int] = MappingProxyType({12: 0, 18: 0, 13: 1, 19: 1})
"""The channel of PWM chip 0 that serves a pin on Pi 0-4. Pins of one channel carry the same pulses."""

_WRITTEN = ("duty_cycle", "enable", "period")
_UDEV_TRIES = 20
_UDEV_WAIT_S = 0.05


class PwmChannel:
    """Channel `channel` of PWM chip `chip` on `tree`, whose root is /sys/class/pwm.

    A channel that is already exported is taken over as it runs: that is what a process that died left behind, and the
    kernel does not tell whose it was. Its files stay open from the start on, so that neither a pulse nor a second start
    needs a new descriptor. Errors are those of `SysfsWire`; `WireUnavailable` when there is no such channel,
    `LineBusy` when a driver of the kernel holds it.
    """

    def __init__(self, tree: SysfsWire, *, chip: int, channel: int) -> None:
        self._tree = tree
        self._chip = f"pwmchip{chip}"
        self._channel = channel
        self._folder = f"{self._chip}/pwm{channel}"
        self._where = f"PWM chip {chip}, channel {channel}"
        self._period_ns = 0

    def start(self, *, period_s: float, pulse_s: float, sleep: Callable[[float], None]) -> None:
        """Send pulses of `pulse_s` every `period_s`, from the first pulse on.

        A fresh channel belongs to root until udev has given it away: waits for that up to 1 s.
        """
        self._period_ns = _ns(period_s)
        pulse_ns = self._checked(pulse_s)
        if not self._exported():
            self._export()
            for _ in range(_UDEV_TRIES):
                try:
                    return self._configure(pulse_ns)
                except (NoAnswer, WirePermission):
                    sleep(_UDEV_WAIT_S)
        return self._configure(pulse_ns)

    def put(self, pulse_s: float) -> None:
        """Make the pulses `pulse_s` long, from 0 to the period; raises `ValueRefused` beyond."""
        self._write("duty_cycle", self._checked(pulse_s))

    def pulse_s(self) -> float:
        """How long the pulses are, as the kernel tells it; 0.0 when the channel is disabled."""
        return self._number("duty_cycle") / 1e9 if self._number("enable") else 0.0

    def _export(self) -> None:
        try:
            self._tree.write(f"{self._chip}/export", str(self._channel))
        except NoAnswer as error:
            raise WireUnavailable(f"{self._where}: not there; is a PWM overlay such as pwm-2chan loaded?") from error
        except LineBusy as error:
            if not self._exported():  # else somebody was faster, and it is there for us
                raise LineBusy(f"{self._where}: held by a driver of the kernel") from error

    def _exported(self) -> bool:
        try:
            self._tree.read(f"{self._folder}/enable")
        except NoAnswer:
            return self._listed()
        return True

    def _listed(self) -> bool:
        try:
            return f"pwm{self._channel}" in self._tree.list(self._chip)
        except NoAnswer as error:
            raise WireUnavailable(f"{self._chip}: not there; is a PWM overlay such as pwm-2chan loaded?") from error

    def _configure(self, pulse_ns: int) -> None:
        for name in _WRITTEN:
            self._tree.hold(f"{self._folder}/{name}")
        with suppress(WirePermission):  # where it is as it has to be, nobody needs to write it
            self._tree.hold(f"{self._folder}/polarity")
        inversed = self._tree.read(f"{self._folder}/polarity") != "normal"
        if inversed:  # "off" would be full power
            self._write("enable", 0)
        self._put_timing(pulse_ns)
        if inversed:
            self._tree.write(f"{self._folder}/polarity", "normal")
        self._write("enable", 1)

    def _put_timing(self, pulse_ns: int) -> None:
        """Write both times in the order that the kernel takes, and that is never stronger than before and after."""
        times = [("period", self._period_ns), ("duty_cycle", pulse_ns)]
        if self._period_ns < self._number("period"):
            times.reverse()
        for name, time_ns in times:
            self._write(name, time_ns)

    def _checked(self, pulse_s: float) -> int:
        if not isfinite(pulse_s) or not 0 <= _ns(pulse_s) <= self._period_ns:
            raise ValueRefused(f"{self._where}: no pulse of {pulse_s} s in a period of {self._period_ns / 1e9} s")
        return _ns(pulse_s)

    def _write(self, name: str, value: int) -> None:
        self._tree.write(f"{self._folder}/{name}", str(value))

    def _number(self, name: str) -> int:
        text = self._tree.read(f"{self._folder}/{name}")
        if not text.isdecimal():
            raise BadData(f"{self._where}: {name} is no number: {text[:20]!r}")
        return int(text)


def _ns(seconds: float) -> int:
    return round(seconds * 1e9)
