"""Why was I liquidated: one liquidation of a person told from the index to the insurance fund, in figures and in words.

The figures were written down when it happened (:mod:`steelyard.views.history.stories`); what would have prevented it is
computed here with the engine's own rules.
"""
from __future__ import annotations

import json
from datetime import UTC, datetime

from ..codes import MarkMethod, PriceSource, Reason, SourceState
from ..units import PPB, SECOND
from ..venues.profile import Profile
from .history import wire
from .history.queries import Queries
from .history.survival import Case, funding_basis
from .scales import InstrumentScale, Scales, leverage_text, milliseconds, rate


def liquidation_story(queries: Queries, profile: Profile, account: int, liquidation_id: int) -> dict | None:
    """Everything that explains a liquidation of ``account`` (HIST-008), as it goes on the wire; None where the account
    has no such one.
    """
    row = queries.liquidation_row(account, liquidation_id)
    return None if row is None else Telling(profile, queries.scales, row).story()


# ---------------------------------------------------------------- words
def grouped(text: str) -> str:
    """A decimal text with thousands set apart.

    >>> grouped("7650.12"), grouped("-10000"), grouped("0.0061")
    ('7,650.12', '-10,000', '0.0061')
    """
    whole, point, decimals = text.partition(".")
    sign = whole[:1] == "-"
    return f"{'-' if sign else ''}{int(whole.lstrip('-')):,}{point}{decimals}"


