"""ELIG-001 to ELIG-007: rows, decisions, refusals, and a table that cannot be read. Figures of regulators: fidelity."""
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from steelyard.cli import app
from steelyard.kernel import load_plain
from steelyard.units import PPB
from steelyard.venues.eligibility import Question, eligibility_path, load_rulebook
from steelyard.venues.profile import ProfileError, load_profile

TEXT = eligibility_path().read_text("utf-8")
DAY = datetime(2026, 6, 1, tzinfo=UTC)
clients = load_plain("rules.clients")


def ask(jurisdiction="DE", client="retail", product="perpetual", venue="offshore", moment=DAY, underlying="crypto"):
    return load_rulebook().decide(Question(jurisdiction, client, product, venue, moment, underlying))


def test_a_region_speaks_for_its_members():
    """ELIG-001: Germany is in the EU; the row of the region decides, from its first day on."""
    assert [rule.id for rule in ask("DE").rules] == ["EU-RETAIL-PERPETUAL"]
    assert [rule.id for rule in ask("DE", moment=datetime(2026, 2, 23, tzinfo=UTC)).rules] == [
        "EU-RETAIL-PERPETUAL-CFD"]
    assert ask("US", "retail", "future", "us exchange").rules[0].jurisdiction == "US"


def test_the_strictest_of_all_matching_rows_holds():
    """ELIG-002: a denial denies whatever else allows; additions add to what others allow."""
    decision = ask("US", "retail", "perpetual-style future", "us exchange")
    assert {rule.id for rule in decision.rules} == {"US-PERPETUAL-STYLE", "US-WITHDRAWAL"}
    assert decision.allowed and decision.withdrawal_leaves_initial and decision.kyc == "K3"
    assert not ask("US", "retail", "perpetual", "offshore").allowed
    assert not ask("US", "retail", "perpetual", "us exchange", underlying="other").allowed


def test_nothing_is_allowed_that_no_row_allows():
    """ELIG-002, ELIG-005: a product no row speaks about is refused, and the refusal asks for a row."""
    decision = ask("SG", "retail", "perpetual", "offshore")
    assert not decision.allowed and decision.rules == ()
    assert decision.refusal["rule"] == "NO-RULE-ALLOWS"
    assert "add a row with its source" in decision.refusal["what_to_do"]


