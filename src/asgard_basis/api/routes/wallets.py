"""/wallets and /wallet-setup: the server wallets."""

from fastapi import APIRouter

from asgard_basis.api.dependencies import AppDep, PersonDep
from asgard_basis.api.schemas.account import WalletsResponse
from asgard_basis.ports.wallets import Wallet, WalletRole

router = APIRouter(tags=["wallets"])


@router.get("/wallets/server")
async def server_wallets(app: AppDep, person: PersonDep) -> WalletsResponse:
    """The addresses; missing wallets are set up in the background."""
    return _response(await app.sign_in.ensure_wallets(person.user.id))


@router.post("/wallet-setup/ensure-wallets")
async def ensure_wallets(app: AppDep, person: PersonDep) -> WalletsResponse:
    """The same, asked for explicitly."""
    return _response(await app.sign_in.ensure_wallets(person.user.id))


def _response(wallets: dict[WalletRole, Wallet]) -> WalletsResponse:
    addresses = {role: wallet.address for role, wallet in wallets.items()}
    return WalletsResponse(
        ready=set(wallets) == set(WalletRole),
        solana_address=addresses.get(WalletRole.SOLANA),
        evm_address=addresses.get(WalletRole.EVM),
        agent_address=addresses.get(WalletRole.AGENT),
    )
