import { describe, expect, it } from "vitest";
import { add, addingToTheCent, approx, compare, divide, floored, isDecimal, multiply, rounded, subtract, typedAmount } from "./decimal";

describe("decimal", () => {
  it("adds what floats cannot", () => {
    expect(add("0.1", "0.2")).toBe("0.3");
    expect(subtract("100000000000000000.01", "0.02")).toBe("99999999999999999.99");
    expect(multiply("1.005", "100")).toBe("100.5");
  });
  it("rounds half to even, as the books do", () => {
    expect(["0.125", "0.135", "2.5"].map((v) => rounded(v, v === "2.5" ? 0 : 2))).toEqual(["0.12", "0.14", "2"]);
  });
  it("never promises more than there is when it floors", () => {
    expect(floored("1095.999", 2)).toBe("1095.99");
  });
  it("has no answer for a division by zero", () => {
    expect(divide("1", "0")).toBeNull();
    expect(divide("1", "8")).toBe("0.125");
  });
  it("refuses what is no number", () => {
    for (const wrong of ["", "NaN", "Infinity", "1,0", "abc", 1.5, null, undefined]) {
      expect(isDecimal(wrong)).toBe(false);
    }
    expect(() => add("NaN")).toThrow(TypeError);
    expect(isDecimal("1E-8")).toBe(true);
    expect(approx("1E-8")).toBe(1e-8);
    expect(approx("0.551000000000000000000000000001")).toBe(0.551);
  });
  it("compares by value", () => {
    expect(compare("2.50", "2.5")).toBe(0);
    expect(compare("-1", "1")).toBe(-1);
  });
  it("reads amounts as people type them", () => {
    expect(typedAmount(" $1,200.50 ")).toBe("1200.5");
    expect(typedAmount(".5")).toBe("0.5");
    for (const wrong of ["", "-5", "1e9", "12abc", "1.2.3"]) expect(typedAmount(wrong)).toBeNull();
  });
  it("makes parts add up to the cent, the rest going into the residual", () => {
    const parts = ["159.744", "76.644", "1.204", "-34.444", "-39.544", "15.166"];
    const shown = addingToTheCent(parts, "178.77", 5);
    expect(rounded(add(...shown), 2)).toBe("178.77");
    expect(shown.slice(0, 5)).toEqual(["159.74", "76.64", "1.20", "-34.44", "-39.54"]);
  });
});
