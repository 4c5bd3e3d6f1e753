"""Numbers of the supervisor's own parts: what waits, what was lost, what is cut off; it must not judge them."""

from collections.abc import Callable, Mapping

from alimante.core.bus import EventBus
from alimante.io.guards import Guards
from alimante.io.worker import Worker
from alimante.services.recovery import RecoveryService
from alimante.services.watchdog import Watchdog

Gauges = dict[str, Callable[[], float]]
"""By name with its unit, if it has one; each is asked in the loop and must be quick."""


def gauges_of_bus(bus: EventBus) -> Gauges:
    """What waits in all mailboxes together, what they dropped, and what the bus itself lost."""
    return {
        "mailboxes_waiting": lambda: sum(len(mailbox) for mailbox in bus.mailboxes),
        "mailboxes_dropped": lambda: sum(mailbox.dropped for mailbox in bus.mailboxes),
        "bus_lost": lambda: bus.lost,
    }


def gauges_of_workers(workers: Mapping[str, Worker], disk: Worker) -> Gauges:
    """Of each wire and the disk: calls that wait, results that came too late, and calls that hang for good."""
    named = {f"wire_{name}": worker for name, worker in workers.items()} | {"disk": disk}
    found: Gauges = {}
    for name, worker in named.items():
        found[f"{name}_waiting"] = lambda worker=worker: worker.waiting  # type: ignore[misc]
        found[f"{name}_late"] = lambda worker=worker: worker.late  # type: ignore[misc]
        found[f"{name}_given_up"] = lambda worker=worker: worker.given_up  # type: ignore[misc]
    return found


def gauges_of_oversight(watchdog: Watchdog, guards: Guards, recovery: RecoveryService) -> Gauges:
    """How late the loop was, how many breakers cut something off, and how many components are being repaired."""
    return {
        "loop_lag_s": watchdog.take_lag_s,
        "loop_lag_longest_s": lambda: watchdog.longest_lag_s,
        "breakers_open": guards.count_open,
        "components_broken": recovery.count_broken,
    }
