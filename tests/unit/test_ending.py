"""How a run ends."""

import asyncio

import pytest

from alimante.ending import Ending, GaveUp


async def test_a_wait_that_is_cancelled_leaves_no_task_behind():
    waiting = asyncio.create_task(Ending().wait(asyncio.Event()))
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == 3
    waiting.cancel()
    await asyncio.wait([waiting])
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_the_first_reason_to_give_up_is_the_one_that_is_told():
    ending = Ending()
    ending.request_exit("the wire is stuck")
    ending.request_exit("something else")
    with pytest.raises(GaveUp, match="the wire is stuck"):
        await ending.wait(asyncio.Event())
