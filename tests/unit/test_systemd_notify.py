"""The notify protocol against a real datagram socket that plays the service manager."""

import os
import socket
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alimante.services import systemd
from alimante.services.systemd import (
    READY,
    STOPPING,
    WATCHDOG,
    NullNotifier,
    RecordingNotifier,
    SocketNotifier,
    notifier_from,
    watchdog_interval_s,
)


@pytest.fixture
def manager(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(2)
        yield listener


@pytest.fixture
def notifier(manager):
    notifier = notifier_from({"NOTIFY_SOCKET": manager.getsockname()})
    yield notifier
    notifier.close()


def test_ready_with_a_status_is_one_datagram(manager, notifier):
    assert notifier.send(READY, systemd.status("armed"))
    assert manager.recv(4096) == b"READY=1\nSTATUS=armed"


def test_each_message_is_a_datagram_of_its_own_in_order(manager, notifier):
    for assignment in (READY, WATCHDOG, STOPPING):
        assert notifier.send(assignment)
    assert [manager.recv(4096) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]


def test_reloading_carries_the_monotonic_time_in_microseconds(manager, notifier):
    notifier.send(systemd.reloading(12.345678))
    assert manager.recv(4096) == b"RELOADING=1\nMONOTONIC_USEC=12345678"


def test_an_abstract_address_is_reached():
    name = f"alimante-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(b"\0" + name.encode())
        listener.settimeout(2)
        notifier = SocketNotifier("@" + name)
        assert notifier.send(READY)
        notifier.close()
        assert listener.recv(4096) == b"READY=1"


@pytest.mark.parametrize(
    "environ", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "vsock:2:1234"}, {"NOTIFY_SOCKET": "@"}]
)
def test_without_a_local_socket_to_talk_to_there_is_a_null_notifier(environ):
    notifier = notifier_from(environ)
    assert isinstance(notifier, NullNotifier)
    assert notifier.send(READY) is False


@pytest.mark.parametrize("address", ["/nonexistent/notify", "/" + "x" * 300])
def test_a_manager_that_is_not_there_costs_a_message_and_raises_nothing(address):
    notifier = SocketNotifier(address)
    assert notifier.send(WATCHDOG) is False
    assert notifier.dropped == 1
    notifier.close()


def test_a_manager_that_went_away_and_came_back_is_reached_again(tmp_path):
    address = str(tmp_path / "notify")
    notifier = SocketNotifier(address)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as first:
        first.bind(address)
        assert notifier.send(WATCHDOG)
    assert notifier.send(WATCHDOG) is False
    Path(address).unlink()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as second:
        second.bind(address)
        assert notifier.send(WATCHDOG)
    notifier.close()


def test_a_manager_that_does_not_read_never_makes_the_sender_wait(manager, notifier):
    start_s = time.monotonic()
    handed_over = [notifier.send(WATCHDOG) for _ in range(5000)]
    assert time.monotonic() - start_s < 2.0
    assert handed_over[0]
    assert not handed_over[-1]
    assert notifier.dropped == handed_over.count(False)


def test_the_notify_socket_is_not_inherited_by_programs_that_are_started(manager, notifier):
    assert not os.get_inheritable(notifier._socket.fileno())


def test_a_recording_notifier_keeps_what_was_sent():
    notifier = RecordingNotifier()
    assert notifier.send(READY, systemd.status("armed"))
    notifier.send(STOPPING)
    assert notifier.sent == ["READY=1", "STATUS=armed", "STOPPING=1"]


@given(st.text(st.characters()))
def test_no_text_can_smuggle_a_second_assignment_or_overflow_the_managers_buffer(text):
    line = systemd.status(text)
    assert line.startswith("STATUS=")
    assert len(line.splitlines()) == 1
    assert len(line.encode(errors="replace")) < 4096


def test_a_status_keeps_its_words_and_units():
    assert systemd.status("basking 31.5 °C\nheater on") == "STATUS=basking 31.5 °C heater on"


def test_the_watchdog_interval_is_in_seconds():
    assert watchdog_interval_s({"WATCHDOG_USEC": "20000000"}, pid=7) == 20.0
    assert watchdog_interval_s({"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "7"}, pid=7) == 20.0


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"WATCHDOG_USEC": ""},
        {"WATCHDOG_USEC": "0"},
        {"WATCHDOG_USEC": "-5"},
        {"WATCHDOG_USEC": "20s"},
        {"WATCHDOG_USEC": "²"},
        {"WATCHDOG_USEC": "9" * 5000},
        {"WATCHDOG_USEC": str(2**64 - 1)},
        {"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "8"},
    ],
)
def test_f146_without_a_usable_watchdog_environment_nobody_watches(environ):
    assert watchdog_interval_s(environ, pid=7) is None
