import { describe, expect, it } from "vitest";
import { absolute, add, compare, isDecimal, isZero, move, multiply, onGrid, sign, subtract } from "../src/decimal";

describe("exact decimals", () => {
  it("knows what is one", () => {
    for (const text of ["1", "-0.5", "7934.5", ".5", "+3", " 2 "]) expect(isDecimal(text)).toBe(true);
    for (const text of ["", "-", "1e5", "1,000", "a", "1.2.3", "NaN"]) expect(isDecimal(text)).toBe(false);
  });
  it("adds without losing an atom", () => {
    expect(add("0.1", "0.2")).toBe("0.3");
    expect(subtract("10.00000000", "0.00000001")).toBe("9.99999999");
    expect(subtract("1", "1.5")).toBe("-0.5");
    expect(add("9007199254740993", "1")).toBe("9007199254740994");
  });
  it("compares across numbers of decimals", () => {
    expect(compare("1.50", "1.5")).toBe(0);
    expect(compare("-1", "0.1")).toBe(-1);
    expect(isZero("0.000")).toBe(true);
    expect([sign("-0.1"), sign("0"), sign(null), sign("2")]).toEqual([-1, 0, 0, 1]);
    expect(absolute("-3.5")).toBe("3.5");
  });
  it("cuts a share off toward zero", () => {
    expect(multiply("10.00000000", "0.01", 8)).toBe("0.10000000");
    expect(multiply("0.00000999", "0.01", 8)).toBe("0.00000009");
    expect(multiply("33", "0.01", 6)).toBe("0.330000");
  });
  it("stays on the grid of ticks", () => {
    expect(onGrid(7934.26, "0.5")).toBe("7934.5");
    expect(onGrid(0.1 + 0.2, "0.1")).toBe("0.3");
    expect(onGrid(101, "25")).toBe("100");
    expect(move("7934.5", "0.5", -1)).toBe("7934.0");
  });
});
