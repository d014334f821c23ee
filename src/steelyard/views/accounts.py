"""Positions and wallets of people in wire form, and what would kill them. Only accounts that somebody watches, or asks
for, are looked at, through their own lists: the crowd in the same tables costs nothing.
"""
from __future__ import annotations

from typing import Any

import numpy as np

from ..codes import ADL_NONE
from ..engine.records import INSTRUMENTS_MAX
from ..kernel import load_plain
from ..units import PPB, SECOND
from .account_kernels import (
    GATHERED,
    POSITION_ROW,
    STOPS_SHOWN,
    TARGETS_SHOWN,
    WALLET_ROW,
    gather,
    measure_rows,
    rank_positions,
)
from .costs import CostBook, Costs
from .direct import Direct, table
from .people import Unpacker
from .scales import Scales, fixed, leverage_text, milliseconds
from .view import Change
from .volatility import Volatilities

close_out_requirement = load_plain("rules.margin_calls").close_out_requirement
POSITIONS_AT_ONCE = 8192
WALLETS_AT_ONCE = 4096
RANKS_EVERY_NS = SECOND
RANKS_SHARE = 100
"""Ranking takes at most one hundredth of the time: it is done less often where the tables are large."""
RATIO_MAX = 9.9999
"""Margin ratios are shown up to here; also what an equity of zero or less shows."""
POSITION_ROWS = Unpacker("PositionRow", POSITION_ROW, POSITION_ROW.names)
WALLET_ROWS = Unpacker("WalletRow", WALLET_ROW, WALLET_ROW.names)
_FIELDS = POSITION_ROWS.row._fields
_STOPS = _FIELDS.index("stop_units_0")
_TARGETS = _FIELDS.index("target_units_0")
assert _FIELDS[_TARGETS + TARGETS_SHOWN - 1] == f"target_units_{TARGETS_SHOWN - 1}" and STOPS_SHOWN


def level_text(row) -> str | None:
    """Equity of a wallet's cross positions over their initial margin, four places cut off; nothing without positions.
    SPOT-003"""
    if row.position_margin_atoms <= 0:
        return None
    level = row.equity_atoms * 10**4 // row.position_margin_atoms
    return f"{'-' if level < 0 else ''}{abs(level) // 10**4}.{abs(level) % 10**4:04}"


def buffer_text(row) -> str | None:
    """How far a wallet is from liquidation as brokers tell it: 1 where just its initial margin is there, 0 at its
    maintenance; nothing without positions.  MARG-033"""
    threshold, initial = row.maintenance_atoms, row.position_margin_atoms
    if initial <= threshold:
        return None
    free = row.equity_atoms - row.order_margin_atoms
    ppb = load_plain("rules.policy").liquidation_buffer_ppb(free, threshold, initial)
    return f"{ppb / PPB:.6f}"



def ratio(maintenance_atoms: int, equity_atoms: int) -> str:
    """Maintenance margin as a part of equity: liquidation comes at 1. Four decimals.  VIEW-006

    >>> ratio(500, 1_000), ratio(500, 0), ratio(0, 0)
    ('0.5000', '9.9999', '0.0000')
    """
    if maintenance_atoms <= 0:
        return "0.0000"
    return f"{min(RATIO_MAX, maintenance_atoms / equity_atoms) if equity_atoms > 0 else RATIO_MAX:.4f}"


