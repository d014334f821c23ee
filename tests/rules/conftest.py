"""The rules in both forms, compiled and plain, and rows of instruments to call them with."""
import importlib
from types import SimpleNamespace

import numpy as np
import pytest

from steelyard.kernel import load_plain

ROOMS = ("contract", "margin", "fees")


class Form:
    """One form of the rules: ``form.contract.unit_value(form.terms(...), 5)``."""

    def __init__(self, name):
        self.name = name
        load = load_plain if name == "plain" else lambda room: importlib.import_module(f"steelyard.{room}")
        for room in ROOMS:
            setattr(self, room, load(f"rules.{room}"))
        self.records = load("engine.records")
        self.codes = load("codes")
        self.compiled = self.records.COMPILED

    def row(self, dtype):
        """One empty row of a table, in this form."""
        if self.compiled:
            return self.records.as_record(np.zeros(1, dtype))[0]
        return self.records._plain_maker(dtype)()

    def instrument(self, tiers=(), **terms):
        """An instrument with the given terms; ``tiers`` rows are (value cap, initial, maintenance ppb, deductions)."""
        row = self.row(self.records.INSTRUMENT)
        for name, value in terms.items():
            setattr(row.terms, name, value)
        names = self.records.TIER.names
        for index, tier in enumerate(tiers):
            for name, value in zip(names, tier):
                setattr(row.tiers[index], name, value)
        row.tier_count = len(tiers)
        return row

    def terms(self, **terms):
        """The terms of such an instrument."""
        return self.instrument(**terms).terms

    def position(self, **fields):
        """A position row with the given fields."""
        row = self.row(self.records.POSITION)
        for name, value in fields.items():
            setattr(row, name, value)
        return row

    def inverse(self, contracts_per_lot=1, units_per_dollar=100, **terms):
        """A coin-margined contract of one dollar, priced in hundredths, in satoshi (XBTUSD)."""
        numerator = 100_000_000 * contracts_per_lot * units_per_dollar
        return self.terms(kind=self.codes.INVERSE, lot_value_numerator=numerator, inverse_parts_per_lot=1, **terms)

    def linear(self, atoms_per_lot_and_unit, **terms):
        """A linear or quanto contract: a lot gains so many atoms per mark unit."""
        return self.terms(kind=self.codes.LINEAR, lot_value_numerator=atoms_per_lot_and_unit, **terms)


@pytest.fixture(scope="session", params=("plain", "compiled"))
def form(request):
    """Each test that asks for it runs twice: over plain objects and over machine code."""
    return Form(request.param)


@pytest.fixture(scope="session")
def plain():
    """The plain form alone, for long brute-force comparisons and the worked examples of the spec."""
    return Form("plain")


@pytest.fixture(scope="session")
def risk_limits():
    """Tiers from base limit and step: n steps above the base add n x base MM to both rates (bitmex.md 1.3)."""
    def tiers(base_atoms, step_atoms, initial_ppb, maintenance_ppb, count=4):
        return [(base_atoms + n * step_atoms, initial_ppb + n * maintenance_ppb, (n + 1) * maintenance_ppb)
                for n in range(count)]
    return SimpleNamespace(tiers=tiers, xbt=100_000_000)
