"""How a population and an instrument meet: scales, sizes, the first price, and the accounts of the makers.

Shared by the crash replay and by the feeds of a running venue; it makes command records and sends none.
"""

from __future__ import annotations

import numpy as np

from .. import codes
from ..engine.records import CASH_ATOMS_MAX, new_commands
from ..venues.profile import Profile
from .metrics import Scale
from .population import Parameters, Population


class Market:
    """One instrument of a profile as its population sees it: prices in hundredths of the quote coin, USD, coins."""

    def __init__(self, profile: Profile, symbol: str):
        self.instrument = profile.instrument(symbol)
        self.index = profile.index(self.instrument.index)
        self.asset = next(a for a in profile.assets if a.name == self.instrument.grid.settlement.name)
        self.scale = self._scale()
        self.units_per_index_unit = int(self.instrument.terms["mark_units_per_index_unit"])

    def _scale(self) -> Scale:
        grid = self.instrument.grid
        size = float(grid.contract_size) * grid.lot_contracts
        return Scale(
            self.instrument.symbol,
            grid.kind == "inverse",
            float(grid.tick),
            int(self.instrument.terms["mark_units_per_tick"]),
            size,
            self.asset.name,
            self.asset.decimals,
        )

    def units(self, hundredths: int) -> int:
        """Mark units of an index price in hundredths."""
        unit = self.scale.tick / self.scale.units_per_tick
        return max(1, round(hundredths / 100 / unit))

    def price(self, units: float) -> float:
        """Quote coins of a price in mark units."""
        return units * self.scale.tick / self.scale.units_per_tick

    def usd_per_lot(self, units: float) -> float:
        """USD of one lot at a price in mark units."""
        return self.scale.lot_size * (1.0 if self.scale.inverse else self.price(units))

    def coin_atoms(self, price: float) -> float:
        """Atoms of the settlement asset worth one base coin."""
        return 10.0**self.asset.decimals * (1.0 if self.scale.inverse else price)

    def mean_lots(self, parameters: Parameters, accounts: int, price: float) -> float:
        """Mean position in lots so that the open interest comes out near its parameter (about 0.72 of all
        traders hold one)."""
        usd = parameters.open_interest_usd * 2 / max(1, accounts) / 0.72
        return usd / float(self.scale.usd(1, price))

    # ------------------------------------------------------------ the opening
    def acquaint(self, people: Population, accounts: int, price: float, time_ns: int) -> None:
        """Tell the crowd its instrument, asset, index and sizes."""
        crowd = people.crowd[0]
        crowd.instrument, crowd.asset = self.instrument.id, self.asset.id
        crowd.index_id, crowd.feeds = self.index.id, sum(1 << feed.number for feed in self.index.feeds)
        crowd.mean_lots = self.mean_lots(people.parameters, accounts, price)
        crowd.now_ns = time_ns

    def opening(self, people: Population, fund_atoms: int, price: float, time_ns: int) -> np.ndarray:
        """Commands that pay in the fund and open the accounts of makers and arbitrageurs."""
        parameters = people.parameters
        opening = new_commands(1 + 3 * len(people.makers))
        opening["time_ns"] = time_ns
        opening["asset"], opening["instrument"] = self.asset.id, self.instrument.id
        opening[0]["kind"], opening[0]["amount_atoms"] = codes.FUND_INSURANCE, fund_atoms
        own = self.instrument.terms["insurance_scope"] == codes.INSURANCE_INSTRUMENT
        opening[0]["instrument"] = self.instrument.id if own else 0
        most = CASH_ATOMS_MAX // (4 * max(1, len(people.makers)))    # fine atoms: leave room for everybody's deposits
        for number, maker in enumerate(people.makers):
            one = opening[1 + 3 * number : 4 + 3 * number]
            one["account"] = maker.account
            one["kind"] = (codes.SET_ACCOUNT, codes.DEPOSIT, codes.SET_MARGIN_MODE)
            coins = (
                parameters.maker_deposit_coins if number < parameters.makers else parameters.arbitrage_deposit_coins
            )
            maker.deposited_atoms = min(most, int(coins * self.coin_atoms(price)))
            one["amount_atoms"] = maker.deposited_atoms
        return opening

    def first_price(self, price: float, time_ns: int) -> np.ndarray:
        """The first outside price, so that the contract has a mark before anyone quotes."""
        commands = new_commands(len(self.index.feeds))
        commands["time_ns"], commands["kind"], commands["parameter"] = time_ns, codes.PUBLISH_PRICE, self.index.id
        commands["flags"] = [feed.number for feed in self.index.feeds]
        commands["value"] = self.units(round(price * 100)) // self.units_per_index_unit
        return commands
