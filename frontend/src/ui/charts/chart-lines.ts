/** Thresholds across a drawing: which are drawn, what room they need, how they look. */
import uPlot from "uplot";

/** A threshold across the bars, named at its right end. */
export interface ChartLine {
  /** A fraction. */
  value: number;
  /** "enter at 5.48%". */
  label: string;
  /** Where its name stands; a line above is dashed, one below dotted. */
  side: "above" | "below";
}

const LINES_WITHIN = 4;
const LEAST_HEIGHT = 0.02;
/** Of the height: what a name of two rows needs. */
const NAME_SHARE = 0.2;

/** Lines that would press the bars flat are told, not drawn. */
export function drawn(lines: ChartLine[], values: number[], cut: number | null): { inside: ChartLine[]; outside: ChartLine[] } {
  const most = LINES_WITHIN * Math.max(LEAST_HEIGHT, cut ?? 0, ...(cut === null ? values.map(Math.abs) : []));
  const isInside = (line: ChartLine) => Math.abs(line.value) <= most;
  return { inside: lines.filter(isInside), outside: lines.filter((line) => !isInside(line)) };
}

/** The lowest and highest value of the drawing, with room for the names of the lines. */
export function rangeOf(values: number[], lines: ChartLine[]): [number, number] {
  const ends = lines.map((line) => line.value);
  const high = Math.max(LEAST_HEIGHT, ...values, ...ends);
  const low = Math.min(0, ...values, ...ends);
  const name = (high - low) * NAME_SHARE;
  const above = lines.filter((line) => line.side === "above").map((line) => line.value + name);
  const below = lines.filter((line) => line.side === "below").map((line) => line.value - name);
  return [Math.min(low === 0 ? 0 : low * 1.12, ...below), Math.max(high * 1.08, ...above)];
}

/** A line from side to side. */
export function drawLine(plot: uPlot, { value, color, dash, width = 1 }: { value: number; color: string; dash: number[]; width?: number }): void {
  const y = Math.round(plot.valToPos(value, "y", true)) + 0.5;
  plot.ctx.save();
  plot.ctx.strokeStyle = color;
  plot.ctx.lineWidth = width * uPlot.pxRatio;
  plot.ctx.setLineDash(dash.map((part) => part * uPlot.pxRatio));
  plot.ctx.beginPath();
  plot.ctx.moveTo(plot.bbox.left, y);
  plot.ctx.lineTo(plot.bbox.left + plot.bbox.width, y);
  plot.ctx.stroke();
  plot.ctx.restore();
}

const GAP = 6;
const ROW = 14;

/** The name above the figure it ends with: it stands at the right of the drawing, on no bar. */
function rowsOf({ label }: ChartLine): string[] {
  const cut = label.lastIndexOf(" ");
  return cut < 0 ? [label] : [label.slice(0, cut), label.slice(cut + 1)];
}

/** What the names of the lines need at the right, in CSS pixels. */
export function gutterOf(lines: ChartLine[], font: string): number {
  const context = document.createElement("canvas").getContext("2d");
  if (!context || lines.length === 0) return 0;
  context.font = font;
  return Math.ceil(Math.max(...lines.flatMap(rowsOf).map((row) => context.measureText(row).width))) + GAP;
}

/** On a rim of paper, so that the line is seen over the bars too. */
export function drawThreshold(plot: uPlot, line: ChartLine, font: string, shade: { ink: string; bg: string }): void {
  const { ctx, bbox } = plot;
  const ratio = uPlot.pxRatio;
  const isAbove = line.side === "above";
  if (line.value !== 0) drawLine(plot, { value: line.value, color: shade.bg, dash: [], width: 3 });
  drawLine(plot, { value: line.value, color: shade.ink, dash: isAbove ? [6, 3] : [2, 3], width: 1.5 });
  const rows = rowsOf(line);
  const y = plot.valToPos(line.value, "y", true) + (isAbove ? -(rows.length - 1) * ROW + 2 : 4) * ratio;
  ctx.save();
  ctx.font = font.replace(/^12px/, `${12 * ratio}px`);
  ctx.textAlign = "left";
  ctx.textBaseline = isAbove ? "bottom" : "top";
  ctx.fillStyle = shade.ink;
  rows.forEach((row, index) => ctx.fillText(row, bbox.left + bbox.width + GAP * ratio, y + index * ROW * ratio));
  ctx.restore();
}
