"""The report: self-contained, the same bytes twice, honest when nothing happened."""

import re

import pytest
from small_results import made_up

from steelyard.lab import report, tables


@pytest.fixture(scope="module", params=[(0, 0), (200, 20)], ids=["empty", "under load"])
def page(request):
    return report.page(made_up(*request.param)), request.param


def test_it_is_self_contained(page):
    """No script, nothing fetched, no date of making."""
    text, _ = page
    assert "<script" not in text and "http://" not in text.replace("http://www.w3.org", "")
    assert not re.findall(r"(?:src|href)=\"(?!#)", text) and "https://" not in text and "@import" not in text


def test_same_result_same_bytes(page):
    """LABS-007"""
    text, arguments = page
    assert report.page(made_up(*arguments)) == text


def test_headings_captions_and_alternatives(page):
    text, _ = page
    assert text.count("<h1>") == 1 and 'lang="en"' in text and "prefers-color-scheme:dark" in text
    assert text.count("<table>") == text.count("<caption>") >= 5
    assert text.count('class="picture" role="img" aria-label=') >= 9
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))


def test_no_color_is_left_that_ignores_the_theme(page):
    text, _ = page
    body = text[text.index("<body") :]
    assert set(re.findall(r"#[0-9a-fA-F]{6}\b", body)) <= {"#000000", "#ffffff"}


def test_what_it_says_when_nothing_happened():
    text = report.page(made_up())
    assert "No position was liquidated" in text and "No winning position was auto-deleveraged" in text
    assert "no liquidation in these hours" in text and "nothing was disposed of in the book" in text
    assert "nan" not in re.sub(r"<[^>]*>", " ", text).lower().split()


def test_what_it_says_under_load():
    text = report.page(made_up(200, 20))
    assert "10 of 10 leveraged accounts" in text and "10 winning accounts were auto-deleveraged" in text
    assert "Cash adds up to the last atom" in text


def test_cash_that_does_not_add_up_is_said_loudly():
    result = made_up()
    result.conservation = [("XBT", [("wallets of accounts", 11), ("paid in from outside", -10)])]
    assert "Cash does not add up in XBT" in report.page(result)


def test_tables_are_the_same_bytes_twice(tmp_path):
    """LABS-007"""
    rows = made_up(forced=50).tables["liquidations"]
    assert tables.write_parquet(tmp_path / "a", rows) == tables.write_parquet(tmp_path / "b", rows)
    import polars

    assert polars.read_parquet(tmp_path / "a")["lots"].sum() == 50_000
