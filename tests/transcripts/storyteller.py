"""Commands in words, events in words: the language of the transcripts beside this file.

A story is blocks of commands, a line of dashes, and the events they must cause, then an empty line. ``#`` begins a
remark.

    venue NAME=VALUE ...                       terms of the contract; instruments=2 for two of them; tiers=CAP/IM/MM,...
    in ppb deposit WHO ATOMS | withdraw WHO ATOMS | fund ATOMS | sub WHO of PARENT | isolate WHO LEVERAGE
    WHO buys|sells LOTS @ TICKS|market [WORD ...] [NAME=VALUE ...]
    WHO stops buy|sell LOTS at TICKS
    cancel ID | cancel all WHO | amend ID NAME=VALUE ... | mark UNITS | advance SECONDS | settle SECONDS
    term NAME VALUE | state NAME | rate PPB    (the funding rate in force)

WORDs are ioc, fok, post_only, reduce_only, close, hidden; ``on=2`` names the second contract. Mark 1,000 unless said,
one atom a lot and unit, 10 % / 5 %, no fees. Ids that the engine gives begin with ``e``.
"""
import shlex
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "engine"))
from order_world import BUY, CLOSE, COIN, FOK, HIDDEN, IOC, POST_ONLY, REDUCE_ONLY, SELL, OrderWorld

FLAGS = dict(post_only=POST_ONLY, reduce_only=REDUCE_ONLY, close=CLOSE, hidden=HIDDEN)
FORCE = dict(ioc=IOC, fok=FOK)
PEOPLE = dict(ann=16, bob=17, cat=18, dan=19, eve=20, fay=21, gus=22, hal=23)
ENGINE_IDS = 1 << 62
SHOWN = """size_lots price_ticks price_units remaining_lots maker_remaining_lots value_atoms fee_atoms maker_fee_atoms
realized_atoms maker_realized_atoms cash_atoms collateral_atoms maker_collateral_atoms equity_atoms requirement_atoms
rate_ppb""".split()
START_NS = 1_699_920_000 * 10**9


def fields_of(words):
    """NAME=VALUE words as a dictionary of integers, comma lists as tuples."""
    found = {}
    for name, value in (word.split("=") for word in words if "=" in word):
        found[name] = tuple(int(part) for part in value.split(",")) if "," in value else int(value)
    return found


