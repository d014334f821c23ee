"""A small chart in text: curves in braille dots, prices as vertical lines with a letter."""
from __future__ import annotations

from rich.text import Text

from .answers import Bar, Chart

WIDTH, HEIGHT = 72, 14
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
STYLES = {"pnl": "cyan", "equity": "yellow", "entry": "white", "stop": "magenta", "liquidation": "red",
          "bankruptcy": "bright_red", "target": "green", "zero": "bright_black"}
CURVES = ("cyan", "yellow", "green", "magenta", "blue", "white", "red", "bright_black")


def draw(chart: Chart, width: int = WIDTH, height: int = HEIGHT) -> Text:
    """The chart as styled text; prices run left to right, the y axis is labeled with its ends."""
    prices = [float(one) for one in chart.prices]
    curves = [(one.name, [None if value is None else float(value) for value in one.values]) for one in chart.series]
    known = [value for _name, values in curves for value in values if value is not None]
    low, high = min(known), max(known)
    if high == low:
        low, high = low - 1, high + 1
    left, right = prices[0], prices[-1] if prices[-1] != prices[0] else prices[0] + 1
    cells = [[[0, ""] for _ in range(width)] for _ in range(height)]

    def put(x: float, y: float, style: str) -> None:
        column = round((x - left) / (right - left) * (2 * width - 1))
        row = round((high - y) / (high - low) * (4 * height - 1))
        if 0 <= column < 2 * width and 0 <= row < 4 * height:
            cell = cells[row // 4][column // 2]
            cell[0] |= DOTS[row % 4][column % 2]
            cell[1] = style
    if low < 0 < high:
        for step in range(0, 2 * width, 4):
            put(left + (right - left) * step / (2 * width - 1), 0.0, STYLES["zero"])
    for line in chart.lines:
        for step in range(0, 4 * height, 2):
            put(float(line.price), high - (high - low) * step / (4 * height - 1), STYLES.get(line.name, "white"))
    for number, (name, values) in enumerate(curves):
        style = STYLES.get(name, CURVES[number % len(CURVES)])
        for x, y, x2, y2 in zip(prices, values, prices[1:], values[1:]):
            if y is not None and y2 is not None:
                for step in range(9):
                    put(x + (x2 - x) * step / 8, y + (y2 - y) * step / 8, style)
    return _assemble(chart, cells, low, high, left, right, width)


def bars(rows: list[Bar], width: int = 50) -> Text:
    """From entry to liquidation, one line each: how far the price may go."""
    low = min(min(float(one.start), float(one.end)) for one in rows)
    high = max(max(float(one.start), float(one.end)) for one in rows)
    span, margin, text = (high - low) or 1.0, max(len(one.label) for one in rows), Text()
    for row in rows:
        first, last = sorted(round((float(one) - low) / span * (width - 1)) for one in (row.start, row.end))
        text.append(row.label.rjust(margin) + " ")
        text.append(" " * first)
        text.append("█" * max(1, last - first), "red" if last - first < width // 4 else "yellow")
        text.append(" " * (width - max(first + 1, last)) + f" {row.end}\n")
    text.append(" " * (margin + 1) + f"{low:.6g}" + f"{high:.6g}".rjust(width - len(f"{low:.6g}")), "bright_black")
    return text


def _assemble(chart: Chart, cells, low, high, left, right, width) -> Text:
    labels = {0: _short(high), len(cells) - 1: _short(low)}
    margin = max(len(label) for label in labels.values())
    text = Text()
    for number, row in enumerate(cells):
        text.append(labels.get(number, "").rjust(margin) + " ", "bright_black")
        for dots, style in row:
            text.append(chr(0x2800 + dots), style or None)
        text.append("\n")
    letters, names = [" "] * width, []
    for line in chart.lines:
        at = round((float(line.price) - left) / (right - left) * (width - 1))
        if 0 <= at < width:
            letters[at] = line.name[0].upper()
    text.append(" " * (margin + 1) + "".join(letters) + "\n")
    text.append(" " * (margin + 1) + chart.prices[0] + chart.prices[-1].rjust(width - len(chart.prices[0])) + "\n",
                "bright_black")
    for number, one in enumerate(chart.series):
        names.append((f"{one.name} ({chart.y})", STYLES.get(one.name, CURVES[number % len(CURVES)])))
    names += [(f"{line.name[0].upper()} {line.name} {line.price}", STYLES.get(line.name, "white"))
              for line in chart.lines]
    for number, (name, style) in enumerate(names):
        text.append(("   " if number else " " * (margin + 1)) + name, style)
    return text


def _short(value: float) -> str:
    return f"{value:,.4g}" if abs(value) < 1e6 else f"{value:,.0f}"
