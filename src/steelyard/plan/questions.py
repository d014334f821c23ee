"""What can be asked: one type per plan, the same fields on the command line, in Python, over REST and in a link.

Amounts are decimal text: prices in the quote currency, sizes in contracts, cash in the settlement asset, rates as a
fraction ("0.0001") or per cent ("0.01 %").
"""
from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

Text = Annotated[str, Meta(max_length=40)]
Name = Annotated[str, Meta(max_length=64)]


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
    """A position to be opened by one fill, and what stands behind it.

    ``leverage`` none: the venue's default; ``mark`` none: the entry; ``balance`` is the wallet before the trade and must
    be given for cross margin; ``funding_rate`` is the rate in force for one interval, above zero when longs pay.
    """

    entry: Text
    venue: Name = "bitmex"
    as_of: Text | None = None
    symbol: Name | None = None
    side: Text = "long"
    leverage: Text | None = None
    margin_mode: Text = "isolated"
    balance: Text | None = None
    mark: Text | None = None
    liquidity: Text = "taker"
    fee_class: Name | None = None
    funding_rate: Text = "0"
    positions: Annotated[tuple[Other, ...], Meta(max_length=20)] = ()
    orders: Annotated[tuple[Waiting, ...], Meta(max_length=50)] = ()


class Liq(Trade, kw_only=True, forbid_unknown_fields=True):
    """Where a position would be liquidated. ``add_margin``: margin added after opening; ``liquidation_price``: the one
    wished for."""

    size: Text
    add_margin: Text | None = None
    liquidation_price: Text | None = None


class Size(Trade, kw_only=True, forbid_unknown_fields=True):
    """How large a position may be that loses ``risk`` at its stop, all in.

    ``risk`` is cash, or a share of the balance where it ends in %. ``slippage`` worsens the fill at the stop by a share
    of its price. ``hours`` is how long the position is held, at ``funding_rate`` each interval.
    """

    risk: Text
    stop: Text
    slippage: Text = "0"
    hours: Text = "0"
    target: Text | None = None
