"""Spares the garbage collector what stays for the whole run; it must not free anything.

A full collection looks at every object that it knows, for some 70 ms on a desktop and much longer on a small computer;
nothing else runs meanwhile. Nearly all of them are modules and what was built at the start: they never become garbage.
"""

import gc

from alimante.core.component import Phase


class Settled:
    """To be added last, so that everything has been built when it starts."""

    name = "settled"
    phase = Phase.SERVICES

    async def start(self) -> None:
        """From now on only what is new is looked at."""
        gc.freeze()

    async def stop(self) -> None:
        """What was built for this run may become garbage now."""
        gc.unfreeze()
