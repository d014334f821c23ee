"""Instruments and their indices as people see them: the profile's figures, with the engine's state of the moment."""
from __future__ import annotations

from ...codes import RATES_FIXED, STATE_UNLISTED, TIERS_BY_LOTS, InstrumentState, MarkMethod, SourceState
from ...units import PPB, rate_ppb
from ...venues.instrument import Instrument
from ...views.scales import InstrumentScale, Scales, fixed, leverage_text, milliseconds, rate

SOURCE_STATES = {int(one): one.name.lower() for one in SourceState}


class Instruments:
    """The instruments of a venue in the form of SERV-006."""

    def __init__(self, venue):
        self._venue = venue
        self._scales = Scales(venue.profile, venue.instruments)
        self._fixed = {one.symbol: self._figures(one, self._scales.by_symbol[one.symbol]) for one in venue.instruments}
        self._ids = {one.symbol: one.id for one in venue.instruments}
        self._indices = {index.id: index for index in venue.profile.indices}

    def listing(self) -> list[dict]:
        """All that are listed, in the order of the profile."""
        return [self.one(symbol) for symbol in self._fixed if self.is_listed(symbol)]

    def is_listed(self, symbol: str) -> bool:
        """Whether it can be looked at: a contract that comes later is not there yet.  CALR-011"""
        return int(self._venue.engine.states["instruments"]["state"][0][self._ids[symbol]]) != STATE_UNLISTED

    def one(self, symbol: str) -> dict:
        """One of them."""
        row = self._venue.engine.states["instruments"][0][self._ids[symbol]]
        return {**self._fixed[symbol], **self._leverage(symbol, row),
                "state": InstrumentState(int(row["state"])).name.lower()}

    def _leverage(self, symbol: str, row) -> dict[str, str]:
        """Leverage of a contract whose margin is an amount of cash: its value at the mark for that amount, so it moves
        with the mark; 0 before there is one. Where margin changes with the hour, the highest of either side in the
        window that holds.  MARG-024, MARG-040"""
        if row["has_window_rates"]:
            now = row["window_rates"][2 * int(row["margin_window"]):][:2]["initial_ppb"]
            tiers = self._fixed[symbol]["tiers"]
            least = max(rate_ppb(tiers[0]["initial"], "initial") if tiers else 0, int(now.min()))
            chosen = max(int(row["terms"]["leverage_default_ppb"]), least)
            return {"leverage_max": leverage_text(least), "leverage_default": leverage_text(chosen)}
        if int(row["terms"]["rate_method"]) != RATES_FIXED:
            return {}
        value = abs(int(row["mark_unit_value_atoms"]))
        initial = int(row["terms"]["fixed_initial_atoms"])
        highest = leverage_text(-(-initial * PPB // value)) if value else "0"
        chosen = int(row["terms"]["leverage_default_ppb"])
        return {"leverage_max": highest, "leverage_default": leverage_text(chosen) if chosen else highest}

    def _figures(self, instrument: Instrument, scale: InstrumentScale) -> dict:
        terms, grid = instrument.terms, instrument.grid
        by_lots = terms["tier_measure"] == TIERS_BY_LOTS       # then the end of a tier is a number of contracts
        tiers = [{"value_max": str(tier.value_max_atoms * grid.lot_contracts) if by_lots
                  else scale.cash(tier.value_max_atoms), "initial": rate(tier.initial_ppb),
                  "maintenance": rate(tier.maintenance_ppb)} for tier in instrument.tiers]
        initial_ppb = instrument.tiers[0].initial_ppb if instrument.tiers else int(terms["linear_initial_ppb"])
        chosen_ppb = int(terms["leverage_default_ppb"]) or initial_ppb
        return {
            "symbol": instrument.symbol, "kind": "inverse" if scale.inverse else "linear", "base": grid.base,
            "quote": grid.quote, "settlement": grid.settlement.name, "contract_size": format(grid.contract_size, "f"),
            "lot": str(grid.lot_contracts),
            "tick": format(grid.tick, "f"),
            "decimals": {"price": scale.price_decimals, "size": scale.size_decimals, "cash": scale.cash_decimals},
            "price_min": scale.price(terms["price_ticks_min"]), "price_max": scale.price(terms["price_ticks_max"]),
            "size_max": scale.size(terms["order_lots_max"]), "leverage_max": leverage_text(initial_ppb),
            "leverage_default": leverage_text(chosen_ppb), "maker_fee": rate(terms["maker_fee_ppb"]),
            "taker_fee": rate(terms["taker_fee_ppb"]), "tiers": tiers,
            "funding_interval_ms": milliseconds(terms["funding_interval_ns"]),
            "mark_method": MarkMethod(int(terms["mark_method"])).name.lower(), "index": instrument.index,
            "open_time": milliseconds(self._venue.profile.as_of.timestamp() * 1_000_000_000)}

    def index(self, symbol: str) -> dict:
        """The index of an instrument: every source with its weight, price and state."""
        instrument = next(one for one in self._venue.instruments if one.symbol == symbol)
        profile = self._indices[int(instrument.terms["index_id"])]
        row = self._venue.engine.states["indices"][0][profile.id]
        sources = []
        for feed in profile.feeds:
            source = row["sources"][feed.number]
            sources.append({
                "name": feed.name, "weight": rate(source["weight_ppb"]),
                "price": _price(profile, source["price_units"]),
                "state": SOURCE_STATES[int(source["state"])], "time": milliseconds(source["priced_ns"]) or None})
        return {"symbol": symbol, "index": profile.name, "price": _price(profile, row["price_units"]),
                "frozen": bool(row["frozen"]), "sources_min": int(row["sources_min"]), "sources": sources,
                "time": milliseconds(row["priced_ns"]) or None}


def _price(profile, units: int) -> str | None:
    if not units:
        return None
    decimals = max(0, -profile.unit.normalize().as_tuple().exponent)
    return fixed(int(units) * int(profile.unit.scaleb(decimals)), decimals)


