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
FundingRate = says("Funding rate in force for one interval, or of the period over which it accrues; above zero longs "
                   "pay.")
Hours = says("How long the position is held, in hours.")
Risk = says("What may be lost: cash, or a share of the balance such as 1 %.")
Stop = says("Price of the stop.")
Slippage = says("How much worse than its price the stop is filled, such as 0.1 %.")
Target = says("Price at which the profit is taken.")
AddMargin = says("Margin added after the opening; below zero is taken out.")
WantedPrice = says("A liquidation price wished for: what margin brings it.")
Window = says("Margin window of the day it is opened in; the one that asks most of its side by default.", name=True)
Jurisdiction = says("Where the trader lives, such as US or DE: what the rules there add to margin is counted.",
                    name=True)
Client = says("retail, professional or institutional.", name=True)


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


class Pledge(Struct, kw_only=True, forbid_unknown_fields=True):
    """Another asset of the account that counts as collateral. ``price`` is that of its index; the mark where the asset
    is the instrument's coin and nothing is said. ``moves``: fixed, or mark where it moves as the mark does."""

    asset: Name
    amount: Text
    price: Text | None = None
    moves: Text = "fixed"


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
    collateral: Annotated[tuple[Pledge, ...], Meta(max_length=16, description="Other assets that count for it.")] = ()
    window: Window | None = None
    jurisdiction: Jurisdiction | None = None
    client: Client = "retail"


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


Amount = says("How much of the coin, such as 1.5; each venue's contracts are counted from it.")
Coin = says("The coin, such as BTC.", name=True)
Rate8h = says("Funding rate for eight hours; every venue's interval gets its part.")


class Compare(Struct, kw_only=True, forbid_unknown_fields=True):
    """One position under every venue's rules."""

    entry: Entry
    amount: Amount
    coin: Coin = "BTC"
    side: Side = "long"
    leverage: Leverage = "10"
    margin_mode: MarginMode = "isolated"
    liquidity: Liquidity = "taker"
    hours: Hours = "24"
    funding_rate: Rate8h = "0.0001"
    settlement_price: says("Price of the coin that a quanto contract settles in, such as that of BTC for ETHUSD.",
                           ) | None = None
    venues: Annotated[str, Meta(max_length=200, description="Only these profiles, separated by commas; all by "
                                                            "default.")] | None = None
    as_of: AsOf | None = None
    jurisdiction: says("Where the trader lives, such as US or DE: who may trade what is said.", name=True) | None = None
    client: Client = "retail"


class Funding(Trade, kw_only=True, forbid_unknown_fields=True):
    """What funding costs or brings, stamp by stamp, and what it does to the liquidation price.

    One of: ``hours`` at the fixed ``funding_rate``; ``rates``, one per stamp; ``premiums``, one average premium per
    interval, from which the venue's formula makes the rates; ``history``, a file of rates (not over REST).
    """

    size: Size_
    hours: Hours = "168"
    rates: Annotated[tuple[Text, ...], Meta(max_length=2000, description="Rates charged, one per stamp.")] = ()
    premiums: Annotated[tuple[Text, ...], Meta(max_length=2000, description="Average premium of each interval.")] = ()
    marks: Annotated[tuple[Text, ...], Meta(max_length=2000, description="Mark at each stamp; the mark of the opening "
                                                                         "where there is none.")] = ()
    history: Annotated[str, Meta(max_length=400, description="A Parquet or CSV file with time and rate; not over "
                                                             "REST.")] | None = None
    history_symbol: says("Symbol to take from the history file.", name=True) | None = None
    history_venue: says("Venue to take from the history file.", name=True) | None = None
    start: says("First time to take from the history file, such as 2021-05-19.") | None = None


class Step(Struct, kw_only=True, forbid_unknown_fields=True):
    """A target: its price, and the share of the position closed there."""

    price: Text
    share: Text


class Ladder(Trade, kw_only=True, forbid_unknown_fields=True):
    """Leaving in steps: what each target locks in, and where the stop stands after it.

    ``steps`` are targets with shares, or ``count`` equal ones up to ``target``. The stop goes to the entry after the
    first target and to the target before the last filled one after that where ``ladder`` is trail_targets; ``trail`` is
    the distance of a trailing stop from the best price.
    """

    size: Size_
    stop: Stop
    steps: Annotated[tuple[Step, ...], Meta(max_length=20, description="Targets with the share closed at each.")] = ()
    count: says("How many equal steps up to the target.") | None = None
    target: Target | None = None
    ladder: says("fixed or trail_targets: how the stop follows.") = "trail_targets"
    trail: says("Distance of a trailing stop from the best price, in the quote currency.") | None = None


class Hedge(Trade, kw_only=True, forbid_unknown_fields=True):
    """Spot held and a short against it: what is locked in, what it costs, and how far the price may rise.

    ``entry`` is the short's price. ``amount`` of the coin is held, bought or valued at ``spot``.
    """

    amount: Amount
    spot: says("Price of the coin on the spot market now.")
    size: says("Contracts of the short; as many as the amount by default.") | None = None
    hours: Hours = "720"
    days_to_expiry: says("Days until a dated contract settles: the basis is earned by then.") | None = None
    add_margin: AddMargin | None = None


class Decay(Struct, kw_only=True, forbid_unknown_fields=True):
    """A leveraged token: what rebalancing does to it on a path, or at a volatility."""

    multiple: says("Target leverage of the token, such as 3 or -1.")
    prices: Annotated[tuple[Text, ...], Meta(max_length=5000, description="A price path, one price per rebalancing.")
                      ] = ()
    bars: Annotated[str, Meta(max_length=400, description="A Parquet or CSV file with time and close; not over REST.")
                    ] | None = None
    start: says("First time to take from the bars, such as 2020-03-08.") | None = None
    volatility: says("Volatility a year, such as 80 %.") | None = None
    days: says("Days held, at a volatility or from the bars.") = "30"
    rebalance_hours: says("Hours between rebalancings, for bars.") = "24"
    fee: says("Cost of rebalancing, as a share of what is traded.") = "0"
    yearly_cost: says("Management fee and financing a year, as a share of the value.") = "0"


class Survive(Trade, kw_only=True, forbid_unknown_fields=True):
    """The probability of touching liquidation, or a stop, before a horizon."""

    size: Size_
    hours: Hours = "168"
    volatility: says("Volatility a year, such as 60 %.") | None = None
    drift: says("Drift of the price a year, such as 0.1.") = "0"
    stop: Stop | None = None
    paths: says("Simulated paths.") = "20000"
    seed: says("Seed of the simulation.") = "7"
    bars: Annotated[str, Meta(max_length=400, description="A Parquet or CSV file with time, high, low and close; not "
                                                          "over REST.")] | None = None
    start: says("First time to take from the bars.") | None = None
    end: says("Last time to take from the bars.") | None = None
