/** The book, fifty levels a side, of which only those in sight are drawn. A click or Enter puts a price into the ticket. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { subtract } from "../decimal";
import { levelAt, totals, type Book } from "../book";
import { compact, NONE, number } from "../format";
import { Empty } from "../parts/controls";
import { channel, useChannel } from "../store/link";
import { ticket } from "../store/ticket";
import { pick, symbol } from "../store/ui";
import type { Order, Ticker } from "../wire";

const ROW = 18;
const SPREAD_ROW = 26;
const LEVELS = 50;

interface Row { side: "bid" | "ask"; price: string; size: string; total: number; own: number }

/** Own resting contracts by price. */
function ownSizes(orders: Order[] | undefined, name: string | null): Map<string, number> {
  const own = new Map<string, number>();
  for (const order of orders ?? []) {
    if (order.symbol !== name || order.state !== "open" || !order.price) continue;
    own.set(order.price, (own.get(order.price) ?? 0) + Number(order.remaining));
  }
  return own;
}

function rowsOf(book: Book, own: Map<string, number>): { asks: Row[]; bids: Row[]; most: number } {
  const make = (side: "bid" | "ask", levels: [string, string][]): Row[] => {
    const sums = totals(levels);
    return levels.slice(0, LEVELS).map(([price, size], i) => ({ side, price, size, total: sums[i]!, own: own.get(price) ?? 0 }));
  };
  const asks = make("ask", book.asks);
  const bids = make("bid", book.bids);
  return { asks: asks.slice().reverse(), bids, most: Math.max(asks.at(-1)?.total ?? 0, bids.at(-1)?.total ?? 0, 1) };
}

function Level({ row, most, top, active, id }: { row: Row; most: number; top: number; active: boolean; id: string }) {
  return (
    <div id={id} role="option" aria-selected={active} class={`level ${row.side} ${active ? "active" : ""}`}
      style={{ transform: `translateY(${top}px)` }} onClick={() => pick(row.price)}>
      <span class="bar" style={{ transform: `scaleX(${row.total / most})` }} />
      <span class="level-price"><span class="hidden-text">{row.side} </span>{row.own ? <i class="own" title={`Your order: ${number(String(row.own))}`}><span class="hidden-text">yours {number(String(row.own))} </span></i> : null}{number(row.price)}</span>
      <span class="level-size">{number(row.size)}</span>
      <span class="level-total muted">{compact(row.total)}</span>
    </div>
  );
}

function useHeight() {
  const ref = useRef<HTMLDivElement>(null);
  const [height, setHeight] = useState(0);
  useEffect(() => {
    const box = ref.current!;
    const watcher = new ResizeObserver(() => setHeight(box.clientHeight));
    watcher.observe(box);
    return () => watcher.disconnect();
  }, []);
  return { ref, height };
}

export function Ladder() {
  const name = symbol.value;
  const book = useChannel<Book>(name ? `depth.${name}` : null).value;
  const orders = channel<Order[]>("orders").value;
  const ticker = useChannel<Ticker>(name ? `ticker.${name}` : null).value;
  const { ref, height } = useHeight();
  const [scrolled, setScrolled] = useState<number | null>(null);
  const [cursor, setCursor] = useState<string | null>(null);
  const own = useMemo(() => ownSizes(orders, name), [orders, name]);
  const drawn = useMemo(() => (book ? rowsOf(book, own) : null), [book, own]);

  const asks = drawn?.asks ?? [];
  const bids = drawn?.bids ?? [];
  const all = [...asks, ...bids];
  const middle = asks.length * ROW + SPREAD_ROW / 2;
  const full = all.length * ROW + SPREAD_ROW;
  const most = Math.max(0, full - height);
  const offset = Math.max(0, Math.min(most, scrolled ?? middle - height / 2));
  const topOf = (index: number) => index * ROW + (index >= asks.length ? SPREAD_ROW : 0) - offset;
  const visible = all.map((row, index) => ({ row, top: topOf(index), index })).filter(({ top }) => top > -ROW && top < height);
  const active = levelAt(all, cursor);

  function keys(event: KeyboardEvent): void {
    const step = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : event.key === "PageUp" ? -10 : event.key === "PageDown" ? 10 : 0;
    if (step && all.length) {
      event.preventDefault();
      const from = active >= 0 ? active : asks.length - (step > 0 ? 1 : 0);
      const to = Math.max(0, Math.min(all.length - 1, from + step));
      setCursor(all[to]!.price);
      const y = topOf(to);
      if (y < ROW || y > height - 2 * ROW) setScrolled(Math.max(0, Math.min(most, offset + y - height / 2)));
    } else if ((event.key === "Enter" || event.key === " ") && active >= 0) {
      event.preventDefault();
      pick(all[active]!.price);
    } else if (event.key === "Escape" || event.key === "Home") {
      setScrolled(null);
      setCursor(null);
    } else if ((event.key === "b" || event.key === "s") && active >= 0) {
      pick(all[active]!.price);
      ticket.side.value = event.key === "b" ? "buy" : "sell";
    }
  }

  const spread = ticker?.ask && ticker.bid ? subtract(ticker.ask, ticker.bid) : null;
  return (
    <section class="panel ladder" aria-label="Order book">
      <header class="panel-head">
        <h2>Book</h2>
        {book ? <span class={book.verified ? "verified" : "verified bad"} title={book.verified ? "The checksum of the venue matches what you see." : "The checksum did not match; the book is being fetched again."}>
          {book.verified ? "verified" : "fetching again"}</span> : null}
        {scrolled !== null ? <button type="button" class="small quiet" onClick={() => setScrolled(null)}>Center</button> : null}
      </header>
      <div class="level-head" aria-hidden="true"><span>Price</span><span>Size</span><span>Total</span></div>
      <div ref={ref} id="ladder" class="levels" role="listbox" tabIndex={0} aria-label="Levels of the book. Arrows move, Enter puts the price into the ticket."
        aria-activedescendant={active >= 0 ? `level-${active}` : undefined} onKeyDown={keys}
        onWheel={(event) => { event.preventDefault(); setScrolled(Math.max(0, Math.min(most, offset + event.deltaY))); }}>
        {visible.map(({ row, top, index }) => <Level key={`${row.side}${row.price}`} id={`level-${index}`} row={row} most={drawn!.most} top={top} active={index === active} />)}
        {drawn && all.length ? (
          <div class="spread" role="presentation" style={{ transform: `translateY(${asks.length * ROW - offset}px)` }}>
            <span class="mark-ink" title="Mark">{number(ticker?.mark)}</span><span class="muted" title="Spread">{spread ? number(spread) : NONE}</span>
          </div>
        ) : null}
      </div>
      {drawn && all.length === 0 ? <Empty title="The book is empty">Nobody offers a price at the moment.</Empty> : null}
      {!drawn ? <Empty title="Waiting for the book…" /> : null}
    </section>
  );
}
