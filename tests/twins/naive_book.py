"""The obvious order book: one list per side, searched from the front. The twin of pages, bitmaps and linked levels."""
from __future__ import annotations

BUY, SELL = 1, -1


class Resting:
    """An order on the naive book."""

    def __init__(self, order_id, owner, side, price, lots, clip, flags):
        self.order_id, self.owner, self.side, self.price = order_id, owner, side, price
        self.lots, self.clip, self.flags = lots, clip, flags
        self.shown = min(lots, clip) if clip else lots


class NaiveBook:
    """Bids and asks as lists in order of price, then arrival. Each call returns what happened, as tuples."""

    def __init__(self):
        self.sides = {BUY: [], SELL: []}

    def find(self, order_id):
        """The resting order with an id, None if there is none."""
        return next((order for side in self.sides.values() for order in side if order.order_id == order_id), None)

    def insert(self, order):
        """Behind everything at its price or a better one."""
        queue, at = self.sides[order.side], 0
        while at < len(queue) and (queue[at].price - order.price) * order.side >= 0:
            at += 1
        queue.insert(at, order)

    def crosses(self, side, limit):
        """Whether an order of this side with this limit meets anybody."""
        queue = self.sides[-side]
        return bool(queue) and (limit - queue[0].price) * side >= 0

    def fillable(self, side, limit, owner, mode):
        """Lots a fill-or-kill may count on."""
        total = 0
        for order in self.sides[-side]:
            if (limit - order.price) * side < 0:
                break
            if mode == "allow" or order.owner != owner:
                total += order.lots
            elif mode != "oldest":
                break
        return total

    def place(self, order_id, owner, side, price, lots, *, tif="gtc", clip=0, post=None, mode="newest"):
        """A limit order; ``post`` is None, "reject" or "cancel"; ``mode`` says what happens at a self-trade."""
        if post == "reject" and self.crosses(side, price):
            return [("rejected", order_id)]
        if tif == "fok" and self.fillable(side, price, owner, mode) < lots:
            return [("rejected", order_id)]
        if post == "cancel" and self.crosses(side, price):
            return [("canceled", order_id, lots)]
        story, stopped = [], False
        while lots and not stopped and self.crosses(side, price):
            maker = self.sides[-side][0]
            if mode != "allow" and maker.owner == owner:
                if mode in ("oldest", "both"):
                    self.sides[-side].pop(0)
                    story.append(("canceled", maker.order_id, maker.lots))
                stopped = mode in ("newest", "both")
                continue
            traded = min(lots, maker.shown)
            lots, maker.lots, maker.shown = lots - traded, maker.lots - traded, maker.shown - traded
            story.append(("traded", order_id, maker.order_id, maker.price, traded))
            if maker.lots == 0:
                self.sides[-side].pop(0)
            elif maker.shown == 0:
                self.sides[-side].pop(0)
                maker.shown = min(maker.clip, maker.lots)
                self.insert(maker)
        if lots and (stopped or tif != "gtc"):
            story.append(("canceled", order_id, lots))
        elif lots:
            self.insert(Resting(order_id, owner, side, price, lots, clip, post))
            story.append(("rested", order_id, lots))
        return story

    def cancel(self, order_id):
        """Take an order away."""
        order = self.find(order_id)
        if order is None:
            return [("rejected", order_id)]
        self.sides[order.side].remove(order)
        return [("canceled", order_id, order.lots)]

    def amend(self, order_id, price, lots, mode="newest"):
        """Another price or size (0 keeps it): smaller at the same price keeps its place, all else goes to the end."""
        order = self.find(order_id)
        if order is None:
            return [("rejected", order_id)]
        price, lots = price or order.price, lots or order.lots
        if price == order.price and lots <= order.lots:
            order.lots, order.shown = lots, min(order.shown, lots)
            return [("amended", order_id)]
        if order.flags == "reject" and self.crosses(order.side, price):
            return [("rejected", order_id)]
        self.sides[order.side].remove(order)
        clip = min(order.clip, lots)
        return [("amended", order_id), *self.place(order_id, order.owner, order.side, price, lots, clip=clip,
                                                   post=order.flags, mode=mode)]

    def queue(self, side):
        """(id, lots) of one side, best first."""
        return [(order.order_id, order.lots) for order in self.sides[side]]
