import { describe, expect, it } from "vitest";
import { cash, clock, compact, day, moment, number, percent, shortened, signed, signedCash, signedPercent, span, words } from "../src/format";

describe("how numbers read", () => {
  it("groups thousands and has a real minus sign", () => {
    expect(number("1234567.50")).toBe("1,234,567.50");
    expect(number("-0.00012345")).toBe("−0.00012345");
    expect(number(null)).toBe("–");
    expect(signed("12")).toBe("+12");
  });
  it("keeps the digits it is given, or fewer", () => {
    expect(shortened("7934.5", 2)).toBe("7,934.5");
    expect(shortened("0.123456", 2)).toBe("0.12");
    expect(shortened("-0.000001", 2)).toBe("0.00");
    expect(cash("9.98765432", 5)).toBe("9.98765");
    expect(signedCash("0.5", 2)).toBe("+0.5");
    expect(signedCash("-0.5", 2)).toBe("−0.5");
  });
  it("writes fractions as percent", () => {
    expect(percent("0.0412")).toBe("4.12 %");
    expect(percent("0.0001", 4)).toBe("0.0100 %");
    expect(signedPercent("-0.0753")).toBe("−7.53 %");
    expect(signedPercent("0.00001")).toBe("0.00 %");
  });
  it("shortens what is large", () => {
    expect(compact("1234567890")).toBe("1.23 bn");
    expect(compact("781000000")).toBe("781 m");
    expect(compact("45.25")).toBe("45.3");
    expect(compact("-24500")).toBe("−24.5 k");
    expect(compact("0")).toBe("0");
  });
  it("tells the venue's time in UTC", () => {
    expect(clock(1584009733000)).toBe("10:42:13");
    expect(day(1584009733000)).toBe("12 Mar 2020");
    expect(moment(1584009733000)).toBe("12 Mar 10:42:13");
    expect([span(7_800_000), span(65_000), span(900), span(90_000_000)]).toEqual(["2h 10m", "1m 05s", "now", "1d 1h"]);
  });
  it("puts codes into words", () => {
    expect(words("cancel_only")).toBe("cancel only");
  });
});
