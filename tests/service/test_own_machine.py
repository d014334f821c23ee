"""SERV-025: who runs a venue for himself turns its clock; what is compiled on first use is compiled before."""
import asyncio

import httpx
import pytest

from steelyard.feeds import open_feed
from steelyard.kernel import COMPILED, cache_folder
from steelyard.service.app import Application
from steelyard.service.rehearsal import is_rehearsed, rehearse
from steelyard.service.settings import Settings

pytestmark = pytest.mark.skipif(not COMPILED, reason="a server runs compiled")


async def turn_the_clock(folder, host) -> httpx.Response:
    application = Application(Settings(folder, host=host, port=0), open_feed("synthetic,accounts=50", folder))
    await application.start()
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{application.port}/api/v1", timeout=60) as client:
            client.headers["Origin"] = f"http://127.0.0.1:{application.port}"
            client.headers["X-CSRF-Token"] = (await client.post("/paper", json={})).json()["csrf"]
            return await client.post("/replay", json={"speed": 30})
    finally:
        await application.stop()


@pytest.mark.parametrize(("host", "status"), [("127.0.0.1", 200), ("localhost", 200), ("0.0.0.0", 403)])
def test_a_paper_account_turns_the_clock_on_its_own_machine_only(tmp_path, host, status):
    """SERV-025"""
    answer = asyncio.run(turn_the_clock(tmp_path, host))
    assert answer.status_code == status
    if status == 200:
        assert answer.json()["speed"] == 30
    else:
        assert answer.json()["error"]["code"] == "missing_scope"


def test_a_rehearsal_leaves_a_mark_and_nothing_else(tmp_path, capsys):
    """SERV-025"""
    folders = []
    rehearse(lambda folder: (folders.append(folder), open_feed("synthetic,accounts=50", folder))[1])
    assert is_rehearsed() and (cache_folder(False) / "rehearsed").exists()
    assert folders and not folders[0].exists() and "password" not in capsys.readouterr().out
