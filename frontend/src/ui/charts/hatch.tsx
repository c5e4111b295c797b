/** Solid adds, hatched takes. */
export function Hatch({ id, color, gap = 4, weight = 1.4 }: { id: string; color: string; gap?: number; weight?: number }) {
  return (
    <pattern id={id} width={gap} height={gap} patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <rect width={weight} height={gap} fill={color} />
    </pattern>
  );
}

interface BarProps {
  x: number;
  y: number;
  width: number;
  height: number;
  color: string;
  /** The pattern's id when the bar takes. */
  hatch?: string;
}

export function Bar({ x, y, width, height, color, hatch }: BarProps) {
  if (!hatch) return <rect x={x} y={y} width={width} height={height} fill={color} />;
  return (
    <>
      <rect x={x} y={y} width={width} height={height} fill={`url(#${hatch})`} />
      <rect
        x={x + 0.5}
        y={y + 0.5}
        width={Math.max(0, width - 1)}
        height={Math.max(0, height - 1)}
        fill="none"
        stroke={color}
      />
    </>
  );
}

export const AXIS = "fill-ink3 text-12";
export const LABEL = "fill-ink text-13";
export const LABEL2 = "fill-ink2 text-13";

/** The key to a stack; swatches repeat the drawing rule. */
export function Key({ entries }: { entries: { name: string; tone: string; hatched?: boolean }[] }) {
  return (
    <span className="flex flex-wrap gap-x-4 gap-y-0.5 text-13 text-ink2">
      {entries.map(({ name, tone, hatched }) => (
        <span key={name} className="inline-flex items-center gap-1.5 whitespace-nowrap">
          <Swatch tone={tone} hatched={hatched} />
          {name}
        </span>
      ))}
    </span>
  );
}

export function Swatch({ tone, hatched = false }: { tone: string; hatched?: boolean }) {
  return <i aria-hidden className={`inline-block size-3 flex-none rounded-[1px] ${tone} ${hatched ? "hatched" : "bg-current"}`} />;
}
