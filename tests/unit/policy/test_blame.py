"""A wire answers for what hits most of its devices; a device for what it does alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alimante.policy.blame import Blame, Suspicion
from hardware.errors import (
    BadData,
    DeviceError,
    NoAnswer,
    TransferError,
    WirePermission,
    WireTimeout,
    WireUnavailable,
    WrongChip,
)


def judge(suspicion, device, error, *, is_served=True, is_timeout=False):
    return suspicion.judge(device, error, is_served=is_served, is_timeout=is_timeout)


@pytest.mark.parametrize("error", [WireUnavailable("x"), WirePermission("x")])
def test_a_wire_that_is_not_there_is_at_fault_by_itself(error):
    assert judge(Suspicion(5), "one", error) is Blame.WIRE


@pytest.mark.parametrize("error", [NoAnswer("x"), BadData("x"), WrongChip("x"), DeviceError("x")])
def test_f038_what_one_address_does_is_never_the_wires_fault(error):
    suspicion = Suspicion(2)
    assert [judge(suspicion, device, error) for device in ("one", "two", "one", "two")] == [Blame.DEVICE] * 4


@pytest.mark.parametrize("error", [WireTimeout("x"), TransferError("x")])
def test_a_doubtful_failure_is_the_wires_once_most_of_its_devices_had_it(error):
    suspicion = Suspicion(5)
    blames = [judge(suspicion, device, error) for device in ("one", "two", "two", "three", "one")]
    assert blames == [Blame.DEVICE] * 3 + [Blame.WIRE] * 2


def test_a_lone_device_answers_for_its_own_time_outs():
    suspicion = Suspicion(1)
    assert {judge(suspicion, "one", WireTimeout("x")) for _ in range(5)} == {Blame.DEVICE}


@pytest.mark.parametrize("how", ["read", "answered"])
def test_a_device_that_the_wire_serves_is_suspected_no_more(how):
    suspicion = Suspicion(2)
    judge(suspicion, "one", WireTimeout("x"))
    assert suspicion.covers("one")
    if how == "read":
        suspicion.clear("one")
    else:
        judge(suspicion, "one", NoAnswer("x"))
    assert not suspicion.covers("one")
    assert judge(suspicion, "two", WireTimeout("x")) is Blame.DEVICE


@given(st.sampled_from([WireUnavailable, WireTimeout, NoAnswer, DeviceError]))
def test_nobody_is_to_blame_for_a_call_that_was_not_made(kind):
    suspicion = Suspicion(1)
    assert judge(suspicion, "one", kind("x"), is_served=False) is Blame.NOBODY
    assert not suspicion.covers("one")


def test_a_call_that_does_not_come_back_is_doubtful_whatever_its_type():
    suspicion = Suspicion(2)
    assert judge(suspicion, "one", DeviceError("x"), is_timeout=True) is Blame.DEVICE
    assert judge(suspicion, "two", DeviceError("x"), is_timeout=True) is Blame.WIRE
