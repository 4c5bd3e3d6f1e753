"""Which board this computer is, and what its header can do."""

import pytest

from hardware.board import BOARDS, GENERIC, MODEL_PATH, detect
from hardware.bus.pwm import CHANNEL_OF_PIN


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("Raspberry Pi Zero 2 W Rev 1.0\0", "pi-zero-2w"),
        ("Raspberry Pi Zero W Rev 1.1\0", "pi-zero"),
        ("Raspberry Pi 2 Model B Rev 1.1\0", "pi-2"),
        ("Raspberry Pi 3 Model B Plus Rev 1.3\0", "pi-3"),
        ("Raspberry Pi 4 Model B Rev 1.5\0", "pi-4"),
        ("Raspberry Pi 400 Rev 1.0\0", "pi-4"),
        ("Raspberry Pi Compute Module 4 Rev 1.1\0", "pi-4"),
        ("Raspberry Pi 5 Model B Rev 1.0\0", "pi-5"),
        ("Raspberry Pi 500 Rev 1.0\0", "pi-5"),
        ("Raspberry Pi Model B Plus Rev 1.2\0", "generic"),
        ("Radxa ROCK Pi 4\0", "generic"),
        ("Not a Raspberry Pi 5", "generic"),
        ("", "generic"),
    ],
)
def test_the_kernels_model_text_says_the_board(model, name):
    asked = []

    def read(path):
        asked.append(path)
        return model

    assert detect(read).name == name
    assert asked == [MODEL_PATH]


@pytest.mark.parametrize(
    "error", [FileNotFoundError(), PermissionError(), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "")]
)
def test_a_computer_without_a_model_text_is_a_generic_board(error):
    def read(path):
        raise error

    assert detect(read) is GENERIC


def test_pins_12_and_18_share_a_channel_but_on_a_pi_5():
    for board in BOARDS.values():
        shared = board.pwm[12] == board.pwm[18]
        assert shared == (board.name != "pi-5")
        assert set(board.pwm) == {12, 13, 18, 19}


def test_the_drivers_table_of_channels_is_that_of_the_boards_before_the_pi_5():
    assert dict(CHANNEL_OF_PIN) == {pin: channel for pin, (_, channel) in BOARDS["pi-4"].pwm.items()}
