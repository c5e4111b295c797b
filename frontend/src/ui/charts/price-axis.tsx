/** Signature: one price axis. Liquidated (red), defence (hatched amber), free (grey), the mark. */
import { useId } from "react";
import { approx, type Decimal } from "../../lib/decimal";
import { distance, money, percent } from "../../lib/format";
import { AXIS, Hatch, LABEL, LABEL2 } from "./hatch";
import { useWidth } from "./use-width";

/** Prices; null where the venue has not said. */
export interface Walls {
  longLiquidation: Decimal | null;
  longDefence: Decimal | null;
  mark: Decimal;
  shortDefence: Decimal | null;
  shortLiquidation: Decimal | null;
}

function away(price: Decimal | null, mark: Decimal): string {
  const fraction = price === null ? null : distance(price, mark);
  return fraction === null ? "" : percent(fraction, 1, "flow");
}

function sentence(walls: Walls): string {
  const say = (price: Decimal | null) => (price === null ? "not known" : `${money(price)}, ${away(price, walls.mark)}`);
  return (
    `SOL price axis. Mark ${money(walls.mark)}. Long liquidated at ${say(walls.longLiquidation)}; ` +
    `short liquidated at ${say(walls.shortLiquidation)}. ` +
    `Defence lines at ${walls.longDefence ? money(walls.longDefence) : "an unknown price"} ` +
    `and ${walls.shortDefence ? money(walls.shortDefence) : "an unknown price"}.`
  );
}

export function PriceAxis({ walls }: { walls: Walls }) {
  const { box, width } = useWidth<HTMLDivElement>();
  const id = useId();
  const isSmall = width < 560;
  const mark = approx(walls.mark);
  const at = (price: Decimal | null, fallback: number) => (price === null ? fallback : approx(price));
  const low = at(walls.longLiquidation, mark * 0.6);
  const high = at(walls.shortLiquidation, mark * 1.4);
  const pad = Math.max((high - low) * 0.07, mark * 0.01);
  const [left, right] = [Math.min(low, mark) - pad, Math.max(high, mark) + pad];
  const x = (price: number) => ((price - left) / (right - left)) * width;
  const lowDefence = Math.min(at(walls.longDefence, low), high);
  const highDefence = Math.max(at(walls.shortDefence, high), low);
  const [y, below] = [64, 96];
  const markX = x(mark);
  const band = (from: number, to: number, fill: string) => (
    <rect x={x(from)} y={y - 5} width={Math.max(0, x(to) - x(from))} height={10} fill={fill} />
  );
  const post = (price: number, half: number, color: string, weight: number) => (
    <line x1={x(price)} x2={x(price)} y1={y - half} y2={y + half} stroke={color} strokeWidth={weight} />
  );
  const isClear = (price: number) => Math.abs(x(price) - markX) > (isSmall ? 58 : 112);
  const markAnchor = markX > width - 60 ? "end" : markX < 60 ? "start" : "middle";

  return (
    <div ref={box}>
      <svg viewBox={`0 0 ${width} 122`} width={width} height={122} role="img" aria-label={sentence(walls)} className="block overflow-visible">
        <defs>
          <Hatch id={id} color="var(--cautiong)" gap={5} weight={1.2} />
        </defs>
        {walls.longLiquidation ? band(left, low, "var(--dangerg)") : null}
        {walls.shortLiquidation ? band(high, right, "var(--dangerg)") : null}
        {band(low, lowDefence, `url(#${id})`)}
        {band(lowDefence, Math.max(lowDefence, highDefence), "var(--sunken)")}
        {band(highDefence, high, `url(#${id})`)}
        {walls.longLiquidation ? post(low, 14, "var(--dangerg)", 2) : null}
        {walls.shortLiquidation ? post(high, 14, "var(--dangerg)", 2) : null}
        {walls.longDefence ? post(lowDefence, 10, "var(--cautiong)", 1.5) : null}
        {walls.shortDefence ? post(highDefence, 10, "var(--cautiong)", 1.5) : null}
        <path d={`M${markX} ${y - 6}l-7 -11h14z`} fill="var(--ink)" />
        <line x1={markX} x2={markX} y1={y - 6} y2={y + 6} stroke="var(--ink)" strokeWidth={2} />
        <text x={markX} y={y - 36} textAnchor={markAnchor} className={`${LABEL} font-semibold`}>Mark {money(walls.mark)}</text>
        {walls.longDefence && isClear(lowDefence) ? (
          <text x={x(lowDefence)} y={y - 14} className={AXIS}>{isSmall ? "" : "defence line "}{money(walls.longDefence)}</text>
        ) : null}
        {walls.shortDefence && isClear(highDefence) ? (
          <text x={x(highDefence)} y={y - 14} textAnchor="end" className={AXIS}>{isSmall ? "" : "defence line "}{money(walls.shortDefence)}</text>
        ) : null}
        <Wall x={0} y={below} anchor="start" name="Long liquidated" price={walls.longLiquidation} mark={walls.mark} />
        <Wall x={width} y={below} anchor="end" name="Short liquidated" price={walls.shortLiquidation} mark={walls.mark} />
        {isSmall ? (
          <>
            <text x={width / 2} y={below} textAnchor="middle" className={AXIS}>hatched: too near</text>
            <text x={width / 2} y={below + 18} textAnchor="middle" className={AXIS}>grey: room</text>
          </>
        ) : null}
      </svg>
    </div>
  );
}

function Wall({ x, y, anchor, name, price, mark }: { x: number; y: number; anchor: "start" | "end"; name: string; price: Decimal | null; mark: Decimal }) {
  return (
    <>
      <text x={x} y={y} textAnchor={anchor} className={LABEL2}>{name}</text>
      <text x={x} y={y + 19} textAnchor={anchor} className={LABEL}>
        <tspan className="font-semibold">{price === null ? "no data" : money(price)}</tspan>
        <tspan className={AXIS} dx={4}>{away(price, mark)}</tspan>
      </text>
    </>
  );
}
