"""Bytes through a pair of sockets of which one is read and written in large pieces."""

import os
import socket
import struct

import pytest

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


def test_what_arrived_is_taken_at_once(pair):
    buffered, far = pair
    far.sendall(b"ab")
    far.sendall(b"cd")
    assert buffered.take() == b"abcd"


def test_nothing_there_is_not_the_end(pair):
    buffered, _ = pair
    assert buffered.take() == b""
    assert not buffered.is_over
    with pytest.raises(BlockingIOError):
        buffered.recv(1)


def test_what_was_given_is_handed_out_in_the_pieces_that_are_asked_for_and_nothing_else_is(pair):
    buffered, far = pair
    far.sendall(b"of the packets")
    buffered.take()
    buffered.give(b"abc")
    buffered.give(b"def")
    assert [buffered.recv(1), buffered.recv(2), buffered.recv(9)] == [b"a", b"bc", b"def"]
    assert not buffered.has_given
    with pytest.raises(BlockingIOError):
        buffered.recv(1)


def test_the_end_comes_behind_the_last_byte_that_was_given(pair):
    buffered, far = pair
    far.sendall(b"ab")
    far.shutdown(socket.SHUT_WR)
    assert [buffered.take(), buffered.is_over] == [b"ab", False]
    buffered.give(b"ab")
    assert [buffered.take(), buffered.is_over] == [b"", True]
    assert [buffered.recv(9), buffered.recv(9)] == [b"ab", b""]


def test_an_error_comes_behind_the_last_byte_that_was_given():
    with socket.create_server(("127.0.0.1", 0)) as server:
        near = socket.create_connection(server.getsockname())
        far, _ = server.accept()
    near.setblocking(False)
    buffered = BufferedSocket(near)
    far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    far.close()  # with a reset
    buffered.give(b"ab")
    assert [buffered.take(), buffered.is_over] == [b"", True]
    assert buffered.recv(9) == b"ab"
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
