import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { MeResponse } from "../../api/schema.gen";
import { FailureNote } from "../../ui/banner";
import { Button, QuietButton } from "../../ui/button";
import { Checkbox } from "../../ui/field";
import { Hint } from "../../ui/section";
import { useNow } from "../../lib/use-now";
import { type AuthClient, AuthRefused } from "./auth-client";
import { CODE_LENGTH, OtpField } from "./otp-field";
import { useStartSession } from "./queries";

const RESEND_AFTER_MS = 40_000;

interface CodeStepProps {
  client: AuthClient;
  email: string;
  /** The simulated world's mailbox; null outside paper mode. */
  mailboxUrl: string | null;
  onOtherAddress: () => void;
  onSignedIn: (me: MeResponse) => void;
}

export function CodeStep({ client, email, mailboxUrl, onOtherAddress, onSignedIn }: CodeStepProps) {
  const [code, setCode] = useState("");
  const [tries, setTries] = useState(0);
  const [staySignedIn, setStay] = useState(true);
  const [sentAt, setSentAt] = useState(() => Date.now());
  const session = useStartSession();
  const verify = useMutation({
    mutationFn: async (typed: string) => {
      const accessToken = await client.verifyCode(email.trim(), typed);
      return session.mutateAsync({ accessToken, staySignedIn });
    },
    onSuccess: onSignedIn,
    onError: () => {
      setCode("");
      setTries((count) => count + 1);
    },
  });
  const again = useMutation({ mutationFn: () => client.sendCode(email.trim()), onSuccess: () => setSentAt(Date.now()) });
  const wait = Math.ceil((sentAt + RESEND_AFTER_MS - useNow()) / 1000);
  const change = (next: string) => {
    setCode(next);
    if (verify.isError) verify.reset();
    if (next.length === CODE_LENGTH) verify.mutate(next);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (code.length === CODE_LENGTH && !verify.isPending) verify.mutate(code);
  };
  const refusal = verify.error instanceof AuthRefused ? verify.error : null;

  return (
    <form onSubmit={submit}>
      <h1 className="text-21 font-semibold tablet:text-24">Enter the code</h1>
      <p className="mt-2 mb-6 text-ink2">
        We sent six digits to <strong className="text-ink">{email.trim()}</strong>.{" "}
        <QuietButton onClick={onOtherAddress}>Other address</QuietButton>
      </p>
      <OtpField key={tries} value={code} onChange={change} disabled={verify.isPending} isWrong={refusal?.reason === "wrong-code"} />
      <div role="alert">{refusal ? <Hint tone="danger">{refusal.message}</Hint> : null}</div>
      <Hint>
        Valid for 10 minutes, 5 tries.{" "}
        <QuietButton disabled={wait > 0 || again.isPending} onClick={() => again.mutate()}>
          {wait > 0 ? `Send again in ${wait} s` : "Send again"}
        </QuietButton>
      </Hint>
      {again.error ? <Hint tone="danger">{again.error.message}</Hint> : null}
      {mailboxUrl ? (
        <Hint>
          The simulated world delivers to its own mailbox:{" "}
          <a className="quiet-link" href={mailboxUrl} target="_blank" rel="noreferrer">
            open the paper mailbox
          </a>
        </Hint>
      ) : null}
      <div className="my-5">
        <Checkbox label="Stay signed in for 7 days" checked={staySignedIn} onChange={setStay} />
      </div>
      <Button type="submit" kind="main" wide disabled={code.length < CODE_LENGTH || verify.isPending}>
        {verify.isPending ? "Signing in" : "Sign in"}
      </Button>
      {verify.error && !refusal ? (
        <div className="mt-4">
          <FailureNote error={verify.error}>You are not signed in. Ask for a new code and try again.</FailureNote>
        </div>
      ) : null}
    </form>
  );
}
