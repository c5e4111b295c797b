/** What was earned, and from whom: by source and month; one month at a time on the phone. */
import { useState } from "react";
import type { StatementResponse } from "../../api/schema.gen";
import { type Source, SOURCE_ORDER, SOURCES } from "../../lib/attribution";
import { percent } from "../../lib/format";
import { Swatch } from "../../ui/charts/hatch";
import { Money, NoData } from "../../ui/numbers";
import { Segmented } from "../../ui/segmented";
import { Hint, Section } from "../../ui/section";
import { Sub } from "../../ui/table";
import { type Column, columnsOf } from "./columns";

export function StatementSection({ response }: { response: StatementResponse }) {
  const columns = columnsOf(response);
  const [chosen, setChosen] = useState("whole");
  const period = columns.some((column) => column.key === chosen) ? chosen : "whole";
  const options = [...columns].reverse().map(({ key, title }) => ({ value: key, label: title === "All" || title === "Earlier" ? title : title.slice(0, 3) }));
  return (
    <Section
      title="What was earned, and from whom"
      action={<span className="tablet:hidden"><Segmented label="Period" value={period} options={options} onChange={setChosen} /></span>}
    >
      <table className="w-full border-collapse" data-testid="statement">
        <caption className="sr-only">Result by source and month</caption>
        <thead>
          <tr className="text-13 text-ink3">
            <th scope="col" className="pb-1.5 text-left font-normal">Source</th>
            {columns.map((column) => (
              <th key={column.key} scope="col" className={`pb-1.5 pl-4 text-right font-normal ${column.key === period ? "" : "max-tablet:hidden"}`}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {SOURCE_ORDER.map((source, index) => (
            <tr key={source} className={`border-t align-baseline ${index === 0 ? "border-edge" : "border-line"}`}>
              <th scope="row" className="py-[9px] pl-[22px] text-left font-normal">
                <span className="-ml-[22px] inline-block w-[22px]">
                  <Swatch tone={SOURCES[source].tone} hatched={SOURCES[source].takes} />
                </span>
                {SOURCES[source].name}
                <Sub>{SOURCES[source].from}</Sub>
              </th>
              {columns.map((column) => <Cell key={column.key} column={column} source={source} isChosen={column.key === period} />)}
            </tr>
          ))}
          <tr className="border-t border-ink align-baseline font-semibold">
            <th scope="row" className="py-[9px] text-left">Net result</th>
            {columns.map((column) => <Cell key={column.key} column={column} source="total" isChosen={column.key === period} />)}
          </tr>
        </tbody>
      </table>
      <Notes response={response} />
    </Section>
  );
}

function Cell({ column, source, isChosen }: { column: Column; source: Source | "total"; isChosen: boolean }) {
  return (
    <td className={`py-[9px] pl-4 text-right whitespace-nowrap ${column.isWhole ? "font-semibold" : ""} ${isChosen ? "" : "max-tablet:hidden"}`}>
      <Money value={column.cents[source]} sign="flow" tone={source === "price_residual" ? "ink" : "flow"} />
    </td>
  );
}

function Notes({ response }: { response: StatementResponse }) {
  const { money_weighted_yearly: yearly, unsettled, statement, fee_fraction: fee } = response;
  const hasFee = fee !== "0";
  return (
    <>
      <Hint>
        {yearly === null ? (
          <><NoData reason="Too short, or a part of the books is missing." /> for the yearly return. </>
        ) : (
          <>{percent(yearly, 1)} a year on the money while it was here, out-of-market days included. </>
        )}
        {hasFee ? (
          <>Performance fee: {percent(fee, 0)} of new profit; <Money value={statement.fee_owed_usd} /> owed, nothing is taken by itself.</>
        ) : (
          "Performance fee: none."
        )}
      </Hint>
      <Hint>
        Not settled yet, and in no sum above: <Money value={unsettled?.total} sign="flow" reason="A part of an open position is not known now." /> since the last entries.
      </Hint>
    </>
  );
}