class AccountsView:
    """Positions and wallets (channels ``positions`` and ``wallet``).  VIEW-005

    ``clock_ns`` gives monotonic time for the once-a-second ranking; everything else follows the batches.
    """

    channels = ("positions", "wallet")
    period_ms = 100

    def __init__(self, engine, scales: Scales, clock_ns):
        self.engine, self.scales, self.clock_ns = engine, scales, clock_ns
        self.costs, self.volatilities = CostBook(engine), Volatilities()
        self.time_ns = int(engine.states["now_ns"][0]) if isinstance(engine.states, np.ndarray) else 0
        self._watched: dict[str, set[int]] = {"positions": set(), "wallet": set()}
        self._shown: dict[int, dict[int, tuple]] = {}
        self._wallets_shown: dict[int, dict[int, bytes]] = {}
        self._gather, self._measure, self._rank = Direct(gather), Direct(measure_rows), Direct(rank_positions)
        self._counts, self._positions = table(GATHERED, 1), table(POSITION_ROW, POSITIONS_AT_ONCE)
        self._wallets = table(WALLET_ROW, WALLETS_AT_ONCE)
        self._ranks: dict[int, np.ndarray] = {}
        self._scores, self._sides = np.zeros(1, np.int64), np.zeros(1, np.int64)
        self._ranked_ns, self._rank_every_ns = -(1 << 62), RANKS_EVERY_NS

    # ------------------------------------------------------------ as a view
    def fold(self, batch) -> None:
        """Take in a batch: what positions cost, how marks move."""
        self.time_ns = batch.time_ns
        self.costs.fold(batch)
        self.volatilities.fold(batch)

    def watch(self, channel: str, account: int, watched: bool) -> None:
        """Somebody subscribed to an account's positions or wallet, or the last one left."""
        (self._watched[channel].add if watched else self._watched[channel].discard)(account)
        if not watched:
            (self._shown if channel == "positions" else self._wallets_shown).pop(account, None)

    def snapshot(self, channel: str, account: int) -> Any:
        """All open positions, or all wallets, of an account. What subscribers were told stays as it was: whoever asks
        in between takes no change away from them."""
        rows, wallets = self._rows([account])
        if channel == "wallet":
            found = WALLET_ROWS.rows(wallets)
            if account in self._watched["wallet"] and account not in self._wallets_shown:
                self._wallets_shown[account] = dict(zip((row.row for row in found), self._told_of(wallets)))
            return [self._wallet(row) for row in found]
        found = POSITION_ROWS.rows(rows)
        if account in self._watched["positions"] and account not in self._shown:
            self._shown[account] = {row.row: (row, self._adl_rank(row)) for row in found}
        return [self._position(row, self._adl_rank(row)) for row in found]

    def changes(self) -> list[Change]:
        """Positions and wallets of watched accounts that differ from what was told last; a closed one with size 0."""
        accounts = self._watched["positions"] | self._watched["wallet"]
        if not accounts:
            return []
        self._refresh_ranks()
        positions: dict[int, list] = {account: [] for account in self._watched["positions"]}
        wallets: dict[int, list] = {account: [] for account in self._watched["wallet"]}
        order = sorted(accounts)
        at = 0
        while at < len(order):
            done = self._changes_of(order[at:at + 256], positions, wallets)
            at += done
        return [Change(channel, account, told) for channel, found in (("positions", positions), ("wallet", wallets))
                for account, told in found.items() if told]

    def _changes_of(self, accounts: list[int], positions: dict, wallets: dict) -> int:
        rows, wallet_rows = self._rows(accounts)
        seen: dict[int, dict[int, tuple]] = {account: {} for account in accounts if account in positions}
        for row in POSITION_ROWS.rows(rows):
            account = row.account
            if account in seen:
                now = row, self._adl_rank(row)
                if self._shown.get(account, {}).get(row.row) != now:
                    positions[account].append(self._position(*now))
                seen[account][row.row] = now
        for account, now in seen.items():
            for row, (last, _rank) in self._shown.get(account, {}).items():
                if row not in now:
                    positions[account].append(self._closed(last))
            self._shown[account] = now
        found = WALLET_ROWS.rows(wallet_rows)
        for row, data in zip(found, self._told_of(wallet_rows)):
            if row.account in wallets:
                shown = self._wallets_shown.setdefault(row.account, {})
                if shown.get(row.row) != data:
                    shown[row.row] = data
                    wallets[row.account].append(self._wallet(row))
        return len(accounts)

    def _told_of(self, wallets: np.ndarray) -> list[bytes]:
        """What a change of a wallet is seen by: its measured row, and whether it is under a call."""
        called = (self.engine.states["wallet_calls"][0][wallets["row"]] != 0).tolist()
        return [data + bytes((one,)) for one, data in zip(called, map(bytes, wallets))]

    def _call_row(self, wallet_row: int) -> int:
        """The row of the margin call a wallet is under; 0 where it is under none."""
        return int(self.engine.state.wallet_calls[wallet_row])

    # ------------------------------------------------------------ rows
    def _rows(self, accounts: list[int]) -> tuple[np.ndarray, np.ndarray]:
        """Measured rows of some accounts."""
        chosen = np.array(accounts, np.int64)
        self._gather(self.engine.states, chosen, self._counts, self._positions, self._wallets)
        positions = self._positions[:int(self._counts[0].position_count)]
        wallets = self._wallets[:int(self._counts[0].wallet_count)]
        held = self.engine.states["positions"][0][positions["row"]]
        costs, none = self.costs.costs, Costs()
        positions["costs_atoms"] = [costs.get(key, none).carried_atoms for key in zip(
            held["account"].tolist(), held["instrument"].tolist())]
        self._measure(self.engine.states, positions, wallets)
        return positions, wallets

    def rows_of(self, account: int) -> tuple[list, list]:
        """Measured positions and wallets of one account in the engine's units, as named tuples."""
        rows, wallets = self._rows([account])
        return POSITION_ROWS.rows(rows), WALLET_ROWS.rows(wallets)

    # ------------------------------------------------------------ wire forms
    def _position(self, row, adl_rank: int) -> dict:
        """The Position of SERV-006.  VIEW-005"""
        scale = self.scales.by_id[row.instrument]
        cash, mark = scale.cash, scale.mark
        costs = self.costs.costs.get((row.account, row.instrument))
        distance = away = None
        if row.liquidation_units:
            part = abs(row.mark_units - row.liquidation_units) / row.mark_units
            distance = f"{part:.6f}"
            daily = self.volatilities.daily(row.instrument)
            away = f"{part / daily:.2f}" if daily else None
        stops, targets = row.stop_count, row[_TARGETS:_TARGETS + row.target_count]
        ordered = sorted(targets, reverse=row.size_lots < 0)
        return {
            "symbol": scale.symbol, "size": scale.size(row.size_lots), "side": "long" if row.size_lots > 0 else "short",
            "entry_price": scale.average(row.size_lots, row.entry_value_atoms), "mark": mark(row.mark_units),
            "value": cash(abs(row.value_atoms)), "margin_mode": "isolated" if row.isolated else "cross",
            "leverage": leverage_text(row.initial_rate_ppb), "collateral": cash(row.collateral_atoms),
            "unrealized": cash(row.unrealized_atoms), "realized": cash(costs.realized_atoms if costs else 0),
            "funding_paid": cash(costs.funding_paid_atoms if costs else 0),
            "fees_paid": cash(costs.fees_paid_atoms if costs else 0), "initial_margin": cash(row.initial_atoms),
            "maintenance_margin": cash(row.maintenance_atoms),
            "margin_ratio": ratio(row.group_maintenance_atoms, row.group_equity_atoms),
            "liquidation_price": mark(row.liquidation_units) if row.liquidation_units else None,
            "bankruptcy_price": mark(row.bankruptcy_units) if row.bankruptcy_units else None,
            "break_even_price": mark(row.break_even_units) if row.break_even_units else None,
            "distance": distance, "distance_volatility": away, "adl_rank": adl_rank,
            "stop_price": mark(row[_STOPS]) if stops else None, "target_prices": [mark(units) for units in ordered],
            "loss_at_stop": cash(row.stop_loss_atoms) if stops else None, "stop_size": scale.size(row.stop_lots),
            "in_liquidation": row.in_liquidation != 0, "updated": milliseconds(self.time_ns)}

    def _closed(self, row) -> dict:
        """What is told of a position that is gone: size 0."""
        scale = self.scales.by_id[row.instrument]
        return {"symbol": scale.symbol, "size": scale.size(0), "updated": milliseconds(self.time_ns)}

    def _wallet(self, row) -> dict:
        """The Wallet of SERV-006.  VIEW-006"""
        asset = self.scales.assets[row.asset]

        def cash(atoms):
            return fixed(atoms, asset.decimals)
        return {
            "asset": asset.name, "balance": cash(row.balance_atoms), "equity": cash(row.equity_atoms),
            "available": cash(row.available_atoms), "withdrawable": cash(row.withdrawable_atoms),
            "order_margin": cash(row.order_margin_atoms), "position_margin": cash(row.position_margin_atoms),
            "maintenance_margin": cash(row.maintenance_atoms), "margin_ratio": ratio(
                row.maintenance_atoms, row.equity_atoms),
            "margin_level": level_text(row), "buffer": buffer_text(row),
            "isolated_margin": cash(row.isolated_atoms),
            "total_equity": cash(row.equity_atoms + row.isolated_equity_atoms),
            "in_liquidation": row.in_liquidation != 0, "margin_call": self._call(row, cash),
            "updated": milliseconds(self.time_ns)}

    def _call(self, row, cash) -> dict | None:
        """The margin call a wallet is under: what would meet it now, until when, and the equity at which it is closed
        out without waiting.  VIEW-022"""
        number = self._call_row(row.row)
        if number == 0:
            return None
        call = self.engine.state.margin_calls[number]
        close_out = close_out_requirement(row.maintenance_atoms, int(call.close_out_ppb))
        return {"asked": cash(int(call.due_atoms)), "due": cash(max(0, -row.available_atoms)),
                "called": milliseconds(int(call.called_ns)), "deadline": milliseconds(int(call.deadline_ns)),
                "close_out_equity": cash(close_out)}

    # ------------------------------------------------------------ who is deleveraged first
    def _refresh_ranks(self) -> None:
        """Rank all positions of instruments in which a watched account holds one, at most once a second.  VIEW-011"""
        now = self.clock_ns()
        if now - self._ranked_ns < self._rank_every_ns:
            return
        self._ranked_ns = now
        held = {last.instrument for shown in self._shown.values() for last, _rank in shown.values()}
        state = self.engine.state
        wanted = np.zeros(INSTRUMENTS_MAX, np.int64)
        for instrument in held:
            wanted[instrument] = int(state.instruments[instrument].terms.adl_policy) != ADL_NONE
        self._ranks = {}
        if not wanted.any():
            return
        count = int(state.positions_pool.high_water) + 1
        if len(self._scores) < count:
            self._scores, self._sides = np.zeros(2 * count, np.int64), np.zeros(2 * count, np.int64)
        scores, sides = self._scores[:count], self._sides[:count]
        self._rank(self.engine.states, wanted, scores, sides)
        for instrument in np.flatnonzero(wanted).tolist():
            for side in (instrument, -instrument):
                self._ranks[side] = np.sort(scores[sides == side])
        self._rank_every_ns = max(RANKS_EVERY_NS, RANKS_SHARE * (self.clock_ns() - now))

    def _adl_rank(self, row) -> int:
        """5 for those who are deleveraged first, 1 for the last, 0 where nobody is deleveraged or it is not known yet.
        VIEW-011"""
        ranked = self._ranks.get(row.instrument if row.size_lots > 0 else -row.instrument)
        if ranked is None or not len(ranked) or row.row >= len(self._scores):
            return 0
        higher = len(ranked) - int(np.searchsorted(ranked, self._scores[row.row], side="right"))
        return max(1, 5 - 5 * higher // len(ranked))
