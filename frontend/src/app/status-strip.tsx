/** Mode, what the account does, and the oldest feed; amber when the stream stops. */
import { DropdownMenu } from "radix-ui";
import { Link, useNavigate, useSearchParams } from "react-router";
import type { ConfigResponse, MeResponse } from "../api/schema.gen";
import { useChooseTheme } from "../api/settings";
import { useSignOut } from "../features/session/queries";
import { age } from "../lib/time";
import { shownTheme } from "../lib/theme";
import { useNow } from "../lib/use-now";
import { QuietButton } from "../ui/button";
import { Glyph } from "../ui/glyph";
import { ModeTag } from "../ui/mode-tag";
import { useFeeds } from "./feeds";
import { useStreamState } from "./stream";

export function StatusStrip({ config, me }: { config: ConfigResponse | undefined; me: MeResponse }) {
  const { choose } = useChooseTheme();
  return (
    <div
      data-print="hide"
      className="flex min-h-10 flex-wrap items-center gap-x-4 gap-y-1 border-b border-line px-4 py-1 text-13 text-ink2 tablet:min-h-12 tablet:px-6 wide:px-10"
    >
      {config ? <ModeTag mode={config.mode} /> : null}
      {config?.is_replay ? <span className="whitespace-nowrap">replay of 2025</span> : null}
      <Activity />
      <span className="ml-auto max-tablet:hidden">
        <FeedAges />
      </span>
      <DepositLink />
      <QuietButton className="max-tablet:hidden" onClick={() => choose(shownTheme() === "dark" ? "light" : "dark")}>Theme</QuietButton>
      <AccountMenu me={me} />
      <span className="w-full tablet:hidden">
        <FeedAges onlyTrouble />
      </span>
    </div>
  );
}

function Activity() {
  const { openCount, busyCount, heldUpCount } = useFeeds();
  if (openCount === null) return null;
  return (
    <span role="status" className="whitespace-nowrap">
      {busyCount > 0 ? (
        <strong className="text-ink">working</strong>
      ) : heldUpCount > 0 ? (
        <strong className="text-ink">held up</strong>
      ) : openCount > 0 ? (
        <>
          <strong className="text-ink">holding</strong>
          <span className="max-tablet:hidden"> {openCount === 1 ? "1 position" : `${openCount} positions`}</span>
        </>
      ) : (
        <>
          <strong className="text-ink">out</strong>
          <span className="max-tablet:hidden"> of the market</span>
        </>
      )}
    </span>
  );
}

function FeedAges({ onlyTrouble = false }: { onlyTrouble?: boolean }) {
  const { live, since } = useStreamState();
  const { oldest, count, isStale, missing } = useFeeds();
  const now = useNow();
  const trouble = "font-semibold text-caution whitespace-nowrap";
  if (!live) {
    return (
      <span role="status" className={trouble}>
        <Glyph name="warn" /> Live feed lost {age(now - since)} ago, trying again
      </span>
    );
  }
  if (missing.length > 0 || isStale) {
    return (
      <span role="status" className={trouble}>
        <Glyph name="warn" /> {missing.length > 0 ? `No answer from ${missing.join(", ")}` : `Oldest feed ${age(now - (oldest ?? now))}`}
      </span>
    );
  }
  if (onlyTrouble || oldest === null) return null;
  return (
    <span className="whitespace-nowrap">
      {count === 1 ? "1 feed" : `All ${count} feeds`} fresh, oldest {age(now - oldest)}
    </span>
  );
}

function DepositLink() {
  const [search] = useSearchParams();
  const next = new URLSearchParams(search);
  next.set("deposit", "open");
  return (
    <Link to={{ search: next.toString() }} className="quiet-link py-1 whitespace-nowrap text-ink2 hover:text-ink">
      Deposit
    </Link>
  );
}

function AccountMenu({ me }: { me: MeResponse }) {
  const navigate = useNavigate();
  const signOut = useSignOut();
  const item = "block w-full cursor-pointer px-4 py-2.5 text-left outline-0 data-[highlighted]:bg-sunken tablet:py-2";
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger className="quiet-link py-1 whitespace-nowrap text-ink2 hover:text-ink">Account</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align="end" sideOffset={6} className="z-20 min-w-52 rounded-box bg-surface py-1 text-15 shadow-lift">
          <DropdownMenu.Label className="max-w-72 truncate px-4 py-2 text-13 text-ink3">{me.email ?? "Signed in"}</DropdownMenu.Label>
          <DropdownMenu.Item className={item} onSelect={() => void navigate("/settings")}>
            Profile and settings
          </DropdownMenu.Item>
          <DropdownMenu.Item className={item} onSelect={() => signOut.mutate()}>
            Sign out
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
