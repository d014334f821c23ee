"""What can be asked: one type per plan, the same fields on the command line, in Python, over REST and in a link.

Amounts are decimal text: prices in the quote currency, sizes in contracts, cash in the settlement asset, rates as a
fraction ("0.0001") or per cent ("0.01 %").
"""
from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

Text = Annotated[str, Meta(max_length=40)]
Name = Annotated[str, Meta(max_length=64)]


def says(description: str, name: bool = False):
    """Text with what it means, for the OpenAPI document and the help of the command line."""
    return Annotated[str, Meta(max_length=64 if name else 40, description=description)]


Entry = says("Price of the fill, in the quote currency.")
Venue = says("Profile name; see steelyard venues list.", name=True)
AsOf = says("Rules as of this date (2020-03-12); the latest by default.")
Symbol = says("Instrument; the venue's first by default.", name=True)
Side = says("long or short.")
Size_ = says("Size in contracts.")
Leverage = says("Chosen leverage; the venue's default where none is given.")
MarginMode = says("isolated or cross.")
Balance = says("Wallet before the trade, in the settlement asset; cross margin stands on it.")
Mark = says("Mark right after the fill; the entry by default.")
Liquidity = says("taker or maker: which fee the entry pays.")
FeeClass = says("Fee class of the account; the instrument's own fees by default.", name=True)
FundingRate = says("Funding rate in force for one interval; above zero longs pay.")
Hours = says("How long the position is held, in hours.")
Risk = says("What may be lost: cash, or a share of the balance such as 1 %.")
Stop = says("Price of the stop.")
Slippage = says("How much worse than its price the stop is filled, such as 0.1 %.")
Target = says("Price at which the profit is taken.")
AddMargin = says("Margin added after the opening; below zero is taken out.")
WantedPrice = says("A liquidation price wished for: what margin brings it.")


class Other(Struct, kw_only=True, forbid_unknown_fields=True):
    """Another cross position of the same wallet. ``mark``: its entry where nothing is said."""

    symbol: Name
    side: Text
    size: Text
    entry: Text
    mark: Text | None = None
    leverage: Text | None = None


class Waiting(Struct, kw_only=True, forbid_unknown_fields=True):
    """An open order in the plan's own instrument; ``side`` is buy or sell."""

    side: Text
    size: Text
    price: Text


class Trade(Struct, kw_only=True, forbid_unknown_fields=True):
    """A position to be opened by one fill, and what stands behind it."""

    entry: Entry
    venue: Venue = "bitmex"
    as_of: AsOf | None = None
    symbol: Symbol | None = None
    side: Side = "long"
    leverage: Leverage | None = None
    margin_mode: MarginMode = "isolated"
    balance: Balance | None = None
    mark: Mark | None = None
    liquidity: Liquidity = "taker"
    fee_class: FeeClass | None = None
    funding_rate: FundingRate = "0"
    positions: Annotated[tuple[Other, ...], Meta(max_length=20, description="Other positions of the wallet.")] = ()
    orders: Annotated[tuple[Waiting, ...], Meta(max_length=50, description="Open orders of the instrument.")] = ()


class Liq(Trade, kw_only=True, forbid_unknown_fields=True):
    """Where a position would be liquidated."""

    size: Size_
    add_margin: AddMargin | None = None
    liquidation_price: WantedPrice | None = None


class Size(Trade, kw_only=True, forbid_unknown_fields=True):
    """How large a position may be that loses no more than a risk at its stop, all in."""

    risk: Risk
    stop: Stop
    slippage: Slippage = "0"
    hours: Hours = "0"
    target: Target | None = None
