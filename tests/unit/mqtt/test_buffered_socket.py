"""Bytes through a pair of sockets of which one is read and written in large pieces."""

import os
import socket
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alimante.mqtt.buffered_socket import BufferedSocket


@pytest.fixture
def pair():
    """(buffered, far side)"""
    near, far = socket.socketpair()
    near.setblocking(False)
    buffered = BufferedSocket(near)
    yield buffered, far
    buffered.close()
    far.close()


def test_what_arrived_is_handed_out_in_the_pieces_that_are_asked_for(pair):
    buffered, far = pair
    far.sendall(b"abcdef")
    buffered.fill()
    assert [buffered.recv(1), buffered.recv(2), buffered.recv(9)] == [b"a", b"bc", b"def"]
    assert not buffered.has_news()


def test_nothing_there_is_not_the_end(pair):
    buffered, _ = pair
    buffered.fill()
    assert not buffered.has_news()
    with pytest.raises(BlockingIOError):
        buffered.recv(1)


def test_what_was_not_taken_yet_stays_in_front_of_what_comes(pair):
    buffered, far = pair
    for piece in (b"ab", b"cd"):
        far.sendall(piece)
        buffered.fill()
    assert buffered.recv(9) == b"abcd"


def test_the_end_comes_behind_the_last_byte(pair):
    buffered, far = pair
    far.sendall(b"ab")
    far.shutdown(socket.SHUT_WR)
    buffered.fill()
    buffered.fill()
    assert [buffered.recv(9), buffered.recv(9)] == [b"ab", b""]
    assert buffered.has_news()


def test_an_error_comes_behind_the_last_byte():
    with socket.create_server(("127.0.0.1", 0)) as server:
        near = socket.create_connection(server.getsockname())
        far, _ = server.accept()
    near.setblocking(False)
    buffered = BufferedSocket(near)
    far.sendall(b"ab")
    buffered.fill()
    far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    far.close()  # with a reset
    buffered.fill()
    assert buffered.recv(9) == b"ab"
    assert buffered.has_news()
    with pytest.raises(ConnectionResetError):
        buffered.recv(9)
    buffered.close()


def test_what_is_sent_leaves_at_the_flush_in_one_piece(pair):
    buffered, far = pair
    far.setblocking(False)
    assert [buffered.send(b"ab"), buffered.send(b"c")] == [2, 1]
    with pytest.raises(BlockingIOError):
        far.recv(9)
    assert buffered.flush()
    assert far.recv(9) == b"abc"


def test_what_does_not_fit_is_kept(pair):
    buffered, far = pair
    payload = os.urandom(2**22)
    buffered.send(payload)
    assert not buffered.flush()
    received = b""
    while len(received) < len(payload):
        received += far.recv(2**20)
        buffered.flush()
    assert received == payload
    assert buffered.flush()


def test_a_close_sends_what_is_kept(pair):
    buffered, far = pair
    buffered.send(b"good-bye")
    buffered.close()
    assert [far.recv(99), far.recv(99)] == [b"good-bye", b""]
    buffered.close()


def test_sending_to_nobody_is_no_error(pair):
    buffered, far = pair
    far.close()
    for _ in range(2):
        buffered.send(b"a")
        assert buffered.flush()


@settings(deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=20) | st.integers(1, 30), max_size=30))
def test_every_byte_comes_once_and_in_order(steps):
    near, far = socket.socketpair()
    near.setblocking(False)
    buffered = BufferedSocket(near)
    sent = received = b""
    for step in steps:
        if isinstance(step, bytes):
            far.sendall(step)
            sent += step
            continue
        buffered.fill()
        if buffered.has_news():
            received += buffered.recv(step)
    buffered.fill()
    if buffered.has_news():
        received += buffered.recv(9999)
    buffered.close()
    far.close()
    assert received == sent
