"""The command line of profiles: what it prints, and that a mistake ends in one line and status 1."""
import pytest
from typer.testing import CliRunner

from steelyard import __version__
from steelyard.cli import app

RUN = CliRunner()


def test_version():
    result = RUN.invoke(app, ["version"])
    assert (result.exit_code, result.stdout.strip()) == (0, __version__)


def test_list_names_the_profiles_and_their_instruments():
    result = RUN.invoke(app, ["venues", "list"], env={"COLUMNS": "160"})
    assert result.exit_code == 0
    assert "bitmex" in result.stdout and "example" in result.stdout
    assert "XBTUSD, XBTUSDT, ETHUSDT, ETHUSD" in result.stdout


def test_show_prints_figure_integer_date_and_source():
    result = RUN.invoke(app, ["venues", "show", "bitmex", "--as-of", "2020-03-12", "--instrument", "XBTUSD"])
    assert result.exit_code == 0
    lines = {line.split()[0]: line for line in result.stdout.splitlines() if line.strip()}
    assert lines["margin.maintenance"].split()[1:] == ["0.50", "%", "5000000", "2017-01-01", "bl-mm417"]
    assert "-250000" in lines["fees.maker"] and "ETHUSD" not in lines
    assert "tier  1: up to 300 XBT, initial 1.5 %, maintenance 1 %" in result.stdout


def test_check_loads_every_date_of_change():
    result = RUN.invoke(app, ["venues", "check", "bitmex"])
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()][:4] == [
        "2017-01-01", "2018-08-02", "2019-11-01", "2020-04-17T01:00Z"]


@pytest.mark.parametrize(("arguments", "says"), [
    (["venues", "show", "bitmx"], "did you mean 'bitmex'?"),
    (["venues", "show", "bitmex", "--as-of", "12.3.2020"], "must be such as 2020-03-12"),
    (["venues", "show", "bitmex", "--as-of", "2016-01-01"], "its rules begin on 2017-01-01"),
    (["venues", "show", "bitmex", "--instrument", "XBTEUR"], "no instrument 'XBTEUR'"),
    (["venues", "check", "nowhere.toml"], "no file 'nowhere.toml'"),
])
def test_a_mistake_ends_in_one_line_and_status_one(arguments, says):
    result = RUN.invoke(app, arguments)
    assert result.exit_code == 1
    assert says in result.output.replace("\n", " ")
    assert "Traceback" not in result.output
