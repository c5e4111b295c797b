/** Where a result comes from: six parts that add up to the cent. */
import { type Attribution, SOURCES, toTheCent } from "../../lib/attribution";
import { Swatch } from "../../ui/charts/hatch";
import { KeyValues } from "../../ui/figure";
import { Money } from "../../ui/numbers";
import { Hint } from "../../ui/section";
import { Sub } from "../../ui/table";

export function AttributionTable({ result }: { result: Attribution }) {
  return (
    <>
      <KeyValues
        rows={[
          ...toTheCent(result).map(({ source, value }) => ({
            key: source,
            label: (
              <span className="block pl-[22px] text-ink">
                <span className="-ml-[22px] inline-block w-[22px]">
                  <Swatch tone={SOURCES[source].tone} hatched={SOURCES[source].takes} />
                </span>
                {SOURCES[source].name}
                <Sub>{SOURCES[source].from}</Sub>
              </span>
            ),
            value: <Money value={value} sign="flow" tone={source === "price_residual" ? "ink" : "flow"} />,
          })),
          { key: "net", label: "Net result", value: <Money value={result.total} sign="flow" />, sum: true },
        ]}
      />
      <Hint>The price residual is what two venues’ prices differ by. It comes and goes; we do not call it income.</Hint>
    </>
  );
}