def clock(time_ns: int) -> str:
    """Time of day, UTC.

    >>> clock(1_584_009_733_000_000_000)
    '10:42:13'
    """
    return datetime.fromtimestamp(int(time_ns) // SECOND, UTC).strftime("%H:%M:%S")


def plural(count: int, word: str) -> str:
    """A count and its noun.

    >>> plural(1, "order"), plural(5, "order")
    ('1 order', '5 orders')
    """
    return f"{count:,} {word}{'' if count == 1 else 's'}"


class Telling:
    """One liquidation being told. ``row`` is a row of LIQUIDATIONS."""

    def __init__(self, profile: Profile, scales: Scales, row: dict):
        self.profile, self.scales, self.row = profile, scales, row
        self.kept = json.loads(row["story"])
        self.asset = scales.assets[row["asset"]]
        self.isolated = row["instrument"] != 0
        alone = len(self.kept["positions"]) == 1
        self.cases = [Case.of(self._instrument(one), one, row["maintenance_atoms"] if alone else None)
                      for one in self.kept["positions"]]
        self.indices = {one.id: one for one in profile.indices}

    # ------------------------------------------------------------ parts
    def _scale(self, instrument: int) -> InstrumentScale:
        return self.scales.by_id[instrument]

    def _instrument(self, position: dict):
        return self._scale(position["instrument"]).instrument

    def cash(self, atoms: int) -> str:
        """Cash as on the wire."""
        return self.scales.cash(atoms, self.row["asset"])

    def money(self, atoms: int) -> str:
        """Cash in a sentence: ``0.0061 XBT``."""
        return f"{grouped(wire.short(self.cash(atoms)))} {self.asset.name}"

    def size(self, instrument: int, lots: int) -> str:
        """A size in a sentence, without sign."""
        return grouped(self._scale(instrument).size(abs(lots)))

    def mark(self, instrument: int, units: int) -> str:
        """A mark in a sentence."""
        return grouped(self._scale(instrument).mark(units))

    def price(self, instrument: int, ticks: int) -> str:
        """An order price in a sentence."""
        return grouped(self._scale(instrument).price(ticks))

    # ------------------------------------------------------------ the whole
    def story(self) -> dict:
        """Figures, steps, timeline, sentences and what would have prevented it."""
        prevention = self.prevention()
        return dict(
            wire.liquidation(self.scales, self.row),
            balance=self.cash(self.kept["balance_atoms"]),
            positions=[self.position(one, case) for one, case in zip(self.kept["positions"], self.cases)],
            canceled_orders=self.canceled(), steps=[self.step(one) for one in self.kept["steps"]],
            takeovers=[self.takeover(one) for one in self.kept["takeovers"]],
            calls=[self.call(one) for one in self.kept.get("calls", ())],
            conversions=[self.conversion(one) for one in self.kept.get("conversions", ())],
            socialized=dict(accounts=self.kept["socialized"]["accounts"],
                            amount=self.cash(self.kept["socialized"]["atoms"])),
            bad_debt=self.cash(self.kept["deficit_atoms"]), complete=not self.row["open"],
            timeline=self.timeline(), sentences=self.sentences() + prevention["sentences"], prevention=prevention)

    # ------------------------------------------------------------ figures
    def position(self, one: dict, case: Case) -> dict:
        """A position as it stood, its mark and what that was made of."""
        scale, at = self._scale(one["instrument"]), one["mark_price_units"]
        return dict(
            symbol=scale.symbol, side="long" if one["size_lots"] > 0 else "short", size=scale.size(one["size_lots"]),
            entry_price=scale.average(one["size_lots"], one["entry_value_atoms"]), mark=scale.mark(at),
            value=self.cash(abs(case.value(at))), unrealized=self.cash(case.profit(at)),
            collateral=self.cash(one["collateral_atoms"]) if one["isolated"] else None,
            leverage=leverage_text(one["leverage_ppb"]), margin_mode="isolated" if one["isolated"] else "cross",
            maintenance=self.maintenance(one, case), index=self.index(one), mark_terms=self.mark_terms(one),
            window=self.window(one),
            stops=[dict(order_id=str(stop["order_id"]), price=wire.units_text(scale, stop["trigger_units"]),
                        source=PriceSource(stop["source"]).name.lower(), size=scale.size(stop["size_lots"]))
                   for stop in one["stops"]])

    def maintenance(self, one: dict, case: Case) -> dict:
        """What the position had to keep, and how that is made up."""
        tier, terms = case.instrument.tiers[case.tier], case.instrument.terms
        pays = terms.funding_in_maintenance and (one["funding_rate_ppb"] > 0) == (one["size_lots"] > 0)
        return dict(amount=self.cash(case.maintenance(one["mark_price_units"])), tier=case.tier + 1,
                    rate=rate(tier.maintenance_ppb), coming_funding=rate(abs(one["funding_rate_ppb"]) if pays else 0),
                    charged_on="mark" if terms.maintenance_basis else "entry",
                    close_fee_rate=rate(max(0, terms.taker_fee_ppb) if terms.close_fee_reserve else 0))

    def index(self, one: dict) -> dict | None:
        """The index at that moment and its sources; None for a mark that is published directly."""
        index = self.indices.get(one["index"])
        if index is None:
            return None
        scale, feeds = self._scale(one["instrument"]), {feed.number: feed.name for feed in index.feeds}
        per_unit = scale.units_per_index_unit
        return dict(
            name=index.name, price=scale.mark(one["index_price_units"]), frozen=bool(one["index_frozen"]),
            sources=[dict(name=feeds.get(source["number"], f"source {source['number']}"),
                          weight=rate(source["weight_ppb"]),
                          price=scale.mark(source["price_units"] * per_unit) if source["price_units"] else None,
                          time=milliseconds(source["priced_ns"]),
                          age_ms=milliseconds(max(0, self.row["started_ns"] - source["priced_ns"])),
                          state=SourceState(source["state"]).name.lower(),
                          counts=source["state"] == SourceState.ACTIVE)
                     for source in one["sources"]])

    def mark_terms(self, one: dict) -> dict:
        """What the mark was made of, by the instrument's method."""
        scale = self._scale(one["instrument"])
        terms, funding = scale.instrument.terms, funding_basis(scale.instrument, one, self.row["started_ns"])
        return dict(
            method=MarkMethod(terms["mark_method"]).name.lower(), index=scale.mark(one["index_price_units"]),
            funding_rate=rate(one["funding_rate_ppb"]), time_to_funding_ms=milliseconds(funding["left_ns"]),
            steps_left=funding["steps_left"], steps=funding["steps"], funding_basis=scale.mark(funding["basis_units"]),
            average_basis=scale.mark(one["mark_price_units"] - one["index_price_units"]
                                     if terms["mark_method"] == MarkMethod.BASIS_AVERAGE else 0),
            last=scale.mark(one["last_price_units"]) if one["last_price_units"] else None,
            band=rate(terms["mark_index_band_ppb"]), mark=scale.mark(one["mark_price_units"]))

    def call(self, one: dict) -> dict:
        """A margin call, or how it ended."""
        return dict(kind=Reason(one["reason"]).name if one["reason"] else "called", due=self.cash(one["due_atoms"]),
                    deadline=milliseconds(one["deadline_ns"]), equity=self.cash(one["equity_atoms"]),
                    maintenance_margin=self.cash(one["maintenance_atoms"]), time=milliseconds(one["time_ns"]))

    def conversion(self, one: dict) -> dict:
        """Collateral that was sold to pay what the wallet owed."""
        sold = self.scales.assets[one["asset"]]
        return dict(asset=sold.name, amount=self.scales.cash(one["atoms"], one["asset"]),
                    received=self.cash(one["value_atoms"]), fee=self.cash(one["fee_atoms"]),
                    time=milliseconds(one["time_ns"]))

    def window(self, one: dict) -> dict | None:
        """The margin window that held, and since when; None where one schedule holds all day, or none was seen to
        begin."""
        windows, held = self._instrument(one).windows, one.get("window")
        if held is None or held[0] >= len(windows):
            return None
        return dict(name=windows[held[0]].name, since=milliseconds(held[1]))

    def canceled(self) -> dict:
        """Orders that liquidation canceled; at most a hundred are listed."""
        def order(one: dict) -> dict:
            scale = self._scale(one["instrument"])
            return dict(order_id=str(one["order_id"]), symbol=scale.symbol, side=wire.side_text(one["side"]),
                        size=scale.size(one["size_lots"]),
                        price=scale.price(one["price_ticks"]) if one["price_ticks"] else None,
                        trigger_price=wire.units_text(scale, one["trigger_units"]) if one["trigger_units"] else None,
                        time=milliseconds(one["time_ns"]))
        canceled = self.kept["canceled"]
        return dict(count=canceled["count"], listed=[order(one) for one in canceled["listed"]])

    def step(self, one: dict) -> dict:
        """A step of the ladder before takeover."""
        scale = self.scales.by_id.get(one["instrument"])
        return dict(
            kind=Reason(one["reason"]).name, symbol=scale.symbol if scale else None,
            size=scale.size(one["size_lots"]) if one["order_id"] else None,
            remaining=scale.size(one["remaining_lots"]) if one["order_id"] else None,
            limit=scale.price(one["price_ticks"]) if one["order_id"] else None,
            fills=[dict(price=scale.price(fill["price_ticks"]), size=scale.size(fill["size_lots"]),
                        fee=self.cash(fill["fee_atoms"]), realized=self.cash(fill["realized_atoms"]),
                        time=milliseconds(fill["time_ns"])) for fill in one["fills"]],
            equity=self.cash(one["equity_atoms"]), maintenance_margin=self.cash(one["maintenance_atoms"]),
            time=milliseconds(one["time_ns"]))

    def takeover(self, one: dict) -> dict:
        """A position that the liquidation engine assumed, how it got rid of it, and who paid or gained."""
        scale, forced = self._scale(one["instrument"]), one["deleveraged"]
        return dict(
            symbol=scale.symbol, size=scale.size(one["size_lots"]),
            bankruptcy_price=scale.price(one["bankruptcy_ticks"]) if one["bankruptcy_ticks"] else None,
            realized=self.cash(one["realized_atoms"]), fee=self.cash(one["fee_atoms"]),
            equity_given_up=self.cash(one["equity_atoms"]), time=milliseconds(one["time_ns"]),
            fills=[dict(price=scale.price(fill["price_ticks"]), size=scale.size(fill["size_lots"]),
                        liquidity="maker" if fill["maker"] else "taker", fee=self.cash(fill["fee_atoms"]),
                        time=milliseconds(fill["time_ns"])) for fill in one["fills"]],
            fill_count=one["fill_count"], filled=scale.size(one["filled_lots"]), netted=scale.size(one["netted_lots"]),
            assigned=scale.size(one.get("assigned_lots", 0)),
            to_fund=self.cash(one["to_fund_atoms"]), from_fund=self.cash(one["from_fund_atoms"]),
            deleveraged=dict(counterparties=forced["count"], size=scale.size(forced["size_lots"]),
                             given_up=self.cash(forced["given_up_atoms"])),
            written_down=self.cash(one["written_down_atoms"]), result=self.cash(one["result_atoms"]),
            closed=milliseconds(one["closed_ns"]) if one["closed_ns"] else None)

    # ------------------------------------------------------------ the timeline
    def timeline(self) -> list[dict]:
        """What happened when, oldest first."""
        entries = [(source["priced_ns"], f"{self.index_name(one)}: {self.source_name(one, source)} said "
                                         f"{self.source_price(one, source)}")
                   for one in self.kept["positions"] for source in one["sources"] if source["price_units"]]
        for one in self.kept.get("calls", ()):
            due, until = self.money(one["due_atoms"]), clock(one["deadline_ns"])
            entries.append((one["time_ns"], f"margin call: {due} due by {until}" if not one["reason"] else
                            f"margin call ended: {Reason(one['reason']).name.replace('_', ' ')}"))
        for one in self.kept["positions"]:
            held = self.window(one)
            if held is not None and held["since"]:
                entries.append((one["window"][1], f"{self._scale(one['instrument']).symbol}: the margin window "
                                                  f"{held['name']} began"))
        for one in self.kept.get("conversions", ()):
            entries.append((one["time_ns"], f"{self.sold(one)} sold for {self.money(one['value_atoms'])}"))
        equity, needed = self.money(self.row["equity_atoms"]), self.money(self.row["maintenance_atoms"])
        entries.append((self.row["started_ns"], f"equity {equity}, maintenance {needed}: liquidation began"))
        if self.kept["canceled"]["count"]:
            first = self.kept["canceled"]["listed"][0]
            entries.append((first["time_ns"], f"{plural(self.kept['canceled']['count'], 'order')} canceled"))
        for one in self.kept["steps"]:
            if one["order_id"]:
                size = self.size(one["instrument"], one["size_lots"])
                entries.append((one["time_ns"], f"{size} closed to step down a risk limit"))
        for one in self.kept["takeovers"]:
            entries.append((one["time_ns"], f"{self.size(one['instrument'], one['size_lots'])} "
                                            f"{self._scale(one['instrument']).symbol} taken over"
                                            + (f" at {self.price(one['instrument'], one['bankruptcy_ticks'])}"
                                               if one["bankruptcy_ticks"] else "")))
            entries += [(fill["time_ns"], f"{self.size(one['instrument'], fill['size_lots'])} closed in the book at "
                                          f"{self.price(one['instrument'], fill['price_ticks'])}")
                        for fill in one["fills"]]
            if one["closed_ns"]:
                entries.append((one["closed_ns"], f"takeover done: {self.money(abs(one['result_atoms']))} "
                                                  f"{'to' if one['result_atoms'] >= 0 else 'from'} the insurance fund"))
        if self.row["ended_ns"]:
            outcome = Reason(self.row["outcome"]).name.replace("_", " ")
            entries.append((self.row["ended_ns"], f"liquidation ended: {outcome}"))
        entries.sort(key=lambda entry: entry[0])
        return [dict(time=milliseconds(time_ns), text=text) for time_ns, text in entries]

    def index_name(self, one: dict) -> str:
        """Name of a position's index."""
        return self.indices[one["index"]].name if one["index"] in self.indices else "index"

    def source_price(self, one: dict, source: dict) -> str:
        """Price of a source in a sentence."""
        per_unit = self._scale(one["instrument"]).units_per_index_unit
        return self.mark(one["instrument"], source["price_units"] * per_unit)

    def source_name(self, one: dict, source: dict) -> str:
        """Name of a source of a position's index."""
        feeds = {feed.number: feed.name for feed in self.indices[one["index"]].feeds}
        return feeds.get(source["number"], f"source {source['number']}")

    # ------------------------------------------------------------ sentences
    def sentences(self) -> list[str]:
        """What a trader reads, in order."""
        found = [sentence for one in self.kept["positions"] for sentence in self.price_sentences(one)]
        found += self.call_sentences()
        found.append(self.margin_sentence())
        return found + self.step_sentences() + [sentence for one in self.kept["takeovers"]
                                                for sentence in self.takeover_sentences(one)] + (
                                                    self.conversion_sentences()) + self.end_sentences()

    def price_sentences(self, one: dict) -> list[str]:
        """The mark, and where it came from."""
        instrument, scale = one["instrument"], self._scale(one["instrument"])
        went = "fell" if one["size_lots"] > 0 else "rose"
        found = [f"The mark of {scale.symbol} {went} to {self.mark(instrument, one['mark_price_units'])} at "
                 f"{clock(self.row['started_ns'])} UTC."]
        index = self.indices.get(one["index"])
        if index is None:
            return found
        basis = one["mark_price_units"] - one["index_price_units"]
        text = f"The mark follows the index {index.name}, then at {self.mark(instrument, one['index_price_units'])}"
        found.append(text + (f", with a basis of {wire.short(scale.mark(basis))}." if basis else ", with no basis."))
        counted = [f"{self.source_name(one, source)} {self.source_price(one, source)}"
                   for source in one["sources"] if source["state"] == SourceState.ACTIVE]
        if counted:
            found.append(f"{plural(len(counted), 'source')} counted: {', '.join(counted)}.")
        found += [f"{self.source_name(one, source)} did not count: it was {SourceState(source['state']).name.lower()}."
                  for source in one["sources"] if source["state"] != SourceState.ACTIVE]
        return found

    def margin_sentence(self) -> str:
        """What was needed and what was there."""
        needed, had = self.money(self.row["maintenance_atoms"]), wire.short(self.cash(self.row["equity_atoms"]))
        if self.isolated or len(self.kept["positions"]) == 1:
            one = self.kept["positions"][0]
            side = "long" if one["size_lots"] > 0 else "short"
            at = f" at {leverage_text(one['leverage_ppb'])}x" if one["leverage_ppb"] else ""
            whose = "" if self.isolated else ", backed by your whole wallet,"
            size = self.size(one["instrument"], one["size_lots"])
            return f"Your position of {size} {side}{at}{whose} needed {needed} and had {had}."
        count = plural(len(self.kept["positions"]), "cross position")
        return f"Your wallet backs {count}: together they needed {needed} and had {had}."

    def call_sentences(self) -> list[str]:
        """The window of the day that asked for more, the margin call, its deadline, and how it ended."""
        found = []
        for one in self.kept["positions"]:
            held = self.window(one)
            if held is not None:
                since = f" since {clock(one['window'][1])} UTC" if held["since"] else ""
                symbol = self._scale(one["instrument"]).symbol
                found.append(f"In {symbol} the margin window {held['name']} held{since}.")
        for one in self.kept.get("calls", ()):
            due, equity = self.money(one["due_atoms"]), self.money(one["equity_atoms"])
            needed, until = self.money(one["maintenance_atoms"]), clock(one["deadline_ns"])
            if not one["reason"]:
                found.append(f"At {clock(one['time_ns'])} your wallet was called: equity {equity} had come down to the "
                             f"maintenance margin of {needed}. {due} were asked for by {until} UTC.")
            elif one["reason"] == Reason.margin_call_missed:
                found.append(f"The deadline of the margin call, {until} UTC, passed with equity {equity} against "
                             f"{needed}: {due} had been asked for and had not come.")
            else:
                found.append(f"At {clock(one['time_ns'])}, before the deadline at {until} UTC, equity had fallen to "
                             f"{equity}, the close-out level: nothing is waited for there.")
        return found

    def sold(self, one: dict) -> str:
        """What of an asset a conversion sold."""
        amount = wire.short(self.scales.cash(one["atoms"], one["asset"]))
        return f"{grouped(amount)} {self.scales.assets[one['asset']].name}"

    def conversion_sentences(self) -> list[str]:
        """Collateral sold for what the wallet owed."""
        return [f"{self.sold(one)} of your collateral were sold for {self.money(one['value_atoms'])}, because the "
                f"wallet was below zero; {self.money(one['fee_atoms'])} of it was the conversion fee."
                for one in self.kept.get("conversions", ())]

    def step_sentences(self) -> list[str]:
        """Orders canceled, sizes stepped down."""
        found, count = [], self.kept["canceled"]["count"]
        if count:
            found.append(f"First {plural(count, 'open order')} of yours {'was' if count == 1 else 'were'} canceled, to "
                         "free their margin.")
        for one in self.kept["steps"]:
            if one["order_id"]:
                fees = sum(fill["fee_atoms"] for fill in one["fills"])
                size, left = (self.size(one["instrument"], one[name]) for name in ("size_lots", "remaining_lots"))
                limit = self.price(one["instrument"], one["price_ticks"])
                found.append(f"{size} were closed at {limit} or better to come down to a lower risk limit, for "
                             f"{self.money(fees)} in fees; {left} were left.")
        return found

    def takeover_sentences(self, one: dict) -> list[str]:
        """One position: taken over, disposed of, and who paid or gained."""
        instrument, size = one["instrument"], self.size(one["instrument"], one["size_lots"])
        at = (f"at {self.price(instrument, one['bankruptcy_ticks'])}, the price at which your margin was gone"
              if one["bankruptcy_ticks"] else "at the value at which your margin was gone")
        fees = f" and paid {self.money(one['fee_atoms'])} in fees." if one["fee_atoms"] else "."
        result = one["realized_atoms"]
        found = [f"At {clock(one['time_ns'])} the liquidation engine took over {size} {self._scale(instrument).symbol} "
                 f"{at}: you {'gained' if result > 0 else 'lost'} {self.money(abs(result))} on it{fees}"]
        if one["fill_count"]:
            found.append(f"It closed {self.size(instrument, one['filled_lots'])} in the book in "
                         f"{plural(one['fill_count'], 'trade')}.")
        if one["netted_lots"]:
            found.append(f"{self.size(instrument, one['netted_lots'])} met a position taken over from the other side.")
        if one.get("assigned_lots"):
            takers = plural(one["assigned_count"], "account")
            found.append(f"{self.size(instrument, one['assigned_lots'])} were assigned to {takers} that had opted in "
                         "to take such positions.")
        if one["deleveraged"]["count"]:
            winners, closed = one["deleveraged"]["count"], self.size(instrument, one["deleveraged"]["size_lots"])
            found.append(f"The book and the fund did not suffice: {plural(winners, 'winner')} on the other side "
                         f"{'was' if winners == 1 else 'were'} closed against {closed} (auto-deleveraging).")
        if not one["closed_ns"]:
            found.append("The rest is still being closed.")
        elif one["result_atoms"] > 0:
            found.append(f"That was better than the bankruptcy price: {self.money(one['result_atoms'])} were left over "
                         "and went to the insurance fund.")
        elif one["result_atoms"] < 0:
            found.append(f"That was worse than the bankruptcy price: {self.money(-one['result_atoms'])} were missing. "
                         f"{self.payer(one)}; you owe nothing.")
        else:
            found.append("Nothing was left over and nothing was missing.")
        return found

    def payer(self, one: dict) -> str:
        """Who bore what a takeover lost."""
        if one["written_down_atoms"] == 0:
            return "The insurance fund paid"
        if self.kept["socialized"]["accounts"]:
            return "The insurance fund paid what it had and the rest was shared out"
        return "The insurance fund paid what it had and the rest was written down"

    def end_sentences(self) -> list[str]:
        """How it ended, and what others bore."""
        found = []
        if self.kept["socialized"]["accounts"]:
            found.append(f"{self.money(self.kept['socialized']['atoms'])} were shared out over the profits of "
                         f"{plural(self.kept['socialized']['accounts'], 'account')}.")
        if self.kept["deficit_atoms"]:
            found.append(f"{self.money(self.kept['deficit_atoms'])} stayed as bad debt of the venue.")
        if self.row["outcome"] == Reason.margin_recovered:
            found.append("After that your margin sufficed again and liquidation ended: what is left is yours.")
        elif self.row["outcome"] == Reason.position_gone:
            found.append("After that no position was left and liquidation ended.")
        elif self.row["outcome"] == Reason.taken_over and self.isolated:
            found.append("The rest of your wallet was not touched.")
        return found

    # ------------------------------------------------------------ what would have prevented it
    def prevention(self) -> dict:
        """Margin, leverage and stop that would have kept the position, by the engine's own rules (HIST-009)."""
        worst = [self.worst_mark(one) for one in self.kept["positions"]]
        now = max(0, self.row["maintenance_atoms"] - self.row["equity_atoms"] + 1)
        change = sum(case.profit(at) - case.profit(one["mark_price_units"])
                     - case.maintenance(at) + case.maintenance(one["mark_price_units"])
                     for one, case, at in zip(self.kept["positions"], self.cases, worst))
        hour = max(0, now - change)
        found = dict(margin_now=self.cash(now), margin_hour=self.cash(hour),
                     hour_complete=self.row["open"] == 0, leverage=None, stop_price=None, sentences=[])
        found["worst_marks"] = [dict(symbol=self._scale(one["instrument"]).symbol,
                                     mark=self._scale(one["instrument"]).mark(at))
                                for one, at in zip(self.kept["positions"], worst)]
        say = found["sentences"].append
        say(f"{self.money(now)} more margin would have kept it at that mark.")
        if hour > now and len(worst) == 1:
            one = self.kept["positions"][0]
            until = "" if found["hour_complete"] else ", so far"
            say(f"In the hour after{until}, the mark went as far as {self.mark(one['instrument'], worst[0])}: "
                f"{self.money(hour)} more would have carried it through.")
        if len(self.cases) == 1:
            self._leverage(found, worst[0])
            self._stop(found, self.kept["positions"][0], self.cases[0])
        return found

    def worst_mark(self, one: dict) -> int:
        """The mark of the hour after that was worst for a position."""
        low, high = self.kept["after"][str(one["instrument"])]
        return low if one["size_lots"] > 0 else high

    def _leverage(self, found: dict, worst: int) -> None:
        one, case = self.kept["positions"][0], self.cases[0]
        if not one["isolated"]:
            return
        leverage = case.surviving_leverage(worst)
        found["leverage"] = str(leverage) if leverage else None
        if leverage and leverage < (PPB // one["leverage_ppb"] if one["leverage_ppb"] else 101):
            found["sentences"].append(f"Opened at {leverage}x or less, the same position would have lived through it.")
        elif not leverage:
            found["sentences"].append("No leverage would have carried it through that hour.")

    def _stop(self, found: dict, one: dict, case: Case) -> None:
        """A stop that would have closed it with half of its margin left, where none stood before liquidation."""
        instrument, scale = one["instrument"], self._scale(one["instrument"])
        border = case.liquidation_units(self.row["equity_atoms"], one["mark_price_units"])
        direction = 1 if one["size_lots"] > 0 else -1
        before = [stop for stop in one["stops"] if direction * (stop["trigger_units"] - border) > 0]
        margin = one["collateral_atoms"] if one["isolated"] else self.kept["balance_atoms"]
        ticks = case.price_at_loss(margin // 2)
        if ticks and direction * (ticks * scale.units_per_tick - border) > 0:
            found["stop_price"] = scale.price(ticks)
        if before:
            watched = sorted({PriceSource(stop["source"]).name.lower() for stop in before})
            stops = f"{plural(len(before), 'stop')} on the {' and '.join(watched)} price"
            found["sentences"].append(f"{stops} stood before the liquidation price and did not close it in time.")
        elif one["stops"]:
            found["sentences"].append("Your stop stood beyond the liquidation price, where it could not help.")
        elif found["stop_price"]:
            left = self.money(margin - margin // 2)
            found["sentences"].append(f"There was no stop: one at {self.price(instrument, ticks)} would have closed it "
                                      f"with about half of its margin ({left}) left, before fees.")
