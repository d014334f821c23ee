"""The command line of profiles: what it prints, and that a mistake ends in one line and status 1."""
import pytest
from typer.testing import CliRunner

from steelyard import __version__
from steelyard.cli import app
from steelyard.venues.instrument import Figure
from steelyard.venues.phrases import SECTION_TITLES
from steelyard.venues.profile import load_profile, profile_paths
from steelyard.venues.reading import sections, sentence

RUN = CliRunner()


def test_version():
    result = RUN.invoke(app, ["version"])
    assert (result.exit_code, result.stdout.strip()) == (0, __version__)


def test_list_names_the_profiles_and_their_instruments():
    result = RUN.invoke(app, ["venues", "list"], env={"COLUMNS": "160"})
    assert result.exit_code == 0
    assert "bitmex" in result.stdout and "example" in result.stdout
    assert "XBTUSD, XBTUSDT, ETHUSDT, ETHUSD" in result.stdout


def test_show_figures_prints_integer_date_and_source():
    result = RUN.invoke(app, ["venues", "show", "bitmex", "--as-of", "2020-03-12", "--figures", "--instrument",
                              "XBTUSD"])
    assert result.exit_code == 0
    lines = {line.split()[0]: line for line in result.stdout.splitlines() if line.strip()}
    assert lines["margin.maintenance"].split()[1:] == ["0.50", "%", "5000000", "2017-01-01", "bl-mm417"]
    assert "-250000" in lines["fees.maker"] and "ETHUSD" not in lines


def test_show_reads_as_a_person_would_and_says_what_is_unverified():
    """PROF-012"""
    result = RUN.invoke(app, ["venues", "show", "bitmex@2022-01-02", "--instrument", "XBTUSD"])
    assert result.exit_code == 0
    text = result.stdout
    for says in ("XBTUSD: inverse on XBT in USD, settled in XBT, index .BXBT",
                 "1 contract is 1 USD of XBT at any price",
                 "sizes in steps of 100 contracts", "tier 1: up to 350 XBT: initial 1.4 % (71.43x), maintenance 0.8 %",
                 "each further 150 XBT raises both rates by the base maintenance rate (?)",
                 "margin.tier_step = 150 XBT: one source", "paid every 8 h", "deleveraging: queue"):
        assert says in text
    titles = [line.strip() for line in text.splitlines() if line.startswith("  ") and not line.startswith("    ")]
    assert [one for one in titles if one in SECTION_TITLES.values()] == [
        "Contract", "Prices", "Orders", "Fees", "Margin", "Mark price", "Funding", "Liquidation", "Losses", "Calendar"]
    assert "ETHUSD" not in text


def test_every_profile_reads_in_words_and_every_figure_is_said():
    """PROF-012 A figure without a phrase is shown by its key."""
    for name in profile_paths():
        profile = load_profile(name)
        for instrument in profile.instruments:
            said = sum(len(lines) for lines in sections(instrument).values())
            assert said >= len(instrument.figures)
            assert all(figure.text for figure in instrument.figures)
    assert sentence(Figure("margin.new_rule", "5 %", "", None, "x")) == "new rule: 5 %"


def test_check_loads_every_date_of_change_and_asks_the_engine():
    """PROF-011"""
    result = RUN.invoke(app, ["venues", "check", "bitmex"])
    assert result.exit_code == 0
    days = [line.split()[0] for line in result.stdout.splitlines()]
    assert days[:2] == ["2017-01-01", "2018-08-02"] and "2020-04-17T01:00Z" in days and "2020-03-27T12:00Z" in days
    assert result.stdout.splitlines()[-1] == "nothing is wrong"


def test_check_names_file_line_and_key(tmp_path):
    """PROF-013"""
    path = tmp_path / "mine.toml"
    lines = profile_paths()["example"].read_text("utf-8").split("\n")
    number = next(n for n, line in enumerate(lines) if line.startswith("clamp ="))
    lines[number] = lines[number].replace("0.05 %", "5 bps")
    path.write_text("\n".join(lines), "utf-8")
    result = RUN.invoke(app, ["venues", "check", str(path)])
    assert result.exit_code == 1
    assert f"mine.toml:{number + 1}: BTCUSDT: funding.clamp: " in result.output.replace("\n", " ")


def test_diff_of_one_venue_at_two_dates():
    result = RUN.invoke(app, ["venues", "diff", "bitmex@2020-03-12", "bitmex@2022-01-02"])
    assert result.exit_code == 0
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["contract.lot", "1", "contracts", "100", "contracts"] in lines
    assert ["margin.maintenance", "0.50", "%", "0.40", "%"] in lines
    assert ["margin.tier_step", "100", "XBT", "150", "XBT", "?"] in lines
    assert "funding.interval" not in result.stdout
    later = "only in bitmex 2022-01-02: XBTUSDT, ETHUSDT, LTCUSDT, ADAUSDT, XRPUSDT, DOGEUSDT, XBTH22, XBTM22"
    assert later in result.stdout


def test_diff_of_two_venues_pairs_what_is_alike_or_what_is_named():
    text = RUN.invoke(app, ["venues", "diff", "bitmex", "example"]).stdout
    assert "ETHUSDT" in text and "losses.adl" in text
    text = RUN.invoke(app, ["venues", "diff", "bitmex", "example", "--instrument", "XBTUSDT", "BTCUSDT"]).stdout
    assert "XBTUSDT | BTCUSDT" in text
    assert RUN.invoke(app, ["venues", "diff", "example", "example"]).stdout == "nothing differs\n"


@pytest.mark.parametrize(("arguments", "says"), [
    (["venues", "show", "bitmx"], "did you mean 'bitmex'?"),
    (["venues", "show", "bitmex", "--as-of", "12.3.2020"], "must be such as 2020-03-12"),
    (["venues", "show", "bitmex", "--as-of", "2016-01-01"], "its rules begin on 2017-01-01"),
    (["venues", "show", "bitmex", "--instrument", "XBTEUR"], "no instrument 'XBTEUR'"),
    (["venues", "check", "nowhere.toml"], "no file 'nowhere.toml'"),
    (["venues", "diff", "bitmex@soon", "example"], "after @ stands a date"),
    (["venues", "diff", "bitmex", "example", "--instrument", "XBX", "BTCUSDT"], "no instrument 'XBX'"),
    (["venues", "diff", "bitmex@2020-03-12", "example"], "no contracts alike"),
])
def test_a_mistake_ends_in_one_line_and_status_one(arguments, says):
    result = RUN.invoke(app, arguments)
    assert result.exit_code == 1
    assert says in result.output.replace("\n", " ")
    assert "Traceback" not in result.output
