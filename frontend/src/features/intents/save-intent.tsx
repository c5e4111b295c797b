/** The button that writes an intent, and what came of it. */
import { Link } from "react-router";
import { useIdempotencyKey } from "../../api/idempotency";
import type { IntentRequest } from "../../api/schema.gen";
import { signedWords } from "../../lib/format";
import { Banner, FailureNote, OutcomeUnknown } from "../../ui/banner";
import { Button } from "../../ui/button";
import { Hint } from "../../ui/section";
import { useCreateIntent } from "./queries";

interface SaveIntentProps {
  wish: IntentRequest | null;
  /** Whether the list of intents is on another page. */
  isElsewhere?: boolean;
}

export function SaveIntent({ wish, isElsewhere = false }: SaveIntentProps) {
  const [key, renewKey] = useIdempotencyKey();
  const create = useCreateIntent(key);
  const restart = () => {
    create.reset();
    renewKey();
  };
  if (create.data) {
    return (
      <div className="mt-4 grid gap-3">
        <Banner
          tone="plain"
          title="Your intent is saved."
          action={<Button size="small" onClick={restart}>Write another</Button>}
        >
          We look within seconds, and then every minute. {isElsewhere ? <Link className="quiet-link" to="/intents">See your intents</Link> : null}
        </Banner>
        {create.data.warnings.map((warning) => (
          <Banner key={warning.key} tone="caution" title={`${warning.label}: ${signedWords(warning.figure)}, ${warning.limit}.`}>
            {warning.remedy} It cannot open before that.
          </Banner>
        ))}
      </div>
    );
  }
  return (
    <div className="mt-4">
      <Button kind="main" disabled={wish === null || create.isPending} onClick={() => wish && create.mutate(wish)}>
        {create.isPending ? "Saving" : "Save intent"}
      </Button>
      <Hint>Nothing is sent to a venue before every condition holds; then the checks of every opening come first.</Hint>
      {create.isPending && create.failureCount > 0 ? (
        <div className="mt-3">
          <OutcomeUnknown>The server has not answered. Your intent has one number; sent again it stays one intent.</OutcomeUnknown>
        </div>
      ) : null}
      {create.error ? (
        <div className="mt-3">
          <FailureNote error={create.error} action={<Button size="small" onClick={restart}>Look again</Button>}>
            No intent was saved.
          </FailureNote>
        </div>
      ) : null}
    </div>
  );
}
