"""One venue for all tests of REST that do not need one of their own."""
from __future__ import annotations

import pytest
from rest_world import running


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """A venue with a mark."""
    with running(tmp_path_factory.mktemp("rest")) as made:
        made.publish()
        yield made
