/** What the bot may do by itself: its state with the reason, the rules as sentences, the limits. */
import { useState } from "react";
import type { StrategyFields, StrategyResponse } from "../api/schema.gen";
import { useMe } from "../api/session";
import { Why } from "../features/decisions/why";
import { FundingHistory } from "../features/market/funding-history";
import { useFunding } from "../features/market/queries";
import { changes, type Draft, draftOf, fundingLines, isSame, outside, unreadable } from "../features/strategy/draft";
import { KeepPreset, PresetChoice } from "../features/strategy/presets";
import { useSave, useStrategy, useSwitch } from "../features/strategy/queries";
import { Rules } from "../features/strategy/rules";
import { approx, compare } from "../lib/decimal";
import { failureOf } from "../lib/failure";
import { counted, percent, signedWords } from "../lib/format";
import { betweenLines, HISTORY_HOURS } from "../lib/funding";
import { moment, utc } from "../lib/time";
import { Async } from "../ui/async";
import { Banner, FailureNote } from "../ui/banner";
import { Button } from "../ui/button";
import { CheckList, checksOf } from "../ui/check-list";
import { Glyph } from "../ui/glyph";
import { Hint, Section } from "../ui/section";
import { Verdict, type VerdictKind } from "../ui/verdict";

const KINDS: Record<StrategyResponse["status"]["state"], VerdictKind> = {
  off: "out",
  paused: "caution",
  cooling_down: "out",
  waiting_for_deposit: "caution",
  waiting: "out",
  active: "in",
};

export function StrategyPage() {
  const strategy = useStrategy();
  return (
    <Async answer={strategy} asking="Asking the server what the strategy does." means="What runs goes on as it was; only this page does not know." lines={8}>
      {(known) => <Known strategy={known} />}
    </Async>
  );
}

function Known({ strategy }: { strategy: StrategyResponse }) {
  const { status, config } = strategy;
  const me = useMe().data;
  const why = me ? <Why about={{ subject: `strategy:${me.user_id}` }} of="your strategy" /> : null;
  return (
    <>
      <Verdict kind={KINDS[status.state]} sentence={sentence(status.label)} why={<>{signedWords(status.reason)} {why}</>} />
      <Switch strategy={strategy} />
      {status.criteria.length > 0 ? (
        <Section title="What must hold to enter" meta={config.enabled ? "looked at once a minute" : "as it stands now; nothing is opened while it is off"}>
          <CheckList checks={checksOf(status.criteria)} />
        </Section>
      ) : null}
      <Wish strategy={strategy} />
      <Lately config={config} />
      <Section title="Limits nobody can lift">
        <ul className="grid gap-1">
          {strategy.effective.map((one) => (
            <li key={one.field} className={one.is_capped ? "text-caution" : ""}>
              {one.is_capped ? <Glyph name="warn" label="takes something away now" className="mr-1.5" /> : null}
              {one.told}
            </li>
          ))}
          <li>
            {counted(strategy.trades_daily_max, "trade")} a day; {strategy.trades_today} today. Closing is always allowed.
          </li>
        </ul>
      </Section>
    </>
  );
}

function Lately({ config }: { config: StrategyFields }) {
  const { enter, leave } = fundingLines(config);
  const looks =
    config.funding_exit === "patience" ? `at the mean of ${counted(config.patience_hours, "hour")}, and is patient` : "at this hour and the next";
  return (
    <Section title="The last 90 days" meta="what the short earned a year, and your saved lines">
      <FundingHistory
        lines={[
          { value: approx(enter), label: compare(enter, "0") > 0 ? `enter at ${percent(enter, 2)}` : "enter above 0%", side: "above" },
          { value: approx(leave), label: `leave below ${percent(leave, 2)}`, side: "below" },
        ]}
        tell={(hours) => betweenLines(enter, leave, hours)}
      />
      <Hint>
        Single hours do not decide: entering also looks at the next hour, at a whole day and at what is left after costs; leaving looks {looks}.
      </Hint>
    </Section>
  );
}

