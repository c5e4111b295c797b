/** Signature: two legs cancel on one beam; a lens opens from the gap to what remains. */
import { useId } from "react";
import { type Attribution, SOURCES, toTheCent } from "../../lib/attribution";
import { absolute, approx, type Decimal } from "../../lib/decimal";
import { money } from "../../lib/format";
import { AXIS, Hatch, LABEL, LABEL2 } from "./hatch";
import { useWidth } from "./use-width";
import { Waterfall, WaterfallRows } from "./waterfall";

export interface Leg {
  title: string;
  /** Dollars, positive. */
  value: Decimal;
  /** "56.87 SOL at mark $218.92". */
  detail: string;
  /** The same for a narrow column: "56.87 SOL". */
  brief: string;
}

interface LegsBalanceProps {
  short: Leg;
  long: Leg;
  /** "+0.08 SOL, 0.14% of the hedge". */
  leftOver: string;
  /** "since 23 Aug, 31.6 days". */
  span: string;
  /** Null while a part is unknown: then the legs are drawn alone. */
  result: Attribution | null;
}

export function LegsBalance({ short, long, leftOver, span, result }: LegsBalanceProps) {
  const { box, width } = useWidth<HTMLDivElement>();
  const id = useId();
  const isSmall = width < 620;
  const middle = width / 2;
  const dollars = { long: approx(long.value), short: approx(short.value) };
  const largest = Math.max(dollars.long, dollars.short, 1e-9);
  const longPx = (dollars.long / largest) * middle;
  const shortPx = (dollars.short / largest) * middle;
  const top = isSmall ? 62 : 46;
  const height = isSmall ? 22 : 26;
  const lensTop = top + height + 8;
  const lensBottom = lensTop + (isSmall ? 58 : 64);
  const rows = result ? toTheCent(result) : [];
  const net = result?.total ?? "0";
  const spoken = rows.map(({ source, value }) => `${SOURCES[source].name} ${money(value, "flow")}`).join(", ");
  const summary = `Short ${money(short.value)} and long ${money(long.value)} cancel.${
    result ? ` What remains ${span}: ${spoken}; net ${money(net, "flow")}.` : ""
  }`;
  const shared = { rows, net, top: lensBottom, width, span };
  const total = !result ? lensBottom + 8 : isSmall ? lensBottom + 14 + 12 + 7 * 28 + 8 : lensBottom + 56 + 116 + 28;

  return (
    <div ref={box}>
      <svg viewBox={`0 0 ${width} ${total}`} width={width} height={total} role="img" aria-label={summary} className="block overflow-visible">
        <defs>
          <Hatch id={`${id}short`} color="var(--ink)" />
        </defs>
        <LegText leg={short} isSmall={isSmall} x={0} anchor="start" sign={`\u2212${money(absolute(short.value))}`} />
        <LegText leg={long} isSmall={isSmall} x={width} anchor="end" sign={`+${money(long.value)}`} />
        <rect x={middle - shortPx} y={top} width={shortPx} height={height} fill={`url(#${id}short)`} />
        <rect x={middle - shortPx + 0.5} y={top + 0.5} width={Math.max(0, shortPx - 0.5)} height={height - 1} fill="none" stroke="var(--ink)" />
        <rect x={middle} y={top} width={longPx} height={height} fill="var(--ink)" />
        <line x1={middle} x2={middle} y1={top - 8} y2={top + height + 8} stroke="var(--ink)" strokeWidth="1.5" />
        <path d={`M${middle} ${lensTop}L${width} ${lensBottom}H0Z`} fill="var(--sunken)" />
        <text x={middle} y={lensTop + (isSmall ? 40 : 44)} textAnchor="middle" className={`${LABEL} font-semibold`}>
          Left over: {leftOver}
        </text>
        {!result ? null : isSmall ? <WaterfallRows {...shared} /> : <Waterfall {...shared} pixelsADollar={middle / largest} />}
      </svg>
    </div>
  );
}

function LegText({ leg, isSmall, x, anchor, sign }: { leg: Leg; isSmall: boolean; x: number; anchor: "start" | "end"; sign: string }) {
  const figure = <tspan className="font-semibold">{sign}</tspan>;
  if (isSmall) {
    return (
      <>
        <text x={x} y={14} textAnchor={anchor} className={LABEL2}>{leg.title.split(",")[0]}</text>
        <text x={x} y={33} textAnchor={anchor} className={LABEL}>{figure}</text>
        <text x={x} y={51} textAnchor={anchor} className={AXIS}>{leg.brief}</text>
      </>
    );
  }
  const detail = <tspan className={AXIS} dx={anchor === "start" ? 10 : 0}>{leg.detail}</tspan>;
  return (
    <>
      <text x={x} y={14} textAnchor={anchor} className={LABEL2}>{leg.title}</text>
      <text x={x} y={34} textAnchor={anchor} className={LABEL}>
        {anchor === "start" ? <>{figure}{detail}</> : <>{detail}<tspan dx={10} className="font-semibold">{sign}</tspan></>}
      </text>
    </>
  );
}
