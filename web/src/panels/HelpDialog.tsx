/** The words and the keys, on one page. */
import { Dialog } from "../parts/Dialog";

const KEYS: [string, string][] = [
  ["b  s", "Ticket: buy, sell"], ["Enter", "In the ticket: nothing is sent by a key alone; press the button"], ["l", "Go to the book; arrows move, Enter takes the price, b or s takes price and side"],
  ["↑ ↓", "In a price field: one tick; with Shift ten. On a line of the chart: moves it, Enter asks to confirm"], ["Esc", "Leave a field, close a dialog, center the book"],
  ["1 – 5  p", "Pages; p plans before the trade"], ["t", "Dark or light"], ["?", "This help"],
];
const WORDS: [string, string][] = [
  ["Mark", "The price that decides about margin and liquidation. It follows the index, so that one odd trade on this venue liquidates nobody."],
  ["Index", "Reference price from several outside sources."],
  ["Leverage", "Position value over the money behind it. At 25×, a fall of about 4 % takes all of it."],
  ["Isolated, cross", "Isolated: only the position's own collateral can be lost. Cross: the whole wallet stands behind it."],
  ["Liquidation price", "Mark at which the position no longer has its maintenance margin, and the venue takes it over."],
  ["Bankruptcy price", "Price at which its collateral is zero. Between both prices the venue tries to close it."],
  ["Insurance fund", "Pays what is lost past bankruptcy. When it is empty, winners are closed at that price: deleveraging (ADL)."],
  ["Funding", "Payment between longs and shorts at fixed times; a positive rate is paid by longs."],
  ["Bracket", "Stop and targets that travel with an entry and are canceled with the position."],
  ["σ/day", "Distance in standard deviations of a day's mark, from recent moves. Below one: an ordinary day can end it."],
];

export function HelpDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Help" onClose={onClose} wide>
      <div class="help">
        <section><h3>In a minute</h3>
          <p>Left, the price. Middle, who wants to buy and sell. Right, your order: say what you may lose and where you give up, and the venue says how large the position is and what would liquidate it. Below, what you have. The clock at the bottom is the venue's: in a replay, the day of the crash.</p></section>
        <section><h3>Words</h3><dl class="help-list">{WORDS.map(([word, text]) => <div key={word}><dt>{word}</dt><dd>{text}</dd></div>)}</dl></section>
        <section><h3>Keys</h3><dl class="help-list keys-list">{KEYS.map(([key, text]) => <div key={key}><dt>{key.split("  ").map((one) => <><kbd>{one}</kbd> </>)}</dt><dd>{text}</dd></div>)}</dl></section>
        <p class="muted">The API of this venue: <a href="/api/docs" target="_blank" rel="noreferrer">/api/docs</a>. Charts are drawn with Lightweight Charts™ by <a href="https://www.tradingview.com/" target="_blank" rel="noreferrer">TradingView</a>, © TradingView, Inc.</p>
      </div>
    </Dialog>
  );
}
