"""A small sound configuration as text, and ways to spoil it."""

from alimante.config.faults import ConfigInvalid, Fault
from alimante.config.load import Loaded, load_text
from hardware.board import BOARDS

SOUND = """\
{
  "version": 1,
  "node": {"id": "box", "board": "pi-zero-2w"},
  "mqtt": {
    "host": "localhost",
    "port": 1883
  },
  "wires": {
    "gpio": {"kind": "gpio", "backend": "linux", "factory": "lgpio"},
    "i2c": {"kind": "i2c", "backend": "linux"},
    "w1": {"kind": "onewire", "backend": "linux"},
    "iio": {"kind": "iio", "backend": "linux"},
    "pwm": {"kind": "pwm", "backend": "linux"}
  },
  "devices": {
    "warm": {"driver": "ds18b20", "wire": "w1", "address": "28-000000000001", "zone": "hot"},
    "air": {"driver": "sht3x", "wire": "i2c", "address": "0x44", "poll_s": 5.0},
    "damp": {"driver": "dht22", "wire": "iio", "pin": 24},
    "tank": {"driver": "float_switch", "wire": "gpio", "pin": 23},
    "heater": {
      "driver": "relay", "wire": "gpio", "pin": 17, "active_high": true,
      "role": "heater", "depends_on": ["warm"], "limit": {"max_c": 38}, "safe_value": "off"
    },
    "fan": {"driver": "pwm_output", "wire": "pwm", "pin": 12, "role": "fan", "safe_value": "on"}
  }
}
"""

MARK = "¶"


def spoilt(old: str, new: str) -> str:
    """The sound text with `old`, which stands there once, replaced."""
    assert SOUND.count(old) == 1, f"{SOUND.count(old)} times: {old}"
    return SOUND.replace(old, new)


def marked(text: str) -> tuple[str, int, int]:
    """`text` without the mark, and the line and column where it stood."""
    assert text.count(MARK) == 1
    before, after = text.split(MARK)
    return before + after, before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1


def load(text: str, **options: object) -> Loaded:
    """Load on a computer that is no Pi."""
    return load_text(text, board=BOARDS["generic"], **options)


def errors(text: str, **options: object) -> tuple[Fault, ...]:
    """All errors; none when the text is sound."""
    try:
        load(text, **options)
    except ConfigInvalid as invalid:
        return invalid.errors
    return ()


def warnings(text: str) -> tuple[Fault, ...]:
    """All warnings of a sound text."""
    return load(text).warnings
