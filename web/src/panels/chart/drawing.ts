/** The chart itself: candles, volume, mark and index lines, liquidations. Wraps lightweight-charts; knows nothing of accounts. */
import {
  type AutoscaleInfo, CandlestickSeries, createChart, createSeriesMarkers, CrosshairMode, HistogramSeries, type IChartApi, type ISeriesApi, type ISeriesMarkersPluginApi,
  LineSeries, LineStyle, type MouseEventParams, type SeriesMarker, type Time, type UTCTimestamp,
} from "lightweight-charts";
import type { Candles } from "../../store/reducers";
import type { Candle, PublicLiquidation } from "../../wire";
import { clock, moment, number } from "../../format";

const seconds = (ms: number) => Math.floor(ms / 1000) as UTCTimestamp;
export const INTERVAL_MS = { "1m": 60_000, "5m": 300_000, "15m": 900_000, "1h": 3_600_000 } as const;
const MARKED_MAX = 20_000;
/** The scale grows by at most this many heights of the candles in sight, each way, to show a line of one's own. */
const WIDER = 2;

function ink(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export class Drawing {
  readonly chart: IChartApi;
  readonly candles: ISeriesApi<"Candlestick">;
  private volume: ISeriesApi<"Histogram">;
  private mark: ISeriesApi<"Line">;
  private index: ISeriesApi<"Line">;
  private markers: ISeriesMarkersPluginApi<Time>;
  private forced = new Map<string, PublicLiquidation>();
  private shown: Candle[] = [];
  private tones = { long: "", short: "" };
  onHover: (candle: Candle | null) => void = () => undefined;

  constructor(box: HTMLElement, decimals: number, tick: number) {
    this.chart = createChart(box, {
      autoSize: true, handleScale: { axisPressedMouseMove: true }, crosshair: { mode: CrosshairMode.Normal },
      localization: { timeFormatter: (time: Time) => `${moment(Number(time) * 1000)} UTC`, locale: "en-US", priceFormatter: (price: number) => number(price.toFixed(decimals)) },
      timeScale: { timeVisible: true, secondsVisible: false, rightOffset: 6, barSpacing: 7,
                   tickMarkFormatter: (time: Time, kind: number) => (kind < 3 ? moment(Number(time) * 1000).split(" ").slice(0, 2).join(" ") : clock(Number(time) * 1000).slice(0, 5)) },
      layout: { attributionLogo: false, fontSize: 11, fontFamily: getComputedStyle(document.body).fontFamily },
      rightPriceScale: { scaleMargins: { top: 0.08, bottom: 0.2 } },
    });
    const priceFormat = { type: "price" as const, precision: decimals, minMove: tick };
    this.volume = this.chart.addSeries(HistogramSeries, { priceScaleId: "volume", priceFormat: { type: "volume" }, lastValueVisible: false, priceLineVisible: false });
    this.chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
    const line = { lineWidth: 1 as const, priceFormat, lastValueVisible: false, priceLineVisible: false, crosshairMarkerVisible: false };
    this.index = this.chart.addSeries(LineSeries, line);
    this.mark = this.chart.addSeries(LineSeries, { ...line, lineWidth: 2 });
    this.candles = this.chart.addSeries(CandlestickSeries, { priceFormat, borderVisible: false, priceLineStyle: LineStyle.Dotted });
    this.candles.applyOptions({ autoscaleInfoProvider: (base: () => AutoscaleInfo | null) => this.widened(base()) });
    this.markers = createSeriesMarkers(this.candles, []);
    this.chart.subscribeCrosshairMove((event) => this.hovered(event));
    this.paint();
  }

  /** Take the colors of the theme in force. */
  paint(): void {
    const line = ink("line");
    this.tones = { long: ink("long"), short: ink("short") };
    this.chart.applyOptions({
      layout: { background: { color: ink("panel") }, textColor: ink("muted") },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      rightPriceScale: { borderColor: line }, timeScale: { borderColor: line },
      crosshair: { vertLine: { color: ink("faint"), labelBackgroundColor: ink("line-strong") }, horzLine: { color: ink("faint"), labelBackgroundColor: ink("line-strong") } },
    });
    this.candles.applyOptions({ upColor: this.tones.long, downColor: this.tones.short, wickUpColor: this.tones.long, wickDownColor: this.tones.short });
    this.mark.applyOptions({ color: ink("mark") });
    this.index.applyOptions({ color: ink("index") });
    if (this.shown.length) this.setAll(this.shown);
  }

  /** Prices of one's own that the scale makes room for, where they are not too far away. */
  near: number[] = [];
  private widened(info: AutoscaleInfo | null): AutoscaleInfo | null {
    if (!info?.priceRange) return info;
    let { minValue, maxValue } = info.priceRange;
    const room = Math.max((maxValue - minValue) * WIDER, maxValue * 0.004);
    for (const price of this.near) {
      if (price < minValue && price > info.priceRange.minValue - room) minValue = price;
      if (price > maxValue && price < info.priceRange.maxValue + room) maxValue = price;
    }
    return { ...info, priceRange: { minValue, maxValue } };
  }

  private hovered(event: MouseEventParams): void {
    const at = event.time === undefined ? null : Number(event.time) * 1000;
    this.onHover(at === null ? null : this.shown.find((candle) => Math.floor(candle.time / 1000) * 1000 === at) ?? null);
  }

  private bar(candle: Candle) {
    return { time: seconds(candle.time), open: Number(candle.open), high: Number(candle.high), low: Number(candle.low), close: Number(candle.close) };
  }
  private bulk(candle: Candle) {
    const tone = Number(candle.close) >= Number(candle.open) ? this.tones.long : this.tones.short;
    return { time: seconds(candle.time), value: Number(candle.volume), color: `${tone}66` };
  }

  private setAll(items: Candle[]): void {
    const traded = items.filter((candle) => candle.open !== null && Number(candle.open) > 0);
    this.candles.setData(traded.map((candle) => this.bar(candle)));
    this.volume.setData(traded.map((candle) => this.bulk(candle)));
    for (const [series, key] of [[this.mark, "mark"], [this.index, "index"]] as const) {
      series.setData(items.filter((candle) => candle[key] && Number(candle[key]) > 0).map((candle) => ({ time: seconds(candle.time), value: Number(candle[key]) })));
    }
  }

  show(candles: Candles): void {
    const before = this.shown[this.shown.length - 1];
    const changed = candles.changed;
    this.shown = candles.items;
    if (!changed || !before || changed.time < before.time) { this.setAll(candles.items); return; }
    if (Number(changed.open) > 0) {
      this.candles.update(this.bar(changed));
      this.volume.update(this.bulk(changed));
    }
    if (changed.mark && Number(changed.mark) > 0) this.mark.update({ time: seconds(changed.time), value: Number(changed.mark) });
    if (changed.index && Number(changed.index) > 0) this.index.update({ time: seconds(changed.time), value: Number(changed.index) });
  }

  /** Forced closures as discs: area by value, all of one candle and side as one. */
  showForced(liquidations: PublicLiquidation[], intervalMs: number): void {
    for (const one of liquidations) this.forced.set(one.id, one);
    for (const id of this.forced.keys()) {
      if (this.forced.size <= MARKED_MAX) break;
      this.forced.delete(id);
    }
    const groups = new Map<string, { time: number; side: "long" | "short"; value: number; price: number }>();
    for (const one of this.forced.values()) {
      const time = one.time - (one.time % intervalMs);
      const key = `${time}${one.side}`;
      const value = Math.abs(Number(one.value));
      const group = groups.get(key);
      if (!group) groups.set(key, { time, side: one.side, value, price: Number(one.price) });
      else {
        group.price = (group.price * group.value + Number(one.price) * value) / (group.value + value || 1);
        group.value += value;
      }
    }
    const first = this.shown[0]?.time ?? 0;
    const marks = [...groups.values()].filter((group) => group.time >= first).sort((a, b) => a.time - b.time);
    const largest = Math.max(...marks.map((group) => group.value), 1e-12);
    this.markers.setMarkers(marks.map((group): SeriesMarker<Time> => ({
      time: seconds(group.time), position: "atPriceMiddle", price: group.price, shape: "circle",
      color: `${group.side === "long" ? this.tones.short : this.tones.long}99`, size: 0.4 + 2 * Math.sqrt(group.value / largest),
    })));
  }

  clearForced(): void {
    this.forced.clear();
    this.markers.setMarkers([]);
  }

  /** Nothing may be asked of it any more. */
  gone = false;
  remove(): void {
    this.gone = true;
    this.chart.remove();
  }

  latest(): void {
    this.chart.timeScale().scrollToRealTime();
    this.candles.priceScale().applyOptions({ autoScale: true });
  }
}
