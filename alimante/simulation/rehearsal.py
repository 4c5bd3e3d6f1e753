"""Runs a configuration in virtual time and reports; it must not read files or talk to people."""

import gc
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from alimante.config.model import Config
from alimante.core.clock import ManualClock
from alimante.rollout.store import digest
from alimante.simulation.faults import Fault
from alimante.simulation.node import Node, Plan
from alimante.simulation.report import Report
from alimante.simulation.secrecy import overheard
from alimante.simulation.stage import begins_wall_s, on_simulated_wires
from alimante.simulation.virtual_time import run_virtual


def rehearse(
    config: Config,
    *,
    for_s: float,
    faults: Sequence[Fault] = (),
    seed: int = 1,
    text: str = "",
    on_progress: Callable[[float], None] = lambda share: None,
    on_look: Callable[[Node], None] = lambda node: None,
    moments: Sequence[float] = (),
    on_moment: Callable[[Node, float], Iterable[Fault]] = lambda node, at_s: (),
) -> Report:
    """Run `config` on simulated wires for `for_s` virtual seconds.

    `text` is what `config` was read from, if it was. The same arguments give the same report, in every process.
    `on_progress` is told the share that is done, and `on_look` about once a virtual second. At each of `moments`
    `on_moment` says which faults begin there, which must end at another one, with the same outcome as if they had been
    among `faults`. Raises `CannotBuild` for a driver without a simulated chip and `BadFault` for a fault that a device
    cannot have.
    """
    staged = on_simulated_wires(config)
    staged = replace(staged, simulation=staged.simulation.model_copy(update={"seed": seed}))
    plan = Plan(
        config=staged,
        text=text.encode(),
        begins_wall_s=begins_wall_s(staged),
        for_s=for_s,
        faults=tuple(faults),
        seed=seed,
        on_progress=on_progress,
        on_look=on_look,
        moments=tuple(moments),
        on_moment=on_moment,
    )
    clock = ManualClock(wall_s=plan.begins_wall_s)

    async def main() -> Node:
        node = Node(plan, clock)
        gc.freeze()  # what is there now stays to the end: no need to look through it again and again
        with overheard(node.secrecy):
            await node.run()
        return node

    try:
        return _report(run_virtual(main(), clock))
    finally:
        gc.unfreeze()


def _report(node: Node) -> Report:
    return Report(
        seed=node.plan.seed,
        config_sha256=digest(node.editions.text),
        duration_s=min(node.clock.mono() - node.start_s, node.plan.for_s),
        trace_sha256=node.trace.sha256,
        truth=node.plant.truth(),
        curves=node.curves,
        faults=node.ledger.faults,
        alerts=node.ledger.alerts,
        recoveries=node.ledger.recoveries,
        violations=node.oracles.violations,
        late=node.liveness.late,
        written_bytes=node.disk.written_bytes,
        notifications=node.ledger.notifications,
        sometimes=+node.ledger.sometimes,
        cold=node.oracles.cold.zones(),
        false_trips=node.oracles.cold.false_trips,
        starts=node.starts,
        ends=node.ends,
    )
