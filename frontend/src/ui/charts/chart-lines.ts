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
  const name = (high - low) * 0.14;
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

/** On a rim of paper, so that line and name are read over the bars too. */
export function drawThreshold(plot: uPlot, line: ChartLine, font: string, shade: { ink: string; bg: string }): void {
  const { ctx, bbox } = plot;
  const ratio = uPlot.pxRatio;
  if (line.value !== 0) drawLine(plot, { value: line.value, color: shade.bg, dash: [], width: 3 });
  drawLine(plot, { value: line.value, color: shade.ink, dash: line.side === "above" ? [6, 3] : [2, 3], width: 1.5 });
  const y = plot.valToPos(line.value, "y", true) + (line.side === "above" ? -5 : 5) * ratio;
  ctx.save();
  ctx.font = font.replace(/^12px/, `${12 * ratio}px`);
  ctx.textAlign = "right";
  ctx.textBaseline = line.side === "above" ? "bottom" : "top";
  ctx.lineJoin = "round";
  ctx.lineWidth = 4 * ratio;
  ctx.strokeStyle = shade.bg;
  ctx.strokeText(line.label, bbox.left + bbox.width, y);
  ctx.fillStyle = shade.ink;
  ctx.fillText(line.label, bbox.left + bbox.width, y);
  ctx.restore();
}
