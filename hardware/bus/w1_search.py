"""Has the kernel look for 1-Wire chips again, through its masters' files; it must not know a chip.

Source: Documentation/ABI/stable/sysfs-bus-w1 and drivers/w1/w1.c of the Linux kernel: a written search count wakes the
search at once, and -1 goes on for ever, as it is by default; a removed slave is found anew by the next search.
"""

from collections.abc import Iterable
from contextlib import suppress

from hardware.bus.sysfs import SysfsWire
from hardware.errors import NoAnswer, ValueRefused, WireUnavailable

_MASTER = "w1_bus_master"


def search_again(tree: SysfsWire, *, lost: Iterable[str] = ()) -> str:
    """Forget the slaves named `lost` and search; returns what was done.

    The others are left alone. Raises `WireUnavailable` without a master and `WirePermission` when only root may.
    """
    masters = [name for name in tree.list() if name.startswith(_MASTER)]
    if not masters:
        raise WireUnavailable("1-Wire: the kernel has no master; is dtoverlay=w1-gpio set?")
    forgotten = [slave for slave in lost if _forget(tree, masters, slave)]
    for master in masters:
        tree.write(f"{master}/w1_master_search", "-1")
    return f"searched again on {len(masters)} 1-Wire master{'s' * (len(masters) > 1)}" + (
        f" after forgetting {', '.join(forgotten)}" if forgotten else ""
    )


def _forget(tree: SysfsWire, masters: Iterable[str], slave: str) -> bool:
    if slave not in tree.list():
        return False
    for master in masters:
        with suppress(NoAnswer, ValueRefused):  # it hangs on another master
            tree.write(f"{master}/w1_master_remove", slave)
            return True
    return False
