"""The local socket on which the command line asks the supervisor."""

import asyncio
import json
import os
import resource
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from alimante.services import control_socket
from alimante.services.control_socket import SOCKET_NAME, CannotAnswer, ControlSocket, short_path


async def status(request):
    return {"state": "running", "asked": request["ask"]}


async def why(request):
    raise CannotAnswer("there is no actuator 'x'")


async def exchange(path, data):
    with short_path(path) as address:
        reader, writer = await asyncio.open_unix_connection(address)
    writer.write(data)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


@pytest.fixture(params=["short", "far longer than a socket address may be " * 3])
async def path(request, tmp_path):
    folder = tmp_path / request.param.strip().replace(" ", "_")
    folder.mkdir()
    server = ControlSocket(folder / SOCKET_NAME, {"status": status, "why": why})
    await server.start()
    yield folder / SOCKET_NAME
    await server.stop()


async def test_a_question_has_its_answer(path):
    answer = json.loads(await exchange(path, b'{"ask": "status"}\n'))
    assert answer == {"ok": {"state": "running", "asked": "status"}}


async def test_what_cannot_be_answered_says_why(path):
    assert json.loads(await exchange(path, b'{"ask": "why"}\n')) == {"error": "there is no actuator 'x'"}


@pytest.mark.parametrize(
    "data", [b"\n", b"nonsense\n", b"[]\n", b'{"ask": "fly"}\n', b'{"ask": []}\n', b"[" * 4000 + b"\n"]
)
async def test_nonsense_is_answered_with_a_sentence_and_harms_nobody(path, data):
    assert "error" in json.loads(await exchange(path, data))
    assert "ok" in json.loads(await exchange(path, b'{"ask": "status"}\n'))


async def test_a_request_that_is_too_long_is_cut_off_and_the_next_is_served(path):
    assert await exchange(path, b"x" * 100_000) == b""
    assert "ok" in json.loads(await exchange(path, b'{"ask": "status"}\n'))


async def test_only_the_user_and_the_group_may_ask(path):
    assert path.stat().st_mode & 0o777 == 0o660


async def test_a_socket_that_a_dead_supervisor_left_is_replaced(tmp_path):
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / SOCKET_NAME))
    server = ControlSocket(tmp_path / SOCKET_NAME, {"status": status})
    await server.start()
    assert "ok" in json.loads(await exchange(tmp_path / SOCKET_NAME, b'{"ask": "status"}\n'))
    await server.stop()
    assert not (tmp_path / SOCKET_NAME).exists()


async def test_a_silent_client_is_let_go_and_meanwhile_others_are_served(path, monkeypatch):
    monkeypatch.setattr(control_socket, "REQUEST_S", 0.05)
    with short_path(path) as address:
        reader, writer = await asyncio.open_unix_connection(address)
    assert "ok" in json.loads(await exchange(path, b'{"ask": "status"}\n'))
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()
    await writer.wait_closed()


async def test_a_client_that_has_gone_before_its_answer_harms_nobody(path):
    for _ in range(3):
        with short_path(path) as address, socket.socket(socket.AF_UNIX) as gone:
            gone.connect(address)
            gone.send(b'{"ask": "status"}\n')
    assert "ok" in json.loads(await exchange(path, b'{"ask": "status"}\n'))


async def test_bytes_that_are_no_text_are_answered_with_a_sentence(path):
    assert "error" in json.loads(await exchange(path, b"\xff\xfe\x00\n"))


async def test_an_unfinished_line_counts_when_nothing_more_comes(path):
    assert "ok" in json.loads(await exchange(path, b'{"ask": "status"}'))


def fill(stack):
    """Leave no gap below the highest open descriptor; returns that."""
    highest = max(int(path.name) for path in Path("/proc/self/fd").iterdir())
    while (filler := os.dup(0)) < highest:
        stack.callback(os.close, filler)
    stack.callback(os.close, filler)
    return filler


async def test_f166_without_descriptors_people_are_still_answered_one_after_another(path, monkeypatch):
    monkeypatch.setattr(control_socket, "CROWDED_S", 0.01)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as stack, short_path(path) as address:
        askers = [stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(3)]
        for asker in askers:
            asker.connect(address)
            asker.sendall(b'{"ask": "status"}\n')
            asker.setblocking(False)
        resource.setrlimit(resource.RLIMIT_NOFILE, (fill(stack) + 1, hard))
        try:
            for asker in askers:
                answer = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(asker, 1000), 5)
                assert "ok" in json.loads(answer)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert "ok" in json.loads(await exchange(path, b'{"ask": "status"}\n'))
