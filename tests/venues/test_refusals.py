"""PROF-001 to PROF-010: one broken copy of the example profile per row, and what the refusal must say."""
import re
from datetime import date

import pytest

from steelyard.venues.commands import profile_commands
from steelyard.venues.profile import ProfileError, find_profile, load_profile

EXAMPLE = find_profile("example").read_text("utf-8")
DAY = date(2024, 6, 1)


def broken(tmp_path, before: str, after: str):
    """A copy of the example with the first ``before`` replaced; it must be there."""
    assert before in EXAMPLE
    path = tmp_path / "broken.toml"
    path.write_text(EXAMPLE.replace(before, after, 1), "utf-8")
    return path


ROWS = [
    # rule, place, before, after, what would do
    ("PROF-003", "broken.toml", 'summary =', 'sumary =', "did you mean 'summary'"),
    ("PROF-003", "defaults: margin", "closing_fee_reserved =", "closing_fee_reserve =",
     "did you mean 'closing_fee_reserved'"),
    ("PROF-003", "defaults", "[defaults.losses]", "[defaults.loses]", "did you mean 'losses'"),
    ("PROF-003", "BTCUSDT", 'base = "BTC"', 'base = "BTC"\ncolour = "red"', "unknown key 'colour'"),
    ("PROF-003", "fees.maker", 'maker = [{from = 2020-01-01, value = "0.02 %", source', 'maker = [{from = 2020-01-01, '
     'value = "0.02 %", reason = "", source', "unknown key 'reason'"),
    ("PROF-003", "broken.toml", 'title = "Example"', 'title = "Example', "is not TOML"),
    ("PROF-001", "margin.orders", 'orders = [{from = 2020-01-01, value = "worse side", source = "example"}]',
     'orders = "worse side"', "must be a list of {from, value, source}"),
    ("PROF-001", "fees.taker", "from = 2024-01-01", "from = 2019-01-01", "must be in order of time"),
    ("PROF-001", "fees.taker", "from = 2024-01-01", "from = 2020-01-01", "must be in order of time"),
    ("PROF-001", "fees.taker", "from = 2024-01-01", 'from = "2024"', "YYYY-MM-DD"),
    ("PROF-001", "contract.size", 'size = [{from = 2020-01-01, value = "0.001 BTC"', 'size = [{from = 2030-01-01, '
     'value = "0.001 BTC"', "has no value on 2024-06-01; the earliest is from 2030-01-01"),
    ("PROF-002", "losses.adl_cap", 'value = "50 %", source = "example"}]\nsocialize', 'value = "50 %", source = '
     '"exmple"}]\nsocialize', "did you mean 'example'"),
    ("PROF-002", "losses.adl_cap", 'value = "50 %", source = "example"}]\nsocialize', 'value = "50 %"}]\nsocialize',
     "assumed: why"),
    ("PROF-005", "losses.fund", 'fund = [{', 'adl = [{', "Cannot overwrite"),
    ("PROF-005", "BTCUSDT: prices.min", 'min = [{from = 2020-01-01, value = "1 USDT", source = "example"}]\n', "",
     "is missing"),
    ("PROF-005", "funding.cap", 'cap = [{from = 2020-01-01, value = "2 %", source = "example"}]\n', "",
     "funding.cap_of_margin_gap"),
    ("PROF-004", "BTCUSDT: orders.trailing_step: from 2020-01-01",
     'trailing_step = [{from = 2020-01-01, value = "0.5 USDT"',
     'trailing_step = [{from = 2020-01-01, value = "0.3 USDT"', "the nearest are 0.0 and 0.5"),
    ("PROF-004", "prices.max", '1_000_000 USDT", source = "example"}]\n\n[instrument.orders]',
     '1_000_000 USD", source = "example"}]\n\n[instrument.orders]', "must be given in USDT"),
    ("PROF-004", "BTCUSDT: index", 'index = "BTC/USDT"', 'index = "BTC/USD"', "did you mean 'BTC/USDT'"),
    ("PROF-004", "BTCUSDT: kind", 'kind = "linear"', 'kind = "linaer"', "did you mean 'linear'"),
    ("PROF-004", "mark.method", '"median of three"', '"median of tree"', "did you mean 'median of three'"),
    ("PROF-006", "contract.mark_unit", 'mark_unit = [{from = 2020-01-01, value = "0.01 USDT"',
     'mark_unit = [{from = 2020-01-01, value = "0.02 USDT"', "must be a multiple of"),
    ("PROF-006", "BTCUSDT: contract", 'value = "0.001 BTC"', 'value = "0.00000001 BTC"', "a larger lot would do"),
    ("PROF-007", "margin.tiers", '{up_to = "1_000_000 USDT", initial = "2 %"',
     '{up_to = "100_000 USDT", initial = "2 %"',
     "caps must rise"),
    ("PROF-007", "margin.tiers", 'initial = "1 %", maintenance = "0.5 %"', 'initial = "0.5 %", maintenance = "0.5 %"',
     "maintenance must be above 0 and below initial"),
    ("PROF-008", "funding.cap_of_margin_gap", "step_cap = [",
     'cap_of_margin_gap = [{from = 2020-01-01, value = "75 %", '
     'source = "example"}]\nstep_cap = [', "not both"),
    ("PROF-009", "instrument", 'symbol = "ETHUSDT"', 'symbol = "BTCUSDT"', "appears twice"),
    ("PROF-010", "BTC/USDT: feed", 'value = "50 %", source = "example"}]\n\n[[index.feed]]\nname = "South"',
     'value = "40 %", source = "example"}]\n\n[[index.feed]]\nname = "South"',
     "sum to 90.000000%; they must make 100 %"),
    ("PROF-010", "BTC/USDT: sources_min", "value = 2, source", "value = 4, source", "between 1 and the 3 feeds"),
    ("PROF-010", "liquidation.slice", 'slice = [{from = 2020-01-01, value = "25 %"', 'slice = [{from = 2020-01-01, '
     'value = "0 %"', "nothing would ever be disposed of"),
    ("PROF-010", "fee class market maker", '"-0.005 %"', '"-0.05 %"', "must not exceed the taker fee"),
    ("PROF-010", "losses.adl_cap", 'adl_cap = [{from = 2020-01-01, value = "50 %", source = "example"}]\n', "",
     "needs its cap"),
    ("PROF-010", "prices.max", '"1_000_000 USDT", source', '"10_000_000 USDT", source',
     "a larger tick or a lower price"),
    ("PROF-010", "orders.position_max", '"10_000_000 contracts"', '"2_000_000_000 contracts"', "a smaller position"),
    ("PROF-010", "mark.basis_samples", "basis_samples = [{from = 2020-01-01, value = 30",
     "basis_samples = [{from = 2020-01-01, value = 65", "state 1 to 64 samples"),
    ("PROF-001", "BTCUSDT: listed", "listed = 2020-01-01", "listed = 2020", "must be a date such as"),
    ("PROF-001", "from", "from = 2020-01-01\n\n[sources]", "from = 2020\n\n[sources]", "must be a date such as"),
    ("PROF-003", "fee_class", "[[fee_class]]", "[fee_class]", "must be blocks [[fee_class]]"),
    ("PROF-002", "sources: example", 'example = "chosen for this example"', "example = 5", "must be text"),
    ("PROF-012", "losses.fund", '"per instrument", source', '"per instrument", doubt = "?", source',
     "must say in words why"),
    ("PROF-010", "funding.premium_sample", 'premium_sample = [{from = 2020-01-01, value = "1 min"',
     'premium_sample = [{from = 2020-01-01, value = "9 h"', "must not exceed funding.interval"),
]


