import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import type { AuthClient } from "./auth-client";

const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]{2,}$/;

interface EmailStepProps {
  client: AuthClient;
  email: string;
  onEmail: (email: string) => void;
  onSent: () => void;
}

export function EmailStep({ client, email, onEmail, onSent }: EmailStepProps) {
  const [isTried, setTried] = useState(false);
  const send = useMutation({ mutationFn: () => client.sendCode(email.trim()), onSuccess: onSent });
  const isAddress = ADDRESS.test(email.trim());
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (isAddress && !send.isPending) send.mutate();
  };
  const wrong =
    isTried && !isAddress ? "This is not an e-mail address yet." : send.error ? send.error.message : undefined;
  return (
    <form onSubmit={submit} noValidate>
      <h1 className="text-21 font-semibold tablet:text-24">Your e-mail</h1>
      <p className="mt-2 mb-6 text-ink2">We send six digits to it. A new address makes a new account.</p>
      <Field
        label="E-mail"
        type="email"
        autoComplete="email"
        autoFocus
        placeholder="you@example.org"
        value={email}
        onChange={(event) => {
          onEmail(event.target.value);
          setTried(false);
          send.reset();
        }}
        wrong={wrong}
      />
      <Button type="submit" kind="main" wide className="mt-5" disabled={send.isPending}>
        {send.isPending ? "Sending" : "Send the code"}
      </Button>
    </form>
  );
}
