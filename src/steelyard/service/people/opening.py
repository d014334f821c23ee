"""Accounts of people in the engine: opened after their rows are durable, and offered again at start.  PEOP-005"""
from __future__ import annotations

import numpy as np

from ...api.commands import Deposit, SetAccount, records
from ...codes import REJECTED, Reason
from ...node.venue import Venue
from ..errors import refused
from .people import People
from .users import Opening


def is_account_open(venue: Venue, account: int) -> bool:
    """Whether the engine has the account."""
    return bool(venue.engine.states["accounts"][0]["is_open"][account])


def has_wallet(venue: Venue, account: int, asset: int) -> bool:
    """Whether the account ever had cash in the asset: a wallet stays once there is one."""
    state = venue.engine.states[0]
    row = int(state["accounts"]["first_wallet"][account])
    while row:
        if state["wallets"]["asset"][row] == asset:
            return True
        row = int(state["wallets"]["next_wallet"][row])
    return False


def missing_commands(venue: Venue, opening: Opening) -> np.ndarray:
    """What the engine must still be told: the account, its paper money; empty where it knows both."""
    missing = []
    if not is_account_open(venue, opening.account):
        missing.append(SetAccount(opening.account))
    if opening.grant_atoms and not has_wallet(venue, opening.account, opening.asset):
        missing.append(Deposit(opening.account, opening.asset, opening.grant_atoms))
    return records(missing)


async def open_account(venue: Venue, opening: Opening) -> None:
    """Tell the engine what it misses, and wait until that is durable."""
    commands = missing_commands(venue, opening)
    if not len(commands):
        return
    events = await venue.ask(commands)
    refusals = events[events["kind"] == REJECTED]
    if len(refusals):
        raise refused(Reason(int(refusals["reason"][0])))


async def open_missing(venue: Venue, people: People) -> int:
    """At start, before anyone is let in: open what a crash left unopened; gives how many accounts that were."""
    openings = people.unopened()
    for opening in openings:
        await open_account(venue, opening)
        people.opened(opening.account)
    return len(openings)
