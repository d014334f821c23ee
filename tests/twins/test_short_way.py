"""The short ways of ordinary orders, cancels, fills and changed positions against the long ways: the same events to the
last byte."""
from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "machine"))
sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
import flow
import numpy as np
from harness import play, rooms
from streams import World

from steelyard.kernel import load_plain

dispatch, requirement = load_plain("engine.dispatch"), load_plain("rules.requirement")
matching = load_plain("engine.matching")
SHORT_WAYS = {"place_short": dispatch, "cancel_short": dispatch, "rest_short": dispatch, "leave_short": dispatch,
              "settle_plain": dispatch, "fill_short": matching}
"""Each short way and the module that looks it up."""


def counted(gone, name, short, *arguments):
    """What a short way does, counted where it is done."""
    done = short(*arguments)
    gone[name] += done
    return done


def never(*_arguments):
    """A short way that nothing may go."""
    return 0


def both_ways(stream, budget, monkeypatch, every=0, book_only=False):
    """Outcomes of a stream by the short ways, counting how often each was gone, and by the long ways alone."""
    gone = dict.fromkeys(SHORT_WAYS, 0)
    monkeypatch.setattr(dispatch.apply, "stays", True)         # the source itself, whose functions are replaced here
    for name, module in SHORT_WAYS.items():
        monkeypatch.setattr(module, name, partial(counted, gone, name, getattr(module, name)))
    short_way = play("plain", stream, budget, every=every, book_only=book_only)
    for name, module in SHORT_WAYS.items():
        monkeypatch.setattr(module, name, never)
    long_way = play("plain", stream, budget, every=0, book_only=book_only)
    assert not short_way.failed and not long_way.failed
    return short_way, long_way, gone


@pytest.mark.parametrize("seed", range(41, 47))
def test_random_streams_end_the_same_by_the_long_way(seed, monkeypatch):
    """ORDR-017"""
    world = World(seed)
    short_way, long_way, _gone = both_ways(world.stream(3_000), world.work_budget, monkeypatch)
    assert short_way.digest == long_way.digest


@pytest.mark.parametrize("seed", [50, 51, 54, 59])
def test_random_streams_under_plain_terms_end_the_same_by_the_long_way(seed, monkeypatch):
    """ORDR-017: venues whose orders and fills go the short way, between liquidations, funding and settlements."""
    world = World(seed, plain=True, mutations=0.001)
    short_way, long_way, gone = both_ways(world.stream(3_000), world.work_budget, monkeypatch, every=100)
    assert short_way.digest == long_way.digest
    assert min(gone[name] for name in ("place_short", "cancel_short", "fill_short")) >= 10
    assert gone["settle_plain"] > 300


@pytest.mark.parametrize("instruments", [1, 3])
def test_a_busy_book_goes_the_short_way(instruments, monkeypatch):
    """ORDR-017"""
    stream = np.concatenate([flow.set_up(instruments, 60), flow.order_flow(instruments, 6_000, 200, 60)])
    short_way, long_way, gone = both_ways(stream, 256, monkeypatch, every=500)
    assert short_way.digest == long_way.digest
    assert gone["place_short"] > 2_000 and gone["cancel_short"] > 1_500
    assert gone["fill_short"] > 200 and gone["settle_plain"] > 400


def test_a_bare_book_goes_the_short_way(monkeypatch):
    """ORDR-017"""
    stream = flow.order_flow(1, 6_000, 200, 60)
    listed = flow.set_up(1, 60)
    short_way, long_way, gone = both_ways(np.concatenate([listed, stream]), 256, monkeypatch, book_only=True)
    assert short_way.digest == long_way.digest
    assert gone["rest_short"] > 2_000 and gone["leave_short"] > 1_500


def test_plain_terms_are_those_that_seldom_hold():
    """ORDR-017: each of the terms that seldom hold makes an instrument's terms other than plain. That they are noted
    whenever a term changes is an invariant (``plain_terms_are_noted``)."""
    state = rooms("plain")[0]().state
    instrument = state.instruments[1]
    instrument.terms.price_ticks_min, instrument.terms.kind = 1, flow.TERMS_OF_FLOW["kind"]
    instrument.terms.rate_method = flow.TERMS_OF_FLOW["rate_method"]
    instrument.terms.initial_basis = flow.TERMS_OF_FLOW["initial_basis"]
    instrument.terms.order_margin_method = flow.TERMS_OF_FLOW["order_margin_method"]
    assert requirement.has_plain_terms(instrument)
    for name in ("oi_upper_atoms", "open_interest_lots_max", "price_band_ppb", "price_band_refuses", "breaker_ppb"):
        setattr(instrument.terms, name, 1)
        assert not requirement.has_plain_terms(instrument)
        setattr(instrument.terms, name, 0)
    instrument.has_window_rates = 1
    assert not requirement.has_plain_terms(instrument)
