"""One venue and one browser for all tests of a worker; a window of its own for each test."""
import pytest
from terminal_world import CHROMIUM, CHROMIUM_OPTIONS, PAGES, Screen, Served

pytestmark = pytest.mark.web


def pytest_collection_modifyitems(items):
    """Journeys share a server: they stay on one worker."""
    for item in items:
        if "tests/web" in str(item.path):
            item.add_marker(pytest.mark.web)
            item.add_marker(pytest.mark.xdist_group("web"))


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    if not PAGES.exists():
        pytest.skip("the terminal is not built: make terminal")
    server = Served(tmp_path_factory.mktemp("terminal"))
    yield server
    server.close()


@pytest.fixture(scope="session")
def browser():
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed: apt install chromium")
    from playwright.sync_api import sync_playwright
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
        yield chromium
        chromium.close()


@pytest.fixture
def screens(browser, served, request):
    """Opens windows on the terminal; none may have met an error of its own when the test ends."""
    opened = []

    def screen(**wanted) -> Screen:
        opened.append(Screen(browser, served, request.node.name.removeprefix("test_")[:60], **wanted))
        return opened[-1]
    served.replay(speed=10, paused=False)
    yield screen
    for number, one in enumerate(opened):
        one.picture(f"end-{number}")
    errors = [error for one in opened for error in one.errors]
    for one in opened:
        one.close()
    assert errors == []