function Switch({ strategy }: { strategy: StrategyResponse }) {
  const turn = useSwitch();
  const { config, enabled_at } = strategy;
  return (
    <div className="mt-4">
      <Button kind={config.enabled ? "plain" : "main"} disabled={turn.isPending} onClick={() => turn.mutate(!config.enabled)}>
        {config.enabled ? "Stop strategy" : "Start strategy"}
      </Button>
      <Hint>
        {config.enabled && enabled_at ? (
          <>
            Running since <time title={utc(enabled_at)}>{moment(enabled_at)}</time>. Stopping opens nothing any more; what it has opened it still watches,
            and you can always close.
          </>
        ) : (
          "It trades with your money by the rules below. While it runs it watches every position you hold."
        )}
      </Hint>
      {turn.error ? <FailureNote error={turn.error}>It is as it was; pressing again does no harm.</FailureNote> : null}
    </div>
  );
}

function Wish({ strategy }: { strategy: StrategyResponse }) {
  const { config } = strategy;
  const save = useSave();
  const hours = useFunding(HISTORY_HOURS).data?.hours;
  const [draft, setDraft] = useState<Draft>(() => draftOf(config));
  const [base, setBase] = useState<StrategyFields>(config);
  const [chosen, setChosen] = useState<StrategyFields>(config);
  // Being switched on or off elsewhere changes none of the rules.
  const isMoved = !isSame(config, base);
  const change = changes(config, draft);
  const bad = unreadable(draft);
  const count = Object.keys(change).length;
  const failure = save.error ? failureOf(save.error) : null;
  const field = failure?.details["field"];
  const beyond = outside(draft, strategy.bounds);
  const isReadable = bad.length === 0 && Object.keys(beyond).length === 0;
  const wrong: Partial<Record<string, string>> = { ...beyond, ...Object.fromEntries(bad.map((name) => [name, "This is not a number we can read."])) };
  if (failure && typeof field === "string") wrong[field] = failure.message;
  const edit = (next: Draft) => {
    if (failure) save.reset();
    setDraft(next);
  };
  const take = (saved: StrategyFields) => {
    setBase(saved);
    setChosen(saved);
    edit(draftOf(saved));
  };
  const send = () => save.mutate({ ...change, version: strategy.version }, { onSuccess: (saved) => take(saved.config) });
  return (
    <Section
      title="The rules it follows"
      meta={strategy.version === 0 ? "the defaults, not saved yet" : `version ${strategy.version}${strategy.preset ? `, ${strategy.preset}` : ""}`}
    >
      <PresetChoice
        config={chosen}
        onChoose={(preset) => {
          setChosen(preset);
          edit(draftOf(preset));
        }}
      />
      <div className="mt-4">
        <Rules strategy={strategy} draft={draft} onChange={edit} wrong={wrong} hours={hours} />
      </div>
      <div className="mt-6 flex flex-wrap items-center gap-3">
        <Button kind="main" disabled={count === 0 || !isReadable || isMoved || save.isPending} onClick={send}>
          {count === 0 ? "Save changes" : `Save ${counted(count, "change")}`}
        </Button>
        {count > 0 ? <Button onClick={() => take(config)}>Undo</Button> : null}
      </div>
      <Hint>
        {bad.length > 0
          ? `${counted(bad.length, "field")} cannot be read yet.`
          : !isReadable
            ? `${counted(Object.keys(beyond).length, "field")} cannot be saved like this.`
            : count === 0
              ? "No changes yet."
              : "Not saved yet: the bot follows the rules as they were."}{" "}
        Saved rules apply from the next look, within 60 s
        {strategy.updated_at ? <>. Saved <time title={utc(strategy.updated_at)}>{moment(strategy.updated_at)}</time></> : null}.
      </Hint>
      {isMoved ? (
        <div className="mt-4">
          <Banner
            tone="caution"
            title="These rules were changed elsewhere in between."
            code={failure?.code}
            action={
              <div className="flex flex-wrap gap-2">
                <Button size="small" onClick={() => take(config)}>Take what is saved</Button>
                <Button size="small" onClick={() => { save.reset(); setBase(config); }}>Keep my changes</Button>
              </div>
            }
          >
            Nothing of yours was saved; the bot follows version {strategy.version}.
          </Banner>
        </div>
      ) : failure && typeof field !== "string" ? (
        <div className="mt-4">
          <FailureNote error={save.error}>The bot follows the rules as they were.</FailureNote>
        </div>
      ) : null}
      <KeepPreset change={change} isReadable={isReadable} />
    </Section>
  );
}

function sentence(label: string): string {
  return /[.?!)]$/.test(label) ? label : `${label}.`;
}