def test_without_a_jurisdiction_nothing_is_restricted():
    """ELIG-002: a paper account that chose none."""
    decision = ask("")
    assert decision.allowed and decision.refusal is None and decision.initial_rate(PPB // 100) == PPB // 100


def test_initial_margin_of_a_class_is_the_largest_of_three():
    """ELIG-003: schedule, schedule x multiplier, floor; rounded up."""
    assert clients.rate_for_class(7, PPB + PPB // 2, 0) == 11
    assert clients.rate_for_class(7, 0, 0) == 7
    assert clients.initial_for_class(7, 100, PPB + PPB // 2, PPB // 3) == 34
    assert ask("DE").initial_rate(PPB // 100) == PPB // 2


def test_half_of_the_required_margin_closes_out():
    """ELIG-004: the larger of maintenance and the share, rounded up."""
    assert clients.close_out_margin(5, 1_001, PPB // 2) == 501
    assert clients.close_out_margin(700, 1_001, PPB // 2) == 700
    assert ask("AU").close_out_ppb == PPB // 2 and ask("GB", "professional").close_out_ppb == 0


def test_a_refusal_names_rule_date_source_and_remedy():
    """ELIG-005: the latest denying row."""
    told = ask("GB").refusal
    assert told["rule"] == "GB-RETAIL-BAN" and told["from"] == "2021-01-06"
    assert "PS20/10" in told["source"] and "professional" in told["what_to_do"]


def test_a_withdrawal_leaves_initial_margin():
    """ELIG-007: exactly the initial margin may stay."""
    assert clients.withdrawal_leaves_initial(10, 7, 3) and not clients.withdrawal_leaves_initial(10, 7, 4)


BROKEN = [
    ('client = "retail"', 'client = "retial"', "unknown 'retial'; did you mean 'retail'?"),
    ('jurisdiction = "GB"', 'jurisdiction = "Britain"', "must be a country code"),
    ('product = "cfd"', 'product = "cfds"', "did you mean 'cfd'?"),
    ('leverage_max = "2 x"', 'leverage_max = "2"', "must be given in x"),
    ('close_out = "50 %"', 'close_out = "150 %"', "must lie between 0 % and 100 %"),
    ('negative_balance = "protected"', 'negative_balance = "yes"', "may say 'protected' or be left out"),
    ('kyc = "K3"', 'kyc = "K9"', "unknown 'K9'"),
    ('confidence = "two sources"', 'confidence = "sure"', "unknown 'sure'"),
    ('source = "r15, r16"', 'source = "r15, r99"', "unknown source 'r99'"),
    ("from = 2021-01-06\nto = 2025-10-08", "from = 2021-01-06\nto = 2020-10-08", "must be after 2021-01-06"),
    ("from = 2017-12-01\nsource", 'from = "2017"\nsource', "must be a date such as 2021-01-06"),
    ('remedy = "wait: the ban ended on 2025-10-08"\n', "", "a denial says what a client can do"),
    ('id = "US-PERPETUAL-STYLE"', 'id = "US-EXCHANGE-FUTURES"', "every row needs an id of its own"),
    ('id = "GB-RETAIL-BAN"', 'id = "GB-RETAIL-BAN"\ncolor = "red"', "unknown key 'color'"),
    ("allowed = true", 'allowed = "yes"', "must be true or false"),
]


@pytest.mark.parametrize("before, after, message", BROKEN, ids=[row[2][:30] for row in BROKEN])
def test_a_broken_table_is_refused_with_its_line(tmp_path, before, after, message):
    """ELIG-006: file, line, row, key and what would do."""
    assert before in TEXT
    path = tmp_path / "broken.toml"
    path.write_text(TEXT.replace(before, after, 1), "utf-8")
    with pytest.raises(ProfileError) as told:
        load_rulebook(path)
    text = str(told.value)
    assert message in text and text.endswith(("(ELIG-006)", "(PROF-002)", "(PROF-003)"))
    line = int(text.split(":")[1])
    first = TEXT[:TEXT.index(before)].count("\n") + 1
    assert text.startswith("broken.toml:") and abs(line - first) <= 14


@pytest.mark.parametrize("words, message", [
    (dict(jurisdiction="UK"), "unknown jurisdiction 'UK'"), (dict(client="retial"), "did you mean 'retail'?"),
    (dict(product="perpetuals"), "did you mean 'perpetual'?"), (dict(venue="onshore"), "did you mean 'offshore'?"),
    (dict(underlying="silver"), "unknown underlying"),
    (dict(moment=datetime(2010, 1, 1, tzinfo=UTC)), "its rows begin on 2017-12-01")])
def test_a_question_with_an_unknown_word_is_refused(words, message):
    """ELIG-006: a misspelled jurisdiction is not one without rules."""
    with pytest.raises(ProfileError, match=message.replace("?", r"\?")):
        ask(**words)


def test_profiles_say_what_they_are_to_the_law():
    """ELIG-001: access by profile, product by instrument."""
    coinbase = load_profile("coinbase")
    assert coinbase.access == "us exchange"
    assert coinbase.instrument("BIP-20DEC30").product == "perpetual-style future"
    assert coinbase.instrument("BIT-29JAN27").product == "future"
    assert load_profile("bitmex").instrument("XBTUSD").product == "perpetual"


@pytest.mark.parametrize("arguments, said", [
    (["--jurisdiction", "GB", "--class", "retail", "--as-of", "2021-01-06"], "GB-RETAIL-BAN: DENIED for retail in GB"),
    (["--jurisdiction", "FR", "--product", "cfd", "--as-of", "2024-01-01"], "close-out at 50 % of required margin"),
    (["--profile", "coinbase", "--jurisdiction", "US", "--class", "retail", "--as-of", "2026-10-30"],
     "BIP-20DEC30, ETP-20DEC30 (perpetual-style future), retail in US: allowed: withdrawals leave initial margin"),
    (["--profile", "bitmex", "--class", "retail", "--as-of", "2026-09-01"], "retail in GB: DENIED by GB-RETAIL-BAN"),
])
def test_the_command_prints_rows_and_decisions(arguments, said):
    """ELIG-005: from the command line."""
    result = CliRunner().invoke(app, ["venues", "eligibility", *arguments])
    assert result.exit_code == 0 and said in result.stdout


def test_the_command_refuses_a_word_it_does_not_know():
    """ELIG-006: one line, and the nearest known word."""
    result = CliRunner().invoke(app, ["venues", "eligibility", "--class", "retial"])
    assert result.exit_code == 1 and "did you mean 'retail'?" in result.output


# ---------------------------------------------------------------- what venues ask themselves
def test_ELIG_013_what_a_venue_asked_at_a_level():
    """ELIG-013 Deribit in 2020: level 0 let 1 BTC or 50 ETH out; later one level."""
    book = load_rulebook()
    asked = book.asked_by("deribit", datetime(2020, 6, 1, tzinfo=UTC))
    assert [(one.level, one.withdrawal_max) for one in asked] == [("K1", ("1 BTC", "50 ETH")), ("K2", ())]
    assert [one.level for one in book.asked_by("deribit", datetime(2022, 1, 1, tzinfo=UTC))] == ["K2"]
    assert book.asked_by("example", datetime(2022, 1, 1, tzinfo=UTC)) == ()


@pytest.mark.parametrize(("old", "new", "says"), [
    ('withdrawal_max = ["1 BTC", "50 ETH"]', 'withdrawal_max = "1 BTC"', "must be a list of amounts"),
    ('withdrawal_max = ["1 BTC", "50 ETH"]', 'withdrawal_max = ["1BTC"]', "withdrawal_max"),
    ('level = "K1"\nasks', 'level = "K9"\nasks', "unknown 'K9'"),
    ('asks = "level 0: name, e-mail, date of birth, address"\n', "", "asks: is missing"),
    ('to = 2021-01-01\nsource = "r45"', 'to = 2019-01-01\nsource = "r45"', "must be after 2020-01-01"),
    ('asks = "level 0', 'derivatives = "no"\nasks = "level 0', "must be true or false"),
    ('asks = "level 0', 'limit = 3\nasks = "level 0', "unknown key 'limit'")])
def test_ELIG_013_a_row_that_cannot_be_read_is_refused(old, new, says, tmp_path):
    """ELIG-013 With file, line, venue and key."""
    text = eligibility_path().read_text("utf-8")
    assert old in text
    path = tmp_path / "rules.toml"
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ProfileError, match=says) as told:
        load_rulebook(path)
    assert "rules.toml" in str(told.value) and "deribit" in str(told.value)
