/** Connect → e-mail → six digits. The session starts when the server has verified the proof. */
import { useMemo, useState } from "react";
import { useConfig } from "../../api/config";
import type { ConfigResponse, MeResponse } from "../../api/schema.gen";
import { Async } from "../../ui/async";
import { Button } from "../../ui/button";
import { ModeTag } from "../../ui/mode-tag";
import { type AuthClient, privyAuthClient } from "./auth-client";
import { CodeStep } from "./code-step";
import { EmailStep } from "./email-step";

interface SignInPanelProps {
  onSignedIn: (me: MeResponse) => void;
  /** Replaced in tests. */
  makeClient?: (appId: string, baseUrl: string) => AuthClient;
}

export function SignInPanel({ onSignedIn, makeClient = privyAuthClient }: SignInPanelProps) {
  const config = useConfig();
  return (
    <Async answer={config} asking="Asking the server how to sign in." means="You cannot sign in until the server answers.">
      {(known) => <Steps config={known} onSignedIn={onSignedIn} makeClient={makeClient} />}
    </Async>
  );
}

interface StepsProps extends Required<SignInPanelProps> {
  config: ConfigResponse;
}

function Steps({ config, onSignedIn, makeClient }: StepsProps) {
  const { app_id: appId, auth_url: authUrl } = config.privy;
  const client = useMemo(() => makeClient(appId, authUrl), [makeClient, appId, authUrl]);
  const [step, setStep] = useState<"connect" | "email" | "code">("connect");
  const [email, setEmail] = useState("");
  return (
    <section aria-label="Sign in" className="mx-auto w-full max-w-[380px]">
      {step === "connect" ? (
        <>
          <h1 className="text-21 font-semibold tablet:text-24">Sign in with your e-mail</h1>
          <p className="mt-2 mb-6 text-ink2">
            We send a code; there is no password and no key to keep. Wallets are made for you alone, and policies limit
            what they can sign.
          </p>
          <Button kind="main" wide onClick={() => setStep("email")}>
            Connect
          </Button>
        </>
      ) : step === "email" ? (
        <EmailStep
          client={client}
          email={email}
          onEmail={setEmail}
          onSent={() => setStep("code")}
        />
      ) : (
        <CodeStep
          client={client}
          email={email}
          mailboxUrl={config.paper?.mailbox_url ?? null}
          onOtherAddress={() => setStep("email")}
          onSignedIn={onSignedIn}
        />
      )}
      <p className="mt-5 text-13 text-ink2">
        <ModeTag mode={config.mode} />{" "}
        {config.mode === "paper"
          ? "This is the simulated world. No real money moves."
          : config.mode === "shadow"
            ? "Live market data, simulated trades. No real money moves."
            : "Real money moves here."}
      </p>
    </section>
  );
}
