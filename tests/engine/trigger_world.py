"""A venue with published marks for tests of triggers, brackets and OCO: one tick is ten mark units, a lot is worth one
atom a unit.
"""
from price_world import ANN, BOB, CAT, COIN, CONTRACT, DAN, PPB, World  # noqa: F401

SECOND_NS = 1_000_000_000
UNITS = 10
"""Mark units per tick."""


class Venue(World):
    """World with one contract at mark 1,000 ticks, four rich accounts, and short ways to place what waits for a price.
    """

    def __init__(self, form="plain", mark_ticks=1_000, **terms):
        super().__init__(form)
        self.advance(1)
        chosen = dict(index_id=0, mark_method=self.codes.MARK_ORACLE_ONLY, mark_units_per_tick=UNITS,
                      price_ticks_max=100_000, trailing_step_ticks=5)
        chosen.update(terms)
        events = self.list(**chosen)
        assert self.kinds(events) == ["INSTRUMENT_LISTED"], [self.reason(event) for event in events]
        self.open_accounts(ANN, BOB, CAT, DAN)
        self.mark(mark_ticks)

    # ------------------------------------------------------------ commands
    def mark(self, ticks):
        """Publish a mark, given in ticks."""
        return self.send("PUBLISH_MARK", instrument=CONTRACT, value=int(ticks * UNITS))

    def place(self, account, side, lots, order_type="LIMIT", **fields):
        """Place an order of any type; its id is in ``self.order_id``."""
        self.order_id += 1
        fields.setdefault("order_id", self.order_id)
        for name in ("target_ticks", "target_share_ppb"):
            if name in fields:
                fields[name] = tuple(fields[name]) + (0,) * (4 - len(fields[name]))
        return self.send("PLACE_ORDER", account=account, instrument=fields.pop("instrument", CONTRACT), side=side,
                         size_lots=lots, order_type=self.codes.OrderType[order_type], **fields)

    def stop(self, account, side, lots, ticks, order_type="STOP_MARKET", **fields):
        """Place a trigger."""
        return self.place(account, side, lots, order_type, trigger_ticks=ticks, **fields)

    def cancel(self, order_id, account=0):
        """Cancel by order id."""
        return self.send("CANCEL_ORDER", account=account, order_id=order_id)

    def amend(self, order_id, account=0, **fields):
        """Amend by order id."""
        return self.send("AMEND_ORDER", account=account, order_id=order_id, **fields)

    def last(self, ticks, lots=1):
        """Cat and Dan trade with each other at a price, so that it is the last one. Nobody else may be in the way."""
        self.place(CAT, -1, lots, price_ticks=ticks)
        return self.place(DAN, 1, lots, price_ticks=ticks)

    def set_state(self, name):
        """Change the state of the contract."""
        return self.send("SET_INSTRUMENT_STATE", instrument=CONTRACT, value=self.codes.InstrumentState[name])

    # ------------------------------------------------------------ what is there
    def position(self, account):
        """The position row of an account."""
        for row in range(1, int(self.state.positions_pool.high_water) + 1):
            if self.state.positions[row].account == account:
                return self.state.positions[row]
        return None

    def size(self, account):
        """Signed size of an account."""
        return int(self.position(account).size_lots)

    def triggers(self, account):
        """Trigger rows of an account, newest first."""
        row, found = self.position(account).first_trigger, []
        while row != 0:
            found.append(self.state.triggers[row])
            row = self.state.triggers[row].own_next
        assert len(found) == self.position(account).trigger_count
        return found

    def orders(self, account):
        """(side, lots, ticks) of the resting orders of an account, oldest first."""
        row, found = self.position(account).first_order, []
        while row != 0:
            order = self.state.orders[row]
            found.append((int(order.side), int(order.remaining_lots), int(order.price_ticks)))
            row = order.own_next
        return found[::-1]

    def story(self, events, *hidden):
        """Kinds of events in order, without those of no interest here."""
        quiet = {"MARKED", "ORDER_ACCEPTED", "BRACKET_CHANGED", "FUNDING_SETTLED", *hidden}
        return [kind for kind in self.kinds(events) if kind not in quiet]
