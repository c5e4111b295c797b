/** What it is, one honest sample, and the way in. */
import { useNavigate } from "react-router";
import { Sample } from "../features/session/sample";
import { SignInPanel } from "../features/session/sign-in-panel";
import { BrandMark } from "../ui/glyph";

export function SignInPage() {
  const navigate = useNavigate();
  const brand = (
    <>
      <BrandMark />
      <span>Asgard Basis</span>
    </>
  );
  const brandLook = "flex items-center gap-2.5 font-semibold tracking-[-0.01em] whitespace-nowrap";
  return (
    <main className="grid grid-cols-[minmax(0,1fr)] gate:min-h-dvh gate:grid-cols-[minmax(0,1.25fr)_minmax(380px,1fr)]">
      <div className="order-2 flex flex-col px-4 py-6 gate:order-1 gate:border-r gate:border-line gate:px-14 gate:py-10">
        <div className={`max-gate:hidden ${brandLook}`}>{brand}</div>
        <div className="my-auto py-10">
          <h2 className="mb-8 max-w-[24ch] text-21 font-semibold text-balance tablet:text-24">
            Own SOL and owe the same SOL. The price cancels; what is left is income, minus costs.
          </h2>
          <Sample />
        </div>
        <p className="text-13 text-ink3">
          What can go wrong: funding can turn, a venue can fail, a leg can be liquidated.
        </p>
      </div>
      <div className="order-1 flex flex-col justify-center border-b border-line bg-surface px-4 pt-6 pb-10 gate:order-2 gate:border-b-0 gate:px-14">
        <div className={`mx-auto mb-8 w-full max-w-[380px] gate:hidden ${brandLook}`}>{brand}</div>
        <SignInPanel
          onSignedIn={(me) => void navigate(me.is_new_user ? "/?deposit=open" : "/", { replace: true })}
        />
      </div>
    </main>
  );
}
