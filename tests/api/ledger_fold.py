"""Rebuilds every cash balance and every position from typed events alone: adds their numbers, computes no rule.

What it needs besides is what configuration events say: which asset an instrument settles in, and whether a lot's value
counts with a minus sign (inverse contracts).
"""
from collections import defaultdict

from steelyard.kernel import load_plain

events = load_plain("api.events")
codes = load_plain("codes")
records = load_plain("engine.records")
R = codes.Reason
LIQUIDATOR = records.LIQUIDATOR_ACCOUNT
SYSTEM = {"external": records.EXTERNAL_ACCOUNT, "fees": records.FEES_ACCOUNT, "insurance": records.INSURANCE_ACCOUNT,
          "dust": records.DUST_ACCOUNT, "deficit": records.DEFICIT_ACCOUNT, "conversion": records.CONVERSION_ACCOUNT}


class Fold:
    """Balances by place: wallets by (account, asset), collateral, sizes and entries by (account, instrument)."""

    def __init__(self):
        self.wallets, self.collateral = defaultdict(int), defaultdict(int)
        self.sizes, self.entries = defaultdict(int), defaultdict(int)
        self.clearing, self.insurance = defaultdict(int), defaultdict(int)
        self.asset, self.sign = {}, {}

    # ------------------------------------------------------------ places
    def system(self, name, asset, atoms):
        self.wallets[SYSTEM[name], asset] += atoms

    def fund(self, event):
        """The insurance fund that an event means."""
        if event.scope == codes.InsuranceScope.INSTRUMENT:
            self.insurance[event.instrument] += event.cash_atoms
        else:
            self.system("insurance", event.asset, event.cash_atoms)

    def cash(self, account, event, atoms, collateral_after):
        """Cash of a position: collateral stands where the event says, the wallet takes the rest."""
        key = account, event.instrument
        self.wallets[account, event.asset] += atoms - (collateral_after - self.collateral[key])
        self.collateral[key] = collateral_after

    def hold(self, account, event, signed_lots, value_atoms, realized_atoms):
        """Size and entry value: what came in at its value, what went out at its part of the entry."""
        self.sizes[account, event.instrument] += signed_lots
        self.entries[account, event.instrument] += value_atoms + realized_atoms
        self.clearing[event.instrument] -= realized_atoms

    # ------------------------------------------------------------ events
    def add(self, event):
        handler = getattr(self, type(event).__name__, None)
        if handler is not None:
            handler(event)

    def Configured(self, event):
        if event.command == codes.CommandKind.SET_TERM:
            term = records.TERMS.names[event.number]
            if term == "kind":
                self.sign[event.instrument] = -1 if event.value == codes.ContractKind.INVERSE else 1

    def Deposited(self, event):
        self.wallets[event.account, event.asset] += event.amount_atoms
        self.system("external", event.asset, -event.amount_atoms)
        assert self.wallets[event.account, event.asset] == event.balance_atoms

    def Withdrawn(self, event):
        self.wallets[event.account, event.asset] -= event.amount_atoms
        self.system("external", event.asset, event.amount_atoms)
        assert self.wallets[event.account, event.asset] == event.balance_atoms

    def Transferred(self, event):
        self.wallets[event.account, event.asset] -= event.amount_atoms
        self.wallets[event.receiver, event.asset] += event.amount_atoms

    def setting(self, event):
        self.cash(event.account, event, 0, event.collateral_atoms)

    LeverageSet = MarginModeSet = CollateralMoved = setting

    def Traded(self, event):
        value = event.side * self.sign[event.instrument] * event.value_atoms
        self.side(event, event.taker, event.side, value, event.taker_realized_atoms, event.taker_fee_atoms,
                  event.taker_collateral_atoms)
        self.side(event, event.maker, -event.side, -value, event.maker_realized_atoms, event.maker_fee_atoms,
                  event.maker_collateral_atoms)

    def side(self, event, account, side, value, realized, fee, collateral_after):
        if account == LIQUIDATOR:                # the takeover's own events carry it
            return
        self.hold(account, event, side * event.size_lots, value, realized)
        self.cash(account, event, realized - fee, collateral_after)
        self.system("fees", event.asset, fee)

    def FundingSettled(self, event):
        self.cash(event.account, event, event.cash_atoms, event.collateral_atoms)
        lent = event.reason in (R.loan_opened, R.loan_rolled_over)
        self.system("fees" if lent else "dust", event.asset, -event.cash_atoms)

    def PositionTakenOver(self, event):
        self.hold(event.account, event, -event.size_lots, -event.value_atoms, event.realized_atoms)
        self.hold(LIQUIDATOR, event, event.size_lots, event.value_atoms, 0)
        self.cash(event.account, event, event.realized_atoms - event.fee_atoms, event.collateral_atoms)
        self.system("fees", event.asset, event.fee_atoms)

    def LiquidationStepped(self, event):
        if event.fee_atoms != 0:
            self.cash(event.account, event, -event.fee_atoms, event.collateral_atoms)
            self.system("fees", event.asset, event.fee_atoms)

    def TakeoverReduced(self, event):
        self.sizes[LIQUIDATOR, event.instrument] += event.side * event.size_lots
        self.entries[LIQUIDATOR, event.instrument] += event.value_atoms + event.realized_atoms

    def InsuranceChanged(self, event):
        self.fund(event)
        if event.reason in (R.insurance_surplus, R.insurance_deficit):
            self.clearing[event.instrument] -= event.cash_atoms
        else:
            other = {R.deposit: "external", R.funding: "dust", R.liquidation_fee: "fees"}[event.reason]
            self.system(other, event.asset, -event.cash_atoms)

    def LayerChanged(self, event):
        self.wallets[event.layer_account, event.asset] += event.cash_atoms
        if event.reason == R.deposit:
            self.system("external", event.asset, -event.cash_atoms)
        else:
            self.clearing[event.instrument] -= event.cash_atoms
        assert self.wallets[event.layer_account, event.asset] == event.balance_atoms

    def Deleveraged(self, event):
        self.hold(event.account, event, event.side * event.size_lots, event.value_atoms, event.realized_atoms)
        self.cash(event.account, event, event.realized_atoms, event.collateral_atoms)

    Assigned = Deleveraged

    def LossSocialized(self, event):
        self.cash(event.account, event, event.cash_atoms, event.collateral_atoms)
        self.system("deficit", event.asset, -event.cash_atoms)

    def DeficitBooked(self, event):
        if event.reason == R.socialized_loss:    # moved when the sharing began
            return
        self.system("deficit", event.asset, event.cash_atoms)
        if event.reason == R.funding:
            self.system("dust", event.asset, -event.cash_atoms)
        else:
            self.clearing[event.instrument] -= event.cash_atoms
        assert self.wallets[SYSTEM["deficit"], event.asset] == event.balance_atoms

    def CashMoved(self, event):
        self.wallets[event.account, event.asset] += event.cash_atoms
        self.clearing[event.instrument] -= event.cash_atoms

    def SessionSettled(self, event):
        self.hold(event.account, event, 0, 0, event.realized_atoms)
        self.cash(event.account, event, event.realized_atoms, event.collateral_atoms)
        assert self.entries[event.account, event.instrument] == event.value_atoms

    def CollateralConverted(self, event):
        self.wallets[event.account, event.asset] += event.cash_atoms
        self.system("conversion", event.asset, -event.cash_atoms)
        self.wallets[event.account, event.hub] += event.value_atoms - event.fee_atoms
        self.system("conversion", event.hub, -event.value_atoms)
        self.system("fees", event.hub, event.fee_atoms)

    def PositionSettled(self, event):
        self.hold(event.account, event, -event.size_lots, -event.value_atoms - event.shortfall_atoms,
                  event.realized_atoms)
        self.cash(event.account, event, event.realized_atoms - event.fee_atoms, event.collateral_atoms)
        self.system("fees", event.asset, event.fee_atoms)


