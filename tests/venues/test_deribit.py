"""Published Deribit figures, on the engine under the profile of their date. Sources: the profile's.

Options and portfolio margin (D10, D12, D15, D16, D17, D25, D28 to D30, D38 to D41) are not modelled; D35 and D36 are
about messages.
"""
from datetime import date

import pytest
from profile_world import ANN, BOB, BUY, CAT, SELL, ProfileWorld, codes, groups

OCTOBER = date(2023, 10, 2)


@pytest.mark.parametrize("symbol, price, contracts, initial, maintenance", [
    ("BTC_USDC-PERPETUAL", "100000", 25_000, 53_125, 28_125),
    ("SOL_USDC-PERPETUAL", "200", 250, "200.625", "100.625"),
    ("SOL_USDC-PERPETUAL", "200", 60_000, 84_000, 60_000),
])
def test_D1_D3_standard_margin_grows_with_size(symbol, price, contracts, initial, maintenance):
    """D1 D3 MARG-018 25 BTC at 100,000: 2.125 % and 1.125 %; 25 SOL at 200: 4.0125 % and 2.0125 %; 6,000 SOL: 7 % and
    5 %."""
    world = ProfileWorld("deribit", OCTOBER, symbol, coins=10**7)
    world.price(price)
    world.trade(ANN, BUY, contracts, price)
    coin = world.coin(world.contract().terms["settlement_asset"])
    assert world.initial() == int(float(initial) * coin)
    assert world.maintenance() == int(float(maintenance) * coin)
    assert world.wallet().initial_requirement_atoms >= world.initial()


def test_D4_a_live_row_of_a_small_position():
    """D4 BTC_USDT-PERPETUAL 0.003 at mark 40823.7167: 2.449441373 and 1.224729872, printed with nine places, held with
    eight."""
    world = ProfileWorld("deribit", OCTOBER, "BTC_USDT-PERPETUAL")
    world.price("40823")
    world.trade(ANN, BUY, 3, "40823")
    world.mark("40823.7167")
    assert world.initial() == 244_944_138                         # 2.449441373 up
    assert world.maintenance() == 122_472_988                     # 1.224729872 up


def test_D7_a_row_of_the_inverse_perpetual():
    """D7 BTC-PERPETUAL 50 USD, average 7440.18, mark 7476.65, rates 2.95 and 2.15 % at size 0: size 0.006687487,
    margins 0.000197283 and 0.000143783, profit 0.000032781.

    The average is off the order grid; the engine trades at 7440, so that the profit is taken of the published average
    by the rule of value alone.
    """
    world = ProfileWorld("deribit", date(2020, 4, 10), "BTC-PERPETUAL")
    contract = world.contract()
    for name, value in (("linear_initial_ppb", 29_500_000), ("linear_maintenance_ppb", 21_500_000)):
        world.send("SET_TERM", instrument=contract.id, parameter=list(contract.terms).index(name), value=value)
    world.price("7476.65")
    world.trade(ANN, BUY, 5, "7440")
    world.mark("7476.65")
    nine = 10
    size = 5 * -world.row().mark_unit_value_atoms
    assert round(size / nine) == 6_687_487
    assert round(world.initial() / nine) == 197_283
    assert round(world.maintenance() / nine) == 143_783
    from steelyard.kernel import load_plain
    entry = 5 * load_plain("rules.contract").unit_value(world.row().terms, contract.mark_units("7440.18"))
    assert abs((-size - entry) / nine - 32_781) < 2


@pytest.mark.parametrize("contracts, price, fee", [(1_000, "100000", "0.00005"), (5_000, "100000", "0.00025")])
def test_D26_fees_are_charged_in_coin(contracts, price, fee):
    """D26 FEES-001 10,000 USD at 100,000 with 0.05 %: 0.00005 BTC; 50,000 USD: 0.00025."""
    world = ProfileWorld("deribit", OCTOBER, "BTC-PERPETUAL")
    world.price(price)
    assert int(world.trade(ANN, BUY, contracts, price)["fee_atoms"]) == int(float(fee) * 10**10)


def test_D26_fees_of_ether():
    """D26 20,000 USD at 4,000 with 0.05 %: 0.0025 ETH."""
    world = ProfileWorld("deribit", OCTOBER, "ETH-PERPETUAL")
    world.price("4000")
    assert int(world.trade(ANN, BUY, 20_000, "4000")["fee_atoms"]) == 25_000_000


def test_D37_price_of_liquidation():
    """D37 Long 80,000 USD at 80,000 with 0.1 BTC of equity, 1 % + 0.005 % per BTC: liquidated at about 73,458.5."""
    world = ProfileWorld("deribit", OCTOBER, "BTC-PERPETUAL")
    world.price("80000")
    world.trade(ANN, BUY, 8_000, "80000")
    wallet = world.wallet()
    excess = wallet.balance_atoms - 10**9
    world.send("WITHDRAW", account=ANN, asset=1, amount_atoms=excess)
    for units in ("73459.00", "73458.60"):
        assert not world.of(world.price(units), "LIQUIDATION_STARTED")
        assert groups.group_equity(world.state, world.position().wallet, 0) > world.maintenance()
    assert world.of(world.price("73458.50"), "LIQUIDATION_STARTED") or world.of(
        world.price("73458.40"), "LIQUIDATION_STARTED")
    world.check()


def test_the_venue_trades_funds_and_liquidates():
    """One life on the profile: a trade, a stamp of funding, a fall that takes a long over, nothing lost on the way."""
    world = ProfileWorld("deribit", OCTOBER, "BTC-PERPETUAL", "BTC_USDC-PERPETUAL", coins=10**5)
    for symbol in ("BTC-PERPETUAL", "BTC_USDC-PERPETUAL"):
        world.price("27000", symbol)
        contracts = 27_000 if symbol == "BTC-PERPETUAL" else 10_000
        world.trade(ANN, BUY, contracts, "27000", symbol)
        asset = world.contract(symbol).terms["settlement_asset"]
        world.send("WITHDRAW", account=ANN, asset=asset, amount_atoms=world.wallet(ANN, symbol).balance_atoms
                   - 3 * world.maintenance(ANN, symbol))
        world.order(BOB, BUY, contracts * 2, "26900", symbol)
        world.order(CAT, SELL, 1, "27400", symbol)
    world.send("ADVANCE", seconds=8 * 3600)
    for symbol in ("BTC-PERPETUAL", "BTC_USDC-PERPETUAL"):
        events = world.price("26000", symbol, seconds=9 * 3600)
        assert world.of(events, "LIQUIDATION_STARTED")
        world.check()
    assert {int(event["kind"]) for event in world.events} >= {codes.TRADED, codes.FUNDING_RATE_SET}
    world.check()
