/** Intents that have ended, and what came of each. */
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { IntentResponse } from "../../api/schema.gen";
import { day, moment } from "../../lib/time";
import { Empty } from "../../ui/async";
import { Glyph, type GlyphName } from "../../ui/glyph";
import { Section } from "../../ui/section";
import { type Column, Table } from "../../ui/table";
import { asked, askedOfFunding, outcome } from "./words";

const GLYPHS: Record<string, GlyphName> = { executed: "ok", failed: "no", expired: "wait", cancelled: "wait" };

type WhyLink = (intent: IntentResponse) => ReactNode;

const columns = (whyLink?: WhyLink): Column<IntentResponse>[] => [
  { title: "Written", cell: (intent) => <span className="whitespace-nowrap">{day(intent.created_at)}</span> },
  { title: "Asked for", cell: (intent) => `${asked(intent)}, ${askedOfFunding(intent)}` },
  {
    title: "What came of it",
    cell: (intent) => (
      <>
        <Glyph name={GLYPHS[intent.status] ?? "wait"} label={intent.status} className="mr-1.5" />
        {outcome(intent)}
        {intent.position_id !== null ? (
          <>
            {" "}
            <Link className="quiet-link" to={`/positions/${intent.position_id}`}>the position</Link>
          </>
        ) : null}{" "}
        {whyLink?.(intent)}
      </>
    ),
  },
  { title: "Ended", align: "right", cell: (intent) => (intent.ended_at === null ? "–" : moment(intent.ended_at)) },
];

export function EarlierIntents({ intents, whyLink }: { intents: IntentResponse[]; whyLink?: WhyLink }) {
  return (
    <Section title="Earlier">
      {intents.length === 0 ? (
        <Empty>None has ended yet. Each will stand here with what came of it.</Empty>
      ) : (
        <Table caption="Intents that have ended" columns={columns(whyLink)} rows={intents} rowKey={(intent) => intent.id} />
      )}
    </Section>
  );
}
