"""The kernel's side of a PWM chip below a simulated /sys/class/pwm; it must not know what hangs on a channel.

Sources: drivers/pwm/sysfs.c and drivers/pwm/core.c of Linux 6.1 (a period of 0 or below the duty cycle is EINVAL for
every write, a second export EBUSY, a channel that the chip lacks ENODEV) and Documentation/driver-api/pwm.rst
(polarity only while disabled).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock

from hardware.errors import LineBusy, NoAnswer, ValueRefused, WirePermission
from hardware.sim.place import Params
from hardware.sim.sysfs import SimSysfs

CHANNELS = 4  # of RP1 on a Pi 5; the chip of Pi 0-4 has 2
_CHANNEL_OF_PIN = {12: 0, 13: 1, 18: 0, 19: 1}  # BCM2835 ARM peripherals, section 9.5

OnChange = Callable[[int, float, float, bool], None]
"""Takes the channel, the fraction of the period that the pin is high (0.0 when disabled), period in s, enabled."""


@dataclass(frozen=True, slots=True)
class _State:
    period_ns: int = 0
    duty_ns: int = 0
    inversed: bool = False
    enabled: bool = False

    @property
    def fraction(self) -> float:
        if not self.enabled:
            return 0.0
        high = self.duty_ns / self.period_ns
        return 1.0 - high if self.inversed else high


def pwm_chip(tree: SimSysfs, number: int) -> "SimPwmChip":
    """The chip `number` of `tree`, put there at the first call."""
    return tree.model(f"pwmchip{number}", lambda: SimPwmChip(tree, number))


def on_pin(tree: SimSysfs, params: Params, callback: OnChange) -> None:
    """Call `callback` at once and at every change of the channel that a device's `pin`, `chip`, `channel` name."""
    channel = _CHANNEL_OF_PIN[params["pin"]] if params["channel"] is None else params["channel"]
    pwm_chip(tree, params["chip"]).on_change(channel, callback)


class SimPwmChip:
    """One pwmchip folder with its channels; a state outlives unexporting, as in the kernel."""

    def __init__(self, tree: SimSysfs, number: int) -> None:
        self._tree = tree
        self._folder = f"pwmchip{number}"
        self._lock = Lock()
        self._states = [_State() for _ in range(CHANNELS)]
        self._listeners: list[tuple[int, OnChange]] = []
        self._exported: set[int] = set()
        self._held: set[int] = set()
        self._udev_delay = 0
        self._refusals: dict[int, int] = {}
        tree.add(f"{self._folder}/npwm", read=f"{CHANNELS}\n")
        tree.add(f"{self._folder}/export", read=_write_only, write=self._export)
        tree.add(f"{self._folder}/unexport", read=_write_only, write=self._unexport)

    def on_change(self, channel: int, callback: OnChange) -> None:
        """Call `callback` at once and at every write that changes `channel`, in the writer's thread."""
        with self._lock:
            self._listeners.append((channel, callback))
        self._tell(channel, callback)

    def hold(self, channel: int) -> None:
        """Let a driver of the kernel, such as a backlight's, own `channel` from now on."""
        with self._lock:
            self._held.add(channel)

    def slow_udev(self, writes: int) -> None:
        """Refuse the first `writes` writes to each channel that is exported from now on: udev comes that late."""
        with self._lock:
            self._udev_delay = writes

    def _export(self, text: str) -> None:
        channel = self._channel(text)
        with self._lock:
            if channel in self._exported or channel in self._held:
                raise LineBusy(f"{self._folder}/export: Device or resource busy")
            self._exported.add(channel)
            self._refusals[channel] = self._udev_delay
        folder = f"{self._folder}/pwm{channel}"
        for name, show, store in _ATTRIBUTES:
            self._tree.add(
                f"{folder}/{name}",
                read=lambda show=show: show(self._states[channel]),  # type: ignore[misc]
                write=lambda text, store=store: self._store(channel, text, store),  # type: ignore[misc]
            )

    def _unexport(self, text: str) -> None:
        channel = self._channel(text)
        with self._lock:
            if channel not in self._exported:
                raise NoAnswer(f"{self._folder}/unexport: No such device")
            self._exported.remove(channel)
        self._tree.remove(f"{self._folder}/pwm{channel}")

    def _channel(self, text: str) -> int:
        channel = _unsigned(text)
        if channel >= CHANNELS:
            raise NoAnswer(f"{self._folder}: No such device")
        return channel

    def _store(self, channel: int, text: str, store: Callable[[_State, str], _State]) -> None:
        with self._lock:
            if self._refusals[channel] > 0:
                self._refusals[channel] -= 1
                raise WirePermission(f"{self._folder}/pwm{channel}: Permission denied")
            new = store(self._states[channel], text)
            if new.period_ns == 0 or new.duty_ns > new.period_ns:
                raise ValueRefused(f"{self._folder}/pwm{channel}: Invalid argument")
            self._states[channel] = new
            listeners = [callback for number, callback in self._listeners if number == channel]
        for callback in listeners:
            self._tell(channel, callback)

    def _tell(self, channel: int, callback: OnChange) -> None:
        state = self._states[channel]
        callback(channel, state.fraction, state.period_ns / 1e9, state.enabled)


def _write_only() -> str:
    raise WirePermission("write-only")


def _unsigned(text: str) -> int:
    if not text.strip().isdecimal():
        raise ValueRefused(f"{text!r}: Invalid argument")
    return int(text)


def _store_enable(state: _State, text: str) -> _State:
    if text.strip() not in ("0", "1"):
        raise ValueRefused(f"enable {text!r}: Invalid argument")
    return replace(state, enabled=text.strip() == "1")


def _store_polarity(state: _State, text: str) -> _State:
    if text.strip() not in ("normal", "inversed"):
        raise ValueRefused(f"polarity {text!r}: Invalid argument")
    if state.enabled:
        raise LineBusy("polarity: Device or resource busy")
    return replace(state, inversed=text.strip() == "inversed")


_ATTRIBUTES: tuple[tuple[str, Callable[[_State], str], Callable[[_State, str], _State]], ...] = (
    ("period", lambda state: f"{state.period_ns}\n", lambda state, text: replace(state, period_ns=_unsigned(text))),
    ("duty_cycle", lambda state: f"{state.duty_ns}\n", lambda state, text: replace(state, duty_ns=_unsigned(text))),
    ("enable", lambda state: f"{int(state.enabled)}\n", _store_enable),
    ("polarity", lambda state: ("inversed" if state.inversed else "normal") + "\n", _store_polarity),
)
