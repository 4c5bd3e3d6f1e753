"""GPIO lines through one gpiozero pin factory that is chosen by name; it must not debounce or fall back to another."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from hardware.bus.gpio import GpioWire, Pull
from hardware.errors import DeviceError, LineBusy, ValueRefused, WireUnavailable
from hardware.linux.pin_factory import FACTORIES, library_errors, library_exceptions, open_factory

_PULLS = {Pull.UP: "up", Pull.DOWN: "down", Pull.NONE: "floating"}


@dataclass(slots=True, weakref_slot=True)
class _Line:
    pin: Any
    output: bool
    watchers: list[Callable[[bool], None]] = field(default_factory=list)

    def tell(self, ticks: float, level: int) -> None:
        """gpiozero's callback; it holds only a weak reference to this method's owner."""
        for watcher in tuple(self.watchers):
            watcher(bool(level))


class LinuxGpio(GpioWire):
    """The board's lines through "lgpio", "rpigpio" (RPi.GPIO or rpi-lgpio) or "mock", opened at the first claim.

    To be used by one thread; edges come from the factory's. Outputs of RPi.GPIO stand as they are when released.
    """

    def __init__(self, factory: str) -> None:
        if factory not in FACTORIES:
            raise WireUnavailable(f"GPIO: there is no pin factory {factory!r}; choose from {', '.join(FACTORIES)}")
        self._name = factory
        self._factory: Any = None
        self._lines: dict[int, _Line] = {}

    @property
    def pin_factory(self) -> Any:
        """The gpiozero factory, opened when it is not yet."""
        if self._factory is None:
            self._factory = open_factory(self._name)
        return self._factory

    def claim_output(self, line: int, *, level: bool) -> None:
        """See `GpioWire`."""
        with self._claiming(line, output=True) as pin:
            pin.output_with_state(level)

    def claim_input(self, line: int, *, pull: Pull) -> None:
        """See `GpioWire`."""
        with self._claiming(line, output=False) as pin:
            pin.input_with_pull(_PULLS[pull])

    def write(self, line: int, level: bool) -> None:
        """See `GpioWire`."""
        owned = self._owned(line)
        if not owned.output:
            raise ValueRefused(f"GPIO {line} is not claimed as an output")
        with library_errors(f"GPIO {line}"):
            owned.pin.state = int(level)

    def read(self, line: int) -> bool:
        """See `GpioWire`."""
        owned = self._owned(line)
        with library_errors(f"GPIO {line}"):
            return bool(owned.pin.state)

    def watch(self, line: int, on_edge: Callable[[bool], None]) -> Callable[[], None]:
        """See `GpioWire`."""
        owned = self._owned(line)
        if owned.output:
            raise ValueRefused(f"GPIO {line} is not claimed as an input")
        with library_errors(f"GPIO {line}"):
            if not owned.watchers:
                owned.pin.when_changed = owned.tell
        owned.watchers.append(on_edge)

        def undo() -> None:
            if on_edge in owned.watchers:
                owned.watchers.remove(on_edge)

        return undo

    def release(self, line: int) -> None:
        """See `GpioWire`."""
        owned = self._lines.pop(line, None)
        if owned is not None:
            owned.watchers.clear()
            self._let_go(owned.pin, output=owned.output)

    def close(self) -> None:
        """See `GpioWire`."""
        for line in tuple(self._lines):
            self.release(line)
        if self._factory is not None and self._name != "rpigpio":  # RPi.GPIO's would turn outputs into inputs
            with suppress(DeviceError), library_errors("GPIO"):
                self._factory.close()
        self._factory = None

    def recover(self) -> str:
        """See `Recoverable`: only lines that no longer answer are let go, and the chip once no line does."""
        dead = [line for line in self._lines if not self._answers(line)]
        for line in dead:
            self.release(line)
        if self._lines:
            return f"let go of {len(dead)} lines that do not answer" if dead else "every claimed line answers"
        self.close()
        return "let go of the GPIO chip; it is opened anew with the next line"

    def _answers(self, line: int) -> bool:
        try:
            self.read(line)
        except DeviceError:
            return False
        return True

    def _owned(self, line: int) -> _Line:
        if line not in self._lines:
            raise ValueRefused(f"GPIO {line} is not claimed")
        return self._lines[line]

    @contextmanager
    def _claiming(self, line: int, *, output: bool) -> Iterator[Any]:
        if line in self._lines:
            raise LineBusy(f"GPIO {line} is already claimed by this process")
        factory = self.pin_factory
        with library_errors(f"GPIO {line}"):
            pin = factory.pin(line)
            try:
                yield pin
            except library_exceptions():
                self._let_go(pin, output=False)
                raise
        self._lines[line] = _Line(pin, output)

    def _let_go(self, pin: Any, *, output: bool) -> None:
        if self._name == "rpigpio" and output:
            return  # its cleanup would turn the output into an input; nobody but this process can own it anyway
        with suppress(DeviceError), library_errors("GPIO"):
            pin.close()
        self.pin_factory.pins.pop(pin.info, None)
