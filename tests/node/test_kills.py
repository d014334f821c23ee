"""A short kill campaign; `make soak` runs the long one."""
from __future__ import annotations

from dataclasses import asdict

import pytest
from kill_campaign import campaign

from steelyard.kernel import COMPILED

pytestmark = pytest.mark.skipif(not COMPILED, reason="the node keeps the tables of the compiled engine")


def test_five_kills_lose_nothing_that_was_acknowledged(tmp_path):
    """JRNL-048"""
    tally = campaign(tmp_path, 5, 3)
    assert tally.kills == 5 and tally.acknowledged > 0 and tally.audits == 1


@pytest.mark.soak
def test_two_hundred_kills(tmp_path):
    """JRNL-048"""
    tally = campaign(tmp_path, 200, 7)
    print(asdict(tally))
    assert tally.kills == 200 and tally.killed_in_recovery > 5 and tally.torn_tails_cut > 10
