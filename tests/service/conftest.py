"""One server for all tests that do not need their own."""
import pytest
from running_venue import Shared


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    server = Shared(tmp_path_factory.mktemp("venue"))
    yield server
    server.close()
