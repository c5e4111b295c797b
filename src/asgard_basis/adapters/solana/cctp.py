"""Solana's half of the rail: Circle's programs TokenMessengerMinterV2 and MessageTransmitterV2.

Instructions, accounts and seeds after circlefin/solana-cctp-contracts (examples/v2, programs/v2)
and the IDLs published there; the order with `denylist_account` is that of the IDL. A mint has no
room for a priority fee: with message and signatures it is 1226 of 1232 bytes long.
The rent of a burn's message account (about 0.004 SOL) can be reclaimed from the program after five
days; that is not done here.
"""

import base64
import hashlib
import struct
from collections.abc import Callable
from decimal import Decimal

from solders.compute_budget import set_compute_unit_limit, set_compute_unit_price
from solders.hash import Hash
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.message import MessageV0, to_bytes_versioned
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.transaction import VersionedTransaction

from asgard_basis.adapters.http import HttpClient
from asgard_basis.adapters.solana.accounts import associated_account, data_of
from asgard_basis.adapters.solana.chain import RpcSolanaChain
from asgard_basis.adapters.solana.rpc import SolanaRpc
from asgard_basis.domain.assets import (
    CCTP_TOKEN_MESSENGER_SOLANA,
    CCTP_TRANSMITTER_SOLANA,
    SYSTEM_PROGRAM,
    TOKEN_PROGRAM,
    USDC_SOLANA,
)
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Refused, Unavailable
from asgard_basis.domain.identifiers import SolanaAddress, TransactionSignature
from asgard_basis.domain.money import from_native, plain
from asgard_basis.domain.treasury.cctp import FINALIZED, NOBODY, Chain, Domain, read_message
from asgard_basis.ports.chains import Landing
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.rail import SignedCall
from asgard_basis.ports.wallets import SolanaSigner, Wallet

_MESSENGER = Pubkey.from_string(CCTP_TOKEN_MESSENGER_SOLANA)
_TRANSMITTER = Pubkey.from_string(CCTP_TRANSMITTER_SOLANA)
_TOKEN, _SYSTEM = Pubkey.from_string(TOKEN_PROGRAM), Pubkey.from_string(SYSTEM_PROGRAM)
_USDC = Pubkey.from_string(USDC_SOLANA.mint)
_BURN = hashlib.sha256(b"global:deposit_for_burn").digest()[:8]
_RECEIVE = hashlib.sha256(b"global:receive_message").digest()[:8]
_BURN_SOL = from_native(6_000_000, 9)
"""Rent of the message account (428 bytes and some), fees, and a little more."""
_MINT_SOL = from_native(3_000_000, 9)
_UNITS, _PRICE_MICRO_LAMPORTS = 200_000, 100_000
_FEE_RECIPIENT_AT = 8 + 3 * 32 + 4 + 1
"""In a TokenMessenger account: after discriminator, three keys, version and bump."""
_CONFIRMED = {"commitment": "confirmed"}
_BASE64 = {"commitment": "confirmed", "encoding": "base64"}


