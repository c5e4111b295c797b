/** Where a result comes from: six parts that add up to the cent. */
import { type Attribution, SOURCES, toTheCent } from "../../lib/attribution";
import { Swatch } from "../../ui/charts/hatch";
import { Money } from "../../ui/numbers";
import { Hint } from "../../ui/section";
import { Table } from "../../ui/table";

export function AttributionTable({ result }: { result: Attribution }) {
  return (
    <>
      <Table
        caption="Where the result comes from"
        rows={toTheCent(result)}
        rowKey={(row) => row.source}
        columns={[
          {
            title: "Source",
            cell: ({ source }) => (
              <span className="block pl-[22px]">
                <span className="-ml-[22px] inline-block w-[22px]">
                  <Swatch tone={SOURCES[source].tone} hatched={SOURCES[source].takes} />
                </span>
                {SOURCES[source].name}
                <span className="block text-13 font-normal text-ink3">{SOURCES[source].from}</span>
              </span>
            ),
          },
          {
            title: "Amount",
            align: "right",
            cell: ({ source, value }) => (
              <Money value={value} sign="flow" tone={source === "price_residual" ? "ink" : "flow"} />
            ),
          },
        ]}
        sum={["Net result", <Money key="total" value={result.total} sign="flow" />]}
      />
      <Hint>The price residual is what two venues’ prices differ by. It comes and goes; we do not call it income.</Hint>
    </>
  );
}