def state_balances(state) -> dict:
    """The same places as a plain state has them, without those that are zero."""
    found = {"wallets": defaultdict(int), "collateral": {}, "sizes": defaultdict(int), "entries": defaultdict(int),
             "clearing": {}, "insurance": {}}
    for row, wallet in state.wallets.items():
        if row != 0:
            found["wallets"][wallet.account, wallet.asset] += wallet.balance_atoms
    for position in state.positions.values():
        key = position.account, position.instrument
        found["collateral"][key] = position.collateral_atoms
        found["sizes"][key] = position.size_lots
        found["entries"][key] = position.entry_value_atoms
    for number in range(1, state.instrument_last + 1):
        instrument = state.instruments[number]
        found["clearing"][number] = instrument.clearing_atoms
        found["insurance"][number] = instrument.insurance_atoms
        row = instrument.first_takeover
        while row != 0:
            takeover = state.takeovers[row]
            found["sizes"][LIQUIDATOR, number] += takeover.size_lots
            found["entries"][LIQUIDATOR, number] += takeover.entry_value_atoms
            row = takeover.next_takeover
    return {name: {key: value for key, value in table.items() if value} for name, table in found.items()}


def fold_balances(fold) -> dict:
    """What the fold holds, in the same shape."""
    return {name: {key: value for key, value in getattr(fold, name).items() if value}
            for name in ("wallets", "collateral", "sizes", "entries", "clearing", "insurance")}
