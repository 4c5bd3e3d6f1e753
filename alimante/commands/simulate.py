"""`alimante simulate`: tries a configuration on a simulated enclosure in virtual time; it must not touch a wire."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import TextIO

from alimante.commands.bar import Bar
from alimante.commands.errors import BadUse, CommandFailed
from alimante.commands.loading import explained, load_or_explain
from alimante.config.model import Config
from alimante.core.durations import duration_s, say_duration
from alimante.simulation import chaos as chance
from alimante.simulation.campaign import drawn
from alimante.simulation.chart import draw as chart
from alimante.simulation.faults import Fault, device_kinds, parse
from alimante.simulation.rehearsal import rehearse
from alimante.simulation.scenario import load_scenario
from alimante.simulation.stage import on_simulated_wires
from alimante.wiring import CannotBuild
from hardware.sim.faults import BadFault

REDRAW_S = 0.2


def simulate(
    config_path: Path,
    *,
    how_long: str,
    faults: Sequence[str],
    seed: int,
    chaos: bool,
    as_json: bool,
    plot: str | None,
) -> int:
    """Run and report; exit code 1 when an invariant of safety did not hold."""
    for_s = duration_of(how_long)
    loaded = load_or_explain(config_path)
    planned = planned_faults(loaded.config, faults, for_s=for_s, seed=seed, chaos=chaos)
    bar = Progress(sys.stderr, for_s)
    try:
        report = rehearse(
            loaded.config,
            for_s=for_s,
            faults=planned,
            seed=seed,
            text=loaded.text,
            on_progress=bar.show,
        )
    except (BadFault, CannotBuild) as error:
        raise BadUse(str(error)) from None
    finally:
        bar.clear()
    if plot is not None:
        write_page(Path(plot), chart(report))
    sys.stdout.write(f"{json.dumps(report.as_json(), ensure_ascii=False)}\n" if as_json else report.in_words())
    return 0 if report.is_safe else 1


def add_scenario(args: argparse.Namespace, config_path: Path) -> None:
    """Take what a scenario file says into the arguments of the command line, which beat it. Raises `BadConfig`."""
    config = load_or_explain(config_path).config
    said = explained(Path(args.scenario), lambda path: load_scenario(path, device_kinds(config)))
    args.how_long = args.how_long or said.lasts
    args.seed = said.seed if args.seed is None else args.seed
    args.chaos = args.chaos or said.chaos
    args.fault = [*said.specs(), *args.fault]


class Progress:
    """A bar on a terminal, with how many times faster than real time it goes; nothing where there is no terminal."""

    def __init__(self, stream: TextIO, for_s: float) -> None:
        self._bar = Bar(stream)
        self._for_s = for_s
        self._started_s = self._drawn_s = monotonic()

    def show(self, share: float, told: str = "") -> None:
        """`share` of the run is done, 0 to 1; `told` goes behind it."""
        now_s = monotonic()
        if not self._bar.is_shown or now_s - self._drawn_s < REDRAW_S:
            return
        self._drawn_s = now_s
        speed = share * self._for_s / (now_s - self._started_s)
        left = say_duration((now_s - self._started_s) * (1.0 - share) / share) if share > 0 else "?"
        self._bar.show(share, f"{share:4.0%}  {speed:,.0f} x  {left} left{told}")

    def clear(self) -> None:
        """Take the bar away."""
        self._bar.clear()


def duration_of(text: str) -> float:
    """How long a run lasts, as `--for` says it, in seconds. Raises `BadUse`."""
    try:
        seconds = duration_s(text)
    except ValueError as error:
        raise BadUse(f"--for: {error}") from None
    if seconds < 1.0:
        raise BadUse(f'--for: "{text}" is too short; a run lasts at least one second')
    return seconds


def planned_faults(
    config: Config, texts: Sequence[str], *, for_s: float, seed: int = 1, chaos: bool = False
) -> list[Fault]:
    """The faults that were asked for, and those that chance draws. Raises `BadUse`."""
    devices = device_kinds(config)
    try:
        planned = [parse(text, devices) for text in texts]
    except BadFault as error:
        raise BadUse(f"--fault: {error}") from None
    late = [fault.spec for fault in planned if fault.at_s >= for_s]
    if late:
        raise BadUse(f'--fault: "{late[0]}" begins after the end of the run; say a longer --for')
    if chaos:
        planned += drawn(config, for_s=for_s, seed=seed, can_be=chance.possible(on_simulated_wires(config)))
    return planned


def write_page(path: Path, text: str) -> None:
    """Raises `CommandFailed`."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandFailed(f"{path} cannot be written: {error.strerror or error}") from None