@pytest.mark.parametrize(("rule", "place", "before", "after", "says"), ROWS, ids=[f"{row[0]}-{row[1]}" for row in ROWS])
def test_refusal_names_file_instrument_field_rule_and_what_would_do(tmp_path, rule, place, before, after, says):
    """PROF-001 PROF-002 PROF-003 PROF-004 PROF-005 PROF-006 PROF-007 PROF-008 PROF-009 PROF-010"""
    with pytest.raises(ProfileError) as refusal:
        load_profile(broken(tmp_path, before, after), DAY)
    message = str(refusal.value)
    assert re.match(r"broken.toml:\d+: ", message)
    place = place.removeprefix("broken.toml")
    if "Cannot overwrite" not in says:
        assert place in message and f"({rule})" in message
    assert says in message


def test_the_example_itself_is_whole():
    """PROF-003 The rows above fail for what they change and for nothing else."""
    assert len(profile_commands(load_profile("example", DAY), 0)) > 100


@pytest.mark.parametrize(("name", "day", "says"), [
    ("exmaple", None, "did you mean 'example'"),
    ("nowhere.toml", None, "no file"),
    ("example", date(2019, 12, 31), "its rules begin on 2020-01-01"),
    ("bitmex", date(2026, 9, 24), "the venue closed on 2026-09-23T04:00Z"),
])
def test_PROF_009_a_date_or_file_outside_the_profile_is_refused(name, day, says):
    """PROF-009"""
    with pytest.raises(ProfileError, match="PROF-009|no profile|no file") as refusal:
        load_profile(name, day)
    assert says in str(refusal.value)


