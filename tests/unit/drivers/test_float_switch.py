"""The float switch's driver on a simulated line; the wirings are the contact's."""

import pytest
from places import FixedPlace, attach_chip, open_driver

from hardware import registry
from hardware.sim.gpio import SimGpio


@pytest.mark.parametrize("params", [{"pin": 17}, {"pin": 17, "pull": "down", "closed_is": "high"}])
@pytest.mark.parametrize("more", [{}, {"one_when": "closed"}, {"one_when": "open"}])
def test_the_truth_is_read(params: dict[str, object], more: dict[str, object]) -> None:
    place, wire = FixedPlace(level_ok=1.0), SimGpio()
    attach_chip("float_switch", wire, params | more, place)
    sensor = open_driver("float_switch", wire, params | more, place)
    read = []
    for truth in (1.0, 0.0, 1.0):
        place.truths["level_ok"] = truth
        wire.step()
        read.append([(sample.channel, sample.value) for sample in sensor.read()])
    assert read == [[("level_ok", 1.0)], [("level_ok", 0.0)], [("level_ok", 1.0)]]


def test_a_broken_wire_reads_as_an_empty_tank() -> None:
    sensor = open_driver("float_switch", SimGpio(), {"pin": 17}, FixedPlace())
    assert [sample.value for sample in sensor.read()] == [0.0]


def test_the_channel_says_what_it_measures() -> None:
    spec = registry.get("float_switch")
    (channel,) = spec.channels(spec.params.model_validate({"pin": 17}))
    assert (channel.name, channel.quantity, channel.low, channel.high) == ("level_ok", "level", 0.0, 1.0)
