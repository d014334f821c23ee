"""A venue with published marks for tests of liquidation, takeovers, deleveraging, losses and settlement.

One tick is one mark unit, a lot of the linear contract is worth one atom a unit. Margin is 10 % / 5 %, no fees, unless
said.
"""
from price_world import ANN, BOB, CAT, COIN, CONTRACT, DAN, PPB, World

EVE, FAY, GUS = 20, 21, 22
BUY, SELL = 1, -1
FIRST_TERMS = dict(index_id=0, disposal_limit_ppb=PPB // 100, fund_share_ppb=PPB, step_down=1)


class RiskWorld(World):
    """World with one contract, or several, at mark 1,000, and short ways to be liquidated in it."""

    def __init__(self, form="plain", mark=1_000, tiers=None, instruments=1, **terms):
        super().__init__(form)
        self.advance(1)
        self.send("SET_ACCOUNT", account=ANN)
        for instrument in range(1, instruments + 1):
            chosen = dict(FIRST_TERMS, mark_method=self.codes.MARK_ORACLE_ONLY, adl_policy=self.codes.ADL_QUEUE)
            chosen.update(terms)
            self.tiers = tiers
            events = self.list(instrument, **chosen)
            assert self.kinds(events) == ["INSTRUMENT_LISTED"], [self.reason(event) for event in events]
            self.mark(mark, instrument)

    def list(self, instrument=CONTRACT, **terms):
        """List a contract with the world's own tiers: rows of (value cap, initial ppb, maintenance ppb)."""
        listed = super().list(instrument, **terms)
        for number, (cap, initial, maintenance) in enumerate(self.tiers or ()):
            events = self.send("SET_TIER", instrument=instrument, parameter=number, amount_atoms=cap, value=initial,
                               size_lots=maintenance)
            assert self.kinds(events) == ["CONFIGURED"]
        return listed

    # ------------------------------------------------------------ commands
    def term(self, name, value, instrument=CONTRACT):
        """Change one term."""
        parameter = self.records.TERMS.names.index(name)
        events = self.send("SET_TERM", instrument=instrument, parameter=parameter, value=value)
        assert self.kinds(events) == ["CONFIGURED"]

    def mark(self, units, instrument=CONTRACT, seconds=None):
        """Publish a mark; returns its events."""
        return self.send("PUBLISH_MARK", seconds, instrument=instrument, value=units)

    def deposit(self, **atoms):
        """Open accounts with a deposit each: ``deposit(ann=100, bob=5_000)``."""
        for name, amount in atoms.items():
            self.open_accounts(globals()[name.upper()], atoms=amount)

    def isolate(self, account, leverage=10, instrument=CONTRACT):
        """Isolated margin at a leverage."""
        self.send("SET_MARGIN_MODE", account=account, instrument=instrument, value=1)
        self.send("SET_LEVERAGE", account=account, instrument=instrument, value=-(-PPB // leverage))

    def fund(self, atoms):
        """Money into the insurance fund."""
        return self.send("FUND_INSURANCE", instrument=CONTRACT, asset=COIN, amount_atoms=atoms)

    # ------------------------------------------------------------ what is there
    def system(self, account):
        """Cash of a system account."""
        return int(self.state.wallets[1 + account * self.records.ASSETS_MAX + COIN].balance_atoms)

    @property
    def insurance(self):
        """Cash in the asset's insurance fund."""
        return self.system(self.records.INSURANCE_ACCOUNT)

    @property
    def deficit(self):
        """Bad debt, as a balance of zero or less."""
        return self.system(self.records.DEFICIT_ACCOUNT)

    def wallet(self, account):
        """The wallet row of an account."""
        return self.state.wallets[self.state.accounts[account].first_wallet]

    def balance(self, account):
        """Cash of an account."""
        return int(self.wallet(account).balance_atoms)

    def position(self, account, instrument=CONTRACT):
        """The position row of an account, or None."""
        for row in range(1, int(self.state.positions_pool.high_water) + 1):
            position = self.state.positions[row]
            if position.account == account and position.instrument == instrument:
                return position
        return None

    def size(self, account, instrument=CONTRACT):
        """Signed size of an account."""
        position = self.position(account, instrument)
        return 0 if position is None else int(position.size_lots)

    def equity(self, account, instrument=CONTRACT):
        """Cash, collateral and profits of an account at the marks."""
        total = self.balance(account)
        for row in range(1, int(self.state.positions_pool.high_water) + 1):
            position = self.state.positions[row]
            if position.account == account:
                mark = self.state.instruments[position.instrument].mark_unit_value_atoms
                total += int(position.collateral_atoms) + int(position.size_lots * mark - position.entry_value_atoms)
        return total

    def takeovers(self, instrument=CONTRACT):
        """Takeover rows of an instrument, oldest first."""
        row, found = self.state.instruments[instrument].first_takeover, []
        while row != 0:
            found.append(self.state.takeovers[row])
            row = self.state.takeovers[row].next_takeover
        return found

    def asks(self, instrument=CONTRACT):
        """Best ask, 0 if none."""
        return int(self.state.books[instrument].best_ask_ticks)

    def bids(self, instrument=CONTRACT):
        """Best bid, 0 if none."""
        return int(self.state.books[instrument].best_bid_ticks)

    def story(self, events, *hidden):
        """Kinds of events in order, without those of no interest here."""
        quiet = {"MARKED", "ORDER_ACCEPTED", *hidden}
        return [kind for kind in self.kinds(events) if kind not in quiet]

    # ------------------------------------------------------------ what must hold
    def check(self):
        """Conservation, sizes, open interest, clearing, no negative fund, no negative equity outside liquidation."""
        state = self.state
        assert sum(self.cash().values()) == 0
        assert self.insurance >= 0 and self.deficit <= 0
        pending = 0
        for instrument in range(1, int(state.instrument_last) + 1):
            row = state.instruments[instrument]
            assert row.insurance_atoms >= 0
            pending += int(row.loss_pending_atoms)
            held = [state.positions[p] for p in range(1, int(state.positions_pool.high_water) + 1)
                    if state.positions[p].instrument == instrument]
            taken = self.takeovers(instrument)
            assert all(takeover.instrument == instrument for takeover in taken)
            sizes = sum(int(holder.size_lots) for holder in [*held, *taken])
            entries = sum(int(holder.entry_value_atoms) for holder in [*held, *taken])
            if row.settle_phase == 0 or row.state == self.codes.STATE_SETTLED:
                assert sizes == 0 and row.clearing_atoms == -entries
            else:                                   # a settlement closes one holder at a time, at one price
                assert row.clearing_atoms == -entries + sizes * row.mark_unit_value_atoms
            assert row.open_interest_lots == sum(max(0, int(p.size_lots)) for p in [*held, *taken])
            assert row.takeovers_long == sum(t.size_lots > 0 for t in taken)
            assert row.takeovers_short == sum(t.size_lots < 0 for t in taken)
            assert (row.first_takeover == 0) == (instrument not in self.disposing())
            for position in held:
                if position.size_lots == 0:
                    assert position.entry_value_atoms == 0 and position.collateral_atoms == 0
        if state.liquidation_ring.count == 0 and state.moved_ring.count == 0:
            for account in range(ANN, ANN + 64):
                if state.accounts[account].is_open:
                    assert self.equity(account) >= 0, f"account {account} is below zero"
        return self

    def disposing(self):
        """Instruments in the list of those with takeovers."""
        found, instrument = [], int(self.state.first_disposing)
        while instrument != 0:
            found.append(instrument)
            instrument = int(self.state.instruments[instrument].next_disposing)
        return found


__all__ = ["ANN", "BOB", "BUY", "CAT", "COIN", "CONTRACT", "DAN", "EVE", "FAY", "GUS", "PPB", "SELL", "RiskWorld"]