def test_PROF_009_ids_do_not_depend_on_the_date():
    """PROF-009 An instrument listed later keeps the number its place in the file gives it; a name unknown is
    refused."""
    early, late = load_profile("bitmex", date(2020, 3, 12)), load_profile("bitmex", date(2025, 1, 1))
    assert [(one.id, one.symbol) for one in early.instruments if one.id < 100] == [(1, "XBTUSD"), (4, "ETHUSD")]
    assert [one.symbol for one in late.instruments][:4] == ["XBTUSD", "XBTUSDT", "ETHUSDT", "ETHUSD"]
    assert early.instrument("ETHUSD").id == late.instrument("ETHUSD").id
    assert [(asset.id, asset.name, asset.decimals) for asset in early.assets] == [(1, "XBT", 8), (2, "USDT", 6)]
    with pytest.raises(ProfileError, match="no instrument 'XBTUSDT'; did you mean 'XBTUSD'"):
        early.instrument("XBTUSDT")


LINES = [
    # what is broken, and the line that must be named
    ('summary =', 'sumary =', "sumary ="), ("[defaults.losses]", "[defaults.loses]", "[defaults.loses]"),
    ('title = "Example"', 'title = "Example', 'title = "Example'),
    ("from = 2024-01-01", "from = 2019-01-01", "{from = 2019"),
    ('min = [{from = 2020-01-01, value = "1 USDT", source = "example"}]\n', "", "[instrument.prices]"),
    ('kind = "linear"', 'kind = "linaer"', 'kind = "linaer"'),
    ('symbol = "ETHUSDT"', 'symbol = "BTCUSDT"', "[[instrument]]"),
    ('cap = [{from = 2020-01-01, value = "2 %", source = "example"}]\n', "", "[defaults.funding]"),
    ('"median of three"', '"median of tree"', "method ="), ("value = 2, source", "value = 4, source", "sources_min ="),
    ('"-0.005 %"', '"-0.05 %"', "[[fee_class]]"),
]


@pytest.mark.parametrize(("before", "after", "line"), LINES, ids=[row[2] for row in LINES])
def test_PROF_013_a_refusal_names_the_line_to_mend(tmp_path, before, after, line):
    """PROF-013 The entry, the figure, or where a missing one belongs."""
    path = broken(tmp_path, before, after)
    with pytest.raises(ProfileError) as refusal:
        load_profile(path, DAY)
    assert path.read_text("utf-8").split("\n")[refusal.value.line - 1].strip().startswith(line)
