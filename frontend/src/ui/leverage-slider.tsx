/** From the least to the most leverage: the zone above the venue's safe maximum is hatched red; the thumb may enter it. */
import { Slider } from "radix-ui";
import { approx, compare, type Decimal } from "../lib/decimal";
import { leverage } from "../lib/format";
import type { LeverageBounds } from "../lib/leverage";

interface LeverageSliderProps {
  bounds: LeverageBounds;
  value: Decimal;
  onChange: (value: Decimal) => void;
  /** The largest safe leverage, or null while it is not known. */
  safeMaximum: Decimal | null;
  /** "Kamino": whose limit it is. */
  venue: string;
}

const tenthsOf = (value: Decimal) => Math.round(approx(value) * 10);

export function LeverageSlider({ bounds, value, onChange, safeMaximum, venue }: LeverageSliderProps) {
  const [low, high] = [tenthsOf(bounds.leverage_min), tenthsOf(bounds.leverage_max)];
  const share = (at: number) => ((at - low) / Math.max(1, high - low)) * 100;
  const tenths = tenthsOf(value);
  const whole = [20, 30, 40, 50].filter((tick) => tick - low > 5 && high - tick > 5);
  const limit = safeMaximum === null ? high : Math.max(low, Math.min(high, Math.floor(approx(safeMaximum) * 10)));
  const isUnsafe = safeMaximum !== null && compare(value, safeMaximum) > 0;
  const limitAt = share(limit);
  const note = isUnsafe ? `unsafe on ${venue} above ${leverage(String(limit / 10))}` : `${leverage(String(limit / 10))} is the limit`;
  return (
    <div className="px-2.5">
      <Slider.Root
        min={low}
        max={high}
        step={1}
        value={[tenths]}
        onValueChange={([next]) => next !== undefined && onChange(`${Math.floor(next / 10)}.${next % 10}`)}
        className="relative flex h-11 touch-none items-center select-none tablet:h-8"
      >
        <Slider.Track className="relative h-1.5 w-full bg-sunken">
          <span
            aria-hidden
            className="hatched absolute inset-y-0 right-0 text-dangerg"
            style={{ left: `${limitAt}%`, boxShadow: "none" }}
          />
          <span aria-hidden className="absolute inset-y-0 left-0 bg-ink" style={{ width: `${Math.min(share(tenths), limitAt)}%` }} />
          {limit < high ? <span aria-hidden className="absolute -top-1.5 -bottom-1.5 w-0.5 bg-dangerg" style={{ left: `${limitAt}%` }} /> : null}
        </Slider.Track>
        <Slider.Thumb
          aria-label="Leverage on Solana"
          aria-valuetext={leverage(value)}
          className="block size-[22px] rounded-full border-[3px] border-bg bg-ink shadow-[0_0_0_1px_var(--ink)] outline-offset-4"
        />
      </Slider.Root>
      <div aria-hidden className="relative h-10 text-12 text-ink3">
        {limit < high ? (
          <span className="absolute top-0 ml-1.5 whitespace-nowrap text-danger" style={limitAt > 40 ? { right: `${100 - limitAt}%` } : { left: `${limitAt}%` }}>
            {note}
          </span>
        ) : null}
        {[low, ...whole, high].map((tick) => (
          <span
            key={tick}
            className={`absolute top-4.5 ${tick === low ? "" : tick === high ? "-translate-x-full" : "-translate-x-1/2"}`}
            style={{ left: `${share(tick)}%` }}
          >
            {`${tick / 10}x`}
          </span>
        ))}
      </div>
    </div>
  );
}
