"""Makes many runs that begin alike, each a child process of the run up to where they part; it must not judge them.

A simulation is one process with one thread and a clock of its own, so `os.fork` copies all of it. What a copy does from
there on is what a run from the start would do, to the last event.
"""

import gc
import os
import signal
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from alimante.config.model import Config
from alimante.simulation.faults import Fault, device_kinds, parse
from alimante.simulation.node import Node
from alimante.simulation.pairs import FIRST_S, MOMENTS, PAIR_S, SECOND_S, Bundle, attempt
from alimante.simulation.rehearsal import rehearse
from alimante.simulation.report import Report
from alimante.simulation.settled import Settled

OnReport = Callable[[Bundle, Report], None]
OnError = Callable[[Bundle, Exception], None]


def grow(
    config: Config, bundles: Sequence[Bundle], *, seed: int, jobs: int, on_report: OnReport, on_error: OnError
) -> int:
    """Begin to make the runs of `bundles`, `jobs` at once; returns the process to wait for.

    `on_report` and `on_error` are called in another process for each run, and nothing is told of one whose process is
    killed. Bundles with the same firsts must stand together.
    """
    pid = os.fork()
    if pid == 0:
        tree = _Tree(config, bundles, seed=seed, jobs=jobs)
        try:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # who interrupts the program ends all of them at once
            report = rehearse(
                config, for_s=PAIR_S, seed=seed, moments=MOMENTS, on_moment=tree.come_to, on_look=tree.look
            )
            on_report(tree.bundles[0], report)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            on_error(tree.bundles[0], error)
        finally:
            os._exit(0)  # nothing may go on in what is a copy of somebody else
    return pid


def _fork() -> int:
    """A child process, or the end of this one: the event loop would go on after an error."""
    try:
        return os.fork()
    except OSError:
        os._exit(0)


class _Tree:
    """The run, and in each child process the one branch of it that is left there."""

    def __init__(self, config: Config, bundles: Sequence[Bundle], *, seed: int, jobs: int) -> None:
        self.bundles = bundles
        self._devices = device_kinds(config)
        self._config = config
        self._seed = seed
        self._jobs = jobs
        self._settled = Settled()

    def come_to(self, node: Node, at_s: float) -> Iterable[Fault]:
        """Go on as every branch that begins here; each of them learns its faults."""
        if at_s == FIRST_S:
            self._part(
                node, [list(alike) for _, alike in groupby(self.bundles, key=lambda each: each.firsts)], self._jobs
            )
        elif at_s == SECOND_S:
            self._part(node, [[each] for each in self.bundles], 1)
        injuries = attempt(self.bundles[0], self._config, seed=self._seed).injuries
        faults = (parse(each.spec, self._devices) for each in injuries)
        return [fault for fault in faults if fault.at_s == at_s]

    def look(self, node: Node) -> None:
        """End it when nothing more can come."""
        if self._settled.look(node):
            node.machine.finish()

    def _part(self, node: Node, branches: Sequence[Sequence[Bundle]], at_once: int) -> None:
        """Return in a child process for each of `branches`, and nowhere else."""
        if len(branches) == 1 and at_once == 1:
            self.bundles = branches[0]
            return
        gc.freeze()  # what is there is shared with all of them as long as nobody writes to it
        parent, running = os.getppid(), 0
        for branch in branches:
            if running >= at_once:
                os.wait()
                running -= 1
            if os.getppid() != parent:  # whoever asked for this is gone
                os._exit(0)
            if _fork() == 0:
                node.forked()
                self.bundles = branch
                return
            running += 1
        for _ in range(running):
            os.wait()
        os._exit(0)
