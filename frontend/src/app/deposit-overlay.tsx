/**
 * The deposit dialog, opened by the address: `?deposit=open`, or `?deposit=check` right after
 * signing in, which opens it for an account with nothing in it.
 */
import { useEffect } from "react";
import { useSearchParams } from "react-router";
import { useConfig } from "../api/config";
import { DepositDialog } from "../features/treasury/deposit-dialog";
import { useBalances } from "../features/treasury/queries";
import { isZero } from "../lib/decimal";

export function DepositOverlay() {
  const [search, setSearch] = useSearchParams();
  const config = useConfig();
  const wish = search.get("deposit");
  if (!config.data || wish === null) return null;
  const become = (value: string | null) => {
    const next = new URLSearchParams(search);
    if (value === null) next.delete("deposit");
    else next.set("deposit", value);
    setSearch(next, { replace: true });
  };
  return (
    <>
      {wish === "check" ? <EmptyCheck onJudged={(isEmpty) => become(isEmpty ? "open" : null)} /> : null}
      <DepositDialog config={config.data} open={wish === "open"} onOpenChange={(open) => become(open ? "open" : null)} />
    </>
  );
}

function EmptyCheck({ onJudged }: { onJudged: (isEmpty: boolean) => void }) {
  const balances = useBalances();
  const total = balances.data?.total_usd;
  useEffect(() => {
    if (total !== undefined && total !== null) onJudged(isZero(total));
    // judged once the total is known; the callback changes with every render
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [total]);
  return null;
}