class CctpOnSolana:
    """Implements `RailEnd`."""

    def __init__(
        self,
        *,
        http: HttpClient,
        clock: Clock,
        signer: SolanaSigner,
        fresh_key: Callable[[], Keypair] = Keypair,
    ) -> None:
        self._rpc = SolanaRpc(http)
        self._chain = RpcSolanaChain(http=http, clock=clock)
        self._signer = signer
        self._fresh_key = fresh_key

    @property
    def token(self) -> bytes:
        """See RailEnd."""
        return bytes(_USDC)

    def sender(self, wallet: Wallet) -> bytes:
        """See RailEnd: the wallet itself."""
        return bytes(Pubkey.from_string(wallet.address))

    def recipient(self, wallet: Wallet) -> bytes:
        """See RailEnd: the wallet's USDC account."""
        return bytes(_usdc_account(wallet))

    async def can_receive(self, wallet: Wallet) -> bool:
        """See RailEnd: the USDC account exists, and there is SOL for bringing the message."""
        held = await self._chain.balances(SolanaAddress(wallet.address))
        account = await self._rpc.value("getAccountInfo", str(_usdc_account(wallet)), _BASE64)
        return held.sol >= _MINT_SOL and account is not None

    async def prepare_burn(
        self, wallet: Wallet, *, amount: int, fee_max: int, recipient: bytes
    ) -> SignedCall:
        """See RailEnd."""
        held = await self._chain.balances(SolanaAddress(wallet.address))
        wanted = from_native(amount, USDC_SOLANA.decimals)
        if held.usdc < wanted:
            raise Refused(
                ErrorCode.INSUFFICIENT_USDC,
                f"{plain(wanted)} USDC needed on Solana, {plain(held.usdc)} there",
            )
        if held.sol < _BURN_SOL:
            raise Refused(
                ErrorCode.INSUFFICIENT_SOL,
                f"{plain(_BURN_SOL)} SOL needed for fee and rent, {plain(held.sol)} there",
            )
        data = _BURN + struct.pack("<QI", amount, Domain.ARBITRUM) + recipient + NOBODY
        data += struct.pack("<QI", fee_max, FINALIZED)
        event = self._fresh_key()
        instruction = Instruction(_MESSENGER, data, _burn_accounts(wallet, event.pubkey()))
        budget = [set_compute_unit_limit(_UNITS), set_compute_unit_price(_PRICE_MICRO_LAMPORTS)]
        return await self._signed(wallet, [*budget, instruction], event)

    async def prepare_mint(self, wallet: Wallet, message: bytes, signatures: bytes) -> SignedCall:
        """See RailEnd."""
        state = await self._rpc.value("getAccountInfo", str(_at("token_messenger")), _BASE64)
        if state is None:
            raise Unavailable(ErrorCode.SOLANA_RPC, "Circle's program has no state on this node")
        raw = data_of(state)[_FEE_RECIPIENT_AT : _FEE_RECIPIENT_AT + 32]
        fees = Pubkey.from_string(associated_account(str(Pubkey(raw)), USDC_SOLANA.mint))
        data = _RECEIVE + struct.pack("<I", len(message)) + message
        data += struct.pack("<I", len(signatures)) + signatures
        accounts = _mint_accounts(wallet, message, fees)
        return await self._signed(wallet, [Instruction(_TRANSMITTER, data, accounts)])

    async def is_minted(self, message: bytes) -> bool:
        """See RailEnd: the nonce has its account."""
        account = _nonce_account(message)
        return await self._rpc.value("getAccountInfo", str(account), _BASE64) is not None

    async def send(self, call: SignedCall) -> None:
        """See RailEnd; a node's own trouble leaves it open whether others have it."""
        try:
            await self._rpc.call(
                "sendTransaction",
                call.raw,
                {"encoding": "base64", "skipPreflight": True, "maxRetries": 0},
            )
        except Unavailable as error:
            raise OutcomeUnknown(error.code, error.message, error.details) from error

    async def landing(self, wallet: Wallet, call: SignedCall) -> Landing:
        """See RailEnd."""
        signature = TransactionSignature(call.id)
        return await self._chain.landing(signature, expires_at_height=call.valid_until)

    async def network_fee(self, wallet: Wallet, call: SignedCall) -> Decimal:
        """See RailEnd: SOL."""
        owner = SolanaAddress(wallet.address)
        change = await self._chain.wallet_change(TransactionSignature(call.id), owner)
        return Decimal(0) if change is None else -change.sol

    async def _signed(
        self, wallet: Wallet, instructions: list[Instruction], *beside: Keypair
    ) -> SignedCall:
        latest = await self._rpc.value("getLatestBlockhash", _CONFIRMED)
        owner = Pubkey.from_string(wallet.address)
        message = MessageV0.try_compile(
            owner, instructions, [], Hash.from_string(str(latest["blockhash"]))
        )
        keys = {pair.pubkey(): pair for pair in beside}
        signers = message.account_keys[: message.header.num_required_signatures]
        words = to_bytes_versioned(message)
        blank = VersionedTransaction.populate(
            message,
            [keys[k].sign_message(words) if k in keys else Signature.default() for k in signers],
        )
        raw = await self._signer.sign_transaction(wallet, bytes(blank))
        signature = VersionedTransaction.from_bytes(raw).signatures[0]
        encoded = base64.b64encode(raw).decode()
        return SignedCall(
            Chain.SOLANA, str(signature), encoded, int(latest["lastValidBlockHeight"])
        )


def _at(name: str, *seeds: bytes, program: Pubkey = _MESSENGER) -> Pubkey:
    """An account of a program's own."""
    return Pubkey.find_program_address([name.encode(), *seeds], program)[0]


def _usdc_account(wallet: Wallet) -> Pubkey:
    return Pubkey.from_string(associated_account(wallet.address, USDC_SOLANA.mint))


def _nonce_account(message: bytes) -> Pubkey:
    return _at("used_nonce", read_message(message).nonce, program=_TRANSMITTER)


def _read(*keys: Pubkey) -> list[AccountMeta]:
    return [AccountMeta(key, is_signer=False, is_writable=False) for key in keys]


def _written(*keys: Pubkey) -> list[AccountMeta]:
    return [AccountMeta(key, is_signer=False, is_writable=True) for key in keys]


def _burn_accounts(wallet: Wallet, event: Pubkey) -> list[AccountMeta]:
    owner, remote = Pubkey.from_string(wallet.address), str(int(Domain.ARBITRUM)).encode()
    return [
        AccountMeta(owner, is_signer=True, is_writable=False),
        AccountMeta(owner, is_signer=True, is_writable=True),
        *_read(_at("sender_authority")),
        *_written(_usdc_account(wallet)),
        *_read(_at("denylist_account", bytes(owner))),
        *_written(_at("message_transmitter", program=_TRANSMITTER)),
        *_read(_at("token_messenger"), _at("remote_token_messenger", remote)),
        *_read(_at("token_minter")),
        *_written(_at("local_token", bytes(_USDC)), _USDC),
        AccountMeta(event, is_signer=True, is_writable=True),
        *_read(_TRANSMITTER, _MESSENGER, _TOKEN, _SYSTEM, _at("__event_authority"), _MESSENGER),
    ]


def _mint_accounts(wallet: Wallet, message: bytes, fees: Pubkey) -> list[AccountMeta]:
    owner, said = Pubkey.from_string(wallet.address), read_message(message)
    remote = str(int(said.source)).encode()
    return [
        AccountMeta(owner, is_signer=True, is_writable=True),
        AccountMeta(owner, is_signer=True, is_writable=False),
        *_read(_at("message_transmitter_authority", bytes(_MESSENGER), program=_TRANSMITTER)),
        *_read(_at("message_transmitter", program=_TRANSMITTER)),
        *_written(_nonce_account(message)),
        *_read(_MESSENGER, _SYSTEM, _at("__event_authority", program=_TRANSMITTER), _TRANSMITTER),
        *_read(_at("token_messenger"), _at("remote_token_messenger", remote)),
        *_written(_at("token_minter"), _at("local_token", bytes(_USDC))),
        *_read(_at("token_pair", remote, said.burn_token)),
        *_written(fees, _usdc_account(wallet), _at("custody", bytes(_USDC))),
        *_read(_TOKEN, _at("__event_authority"), _MESSENGER),
    ]
