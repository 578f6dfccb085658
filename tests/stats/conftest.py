"""Oracle tests of src/stats: skipped with a clear line where the library has not been built."""

import pytest
from crisolstats import LIBRARY, lib


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: simulations that take more than a few seconds")


def pytest_collection_modifyitems(items):
    if lib is None:
        skip = pytest.mark.skip(reason=f"{LIBRARY} has not been built: run dev/build first")
        for item in items:
            item.add_marker(skip)
