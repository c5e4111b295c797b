import { describe, expect, it } from "vitest";
import type { PositionResponse } from "../../api/schema.gen";
import { position } from "../../testing/fixtures";
import { SOURCE_ORDER } from "../../lib/attribution";
import { add, compare } from "../../lib/decimal";
import { centsOf, endedCsv, summed } from "./history-tables";

const awkward = (seed: number) =>
  position({
    id: `p${seed}`,
    result: {
      funding: `${seed}.3349`,
      staking: "0.3349",
      lending: "0.0049",
      borrowing: `-${seed}.1251`,
      fees: "-0.0051",
      price_residual: "0.0001",
      total: add(`${seed}.3349`, "0.3349", "0.0049", `-${seed}.1251`, "-0.0051", "0.0001"),
    },
  });

function known(positions: PositionResponse[]) {
  const sums = centsOf(positions);
  if (sums === null) throw new Error("a result is missing");
  return sums;
}

describe("sums over positions", () => {
  it("gives no sum while the result of one position is unknown, but counts one that never opened as nothing", () => {
    expect(centsOf([awkward(1), position({ result: null, state: "closed" })])).toBeNull();
    expect(centsOf([awkward(1), position({ result: null, state: "failed" })])?.total).toBe(centsOf([awkward(1)])?.total);
  });
  it("adds up to the cent in every row and every column, whatever the parts", () => {
    const ended = known([awkward(1), awkward(2), awkward(3)]);
    const open = known([awkward(4)]);
    const together = summed([ended, open]) ?? ended;
    for (const column of [ended, open, together]) {
      expect(compare(add(...SOURCE_ORDER.map((source) => column[source])), column.total)).toBe(0);
    }
    for (const row of [...SOURCE_ORDER, "total" as const]) {
      expect(compare(add(ended[row], open[row]), together[row])).toBe(0);
    }
  });
  it("gives the exact figures to a spreadsheet", () => {
    const [head, row] = endedCsv([awkward(7)]).split("\n");
    expect(head?.split(",")).toHaveLength(row?.split(",").length ?? 0);
    expect(row).toContain("7.3349");
  });
});
