/** What remains, part by part, drawn to one scale that is stated. */
import { useId } from "react";
import { type Source, SOURCES } from "../../lib/attribution";
import { approx, compare, type Decimal, isNegative } from "../../lib/decimal";
import { money } from "../../lib/format";
import { AXIS, Bar, Hatch, LABEL, LABEL2 } from "./hatch";

interface WaterfallProps {
  rows: { source: Source; value: Decimal }[];
  net: Decimal;
  span: string;
  width: number;
  top: number;
}

interface Piece {
  key: string;
  name: string;
  short: string;
  color: string;
  value: Decimal;
  from: number;
  to: number;
  isNet: boolean;
}

function pieces({ rows, net }: Pick<WaterfallProps, "rows" | "net">): Piece[] {
  const ends = rows.map((_, index) => rows.slice(0, index + 1).reduce((sum, row) => sum + approx(row.value), 0));
  const parts = rows.map(({ source, value }, index) => {
    const { name, short, color } = SOURCES[source];
    return { key: source, name, short, color, value, from: ends[index - 1] ?? 0, to: ends[index] ?? 0, isNet: false };
  });
  const last = { key: "net", name: "Net result", short: "Net", color: "var(--ink)", value: net, from: 0, to: approx(net), isNet: true };
  return [...parts, last];
}

function reach(all: Piece[]): { low: number; high: number; span: number } {
  const low = Math.min(0, ...all.map((piece) => Math.min(piece.from, piece.to)));
  const high = Math.max(0, ...all.map((piece) => Math.max(piece.from, piece.to)));
  return { low, high, span: Math.max(high - low, 1e-9) };
}

const TALL = 116;

export function Waterfall({ rows, net, span, width, top, pixelsADollar }: WaterfallProps & { pixelsADollar: number }) {
  const id = useId();
  const all = pieces({ rows, net });
  const { low, high, span: range } = reach(all);
  const scale = TALL / range;
  const step = (width + 28) / all.length;
  const bar = step - 28;
  const y = (value: number) => top + 48 + (high - value) * scale;
  const times = Math.round(scale / pixelsADollar);
  return (
    <g>
      <defs>{all.map((piece) => <Hatch key={piece.key} id={id + piece.key} color={piece.color} />)}</defs>
      <text x={0} y={top + 20} className={AXIS}>What remains {span}</text>
      {times > 1 ? (
        <text x={width} y={top + 20} textAnchor="end" className={AXIS}>drawn {times} times larger than the bar above</text>
      ) : null}
      <line x1={0} x2={width} y1={y(0)} y2={y(0)} stroke="var(--edge)" />
      {all.map((piece, index) => {
        const x = index * step;
        const upper = Math.max(piece.from, piece.to);
        const hasSize = compare(piece.value, "0") !== 0;
        const height = hasSize ? Math.max(1.5, Math.abs(piece.to - piece.from) * scale) : 0;
        const name = step < 128 && piece.key === "fees" ? piece.short : step < 112 ? piece.short : piece.name;
        return (
          <g key={piece.key}>
            <Bar x={x} y={y(upper)} width={bar} height={height} color={piece.color} hatch={isNegative(piece.value) ? id + piece.key : undefined} />
            {piece.isNet ? null : (
              <line x1={x + bar} x2={x + step} y1={y(piece.to)} y2={y(piece.to)} stroke="var(--edge)" strokeDasharray="2 3" />
            )}
            <text x={x} y={y(upper) - 8} className={`${LABEL} font-semibold`}>{money(piece.value, "flow")}</text>
            <text x={x} y={y(low) + 20} className={LABEL2}>{name}</text>
          </g>
        );
      })}
    </g>
  );
}

/** The same for a phone: a row a part. */
export function WaterfallRows({ rows, net, span, width, top }: WaterfallProps) {
  const id = useId();
  const all = pieces({ rows, net });
  const { low, span: range } = reach(all);
  const scale = Math.max(10, width - 200) / range;
  const x = (value: number) => 100 + (value - low) * scale;
  return (
    <g>
      <defs>{all.map((piece) => <Hatch key={piece.key} id={id + piece.key} color={piece.color} />)}</defs>
      <text x={0} y={top + 14} className={AXIS}>What remains {span}</text>
      {all.map((piece, index) => {
        const middle = top + 41 + index * 28;
        const hasSize = compare(piece.value, "0") !== 0;
        return (
          <g key={piece.key}>
            {piece.isNet ? <line x1={0} x2={width} y1={middle - 15} y2={middle - 15} stroke="var(--ink)" /> : null}
            <text x={0} y={middle + 4} className={piece.isNet ? `${LABEL} font-semibold` : LABEL2}>{piece.key === "fees" ? piece.short : piece.isNet ? "Net" : piece.name}</text>
            {hasSize ? (
              <Bar
                x={x(Math.min(piece.from, piece.to))}
                y={middle - 7}
                width={Math.max(1, Math.abs(piece.to - piece.from) * scale)}
                height={14}
                color={piece.color}
                hatch={isNegative(piece.value) ? id + piece.key : undefined}
              />
            ) : null}
            <text x={width} y={middle + 4} textAnchor="end" className={piece.isNet ? `${LABEL} font-semibold` : LABEL}>
              {money(piece.value, "flow")}
            </text>
          </g>
        );
      })}
    </g>
  );
}
