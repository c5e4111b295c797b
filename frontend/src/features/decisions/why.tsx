/** "Why": opens what was decided about something, the newest first. */
import { type ReactNode, useState } from "react";
import type { DecisionEntry, DecisionsResponse } from "../../api/schema.gen";
import { signedWords } from "../../lib/format";
import { moment, utc } from "../../lib/time";
import { Async, Empty } from "../../ui/async";
import { QuietButton } from "../../ui/button";
import { Drawer } from "../../ui/drawer";
import { Glyph } from "../../ui/glyph";
import { type About, useDecisions } from "./queries";
import { WhyCard } from "./why-card";
import { question, said } from "./words";

interface WhyProps {
  about: About;
  /** What the decisions are about, in words: "jitoSOL long, SOL-PERP short". */
  of: string;
  /** The decision to begin with; the newest when absent. */
  first?: string;
  children?: ReactNode;
}

export function Why({ about, of, first, children = "Why" }: WhyProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <QuietButton aria-haspopup="dialog" aria-label={`${typeof children === "string" ? children : "Why"}: ${of}`} onClick={() => setOpen(true)}>
        {children}
      </QuietButton>
      <Drawer
        open={isOpen}
        onOpenChange={setOpen}
        title={`Why: ${of}`}
        lead="Each decision is kept with all that was known and the rule that was applied. The same decided again is not kept twice; it says until when it stood."
      >
        {isOpen ? <Decisions about={about} first={first} /> : null}
      </Drawer>
    </>
  );
}

function Decisions({ about, first }: { about: About; first?: string }) {
  const decisions = useDecisions(about);
  return (
    <div className="mt-6">
      <Async<DecisionsResponse>
        answer={decisions}
        asking="Asking the server for what was decided."
        means="What was decided stands; only this page cannot show it."
        lines={6}
        isEmpty={(data) => data.decisions.length === 0}
        empty={<Empty>Nothing has been decided about this yet. Each decision will be here with its figures, limits and rule.</Empty>}
      >
        {(data) => <Shown decisions={data.decisions} first={first} />}
      </Async>
    </div>
  );
}

function Shown({ decisions, first }: { decisions: DecisionEntry[]; first: string | undefined }) {
  const chosen = decisions.find((one) => one.id === first) ?? decisions[0];
  const others = decisions.filter((one) => one !== chosen);
  if (!chosen) return null;
  const isNewest = chosen === decisions[0];
  return (
    <>
      <WhyCard decision={chosen} />
      {others.length > 0 ? (
        <section className="mt-8 border-t border-ink pt-3">
          <h3 className="mb-2 text-15 font-semibold">{isNewest ? "Before that" : "The others"}</h3>
          <ol>
            {others.map((one) => (
              <Earlier key={one.id} decision={one} />
            ))}
          </ol>
        </section>
      ) : null}
    </>
  );
}

function Earlier({ decision }: { decision: DecisionEntry }) {
  const [isOpen, setOpen] = useState(false);
  const { word, glyph } = said(decision);
  return (
    <li className="border-t border-line first:border-t-0">
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="grid min-h-11 w-full grid-cols-[20px_minmax(0,1fr)] items-baseline gap-x-3 py-[9px] text-left hover:bg-sunken tablet:grid-cols-[20px_minmax(0,1fr)_auto]"
      >
        <Glyph name={glyph} />
        <span>
          <strong>{word}.</strong> {signedWords(decision.reason)} <span className="text-13 text-ink3">{question(decision.rule)}</span>
        </span>
        <time dateTime={decision.decided_at} title={utc(decision.decided_at)} className="col-start-2 text-13 whitespace-nowrap text-ink3 tablet:col-start-3">
          {moment(decision.decided_at)}
        </time>
      </button>
      {isOpen ? (
        <div className="mb-3 border-l-2 border-line py-2 pl-4">
          <WhyCard decision={decision} />
        </div>
      ) : null}
    </li>
  );
}