class Storyteller:
    """Runs the commands of one story and tells the events."""

    def __init__(self, form="plain"):
        self.form, self.world, self.names = form, None, {row: name for name, row in PEOPLE.items()}

    # ------------------------------------------------------------ commands
    def run(self, line):
        """Carry out one line; returns the events it caused."""
        words = shlex.split(line)
        verb = getattr(self, f"do_{words[0]}", None)
        if verb is not None:
            return verb(*words[1:])
        return getattr(self, f"order_{words[1]}")(PEOPLE[words[0]], *words[2:])

    def do_venue(self, *words):
        tiers = [tuple(int(part) for part in tier.split("/")) for word in words if word.startswith("tiers=")
                 for tier in word[6:].split(",")]
        self.world = OrderWorld(self.form, atoms=0, tiers=tiers or None,
                                **fields_of(word for word in words if not word.startswith("tiers=")))
        return []

    def do_deposit(self, who, atoms):
        self.world.send("SET_ACCOUNT", account=PEOPLE[who], other_account=self.parent(who))
        return self.world.send("DEPOSIT", account=PEOPLE[who], asset=COIN, amount_atoms=int(atoms))

    def parent(self, who):
        return int(self.world.state.accounts[PEOPLE[who]].parent_account)

    def do_sub(self, who, _of, parent):
        return self.world.send("SET_ACCOUNT", account=PEOPLE[who], other_account=PEOPLE[parent])

    def do_withdraw(self, who, atoms):
        return self.world.send("WITHDRAW", account=PEOPLE[who], asset=COIN, amount_atoms=int(atoms))

    def do_fund(self, atoms):
        return self.world.fund(int(atoms))

    def do_isolate(self, who, leverage):
        self.world.isolate(PEOPLE[who], int(leverage))
        return []

    def place(self, account, side, lots, price, words):
        fields = fields_of(words)
        flags = sum(FLAGS[word] for word in words if word in FLAGS)
        force = [FORCE[word] for word in words if word in FORCE]
        ticks = {} if price == "market" else dict(price_ticks=int(price))
        if "on" in fields:
            fields["instrument"] = fields.pop("on")
        for name in ("target_ticks", "target_share_ppb"):
            if isinstance(fields.get(name), int):
                fields[name] = (fields[name],)
        return self.world.place(account, side, int(lots), "LIMIT" if ticks else "MARKET", flags=flags,
                                time_in_force=force[0] if force else 0, **ticks, **fields)

    def order_buys(self, account, lots, *words):
        return self.place(account, BUY, lots, *self.price(words))

    def order_sells(self, account, lots, *words):
        return self.place(account, SELL, lots, *self.price(words))

    @staticmethod
    def price(words):
        return (words[1], words[2:]) if words[0] == "@" else (words[0], words[1:])

    def order_stops(self, account, side, lots, _at, ticks, *words):
        return self.world.stop(account, BUY if side == "buy" else SELL, int(lots), int(ticks), **fields_of(words))

    def do_cancel(self, what, who=None):
        if what == "all":
            return self.world.send("CANCEL_ORDERS", account=PEOPLE[who])
        return self.world.cancel(self.id_of(what))

    def do_amend(self, what, *words):
        return self.world.amend(self.id_of(what), **fields_of(words))

    @staticmethod
    def id_of(text):
        return ENGINE_IDS + int(text[1:]) if text.startswith("e") else int(text)

    def do_mark(self, units, instrument="1"):
        return self.world.mark(int(units), int(instrument))

    def do_advance(self, seconds):
        return self.world.advance((int(self.world.state.now_ns) - START_NS) // 10**9 + int(seconds))

    def do_settle(self, seconds):
        stamp = int(self.world.state.now_ns) + int(seconds) * 10**9
        return self.world.send("SCHEDULE_SETTLEMENT", instrument=1, value=stamp)

    def do_term(self, name, value):
        self.world.term(name, int(value))
        return []

    def do_state(self, name):
        return self.world.set_state(name.upper())

    def do_rate(self, rate_ppb):
        self.world.contract.funding_rate_ppb = int(rate_ppb)
        return []

    # ------------------------------------------------------------ events
    def order_name(self, order_id):
        return f"e{order_id - ENGINE_IDS}" if order_id >= ENGINE_IDS else str(order_id)

    def who(self, account):
        return self.names.get(account, "engine" if account < 16 else str(account))

    def tell(self, event):
        """One event as a line: kind, who, reason, order ids, then every figure that is not zero."""
        world = self.world
        words = [world.codes.EventKind(int(event["kind"])).name.lower()]
        if event["account"]:
            words.append(self.who(int(event["account"])))
        if event["other_account"]:
            words.append(f"other={self.who(int(event['other_account']))}")
        if int(event["instrument"]) > 1:
            words.append(f"on={int(event['instrument'])}")
        if event["reason"]:
            words.append(world.reason(event))
        if world.codes.EventKind(int(event["kind"])).name == "INSTRUMENT_STATE_CHANGED":
            words.append(world.codes.InstrumentState(int(event["flags"])).name.lower())
        if event["order_id"]:
            words.append(f"order={self.order_name(int(event['order_id']))}")
        if event["maker_order_id"]:
            words.append(f"maker={self.order_name(int(event['maker_order_id']))}")
        if event["side"]:
            words.append("buy" if event["side"] > 0 else "sell")
        words += [f"{name}={int(event[name])}" for name in SHOWN if event[name]]
        return " ".join(words)


def blocks(text):
    """(command lines as written, expected event lines) of every block."""
    found = []
    for part in text.strip().split("\n\n"):
        lines = part.split("\n")
        cut = lines.index("----") if "----" in lines else len(lines)
        found.append((lines[:cut], lines[cut + 1:]))
    return found


def perform(text, form="plain"):
    """The whole story told anew: the same commands with the events they cause now, and the world after the last."""
    teller, told = Storyteller(form), []
    for commands, _expected in blocks(text):
        events = []
        for line in commands:
            line = line.split("#")[0].strip()
            if line:
                events += teller.run(line)
        lines = [teller.tell(event) for event in events]
        told.append("\n".join([*commands,
                               *(["----", *lines] if any(c.split("#")[0].strip() for c in commands) else [])]))
    return "\n\n".join(told) + "\n", teller.world
