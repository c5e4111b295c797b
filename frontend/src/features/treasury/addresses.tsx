/** Where to send money: both addresses with their QR codes and what is already there. */
import type { BalancesResponse, LimitsConfig, WalletsResponse } from "../../api/schema.gen";
import { compare, type Decimal } from "../../lib/decimal";
import { amount } from "../../lib/format";
import { CopyAddress, QrCode } from "../../ui/copy-address";
import { Glyph } from "../../ui/glyph";
import { Amount } from "../../ui/numbers";
import { Hint } from "../../ui/section";

interface AddressesProps {
  wallets: WalletsResponse;
  balances: BalancesResponse | undefined;
  limits: LimitsConfig;
}

export function Addresses({ wallets, balances, limits }: AddressesProps) {
  if (!wallets.solana_address || !wallets.evm_address) {
    return (
      <Hint>
        <Glyph name="wait" /> Your wallets are being made; usually a few seconds. The addresses appear here.
      </Hint>
    );
  }
  return (
    <div className="grid gap-6 tablet:grid-cols-2">
      <Address
        title="Solana, send USDC"
        address={wallets.solana_address}
        name="the Solana address"
        there={balances?.solana?.usdc}
        isAsked={balances !== undefined}
      >
        <Glyph name="warn" /> A little SOL is needed too, for network fees; about 0.05 SOL is ample.
      </Address>
      <Address
        title="Arbitrum, send native USDC"
        address={wallets.evm_address}
        name="the Arbitrum address"
        there={balances?.arbitrum?.usdc}
        isAsked={balances !== undefined}
      >
        <Glyph name="warn" /> At least {amount(limits.deposit_min_usdc, "USDC")}; smaller amounts would be lost on
        Hyperliquid, so we do not forward them. A little ETH pays the way. Not USDC.e, not another network.
      </Address>
    </div>
  );
}

interface AddressProps {
  title: string;
  address: string;
  name: string;
  there: Decimal | undefined;
  isAsked: boolean;
  children: React.ReactNode;
}

function Address({ title, address, name, there, isAsked, children }: AddressProps) {
  return (
    <div>
      <p className="mb-1.5 text-13 font-semibold">{title}</p>
      <QrCode text={address} label={`QR code of ${name}`} />
      <div className="mt-2.5">
        <CopyAddress address={address} name={name} />
      </div>
      <Hint>
        {there !== undefined && compare(there, "0") > 0 ? (
          <>
            <Glyph name="ok" /> <Amount value={there} unit="USDC" /> there.
          </>
        ) : there !== undefined ? (
          <>
            <Glyph name="wait" /> Nothing seen yet. We look every 10 s.
          </>
        ) : isAsked ? (
          <>
            <Glyph name="warn" /> The network does not answer; what is there is not known.
          </>
        ) : null}
      </Hint>
      <Hint>{children}</Hint>
    </div>
  );
}
