"""Accounts of people in the engine: opened after their rows are durable, and offered again at start.  PEOP-005"""
from __future__ import annotations

import asyncio

import numpy as np

from ...api.commands import Deposit, SetAccount, records
from ...codes import REJECTED, Reason
from ...node.venue import Venue
from ..eligibility import Eligibility, Standing
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


def missing_commands(venue: Venue, opening: Opening, eligibility: Eligibility | None = None) -> np.ndarray:
    """What the engine must still be told: the account, its client class, its paper money; empty where it knows all."""
    missing = []
    if not is_account_open(venue, opening.account):
        missing.append(SetAccount(opening.account))
    if eligibility is not None:
        missing += eligibility.missing_commands(venue.engine.states, opening.account)
    if opening.grant_atoms and not has_wallet(venue, opening.account, opening.asset):
        missing.append(Deposit(opening.account, opening.asset, opening.grant_atoms))
    return records(missing)


async def open_account(venue: Venue, opening: Opening, eligibility: Eligibility | None = None) -> None:
    """Tell the engine what it misses, and wait until that is durable."""
    await _tell(venue, missing_commands(venue, opening, eligibility))


async def set_level(venue: Venue, people: People, eligibility: Eligibility, account: int, level: str) -> None:
    """The operator has seen who somebody is: durable in the tables of people first, then the account's client class in
    the engine, which a start puts right where a crash came between.  ELIG-015"""
    eligibility.checked("", "retail", level)
    await asyncio.to_thread(people.set_level, account, level)
    eligibility.raised(account, level)
    await _tell(venue, records(eligibility.missing_commands(venue.engine.states, account)))


async def _tell(venue: Venue, commands: np.ndarray) -> None:
    if not len(commands):
        return
    events = await venue.ask(commands)
    refusals = events[events["kind"] == REJECTED]
    if len(refusals):
        raise refused(Reason(int(refusals["reason"][0])))


async def open_missing(venue: Venue, people: People, eligibility: Eligibility | None = None) -> int:
    """At start, before anyone is let in: open what a crash left unopened; gives how many accounts that were.

    The client classes come first, and last every account whose class is another by the table as it is now.  ELIG-010
    """
    if eligibility is not None:
        for account, standing in people.standings().items():
            eligibility.learn(account, Standing(*standing))
        await _tell(venue, records(eligibility.missing_rules(venue.engine.states)))
    openings = people.unopened()
    for opening in openings:
        await open_account(venue, opening, eligibility)
        people.opened(opening.account)
    if eligibility is not None:
        moved = [command for account in eligibility.accounts
                 for command in eligibility.missing_class(venue.engine.states, account)]
        await _tell(venue, records(moved))
    return len(openings)
