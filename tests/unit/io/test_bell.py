"""One thread wakes another's event loop."""

import asyncio
import os
import threading
from pathlib import Path

from alimante.io.bell import Bell


def open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


async def in_a_thread(*steps):
    def run():
        for step in steps:
            step()

    await asyncio.to_thread(run)


async def test_a_ring_in_another_thread_is_answered_in_the_loops():
    answers = asyncio.Queue()
    bell = Bell(asyncio.get_running_loop(), lambda: answers.put_nowait(threading.current_thread()))
    for _ in range(3):
        await in_a_thread(bell.ring)
        async with asyncio.timeout(5.0):
            assert await answers.get() is threading.current_thread()
    await in_a_thread(bell.hang_up)


async def test_many_rings_are_answered_at_least_once_and_then_it_is_quiet():
    answers = []
    bell = Bell(asyncio.get_running_loop(), lambda: answers.append(1))
    for _ in range(1000):
        bell.ring()
    for _ in range(5):
        await asyncio.sleep(0)
    assert answers == [1]
    bell.hang_up()


async def test_a_ring_just_before_the_end_is_answered():
    answers = []
    before = open_files()
    bell = Bell(asyncio.get_running_loop(), lambda: answers.append(1))
    bell.ring()
    bell.hang_up()
    for _ in range(5):
        await asyncio.sleep(0)
    assert answers
    assert open_files() == before


def test_a_thread_that_outlives_the_loop_rings_for_nobody_and_leaves_nothing_open():
    before = open_files()
    loop = asyncio.new_event_loop()
    bell = Bell(loop, lambda: os.abort())
    loop.close()
    bell.ring()
    bell.hang_up()
    assert open_files() == before
