/** Verdict, figures, legs, position, market. */
import { useSearchParams } from "react-router";
import { useConfig } from "../api/config";
import type { BalancesResponse, ConfigResponse, HistoryResponse, PositionsResponse, RatesResponse, RiskResponse } from "../api/schema.gen";
import { AlarmsSection } from "../features/alarms/alarms-section";
import { useAlarms } from "../features/alarms/queries";
import { FundingChart } from "../features/market/funding-chart";
import { FundingNow } from "../features/market/funding-now";
import { LeveragePanel } from "../features/market/leverage-panel";
import { useRates, useUsualLeverage } from "../features/market/queries";
import { OpportunitiesSection } from "../features/market/opportunities-section";
import { RatesTable } from "../features/market/rates-table";
import { BalanceDrawing } from "../features/positions/balance-drawing";
import { PositionSummary } from "../features/positions/position-summary";
import { useHistory, usePositions } from "../features/positions/queries";
import { heldFor } from "../features/positions/words";
import { useRisk } from "../features/risk/queries";
import { fallWords, firstTimer, timerBrief } from "../features/risk/words";
import { useBalances } from "../features/treasury/queries";
import { compare, type Decimal, floored, isDecimal, isZero, multiply, smallest } from "../lib/decimal";
import { leverageWithin } from "../lib/leverage";
import { day, lasting } from "../lib/time";
import { useNow } from "../lib/use-now";
import { Async, Empty } from "../ui/async";
import { ButtonLink } from "../ui/button";
import { Columns, Hint, Section } from "../ui/section";
import { FirstSteps } from "./overview-first-steps";
import { OverviewFigures } from "./overview-figures";
import { OverviewVerdict } from "./overview-verdict";

export function OverviewPage() {
  const [search, setSearch] = useSearchParams();
  const usual = useUsualLeverage();
  const wished = search.get("leverage") ?? "";
  const choose = (value: string) => {
    const next = new URLSearchParams(search);
    next.set("leverage", value);
    setSearch(next, { replace: true });
  };
  const config = useConfig();
  const limits = config.data?.limits;
  const leverage = limits && leverageWithin(wished, limits) !== null ? wished : usual;
  const judged = useRates(usual);
  const rates = useRates(leverage);
  const positions = usePositions();
  const balances = useBalances();
  const history = useHistory();
  const isEmpty = isDecimal(balances.data?.total_usd) && isZero(balances.data.total_usd);
  const open = positions.data?.positions ?? [];
  const risk = useRisk();
  const alarms = useAlarms();
  const isCalm = alarms.data?.alarms.every((alarm) => !alarm.is_open) ?? false;

  return (
    <>
      <Async answer={judged} asking="Asking the venues for their rates." lines={2}>
        {(known) => (
          <OverviewVerdict positions={open} rates={known} receivedAt={judged.dataUpdatedAt} hasMoney={!isEmpty} />
        )}
      </Async>
      {isCalm ? null : <AlarmsSection />}
      {isEmpty && open.length === 0 && config.data ? (
        <FirstSteps config={config.data} balances={balances.data} lender={judged.data?.lenders[0]} />
      ) : (
        <Money config={config.data} positions={positions} balances={balances} history={history} risk={risk} rates={judged.data} ratesAt={judged.dataUpdatedAt} />
      )}
      <FundingChart />
      <Section title="Market now">
        <Async answer={rates} asking="Asking the lenders for their rates." lines={5}>
          {(known) => (
            <>
              <FundingNow rates={known} receivedAt={rates.dataUpdatedAt} />
              <Columns>
                <div className="wide:col-span-4">
                  {limits ? <LeveragePanel value={leverage} onChange={choose} rates={known} limits={limits} /> : null}
                </div>
                <div className="wide:col-span-8">
                  <RatesTable rates={known} receivedAt={rates.dataUpdatedAt} />
                </div>
              </Columns>
            </>
          )}
        </Async>
      </Section>
      <OpportunitiesSection size={sizeOf(balances.data, config.data)} />
      {isCalm ? <AlarmsSection /> : null}
    </>
  );
}

/** What somebody would put in: all they have, within the limits; a round sum while that is nothing. */
function sizeOf(balances: BalancesResponse | undefined, config: ConfigResponse | undefined): Decimal {
  const all = balances?.total_usd;
  if (!config || !isDecimal(all) || compare(all, config.limits.size_min_usd) < 0) return "10000";
  const hundreds = floored(multiply(smallest(all, config.limits.size_max_usd), "0.01"), 0);
  return multiply(hundreds, "100"); // so that a few cents more are not another question
}

interface Answer<T> {
  data: T | undefined;
  error: unknown;
  refetch: () => unknown;
  isPending: boolean;
  dataUpdatedAt: number;
}

interface MoneyProps {
  config: ConfigResponse | undefined;
  positions: Answer<PositionsResponse>;
  balances: Answer<BalancesResponse>;
  history: Answer<HistoryResponse>;
  risk: Answer<RiskResponse>;
  rates: RatesResponse | undefined;
  ratesAt: number;
}

function Money({ config, positions, balances, history, risk, rates, ratesAt }: MoneyProps) {
  const marketNow = new Date(rates?.market_time ?? config?.market_time ?? 0).getTime();
  const open = positions.data?.positions ?? [];
  const account = risk.data?.account;
  return (
    <>
      <Figures balances={balances} positions={positions} history={history} risk={risk} marketNow={marketNow} ratesAt={ratesAt} />
      {account ? <Hint>{fallWords(account)}</Hint> : null}
      {open.map((position) => (
        <Section key={position.id} title="Two legs, one remainder" meta={open.length > 1 ? `${position.asset} on ${position.protocol_name}` : undefined}>
          <BalanceDrawing
            position={position}
            span={
              position.hedged_at
                ? `since ${day(position.hedged_at)}, ${lasting(heldFor(position, marketNow) ?? 0)}`
                : "so far"
            }
          />
        </Section>
      ))}
      <Section
        title={open.length === 1 ? "Open position" : "Open positions"}
        action={
          open.length > 0 ? (
            <>
              <ButtonLink size="small" to={open.length === 1 ? `/positions/${open[0]?.id}` : "/positions"}>Details</ButtonLink>
              <ButtonLink size="small" to="/positions/open">Open another</ButtonLink>
            </>
          ) : null
        }
      >
        <Async
          answer={positions}
          asking="Asking the server for your positions."
          isEmpty={(data) => data.positions.length === 0}
          empty={
            <Empty action={<ButtonLink kind="main" to="/positions/open">Open a position</ButtonLink>}>
              No positions. Two legs, both liquidation prices and the result will be here.
            </Empty>
          }
        >
          {(data) => (
            <div className="grid grid-cols-1 gap-10">
              {data.positions.map((position) => (
                <PositionSummary key={position.id} position={position} receivedAt={positions.dataUpdatedAt} marketNow={marketNow} />
              ))}
            </div>
          )}
        </Async>
      </Section>
    </>
  );
}

type FiguresProps = Omit<Parameters<typeof OverviewFigures>[0], "counting"> & { marketNow: number; ratesAt: number };

/** The figures, with what counts down; it runs in market time. */
function Figures({ marketNow, ratesAt, ...answers }: FiguresProps) {
  const now = useNow();
  const timer = firstTimer(answers.risk.data?.positions ?? []);
  const counting = timer && ratesAt > 0 ? timerBrief(timer, marketNow + Math.max(0, now - ratesAt)) : null;
  return <OverviewFigures {...answers} counting={counting} />;
}
