/** Bars over time with uPlot: above the line earns, below pays. Read out in one fixed line. */
import { type KeyboardEvent, useEffect, useRef, useState, useSyncExternalStore } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { saveCanvas, saveText } from "../../lib/download";
import { percent } from "../../lib/format";
import { shownTheme } from "../../lib/theme";
import { day, clock } from "../../lib/time";
import { QuietButton } from "../button";
import { type ChartLine, drawLine, drawn, drawThreshold, gutterOf, rangeOf } from "./chart-lines";
import { useWidth } from "./use-width";

export interface BarPoint {
  at: number;
  /** A fraction. */
  value: number;
}

interface BarsChartProps {
  points: BarPoint[];
  lines?: ChartLine[];
  name: string;
  /** Said while nothing is pointed at. */
  rest: string;
  read: (point: BarPoint) => string;
  summary: string;
  csv: () => string;
}

const HEIGHT = 190;
const CUT_ABOVE_MEDIAN = 6;
const NO_LINES: ChartLine[] = [];

function watchTheme(changed: () => void): () => void {
  const query = window.matchMedia("(prefers-color-scheme: dark)");
  query.addEventListener("change", changed);
  window.addEventListener("themechange", changed);
  return () => {
    query.removeEventListener("change", changed);
    window.removeEventListener("themechange", changed);
  };
}

function colors(element: HTMLElement) {
  const probe = document.createElement("span");
  element.append(probe);
  const color = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const found = { ink: color("ink"), ink3: color("ink3"), line: color("line"), gain: color("funding"), pay: color("borrow"), bg: color("bg") };
  probe.remove();
  return found;
}

/** Where bars are cut off so that one peak does not flatten the rest; null when none is. */
export function cutAt(values: number[]): number | null {
  const sizes = values.map(Math.abs).sort((a, b) => a - b);
  const median = sizes[Math.floor(sizes.length / 2)] ?? 0;
  const peak = sizes.at(-1) ?? 0;
  const cut = median * CUT_ABOVE_MEDIAN;
  return cut > 0 && peak > cut * 1.5 ? cut : null;
}

export function BarsChart({ points, lines = NO_LINES, name, rest, read, summary, csv }: BarsChartProps) {
  const { box, width } = useWidth<HTMLDivElement>();
  const plot = useRef<uPlot | null>(null);
  const theme = useSyncExternalStore(watchTheme, shownTheme);
  const [index, setIndex] = useState<number | null>(null);
  const cut = cutAt(points.map((point) => point.value));
  const { inside, outside } = drawn(lines, points.map((point) => point.value), cut);
  const written = JSON.stringify(inside);

  useEffect(() => {
    const element = box.current;
    if (!element || points.length === 0 || !document.createElement("canvas").getContext("2d")) return;
    const made = new uPlot(options(element, points, JSON.parse(written) as ChartLine[], width, cut, setIndex), series(points, cut), element);
    plot.current = made;
    return () => {
      made.destroy();
      plot.current = null;
    };
  }, [box, points, written, width, theme, cut]);

  const press = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    setIndex((now) => Math.max(0, Math.min(points.length - 1, (now ?? (step > 0 ? -1 : points.length)) + step)));
  };
  const pointed = index === null ? undefined : points[index];
  const peak = points.reduce((most, point) => (Math.abs(point.value) > Math.abs(most) ? point.value : most), 0);
  return (
    <figure>
      <div className="mb-2 flex min-h-[22px] flex-wrap items-baseline gap-x-4 text-13 text-ink2">
        <p aria-live="polite">
          {pointed ? read(pointed) : rest}
          {!pointed && cut !== null ? ` Bars are cut off; the peak is ${percent(peak.toFixed(4), 0)}.` : null}
          {pointed ? null : outside.map((line) => ` Too far ${line.value < 0 ? "down" : "up"} to be drawn: ${line.label}.`).join("")}
        </p>
        <span className="ml-auto flex gap-3">
          <QuietButton onClick={() => saveText(`${name}.csv`, "text/csv", csv())}>CSV</QuietButton>
          <QuietButton onClick={() => plot.current && saveCanvas(`${name}.png`, plot.current.ctx.canvas)}>PNG</QuietButton>
        </span>
      </div>
      <div
        ref={box}
        role="img"
        aria-label={summary}
        tabIndex={0}
        onKeyDown={press}
        onBlur={() => setIndex(null)}
        style={{ minHeight: HEIGHT }}
        className="max-w-full overflow-hidden"
      />
    </figure>
  );
}

function series(points: BarPoint[], cut: number | null): uPlot.AlignedData {
  const inside = (value: number) => (cut === null ? value : Math.max(-cut, Math.min(cut, value)));
  return [
    points.map((point) => point.at / 1000),
    points.map((point) => (point.value >= 0 ? inside(point.value) : null)),
    points.map((point) => (point.value < 0 ? inside(point.value) : null)),
  ];
}

function options(
  element: HTMLElement,
  points: BarPoint[],
  lines: ChartLine[],
  width: number,
  cut: number | null,
  onPoint: (index: number | null) => void,
): uPlot.Options {
  const shade = colors(element);
  const values = points.map((point) => (cut === null ? point.value : Math.max(-cut, Math.min(cut, point.value))));
  const range = rangeOf(values, lines);
  const bars = uPlot.paths.bars?.({ size: [0.82, 40, 1], gap: 0 });
  const font = `12px ${getComputedStyle(element).fontFamily}`;
  const isDays = points.length > 1 && (points.at(-1)?.at ?? 0) - (points[0]?.at ?? 0) > 2 * 86_400_000;
  return {
    width,
    height: HEIGHT,
    padding: [8, Math.max(18, gutterOf(lines, font)), 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: { x: { time: true }, y: { range } },
    axes: [
      {
        font,
        stroke: shade.ink3,
        grid: { show: false },
        ticks: { stroke: shade.line, size: 5 },
        space: 72,
        ...(isDays ? { incrs: [1, 2, 3, 5, 7, 14, 28].map((days) => days * 86_400) } : {}),
        values: (_, splits) => splits.map((split) => (isDays ? day(split * 1000) : clock(split * 1000))),
      },
      {
        font,
        size: 48,
        stroke: shade.ink3,
        space: 44,
        grid: { stroke: shade.line, width: 1 },
        ticks: { show: false },
        values: (_, splits) => splits.map((split) => `${Math.round(split * 1000) / 10}%`.replace("-", "\u2212")),
      },
    ],
    series: [
      {},
      { paths: bars, fill: shade.gain, stroke: shade.gain, width: 0, points: { show: false } },
      { paths: bars, fill: shade.pay, stroke: shade.pay, width: 0, points: { show: false } },
    ],
    hooks: {
      setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)],
      draw: [
        (plot) => {
          drawLine(plot, { value: 0, color: shade.ink, dash: [] });
          for (const line of lines) drawThreshold(plot, line, font, shade);
        },
      ],
    },
  };
}
