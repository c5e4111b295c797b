/** The net result as it grew, day by day: one line over its zero, read out in one fixed line. */
import { type KeyboardEvent, type PointerEvent, useState } from "react";
import type { DayResultEntry } from "../../api/schema.gen";
import { add, approx, type Decimal, rounded } from "../../lib/decimal";
import { saveText } from "../../lib/download";
import { money } from "../../lib/format";
import { day } from "../../lib/time";
import { QuietButton } from "../../ui/button";
import { AXIS, LABEL } from "../../ui/charts/hatch";
import { useWidth } from "../../ui/charts/use-width";

export interface Point {
  day: string;
  sum: Decimal;
}

const HEIGHT = 150;
const GUTTER = 56;
const RIGHT = 8;
const TOP = 26;

/** What all days until each came to. */
export function grown(days: DayResultEntry[]): Point[] {
  let sum = "0";
  return days.map((one) => {
    sum = add(sum, one.usd);
    return { day: one.day, sum };
  });
}

/** At most four round figures between the lowest and the highest. */
export function gridOf(low: number, high: number): number[] {
  const rough = Math.max(high - low, 0.01) / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((times) => times * power >= rough) ?? 10) * power;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, index) => (first + index) * step).slice(0, 5);
}

export function ResultChart({ days }: { days: DayResultEntry[] }) {
  const { box, width } = useWidth<HTMLDivElement>();
  const [index, setIndex] = useState<number | null>(null);
  const points = grown(days);
  const last = points.at(-1);
  if (!last) return <p className="text-ink2">The first entries draw the line.</p>;
  const values = points.map((point) => approx(point.sum));
  const low = Math.min(0, ...values);
  const high = Math.max(0, ...values, low + 0.01);
  const plotted = width - GUTTER - RIGHT;
  const times = points.map((point) => Date.parse(`${point.day}T12:00:00Z`));
  const [begin = 0, end = 0] = [times[0], times.at(-1)];
  const x = (at: number) => GUTTER + (end === begin ? plotted : (((times[at] ?? begin) - begin) / (end - begin)) * plotted);
  const y = (value: number) => TOP + ((high - value) / (high - low)) * (HEIGHT - TOP - 24);
  const path = values.map((value, at) => `${at === 0 ? "M" : "L"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`).join("");
  const pointed = index === null ? undefined : points[index];
  const press = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    setIndex((now) => Math.max(0, Math.min(points.length - 1, (now ?? (step > 0 ? -1 : points.length)) + step)));
  };
  const move = (event: PointerEvent<SVGSVGElement>) => {
    const inside = event.clientX - event.currentTarget.getBoundingClientRect().left;
    setIndex(times.reduce((nearest, _, at) => (Math.abs(x(at) - inside) < Math.abs(x(nearest) - inside) ? at : nearest), 0));
  };
  const csv = ["day_utc,result_usd,sum_usd", ...points.map((point, at) => `${point.day},${days[at]?.usd ?? ""},${point.sum}`)].join("\n");
  return (
    <figure>
      <div className="mb-1 flex min-h-[22px] flex-wrap items-baseline gap-x-4 text-13 text-ink2">
        <p aria-live="polite">{pointed ? `${day(`${pointed.day}T12:00:00Z`)}: ${money(pointed.sum, "flow")}` : "All entries, added up"}</p>
        <span className="ml-auto"><QuietButton onClick={() => saveText("result.csv", "text/csv", csv)}>CSV</QuietButton></span>
      </div>
      <div ref={box} role="group" aria-label="Net result day by day; left and right arrows go through the days" tabIndex={0} onKeyDown={press} onBlur={() => setIndex(null)} className="max-w-full overflow-hidden">
        <svg
          viewBox={`0 0 ${width} ${HEIGHT}`}
          width={width}
          height={HEIGHT}
          role="img"
          aria-label={`The net result over ${points.length} days, now ${money(last.sum, "flow")}`}
          className="block"
          onPointerMove={move}
          onPointerLeave={() => setIndex(null)}
        >
          {gridOf(low, high).map((value) => (
            <g key={value}>
              <line x1={GUTTER} x2={width - RIGHT} y1={y(value)} y2={y(value)} stroke={value === 0 ? "var(--ink)" : "var(--line)"} />
              <text x={0} y={y(value) + 4} className={AXIS}>{money(rounded(value.toFixed(4), 2))}</text>
            </g>
          ))}
          <path d={path} fill="none" stroke="var(--ink)" strokeWidth="1.5" strokeLinejoin="round" />
          <circle cx={x(values.length - 1)} cy={y(values.at(-1) ?? 0)} r="3.5" fill="var(--ink)" />
          <text x={width - RIGHT} y={TOP - 12} textAnchor="end" className={`${LABEL} font-semibold`}>{money(last.sum, "flow")}</text>
          {index === null ? null : <line x1={x(index)} x2={x(index)} y1={TOP - 6} y2={HEIGHT - 24} stroke="var(--edge)" />}
          <text x={GUTTER} y={HEIGHT - 6} className={AXIS}>{day(`${points[0]?.day ?? last.day}T12:00:00Z`)}</text>
          {points.length > 1 ? <text x={width - RIGHT} y={HEIGHT - 6} textAnchor="end" className={AXIS}>{day(`${last.day}T12:00:00Z`)}</text> : null}
        </svg>
      </div>
    </figure>
  );
}
