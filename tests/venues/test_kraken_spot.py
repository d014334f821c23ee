"""Published figures of Kraken spot margin, by the rules and the dated figures that answer them.  K14 to K21"""
from datetime import date
from decimal import Decimal

import pytest

from steelyard.kernel import load_plain
from steelyard.units import HOUR, PPB
from steelyard.venues.dated import ProfileError
from steelyard.venues.spot_margin import load_spot_margin, spot_margin_path

spot = load_plain("rules.spot_margin")
USD, BTC = 10**8, 10**8
KRAKEN = load_spot_margin("kraken", date(2026, 10, 9))


def test_SPOT_001_SPOT_003_K14_a_short_reserves_coins():
    """SPOT-001 SPOT-003 K14 5,000 USD, short 10,000 USD of BTC at 50,000 and 5x: .2 BTC, margin .04 BTC = 2,000, level
    250 %."""
    size = 10_000 * BTC // 50_000
    reserved = spot.used_margin(size, 5)
    assert (size, reserved) == (2 * BTC // 10, 4 * BTC // 100)
    used = reserved * 50_000
    assert used == 2_000 * USD and spot.level_ppb(5_000 * USD, used) == 2_500_000_000


def test_SPOT_003_K16_the_used_margin_of_a_short_follows_the_price():
    """SPOT-003 SPOT-004 K16 At 2x .1 BTC, level 100 %; at 54,500 equity 4,100 over 5,450 is 75.2 %: a call."""
    reserved = spot.used_margin(2 * BTC // 10, 2)
    assert reserved == BTC // 10 and spot.level_ppb(5_000 * USD, reserved * 50_000) == PPB
    equity = spot.equity(5_000 * USD, -2 * BTC // 10 * 4_500)
    level = spot.level_ppb(equity, reserved * 54_500)
    assert (equity, reserved * 54_500) == (4_100 * USD, 5_450 * USD)
    assert level // 10**6 == 752 and spot.standing(level, KRAKEN.call_ppb, KRAKEN.stop_ppb) == spot.CALLED


def test_SPOT_003_SPOT_004_K17_a_long_at_the_call_level():
    """SPOT-001 SPOT-002 SPOT-003 SPOT-004 K17 10,000 USD, long 1.5 BTC at 30,000 and 5x: used 9,000; at 28,133.3 loss
    2,800.05, equity 7,199.95, level 79.999 %."""
    used = spot.used_margin(45_000 * USD, 5)
    equity = spot.equity(10_000 * USD, -280_005 * USD // 100)
    level = spot.level_ppb(equity, used)
    assert (used, equity, level // 10**4) == (9_000 * USD, 719_995 * USD // 100, 79_999)
    assert spot.standing(level, KRAKEN.call_ppb, KRAKEN.stop_ppb) == spot.CALLED
    assert spot.standing(level + 10**5, KRAKEN.call_ppb, KRAKEN.stop_ppb) == spot.SOUND
    assert spot.standing(400_000_000, KRAKEN.call_ppb, KRAKEN.stop_ppb) == spot.LIQUIDATED


def test_SPOT_002_K19_K20_K21_equity_and_free_margin():
    """SPOT-002 SPOT-003 K19 used 3,000, free 2,000; K20 equity 15,000; K21 e 382.2032, mf 375.1678, ml 5432.57."""
    used = spot.used_margin(15_000 * USD, 5)
    assert (used, spot.free_margin(5_000 * USD, used)) == (3_000 * USD, 2_000 * USD)
    assert spot.equity(10_000 * USD, 5_000 * USD) == 15_000 * USD
    equity = spot.equity(3_922_264, -100_232)
    assert (equity, spot.free_margin(equity, 70_354)) == (3_822_032, 3_751_678)
    assert round(spot.level_ppb(equity, 70_354) / 10**7, 2) == 5_432.57
    assert spot.level_ppb(equity, 0) == spot.LEVEL_MAX


def test_SPOT_005_where_a_call_and_a_liquidation_begin():
    """SPOT-005 K17 called at 28,133.33, liquidated at 25,733.33; K16 called at 53,571.4."""
    used = spot.used_margin(45_000 * USD, 5)
    for level, coin in ((KRAKEN.call_ppb, "28133.33"), (KRAKEN.stop_ppb, "25733.33")):
        value = spot.long_value_at_level(10_000 * USD, 45_000 * USD, used, level)
        assert f"{value / USD / 1.5:.2f}" == coin
        assert spot.level_ppb(10_000 * USD + value - 45_000 * USD, used) == level
    value = spot.short_value_at_level(5_000 * USD, 10_000 * USD, 2, KRAKEN.call_ppb)
    assert f"{value / USD / 0.2:.1f}" == "53571.4"
    assert abs(spot.level_ppb(15_000 * USD - value, spot.used_margin(value, 2)) - KRAKEN.call_ppb) < 10


def test_SPOT_006_a_loan_is_paid_for_every_four_hours():
    """SPOT-006 10,000 USD at .025 %: 2.50, after nine hours 7.50, after 365 days 5,477.50."""
    rate = KRAKEN.loans["USD"]
    for hours, cost in ((0, 250), (3, 250), (4, 500), (9, 750), (365 * 24, 547_750)):
        assert spot.loan_cost(10_000 * USD, rate.opening_ppb, rate.rollover_ppb, hours * HOUR,
                              KRAKEN.period_ns) == cost * USD // 100


def test_SPOT_007_figures_by_date():
    """SPOT-007 Levels, term, caps, leverage; doubts are kept; before the first date nothing holds."""
    assert (KRAKEN.call_ppb, KRAKEN.stop_ppb, KRAKEN.released_above_ppb) == (8 * PPB // 10, 4 * PPB // 10, PPB)
    assert (KRAKEN.period_ns, KRAKEN.term_ns) == (4 * HOUR, 365 * 24 * HOUR)
    assert KRAKEN.loans["BTC"].cap == 330 and KRAKEN.loans["BTC"].unverified
    assert KRAKEN.leverage_max["BTC/USD"] == Decimal(10)
    assert load_spot_margin("kraken", date(2022, 1, 1)).leverage_max["BTC/USD"] == Decimal(5)
    with pytest.raises(ProfileError, match="its rules begin on 2021-06-23"):
        load_spot_margin("kraken", date(2020, 1, 1))
    with pytest.raises(ProfileError, match="no spot margin of that name"):
        load_spot_margin("krakn")


@pytest.mark.parametrize(("old", "new", "says"), [
    ('"80 %"', '"80"', "levels: call"), ('source = "pairs"', 'source = "pears"', "did you mean 'pairs'"),
    ("call = [", "cal = [", "is missing"), ('"330 BTC"', '"330 XBT"', "must be given in BTC")])
def test_SPOT_007_a_mistake_is_named(tmp_path, old, new, says):
    """SPOT-007 PROF-001 PROF-002 PROF-004 File, owner, key and what would do."""
    path = tmp_path / "mine.toml"
    path.write_text(spot_margin_path("kraken").read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(ProfileError, match=says):
        load_spot_margin(path)
