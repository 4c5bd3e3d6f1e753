"""With `-v`, the worst time that each row of the fault catalogue needed is told at the end."""

import os
import re
from collections.abc import Iterator

import pytest

from tests.scenario.faults import stage


@pytest.fixture(autouse=True)
def _measures() -> Iterator[None]:
    stage.MEASURES.clear()
    yield
    row = re.search(r"test_(f\d+)?", os.environ["PYTEST_CURRENT_TEST"].split("::")[1])
    assert row is not None
    for what, seconds in stage.MEASURES:
        key = (row[1] or "other", what)
        WORST[key] = max(WORST.get(key, 0.0), seconds)


WORST: dict[tuple[str, str], float] = {}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.get_verbosity() > 0 and WORST:
        terminalreporter.section("worst of each row of the fault catalogue")
        for (row, what), seconds in sorted(WORST.items()):
            terminalreporter.line(f"{row.upper()}  {what}: {seconds:.1f}")
