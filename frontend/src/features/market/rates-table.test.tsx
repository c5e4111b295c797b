import { render, screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { rates } from "../../testing/fixtures";
import { FundingNow } from "./funding-now";
import { RatesTable } from "./rates-table";

const REASON = "Borrowing at 900.00% a year is not plausible, 0% to 200%.";
const DISPUTED = { state: "disputed" as const, reason: REASON, age_seconds: 4 };

it("a disputed lender keeps its figure, marked and with the reason, and has no net rate", () => {
  const given = rates();
  const [first, ...others] = given.lenders;
  if (!first) throw new Error("the fixture has lenders");
  const lender = { ...first, borrow_apy: "9", net_apr: null, break_even_days: null, quality: DISPUTED };
  render(<RatesTable rates={{ ...given, lenders: [lender, ...others] }} receivedAt={Date.now()} />);
  const row = screen.getByText(`disputed: ${REASON}`).closest("tr");
  if (!row) throw new Error("it stands in a row");
  expect(within(row).getByText("900.00%")).toBeInTheDocument();
  expect(within(row).getByLabelText("disputed")).toBeInTheDocument();
  expect(within(row).getAllByText("no data")).toHaveLength(2);
  expect(within(row).queryByText(/0\.0%/)).toBeNull();
});

it("disputed funding says that nothing is opened or closed because of it", () => {
  const given = rates();
  const funding = { ...given.funding, quality: { ...DISPUTED, reason: "3 of the last 24 settled hours are missing." } };
  render(<FundingNow rates={{ ...given, funding }} receivedAt={Date.now()} />);
  expect(screen.getByText(/3 of the last 24 settled hours are missing\. Until that is settled nothing is opened/)).toBeInTheDocument();
});
