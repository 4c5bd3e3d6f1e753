"""Says when nothing more can come of the faults of a run, so that it may end; it must not judge anything."""

from math import inf
from typing import Final

from alimante.simulation.node import Node

LONG_S: Final = 300.0
"""So long everything has to be well without a break."""


class Settled:
    """Looks at one run, and remembers since when all is well.

    All is well when every fault is over with what it leaves behind, the node is HEALTHY, nothing is tripped, nobody is
    late or can still be before the end of the run, and each heated zone is truly as warm as it should be. What goes on
    from there is a run without a fault.
    """

    def __init__(self) -> None:
        self._since_s = inf

    def look(self, node: Node) -> bool:
        """Whether the run may end now."""
        now_s = node.clock.mono()
        if not _is_well(node, now_s):
            self._since_s = inf
            return False
        self._since_s = min(self._since_s, now_s)
        return now_s - self._since_s >= LONG_S


def _is_well(node: Node, now_s: float) -> bool:
    records, at_s = node.ledger.faults, now_s - node.start_s
    if not records or not all(each.is_over and at_s > each.fault.ends_s + each.fault.lingers_s for each in records):
        return False
    supervisor = node.supervisor
    if supervisor is None or supervisor.ports.safe_mode or not node.ledger.is_healthy:
        return False
    if any(output.latch.is_tripped or output.override is not None for output in supervisor.gate.outputs.values()):
        return False
    return node.liveness.is_done(node.start_s + node.plan.for_s) and node.oracles.cold.is_warm
