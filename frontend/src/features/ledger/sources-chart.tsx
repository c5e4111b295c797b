/** What remained, part by part, drawn to one scale; a row a part on the phone. */
import type { StatementResponse } from "../../api/schema.gen";
import { SOURCE_ORDER } from "../../lib/attribution";
import { money } from "../../lib/format";
import { useWidth } from "../../ui/charts/use-width";
import { Waterfall, WaterfallRows } from "../../ui/charts/waterfall";
import { columnsOf } from "./columns";

const TALL = 200;
const ROWS = 250;
const NARROW = 560;

export function SourcesChart({ response }: { response: StatementResponse }) {
  const { box, width } = useWidth<HTMLDivElement>();
  const whole = columnsOf(response).at(-1)?.cents;
  if (!whole) return null;
  const rows = SOURCE_ORDER.map((source) => ({ source, value: whole[source] }));
  const shared = { rows, net: whole.total, span: "of everything earned and paid", width, top: 0 };
  const isNarrow = width < NARROW;
  const height = isNarrow ? ROWS : TALL;
  const summary = rows.map(({ source, value }) => `${source.replace("_", " ")} ${money(value, "flow")}`).join(", ");
  return (
    <div ref={box} className="max-w-full">
      <svg
        viewBox={`0 0 ${width} ${height}`}
        width={width}
        height={height}
        role="img"
        aria-label={`${summary}; net ${money(whole.total, "flow")}`}
        className="block overflow-visible"
      >
        {isNarrow ? <WaterfallRows {...shared} /> : <Waterfall {...shared} pixelsADollar={Number.POSITIVE_INFINITY} />}
      </svg>
    </div>
  );
}
