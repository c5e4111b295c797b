import { describe, expect, it } from "vitest";
import { leverageWithin } from "./leverage";

const bounds = { leverage_min: "1.1", leverage_max: "3" };

describe("a leverage as typed", () => {
  it.each([["1.1", "1.1"], ["3", "3"], [" 2.0 ", "2"]])("%s is taken", (text, value) => {
    expect(leverageWithin(text, bounds)).toBe(value);
  });
  it.each(["1.0", "3.1", "4", "2.05", "", "x", "-2", "2x"])("%s is none within the server's bounds", (text) => {
    expect(leverageWithin(text, bounds)).toBeNull();
  });
});
