"""Frozen facts about each Raspberry Pi's header; it must not touch a pin or read a file by itself.

Sources: Raspberry Pi documentation, "Processors" and "GPIO"; BCM2835 ARM Peripherals, section 6.2 (alternative
functions, reset pulls); RP1 Peripherals, section 3.1.1 (the Pi 5's pins).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

PULLED_UP_AT_RESET: Final = range(9)
"""GPIO 0 to 8 come out of reset with a pull-up, all others with a pull-down."""

EEPROM_PINS: Final = (0, 1)
"""ID_SD and ID_SC: the firmware talks to an add-on board's EEPROM here at every start."""

UART_PINS: Final = (14, 15)
"""TXD and RXD: the serial console, where it is enabled."""

I2C_PINS: Final[Mapping[int, tuple[int, int]]] = MappingProxyType({0: (0, 1), 1: (2, 3)})
"""The pins (SDA, SCL) of the I²C buses that stand on the header by default."""

_PWM: Final[Mapping[int, tuple[int, int]]] = MappingProxyType({12: (0, 0), 13: (0, 1), 18: (0, 0), 19: (0, 1)})
# The RP1 has four channels, so no two pins share one. Linux before 6.12 calls its chip pwmchip2.
_PWM_RP1: Final[Mapping[int, tuple[int, int]]] = MappingProxyType({12: (0, 0), 13: (0, 1), 18: (0, 2), 19: (0, 3)})


@dataclass(frozen=True, slots=True)
class Board:
    """One kind of board.

    `pins`: the GPIO numbers on the header. `pwm`: pin to (number of the kernel's pwmchip, channel) for the pins with
    hardware PWM.
    """

    name: str
    title: str
    soc: str
    pwm: Mapping[int, tuple[int, int]]
    pins: range = range(28)


GENERIC: Final = Board("generic", "a board with the 40-pin header", "unknown", _PWM)

BOARDS: Final[Mapping[str, Board]] = MappingProxyType(
    {
        board.name: board
        for board in (
            GENERIC,
            Board("pi-zero", "Raspberry Pi Zero", "BCM2835", _PWM),
            Board("pi-zero-2w", "Raspberry Pi Zero 2 W", "RP3A0", _PWM),
            Board("pi-2", "Raspberry Pi 2", "BCM2836", _PWM),
            Board("pi-3", "Raspberry Pi 3", "BCM2837", _PWM),
            Board("pi-4", "Raspberry Pi 4", "BCM2711", _PWM),
            Board("pi-5", "Raspberry Pi 5", "BCM2712", _PWM_RP1),
        )
    }
)
"""Every board by its name in the configuration."""

# How the kernel's model text goes on after "Raspberry Pi ", most particular first.
_MODELS: Final = (
    ("Zero 2", "pi-zero-2w"),
    ("Zero", "pi-zero"),
    ("2 ", "pi-2"),
    ("3 ", "pi-3"),
    ("Compute Module 3", "pi-3"),
    ("4 ", "pi-4"),
    ("400", "pi-4"),
    ("Compute Module 4", "pi-4"),
    ("5 ", "pi-5"),
    ("500", "pi-5"),
    ("Compute Module 5", "pi-5"),
)

MODEL_PATH: Final = "/proc/device-tree/model"


def detect(read_text: Callable[[str], str]) -> Board:
    """The board that this computer is, from the kernel's model text such as "Raspberry Pi Zero 2 W Rev 1.0".

    Anything else, also a computer without such a text, counts as `GENERIC`. `read_text` may raise `OSError`.
    """
    try:
        model = read_text(MODEL_PATH).rstrip("\0\n")
    except (OSError, ValueError):
        return GENERIC
    family, _, rest = model.partition("Raspberry Pi ")
    names = (name for start, name in _MODELS if not family and rest.startswith(start))
    return BOARDS[next(names, "generic")]
