"""What is tried against which kind of failure, and above all what is not."""

import pytest

from alimante.policy.ladder import Tier
from alimante.policy.remedies import WIRE_FAULTS, WIRE_GONE, for_device, for_output, for_wire
from hardware import errors

KINDS = [name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.DeviceError)]


@pytest.mark.parametrize("error", KINDS)
def test_no_failure_that_a_driver_reports_ends_the_process(error):
    assert Tier.PROCESS not in for_device(error, is_reset_near=True) | for_wire(error) | for_output()


@pytest.mark.parametrize("error", ["NoAnswer", "BadData", "WrongChip"])
def test_one_silent_chip_is_no_reason_to_reset_its_neighbours(error):
    assert for_device(error, is_reset_near=False) == {Tier.DEVICE}
    assert for_device(error, is_reset_near=True) == {Tier.DEVICE, Tier.WIRE}


@pytest.mark.parametrize("error", ["WirePermission", "ValueRefused"])
def test_what_only_a_person_can_change_is_not_tried(error):
    assert for_device(error, is_reset_near=True) == frozenset()


def test_a_hanging_call_and_a_crash_may_need_a_new_process():
    assert Tier.PROCESS in for_wire("WireWedged")
    assert Tier.PROCESS in for_device("DriverCrashed", is_reset_near=False)


def test_a_wire_that_is_gone_is_among_the_faults_of_wires():
    assert WIRE_GONE < WIRE_FAULTS
