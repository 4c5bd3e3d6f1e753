"""`alimante simulate --matrix`: tries configurations with every fault, on all cores; it must not touch a wire."""

import sys
from collections.abc import Sequence
from concurrent.futures import Future, as_completed
from pathlib import Path
from typing import Any

from alimante.commands.errors import BadUse
from alimante.commands.loading import load_or_explain
from alimante.commands.pool import config_in, cores, processes
from alimante.commands.simulate import Progress, duration_of, write_page
from alimante.config.load import Loaded
from alimante.simulation.cases import Case, cases
from alimante.simulation.matrix import Part, as_json, badge, roles_of
from alimante.simulation.matrix_page import page
from alimante.simulation.trials import Calm, Norm, Row, calm, norm, try_case
from alimante.wiring import CannotBuild

USUAL_S = 5000.0
"""About how long a case lasts, for the progress only."""


def matrix(configs: Sequence[Path], *, how_long: str, seed: int, as_data: bool, out: str | None) -> int:
    """Try everything and tell what came of it; exit code 1 when an invariant of safety did not hold."""
    calm_s = duration_of(how_long)
    loaded = {path: load_or_explain(path) for path in configs}
    try:
        parts = measure(loaded, calm_s=calm_s, seed=seed)
    except CannotBuild as error:
        raise BadUse(str(error)) from None
    if out is not None:
        write_page(Path(out), page(parts))
    told = badge(parts) + "\n" if out is not None else page(parts)
    sys.stdout.write(as_json(parts) if as_data else told)
    is_safe = all(row.is_survived for part in parts for row in part.rows)
    return 0 if is_safe and not any(part.calm and part.calm.broken for part in parts) else 1


def measure(loaded: dict[Path, Loaded], *, calm_s: float, seed: int) -> list[Part]:
    """All parts of the matrix. Raises `CannotBuild`."""
    todo = {path: cases(each.config) for path, each in loaded.items()}
    count = sum(map(len, todo.values()))
    bar = Progress(sys.stderr, USUAL_S * count + calm_s * len(todo))
    try:
        with processes(cores()) as pool:
            calms = {path: pool.submit(_calm, path, calm_s, seed) for path in todo}
            norms = {path: pool.submit(_norm, path, seed) for path in todo}
            runs = {
                path: [pool.submit(_try, path, case, norms[path].result(), seed) for case in wanted]
                for path, wanted in todo.items()
            }
            _wait([each for some in runs.values() for each in some], list(calms.values()), bar, calm_s)
    finally:
        bar.clear()
    return [
        Part(
            file=path.name,
            sha256=each.sha256,
            seed=seed,
            roles=roles_of(each.config),
            usual=norms[path].result(),
            rows=[run.result() for run in runs[path]],
            calm=calms[path].result(),
        )
        for path, each in loaded.items()
    ]


def _wait(runs: list[Future[Row]], calms: list[Future[Calm]], bar: Progress, calm_s: float) -> None:
    total_s, done_s = USUAL_S * len(runs) + calm_s * len(calms), 0.0
    both: list[Future[Any]] = [*runs, *calms]
    for each in as_completed(both):
        each.result()
        done_s += calm_s if each in calms else USUAL_S
        bar.show(done_s / total_s)


def _norm(path: Path, seed: int) -> Norm:
    return norm(config_in(path), seed=seed)


def _try(path: Path, case: Case, usual: Norm, seed: int) -> Row:
    return try_case(config_in(path), case, usual, seed=seed)


def _calm(path: Path, for_s: float, seed: int) -> Calm:
    return calm(config_in(path), for_s=for_s, seed=seed)
