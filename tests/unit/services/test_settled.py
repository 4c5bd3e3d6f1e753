"""What stays for the whole run is not looked at by the garbage collector."""

import gc

from alimante.services.settled import Settled


async def test_what_was_there_at_the_start_is_left_alone_until_the_stop():
    settled = Settled()
    before = len(gc.get_objects())
    await settled.start()
    try:
        assert gc.get_freeze_count() >= before
        assert len(gc.get_objects()) < before / 10
    finally:
        await settled.stop()
    assert gc.get_freeze_count() == 0
    assert len(gc.get_objects()) > before / 2
