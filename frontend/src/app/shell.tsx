/** The frame: rail at the left, status strip above, bar at the bottom on a phone. */
import { NavLink, Navigate, Outlet, useLocation } from "react-router";
import { useConfig } from "../api/config";
import type { MeResponse } from "../api/schema.gen";
import { useMe } from "../api/session";
import { useTheirTheme } from "../api/settings";
import { AlarmStrip } from "../features/alarms/alarm-strip";
import { useSignOut } from "../features/session/queries";
import { Async } from "../ui/async";
import { QuietButton } from "../ui/button";
import { ErrorBoundary } from "../ui/error-boundary";
import { BrandMark } from "../ui/glyph";
import { StatusStrip } from "./status-strip";
import { StreamContext, useOpenStream } from "./stream";
import { DepositOverlay } from "./deposit-overlay";

const PLACES = [
  { to: "/", name: "Overview" },
  { to: "/positions", name: "Positions" },
  { to: "/intents", name: "Intents" },
  { to: "/strategy", name: "Strategy" },
  { to: "/wallet", name: "Wallet" },
  { to: "/history", name: "History" },
  { to: "/settings", name: "Settings" },
];
/** The bar of a phone has room for five; the settings are at its top, intents under positions. */
const ON_PHONE = PLACES.filter((place) => !["/settings", "/intents"].includes(place.to));

/** Signed-in pages; anybody else is led to sign in. */
export function Shell() {
  const me = useMe();
  return (
    <Async answer={me} asking="Asking the server who is signed in." means="Nothing of yours has changed; the dashboard cannot reach the server.">
      {(person) => (person ? <Frame me={person} /> : <Navigate to="/sign-in" replace />)}
    </Async>
  );
}

function Frame({ me }: { me: MeResponse }) {
  const stream = useOpenStream();
  const config = useConfig();
  useTheirTheme();
  const signOut = useSignOut();
  const { pathname } = useLocation();
  return (
    <StreamContext value={stream}>
      <a
        href="#content"
        className="absolute -top-16 left-3 z-20 rounded-box bg-ink px-4 py-2 text-bg focus:top-3"
      >
        Skip to content
      </a>
      <div className="min-h-dvh wide:grid wide:grid-cols-[208px_minmax(0,1fr)]">
        <header
          data-print="hide"
          className="flex min-h-[52px] items-center gap-6 px-4 tablet:min-h-14 tablet:border-b tablet:border-line tablet:px-6 wide:sticky wide:top-0 wide:h-dvh wide:flex-col wide:items-stretch wide:gap-0 wide:border-r wide:border-b-0 wide:pt-6 wide:pr-4 wide:pb-4"
        >
          <NavLink to="/" className="flex items-center gap-2.5 font-semibold tracking-[-0.01em] whitespace-nowrap">
            <BrandMark />
            <span>Asgard Basis</span>
          </NavLink>
          <NavLink to="/settings" className="quiet-link ml-auto py-2 text-13 text-ink2 tablet:hidden">
            Settings
          </NavLink>
          <nav aria-label="Main" className="hidden gap-4 self-stretch overflow-x-auto text-13 tablet:flex wide:mt-8 wide:block wide:text-15">
            {PLACES.map((place) => (
              <NavLink
                key={place.to}
                to={place.to}
                end={place.to === "/"}
                className={({ isActive }) =>
                  `flex items-center border-y-2 border-transparent whitespace-nowrap wide:-ml-4 wide:border-y-0 wide:border-l-2 wide:py-1.5 wide:pl-3.5 ${
                    isActive ? "border-b-ink font-semibold text-ink wide:border-l-ink" : "text-ink2 hover:text-ink"
                  }`
                }
              >
                {place.name}
              </NavLink>
            ))}
          </nav>
          <div className="mt-auto hidden gap-1.5 text-13 text-ink3 wide:grid">
            <span className="truncate font-semibold text-ink" title={me.email ?? undefined}>
              {me.email ?? "Signed in"}
            </span>
            <QuietButton className="justify-self-start text-ink3" onClick={() => signOut.mutate()}>
              Sign out
            </QuietButton>
          </div>
        </header>
        <div className="min-w-0">
          <StatusStrip config={config.data} me={me} />
          <AlarmStrip />
          <main id="content" className="max-w-page px-4 pt-6 pb-28 tablet:px-6 tablet:pt-8 tablet:pb-20 wide:px-10 wide:pt-10 wide:pb-24">
            <ErrorBoundary key={pathname}>
              <Outlet />
            </ErrorBoundary>
          </main>
        </div>
      </div>
      <PhoneBar />
      <DepositOverlay />
    </StreamContext>
  );
}

function PhoneBar() {
  return (
    <nav
      aria-label="Main, phone"
      data-print="hide"
      className="fixed inset-x-0 bottom-0 z-10 grid grid-cols-5 border-t border-line bg-bg pb-[env(safe-area-inset-bottom)] tablet:hidden"
    >
      {ON_PHONE.map((place) => (
        <NavLink
          key={place.to}
          to={place.to}
          end={place.to === "/"}
          className={({ isActive }) =>
            `-mt-px grid min-h-14 place-items-center border-t-2 text-13 ${isActive ? "border-ink font-semibold text-ink" : "border-transparent text-ink2"}`
          }
        >
          {place.name}
        </NavLink>
      ))}
    </nav>
  );
}
