"""What each row of the fault catalogue needed is noted with its test; with `-v` the worst of it is told at the end."""

from collections.abc import Iterator

import pytest

from tests.scenario.faults import stage


@pytest.fixture(autouse=True)
def _measures(request: pytest.FixtureRequest) -> Iterator[None]:
    stage.MEASURES.clear()
    yield
    request.node.user_properties.append(("measures", list(stage.MEASURES)))
