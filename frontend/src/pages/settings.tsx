/** Profile, what may be traded, theme, sign out. */
import { useSyncExternalStore } from "react";
import { useConfig } from "../api/config";
import { useMe } from "../api/session";
import { useChooseTheme } from "../api/settings";
import { useSignOut } from "../features/session/queries";
import { chosenTheme, watchChoice } from "../lib/theme";
import { moment, utc } from "../lib/time";
import { Async } from "../ui/async";
import { FailureNote } from "../ui/banner";
import { Button } from "../ui/button";
import { CopyAddress } from "../ui/copy-address";
import { KeyValues } from "../ui/figure";
import { ModeTag } from "../ui/mode-tag";
import { NoData } from "../ui/numbers";
import { Segmented } from "../ui/segmented";
import { Hint, PageHead, Section } from "../ui/section";
import { BeginningSection } from "./settings-beginning";
import { TradingSection } from "./settings-trading";

export function SettingsPage() {
  const me = useMe();
  const config = useConfig();
  const signOut = useSignOut();
  const theme = useSyncExternalStore(watchChoice, chosenTheme);
  const { choose, error: themeError } = useChooseTheme();
  return (
    <>
      <PageHead title="Settings" />
      <Section title="Profile">
        <Async answer={me} asking="Asking the server who is signed in." lines={4}>
          {(known) =>
            known ? (
              <div className="wide:max-w-[60%]">
                <KeyValues
                  rows={[
                    { label: "E-mail", value: <span className="whitespace-normal break-all">{known.email ?? <NoData reason="The sign-in gave no address." />}</span> },
                    { label: "Account since", value: <time title={utc(known.created_at)}>{moment(known.created_at)}</time> },
                    { label: "Signed in until", value: <time title={utc(known.session_expires_at)}>{moment(known.session_expires_at)}</time> },
                  ]}
                />
                <h3 className="mt-6 text-13 font-semibold">Your wallets</h3>
                {known.solana_address && known.evm_address ? (
                  <>
                    <Hint>Solana</Hint>
                    <CopyAddress address={known.solana_address} name="the Solana address" />
                    <Hint>Arbitrum and Hyperliquid</Hint>
                    <CopyAddress address={known.evm_address} name="the Arbitrum address" />
                  </>
                ) : (
                  <Hint>They are being made.</Hint>
                )}
              </div>
            ) : null
          }
        </Async>
      </Section>
      <TradingSection />
      <BeginningSection />
      <Section title="Theme">
        <Segmented
          label="Theme"
          value={theme}
          onChange={choose}
          options={[
            { value: "system", label: "As the system" },
            { value: "light", label: "Light" },
            { value: "dark", label: "Dark" },
          ]}
        />
        {themeError ? <FailureNote error={themeError}>This browser shows it; your other browsers keep the earlier one.</FailureNote> : null}
      </Section>
      <Section title="This service">
        {config.data ? (
          <p className="text-ink2">
            <ModeTag mode={config.data.mode} /> version {config.data.version}
            {config.data.is_replay ? ", replay of 2025" : ""}
          </p>
        ) : null}
      </Section>
      <Section title="Sign out">
        <Button disabled={signOut.isPending} onClick={() => signOut.mutate()}>Sign out</Button>
        <Hint>Open positions stay open while you are away.</Hint>
        {signOut.error ? <FailureNote error={signOut.error}>This browser forgets you; the server may keep the session until it ends.</FailureNote> : null}
      </Section>
    </>
  );
}
