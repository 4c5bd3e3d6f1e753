"""What the drivers' tests share; it must not open a real wire.

`from places import FixedPlace` gives the class; the fixture gives it to tests that rather ask for it.
"""

import pytest
from places import FixedPlace


@pytest.fixture(scope="session")
def fixed_place() -> type[FixedPlace]:
    return FixedPlace
