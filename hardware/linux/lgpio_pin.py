"""gpiozero's lgpio pin with the two things that a supervisor needs of it; it must not do anything else.

gpiozero 2.0.1 claims an output low and sets its level afterwards, which switches an active-low relay on for a moment,
and its `close` keeps the line claimed (`LGPIOPin` in gpiozero/pins/lgpio.py).
"""

from contextlib import suppress

import lgpio
from gpiozero.pins.lgpio import LGPIOFactory, LGPIOPin


class LgpioPin(LGPIOPin):  # type: ignore[misc]  # gpiozero has no types
    """A pin that starts at its level and gives its line back."""

    def output_with_state(self, state: bool) -> None:
        """Claim the line as an output that stands at `state` from the start."""
        lgpio.gpio_claim_output(self.factory._handle, self._number, int(state))

    def close(self) -> None:
        """Give the line back to the kernel; a chip that is gone or a line that is free has nothing to take."""
        with suppress(lgpio.error):
            self.when_changed = None
        with suppress(lgpio.error):
            lgpio.gpio_free(self.factory._handle, self._number)


def lgpio_factory() -> LGPIOFactory:
    """gpiozero's lgpio factory with these pins."""
    made = LGPIOFactory()
    made.pin_class = LgpioPin
    return made
