/** The rules as sentences: what is typed inside, what it comes to at the right. */
import type { ReactNode } from "react";
import type { StrategyResponse } from "../../api/schema.gen";
import { ASSETS } from "../../lib/assets";
import { divide, isDecimal, rounded } from "../../lib/decimal";
import { percent } from "../../lib/format";
import { howOften, type SettledHour } from "../../lib/funding";
import { Hint } from "../../ui/section";
import { Sentence, SentenceInput, SentenceSelect, Sentences } from "../../ui/sentence-field";
import type { Draft, Typed } from "./draft";

const EXITS = { patience: "patiently", immediate: "at once" } as const;

interface RulesProps {
  strategy: StrategyResponse;
  draft: Draft;
  onChange: (draft: Draft) => void;
  /** What cannot be saved, by field. */
  wrong: Partial<Record<string, string>>;
  /** What the short earned lately. */
  hours?: SettledHour[];
}

export function Rules({ strategy, draft, onChange, wrong, hours }: RulesProps) {
  const type = (field: Typed, text: string) => onChange({ ...draft, texts: { ...draft.texts, [field]: text } });
  const input = (field: Typed, name: string, more: { before?: string; after?: string; digits?: number; placeholder?: string } = {}) => (
    <SentenceInput
      name={name}
      value={draft.texts[field]}
      isWrong={Boolean(wrong[field])}
      onChange={(event) => type(field, event.target.value)}
      {...more}
    />
  );
  const first = (...fields: string[]) => fields.map((field) => wrong[field]).find(Boolean) ?? null;
  const { funding } = strategy;
  return (
    <>
      <Group title="Get in">
        <Sentence wrong={first("min_funding_rate_8hr")} effect={<Earning strategy={strategy} typed={draft.texts.min_funding_rate_8hr} hours={hours} />}>
          Enter when the short earns at least {input("min_funding_rate_8hr", "Least the short must earn, percent a year", { after: "% a year" })} now,
          in the next hour, and over a day.
        </Sentence>
        <Sentence
          wrong={first("min_carry_apy", "planned_hold_days")}
          effect={
            isDecimal(strategy.left_apr) ? `Now ${percent(strategy.left_apr, 1)}, ${strategy.left_at ?? ""}.` : "Not known just now."
          }
        >
          Enter only if at least {input("min_carry_apy", "Least net, percent a year", { after: "% a year" })} is left after borrowing and fees, the
          fees spread over {input("planned_hold_days", "Days a position is planned for", { after: "days", digits: 3 })}.
        </Sentence>
        <Sentence wrong={first("max_funding_volatility")} effect={`${funding && isDecimal(funding.volatility) ? `Now ${rounded(funding.volatility, 2)}.` : "Not known just now."} How far an hour’s yearly rate is from the week’s mean, typically; 0.50 is 50 points.`}>
          Stay out while funding jumps about more than {input("max_funding_volatility", "Most volatility", { digits: 4 })} over a week.
        </Sentence>
        <Sentence wrong={first("assets")} effect="The one that leaves most is taken.">
          Hold{" "}
          {ASSETS.map((asset) => (
            <label key={asset} className="mr-3 inline-flex min-h-11 items-center gap-1.5 tablet:min-h-8">
              <input
                type="checkbox"
                className="size-[18px] accent-ink"
                checked={draft.assets.includes(asset)}
                onChange={(event) =>
                  onChange({
                    ...draft,
                    assets: ASSETS.filter((one) => (one === asset ? event.target.checked : draft.assets.includes(one))),
                  })
                }
              />
              {asset}
            </label>
          ))}
        </Sentence>
      </Group>
      <Group title="Size">
        <Sentence
          wrong={first("max_position_pct", "max_concurrent_positions")}
          effect={<Limits strategy={strategy} fields={["max_position_pct", "max_concurrent_positions"]} />}
        >
          Use at most {input("max_position_pct", "Most of my money, percent", { after: "%", digits: 4 })} of my money in one position, and hold at
          most {input("max_concurrent_positions", "Most positions", { digits: 2 })} at a time.
        </Sentence>
        <Sentence wrong={first("max_leverage")} effect={<Limits strategy={strategy} fields={["max_leverage"]} />}>
          Borrow up to {input("max_leverage", "Most leverage", { after: "x", digits: 3 })}.
        </Sentence>
      </Group>
      <Group title="Get out">
        <Sentence
          wrong={first("exit_funding_rate_8hr", "patience_hours")}
          effect={
            draft.funding_exit === "patience"
              ? "Patiently: not before costs are earned back, unless staying costs more than leaving and coming back."
              : "At once: when it is below that now and in the next hour. This can cost more in fees."
          }
        >
          Leave when funding falls below {input("exit_funding_rate_8hr", "Leave below, percent a year", { after: "% a year" })}
          {draft.funding_exit === "patience" ? <> over {input("patience_hours", "Hours looked back on", { after: "h", digits: 3 })}</> : null},{" "}
          <SentenceSelect
            name="How it is left when funding turns"
            value={EXITS[draft.funding_exit]}
            options={Object.values(EXITS)}
            onChange={(word) => onChange({ ...draft, funding_exit: word === EXITS.immediate ? "immediate" : "patience" })}
          />
          .
        </Sentence>
        <Sentence wrong={first("min_exit_carry_apy", "min_hold_hours")} effect="At least two points under the line for entering, so it does not hop in and out.">
          Leave when less than {input("min_exit_carry_apy", "Least net to stay, percent a year", { after: "% a year" })} is left, but not before{" "}
          {input("min_hold_hours", "Hours held at least", { after: "h", digits: 3 })}.
        </Sentence>
        <Sentence
          wrong={first("stop_loss_pct", "take_profit_pct")}
          effect={draft.texts.take_profit_pct.trim() === "" ? "No upper limit on gains." : "An empty gain never leaves because of it."}
        >
          Leave at a loss of {input("stop_loss_pct", "Stop at loss, percent", { after: "%", digits: 3 })} or a gain of{" "}
          {input("take_profit_pct", "Leave at gain, percent; may stay empty", { after: "%", digits: 4, placeholder: "none" })}.
        </Sentence>
        <Sentence wrong={first("cooldown_minutes")} effect="A later change does not shorten a wait that has begun.">
          After leaving, wait {input("cooldown_minutes", "Minutes to wait", { after: "min", digits: 4 })}, then{" "}
          <SentenceSelect
            name="After leaving"
            value={draft.auto_reopen ? "look again" : "stay out"}
            options={["look again", "stay out"]}
            onChange={(word) => onChange({ ...draft, auto_reopen: word === "look again" })}
          />
          .
        </Sentence>
      </Group>
      <Group title="Defend">
        <Hint>
          Positions are defended whatever is set here, also while the strategy is off or paused: both legs are cut together before either side comes
          near its liquidation price.
        </Hint>
      </Group>
    </>
  );
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="mt-6 first:mt-0">
      <h3 className="mb-2 text-13 font-semibold">{title}</h3>
      {title === "Defend" ? children : <Sentences>{children}</Sentences>}
    </div>
  );
}

function Earning({ strategy: { funding }, typed, hours }: { strategy: StrategyResponse; typed: string; hours?: SettledHour[] }) {
  const told = (rate: string | null) => (isDecimal(rate) ? percent(rate, 2) : "not known");
  const floor = isDecimal(typed.trim()) ? divide(typed.trim(), "100") : null;
  return (
    <>
      {funding ? `Now ${told(funding.now)}, next hour ${told(funding.predicted)}, over a day ${told(funding.day)}.` : "Not known just now."}{" "}
      {floor === null ? null : howOften(floor, hours)}
    </>
  );
}

/** What the system's limits make of a wish: amber where they take something away. */
function Limits({ strategy, fields }: { strategy: StrategyResponse; fields: string[] }) {
  const told = strategy.effective.filter((one) => fields.includes(one.field));
  return (
    <>
      {told.map((one) => (
        <span key={one.field} className={one.is_capped ? "mr-1 font-semibold text-caution" : "mr-1"}>
          {one.told}
        </span>
      ))}
    </>
  );
}
