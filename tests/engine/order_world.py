"""The venue of ``risk_world`` with short ways to place, amend and cancel, and to look at the book.

Mark 1,000, one tick is one mark unit, a lot is worth one atom a unit, margin 10 % / 5 %, no fees, unless said.
"""
from risk_world import ANN, BOB, BUY, CAT, COIN, CONTRACT, DAN, EVE, FAY, PPB, SELL, RiskWorld
from trigger_world import Venue

POST_ONLY, POST_ONLY_CANCEL, REDUCE_ONLY, CLOSE, HIDDEN = 1, 2, 4, 8, 16
GTC, IOC, FOK, GTD = 0, 1, 2, 3


class OrderWorld(RiskWorld):
    """RiskWorld with Ann, Bob and Cat at a million atoms each, and the ways of the trigger tests to place orders."""

    place = Venue.place
    stop = Venue.stop
    cancel = Venue.cancel
    amend = Venue.amend
    set_state = Venue.set_state
    orders = Venue.orders
    triggers = Venue.triggers

    def __init__(self, form="plain", atoms=1_000_000, **terms):
        super().__init__(form, **terms)
        if atoms:
            self.deposit(ann=atoms, bob=atoms, cat=atoms)

    # ------------------------------------------------------------ commands
    def restrict(self, account, flags, **fields):
        """Change an account's restrictions."""
        return self.send("SET_ACCOUNT", account=account, flags=flags, **fields)

    def hold(self, account, lots, other=CAT, ticks=1_000):
        """Give an account a position by a trade with another one at a price nobody else quotes."""
        side = BUY if lots > 0 else SELL
        self.place(other, -side, abs(lots), price_ticks=ticks)
        assert self.fills(self.place(account, side, abs(lots), price_ticks=ticks)) == [(abs(lots), ticks)]

    # ------------------------------------------------------------ what is there
    def fills(self, events):
        """(lots, ticks) of the fills, oldest first."""
        return [(int(event["size_lots"]), int(event["price_ticks"])) for event in self.of(events, "TRADED")]

    def ended(self, events):
        """(order id, lots, reason) of every order that was canceled."""
        return [(int(event["order_id"]), int(event["size_lots"]), self.reason(event))
                for event in self.of(events, "ORDER_CANCELED")]

    def level(self, ticks, instrument=CONTRACT):
        """(order id, remaining, displayed) of the orders at one price, first in time first."""
        book = self.state.books[instrument]
        page = book.pages[ticks >> 10]
        row, found = self.state.level_pages[page].levels[ticks & 1023].head if page else 0, []
        while row != 0:
            order = self.state.orders[row]
            found.append((int(order.order_id), int(order.remaining_lots), int(order.displayed_lots)))
            row = order.next
        return found

    def requirement(self, account):
        """Initial margin that an account's wallet holds."""
        return int(self.wallet(account).initial_requirement_atoms)

    def tables(self):
        """What a refused command must leave as it was: cash, sizes, orders, requirements."""
        state = self.state
        rows = [(int(p.size_lots), int(p.entry_value_atoms), int(p.open_buy_lots), int(p.open_sell_lots),
                 int(p.reduce_only_lots), int(p.order_count), int(p.requirement_atoms), int(p.leverage_rate_ppb),
                 int(p.isolated))
                for p in (state.positions[row] for row in range(1, int(state.positions_pool.high_water) + 1))]
        blank = (0,) * len(rows[0]) if rows else ()
        cash = {place: atoms for place, atoms in self.cash().items() if atoms}
        return cash, [row for row in rows if row != blank], int(state.orders_pool.live)

    def refuse_all(self, send, faults):
        """Send a command with every fault; cure them one by one: each time the first one left is told and nothing
        moved.

        ``faults`` are rows of (reason, fields that break the rule, fields that mend it); a callable among the cures is
        done to the world. Returns the events of the command without a fault.
        """
        fields = {}
        for _reason, fault, _cure in reversed(faults):
            fields.update(fault)
        for reason, _fault, cure in faults:
            before = self.tables()
            told = self.refusal(send(**fields))
            assert told == reason, f"{told} told instead of {reason}"
            assert self.tables() == before, f"{reason} left a trace"
            if callable(cure):
                cure()
            else:
                fields.update(cure)
        return send(**fields)


__all__ = ["ANN", "BOB", "BUY", "CAT", "CLOSE", "COIN", "CONTRACT", "DAN", "EVE", "FAY", "FOK", "GTC", "GTD", "HIDDEN",
           "IOC", "POST_ONLY", "POST_ONLY_CANCEL", "PPB", "REDUCE_ONLY", "SELL", "OrderWorld"]
