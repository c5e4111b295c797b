/**
 * Signature: the break-even clock. The ring's length is the money that must come back, the thin
 * inner ring its parts (estimates dashed); income fills the ring clockwise.
 */
import { approx, type Decimal } from "../../lib/decimal";
import { AXIS } from "./hatch";

export interface CostPart {
  name: string;
  value: Decimal;
  isEstimate?: boolean;
}

interface DialProps {
  costs: CostPart[];
  earned: Decimal;
  /** What stands in the middle: "10" over "days", "3.8×" over "earned back". */
  big: string;
  small: string;
  size?: number;
}

export function BreakEvenDial({ costs, earned, big, small, size = 128 }: DialProps) {
  const centre = size / 2;
  const radius = centre - 13;
  const parts = costs.map((part) => Math.max(0, approx(part.value)));
  const total = Math.max(parts.reduce((sum, part) => sum + part, 0), 1e-9);
  const filled = Math.max(0, Math.min(1, approx(earned) / total));
  const point = (turn: number, r: number) => [centre + r * Math.sin(turn * 2 * Math.PI), centre - r * Math.cos(turn * 2 * Math.PI)];
  const arc = (from: number, to: number, r: number) => {
    const [x1, y1] = point(from, r);
    const [x2, y2] = point(Math.min(to, from + 0.9999), r);
    return `M${x1} ${y1}A${r} ${r} 0 ${to - from > 0.5 ? 1 : 0} 1 ${x2} ${y2}`;
  };
  const starts = parts.map((_, index) => parts.slice(0, index).reduce((sum, part) => sum + part, 0) / total);
  const gap = 0.006;
  return (
    <svg viewBox={`0 0 ${size} ${size}`} width={size} height={size} role="img" aria-label={`Break-even clock: ${big} ${small}`} className="flex-none">
      {costs.map((part, index) => {
        const from = starts[index] ?? 0;
        const to = from + (parts[index] ?? 0) / total;
        if (to - from <= 2 * gap) return null;
        return (
          <path key={part.name} d={arc(from + gap, to - gap, radius - 14)} fill="none" stroke="var(--fees)" strokeWidth={3} strokeDasharray={part.isEstimate ? "3 3" : undefined} />
        );
      })}
      <circle cx={centre} cy={centre} r={radius} fill="none" stroke="var(--sunken)" strokeWidth={13} />
      {filled > 0 ? <path d={arc(0, filled, radius)} fill="none" stroke="var(--funding)" strokeWidth={13} /> : null}
      <line x1={centre} x2={centre} y1={centre - radius - 9} y2={centre - radius + 9} stroke="var(--ink)" strokeWidth={2} />
      <text x={centre} y={centre + 2} textAnchor="middle" className={`fill-ink font-medium tracking-[-0.02em] ${size > 150 ? "text-24" : "text-21"}`}>
        {big}
      </text>
      <text x={centre} y={centre + 21} textAnchor="middle" className={AXIS}>
        {small}
      </text>
    </svg>
  );
}
