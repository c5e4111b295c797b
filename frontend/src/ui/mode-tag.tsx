/** Simulated modes are dashed, live is solid; visible everywhere. */
const WORDS = {
  paper: "Simulated venues, no real money",
  shadow: "Live market data, simulated trades",
  live: "Real money",
};

export type Mode = keyof typeof WORDS;

export function ModeTag({ mode }: { mode: Mode }) {
  const look = mode === "live" ? "border-ink bg-ink text-bg" : "border-dashed border-edge text-ink";
  return (
    <span
      title={WORDS[mode]}
      className={`inline-block rounded-tag border px-[7px] text-12 leading-[18px] font-semibold tracking-[0.06em] ${look}`}
    >
      {mode.toUpperCase()}
    </span>
  );
}
