"""The contact's driver on simulated lines, with every wiring."""

import pytest
from places import FixedPlace, attach_chip, open_driver
from pydantic import ValidationError

from hardware.api import EdgeSensor
from hardware.bus.gpio import Pull
from hardware.drivers.contact import DRIVER, ContactParams
from hardware.errors import LineBusy, TransferError
from hardware.sim.gpio import SimGpio

WIRINGS = [("up", "low"), ("down", "high"), ("none", "low"), ("none", "high")]


def params(pull: str = "up", closed_is: str = "low", **more: object) -> dict[str, object]:
    return {"pin": 17, "pull": pull, "closed_is": closed_is, **more}


@pytest.mark.parametrize(("pull", "closed_is"), WIRINGS)
@pytest.mark.parametrize("one_when", ["closed", "open"])
def test_a_contact_tells_the_truth_in_every_wiring(pull: str, closed_is: str, one_when: str) -> None:
    place, wire = FixedPlace(contact=1.0), SimGpio()
    wiring = params(pull, closed_is, one_when=one_when)
    attach_chip("contact", wire, wiring, place)
    contact = open_driver("contact", wire, wiring, place)
    read = []
    for truth in (1.0, 0.0, 1.0):
        place.truths["contact"] = truth
        wire.step()
        read.append([(sample.channel, sample.value) for sample in contact.read()])
    assert read == [[("contact", 1.0)], [("contact", 0.0)], [("contact", 1.0)]]


@pytest.mark.parametrize(("pull", "closed_is"), [("up", "low"), ("down", "high")])
def test_a_broken_wire_reads_as_an_open_contact(pull: str, closed_is: str) -> None:
    contact = open_driver("contact", SimGpio(), params(pull, closed_is), FixedPlace())
    assert [sample.value for sample in contact.read()] == [0.0]


@pytest.mark.parametrize(("level", "value"), [(False, 1.0), (True, 0.0)])
def test_a_pin_that_is_low_is_a_closed_contact_by_default(level: bool, value: float) -> None:
    wire = SimGpio()
    contact = open_driver("contact", wire, {"pin": 17}, FixedPlace())
    wire.drive(17, level)
    assert [sample.value for sample in contact.read()] == [value]


def test_a_watcher_is_told_of_every_raw_edge_until_it_is_undone() -> None:
    wire = SimGpio()
    contact = open_driver("contact", wire, params(debounce_s=0.02), FixedPlace())
    assert isinstance(contact, EdgeSensor)
    assert contact.settle_s == 0.02
    edges: list[None] = []
    undo = contact.watch(lambda: edges.append(None))
    for level in (False, True, False, False):  # it bounces once
        wire.drive(17, level)
    undo()
    wire.drive(17, True)
    assert len(edges) == 3


def test_a_closed_driver_gives_its_line_back() -> None:
    wire = SimGpio()
    contact = open_driver("contact", wire, params(), FixedPlace())
    with pytest.raises(LineBusy):
        open_driver("contact", wire, params(), FixedPlace())
    contact.close()
    wire.claim_input(17, pull=Pull.UP)


def test_a_vanished_chip_is_a_transfer_error_and_closing_does_not_raise() -> None:
    wire = SimGpio()
    contact = open_driver("contact", wire, params(), FixedPlace())
    wire.vanish()
    with pytest.raises(TransferError, match="GPIO 17"):
        contact.read()
    contact.close()


@pytest.mark.parametrize(("pull", "closed_is"), [("up", "high"), ("down", "low")])
def test_a_pull_towards_the_closed_level_is_refused(pull: str, closed_is: str) -> None:
    with pytest.raises(ValidationError, match="open contact reads"):
        ContactParams.model_validate(params(pull, closed_is))


@pytest.mark.parametrize(
    "wrong", [{"pin": 28}, {"pin": -1}, {"debounce_s": -0.1}, {"debounce_s": float("nan")}, {"x": 1}]
)
def test_a_wrong_parameter_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ContactParams.model_validate(params() | wrong)


def test_a_contact_has_one_binary_channel() -> None:
    (channel,) = DRIVER.channels(ContactParams(pin=17))
    assert (channel.name, channel.low, channel.high, channel.quantity) == ("contact", 0.0, 1.0, "contact")
