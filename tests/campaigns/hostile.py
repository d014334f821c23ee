"""Hostile values and messages for campaigns: the extremes that break parsers."""
from __future__ import annotations

import json
import random

OPERATIONS = ("ping", "sign_in", "subscribe", "unsubscribe", "order.place", "order.amend", "order.cancel",
              "order.cancel_all", "cancel_all_after", "cancel_on_disconnect", "preview", "", "order", "drop table")
WORDS = ("id", "op", "symbol", "side", "type", "size", "price", "channels", "order_id", "client_order_id", "bracket",
         "targets", "stop_price", "timeout", "leverage", "risk", "resume", "key", "nonce", "signature", "time")


def value(dice: random.Random, depth: int = 0):
    """Any JSON value, with the extremes that break parsers."""
    simple = [None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, -2**63, 10**40, 0.1, 1e308, "", "0", "-1", "1e5",
              "NaN", "Infinity", "7000.5", "7000.53", "XBTUSD", "buy", "sell", "limit", "market", "\0", "\ud83d\ude00",
              "a" * 5000, "9" * 400, "0." + "0" * 300 + "1", " 1 ", "１２", "ticker.XBTUSD", "depth.", "orders",
              "../etc", "' OR 1=1 --"]
    kind = dice.random()
    if depth > 3 or kind < 0.75:
        return dice.choice(simple)
    if kind < 0.9:
        return {dice.choice(WORDS): value(dice, depth + 1) for _ in range(dice.randint(0, 6))}
    return [value(dice, depth + 1) for _ in range(dice.randint(0, 6))]


def message(dice: random.Random) -> str | bytes:
    """One hostile message: well-formed and wrong, broken JSON, or bytes."""
    kind = dice.random()
    if kind < 0.7:
        entry = {dice.choice(WORDS): value(dice) for _ in range(dice.randint(0, 8))}
        entry["op"] = dice.choice(OPERATIONS)
        entry["id"] = value(dice, 3)
        return json.dumps(entry)
    if kind < 0.85:
        text = json.dumps({"id": 1, "op": "order.place", "symbol": "XBTUSD", "side": "buy", "size": "1"})
        cut = dice.randrange(len(text))
        return text[:cut] + dice.choice(("", "}", "\x00", "[" * 3000, '"')) + text[cut + 1:]
    if kind < 0.95:
        return dice.randbytes(dice.randint(0, 3000))
    return "[" * dice.randint(1, 20_000)
