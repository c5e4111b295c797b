"""Circle's two programs on Solana, carried out by the world at their real addresses.

Accounts, their order, seeds and instruction data follow circlefin/solana-cctp-contracts
(programs/v2: `deposit_for_burn`, `receive_message`, `handle_receive_finalized_message`) and the
published IDLs. Owners, denylists, burn limits and hooks are not imitated; custom error codes are
the paper world's own: 6100 malformed, 6101 wrong account, 6102 too little, 6103 not attested,
6104 received before.
"""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from solders.account import Account
from solders.pubkey import Pubkey
from solders.token.state import Mint, TokenAccount
from solders.transaction import VersionedTransaction

from asgard_paper.circle.messages import ARBITRUM, SOLANA, Message, is_attested, read
from asgard_paper.kernel.store import Store
from asgard_paper.solana.addresses import MEMO_PROGRAM, SYSTEM_PROGRAM, TOKEN_PROGRAM, USDC_MINT
from asgard_paper.solana.chain import SolanaChain
from asgard_paper.solana.ledger import RENT_EXEMPT
from asgard_paper.solana.runtime import token_account
from asgard_paper.solana.transactions import token_account_of

TRANSMITTER = Pubkey.from_string("CCTPV2Sm4AdWt5296sk4P66VBZ7bEhcARwFaaS9YPbeC")
MESSENGER = Pubkey.from_string("CCTPV2vPZJS2u2BBsUoscuikbYjnpFmbFsvVuJdgUMQe")
FEES = Pubkey(hashlib.sha256(b"asgard-paper:circle fees").digest())
MALFORMED, WRONG_ACCOUNT, TOO_LITTLE, NOT_ATTESTED, RECEIVED_BEFORE = range(6100, 6105)
ARBITRUM_MESSENGER = bytes(12) + bytes.fromhex("28b5a0e9C621a5BadaA536219b3a228C8168cf5d")
ARBITRUM_USDC = bytes(12) + bytes.fromhex("af88d065e77c8cC2239327C5EDb3A432268e5831")
_BURN = hashlib.sha256(b"global:deposit_for_burn").digest()[:8]
_RECEIVE = hashlib.sha256(b"global:receive_message").digest()[:8]
_MESSENGER_STATE = bytes([162, 4, 242, 52, 147, 243, 221, 96])
"""The discriminator of a TokenMessenger account."""
_EVENT = hashlib.sha256(b"account:MessageSent").digest()[:8]
_NONCE = hashlib.sha256(b"account:UsedNonce").digest()[:8]
_SENT = "circle.solana.sent"
_BUDGET = Pubkey.from_string("ComputeBudget111111111111111111111111111111")
_BESIDE = frozenset({MESSENGER, TRANSMITTER, MEMO_PROGRAM, _BUDGET})
"""What may stand in one transaction with a call, so that nothing changes below it."""


@dataclass(frozen=True, slots=True)
class _Call:
    program: Pubkey
    keys: tuple[Pubkey, ...]
    data: bytes


class CircleOnSolana:
    """Implements WorldProgram; every message that was sent is kept in the store."""

    def __init__(self, *, chain: SolanaChain, store: Store) -> None:
        self._chain = chain
        self._store = store
        chain.deploy(self)
        if chain.account(state("token_messenger")) is None:
            self._begin()

    @property
    def addresses(self) -> tuple[Pubkey, ...]:
        """Messenger and transmitter."""
        return (MESSENGER, TRANSMITTER)

    def announced(self) -> list[tuple[bytes, str]]:
        """Every message that was ever sent with its transaction's signature, oldest first."""
        return [(raw, signature) for signature, raw in self._store.load(_SENT, bytes).items()]

    def is_received(self, nonce: bytes) -> bool:
        """Whether a message with this nonce has been received."""
        return self._chain.account(nonce_account(nonce)) is not None

    def refuses(self, transaction: VersionedTransaction) -> int | None:
        """What is wrong with its call, which stands alone in a transaction; None: nothing."""
        calls = list(_calls(transaction))
        if not calls:
            return None
        if len(calls) > 1 or not _programs(transaction) <= _BESIDE:
            return MALFORMED
        call = calls[0]
        if call.data[:8] == _BURN and call.program == MESSENGER:
            return self._burn_problem(call)
        if call.data[:8] == _RECEIVE and call.program == TRANSMITTER:
            return self._receive_problem(call)
        return MALFORMED

    def run(self, transaction: VersionedTransaction) -> None:
        """Burn or mint, after `refuses` has found nothing."""
        for call in _calls(transaction):
            if call.program == MESSENGER:
                self._burn(call, str(transaction.signatures[0]))
            else:
                self._receive(call)

    def _burn_problem(self, call: _Call) -> int | None:
        if len(call.data) != 96 or len(call.keys) != 18:
            return MALFORMED
        message = _burn_message(call)
        owner, keys = call.keys[0], call.keys
        if keys[2:3] + keys[4:10] + keys[10:11] + keys[12:] != _burn_keys(
            owner, message.destination
        ):
            return WRONG_ACCOUNT
        held = token_account(self._chain.account(keys[3]))
        if held is None or held.owner != owner or held.mint != USDC_MINT:
            return WRONG_ACCOUNT
        if message.destination != ARBITRUM or message.mint_recipient == bytes(32):
            return MALFORMED
        if self._chain.account(keys[11]) is not None:
            return WRONG_ACCOUNT
        rent = self._chain.minimum_balance(_event_size(message))
        if held.amount < message.amount or not message.fee_max < message.amount:
            return TOO_LITTLE
        return None if self._chain.balance(keys[1]) > rent else TOO_LITTLE

    def _burn(self, call: _Call, signature: str) -> None:
        message = _burn_message(call)
        raw = message.encoded()
        self._change(call.keys[3], -message.amount)
        event = _EVENT + bytes(call.keys[1]) + struct.pack("<qI", self._chain.market_s(), len(raw))
        self._create(call.keys[11], event + raw, payer=call.keys[1])
        self._store.put(_SENT, signature, raw)

    def _receive_problem(self, call: _Call) -> int | None:
        found = _received(call)
        if found is None or len(call.keys) != 20:
            return MALFORMED
        raw, attestation, message = found
        if not is_attested(raw, attestation):
            return NOT_ATTESTED
        if message.destination != SOLANA or message.source != ARBITRUM:
            return MALFORMED
        if message.recipient != bytes(MESSENGER) or message.sender != ARBITRUM_MESSENGER:
            return WRONG_ACCOUNT
        if message.caller not in (bytes(32), bytes(call.keys[1])):
            return WRONG_ACCOUNT
        recipient = Pubkey(message.mint_recipient)
        if call.keys[2:] != _receive_keys(message, recipient):
            return WRONG_ACCOUNT
        held = token_account(self._chain.account(recipient))
        if held is None or held.mint != USDC_MINT:
            return WRONG_ACCOUNT
        if self.is_received(message.nonce):
            return RECEIVED_BEFORE
        rent = self._chain.minimum_balance(len(_NONCE) + 1)
        return None if self._chain.balance(call.keys[0]) > rent else TOO_LITTLE

    def _receive(self, call: _Call) -> None:
        found = _received(call)
        if found is None:
            raise ValueError("a message was received that is none")
        message = found[2]
        self._create(nonce_account(message.nonce), _NONCE + b"\x01", payer=call.keys[0])
        self._change(Pubkey(message.mint_recipient), message.amount - message.fee)
        if message.fee:
            self._change(token_account_of(FEES, USDC_MINT), message.fee)

    def _change(self, key: Pubkey, amount: int) -> None:
        """Burn from or mint into a USDC account."""
        account, mint = self._chain.account(key), self._chain.account(USDC_MINT)
        held = token_account(account)
        if account is None or mint is None or held is None:
            raise ValueError(f"no USDC account at {key}")
        token = TokenAccount.from_bytes(account.data)
        data = bytearray(bytes(token))
        data[64:72] = struct.pack("<Q", held.amount + amount)
        self._put(key, account.lamports, bytes(data), TOKEN_PROGRAM)
        supply = bytearray(bytes(Mint.from_bytes(mint.data)))
        supply[36:44] = struct.pack("<Q", Mint.from_bytes(mint.data).supply + amount)
        self._put(USDC_MINT, mint.lamports, bytes(supply), TOKEN_PROGRAM)

    def _create(self, key: Pubkey, data: bytes, *, payer: Pubkey) -> None:
        rent = self._chain.minimum_balance(len(data))
        paying = self._chain.account(payer)
        if paying is None:
            raise ValueError("nobody pays the rent")
        self._put(payer, paying.lamports - rent, bytes(paying.data), paying.owner)
        self._put(key, rent, data, TRANSMITTER)

    def _put(self, key: Pubkey, lamports: int, data: bytes, owner: Pubkey) -> None:
        self._chain.place(key, Account(lamports, data, owner, False, RENT_EXEMPT))

    def _begin(self) -> None:
        nobody = bytes(32)
        data = _MESSENGER_STATE + nobody * 3 + struct.pack("<IB", 1, 255) + bytes(FEES)
        data += nobody + struct.pack("<I", 0)
        rent = self._chain.minimum_balance(len(data))
        self._put(state("token_messenger"), rent, data, MESSENGER)
        self._chain.mint_tokens(FEES, USDC_MINT, 0)


def state(name: str, *seeds: bytes, program: Pubkey = MESSENGER) -> Pubkey:
    """A program's own account."""
    return Pubkey.find_program_address([name.encode(), *seeds], program)[0]


def nonce_account(nonce: bytes) -> Pubkey:
    """What exists once a message has been received."""
    return state("used_nonce", nonce, program=TRANSMITTER)


def _burn_keys(owner: Pubkey, domain: int) -> tuple[Pubkey, ...]:
    """Everything but who pays and what is burned from, in the instruction's order."""
    return (
        state("sender_authority"),
        state("denylist_account", bytes(owner)),
        state("message_transmitter", program=TRANSMITTER),
        state("token_messenger"),
        state("remote_token_messenger", str(domain).encode()),
        state("token_minter"),
        state("local_token", bytes(USDC_MINT)),
        USDC_MINT,
        TRANSMITTER,
        MESSENGER,
        TOKEN_PROGRAM,
        SYSTEM_PROGRAM,
        state("__event_authority"),
        MESSENGER,
    )


def _receive_keys(message: Message, recipient: Pubkey) -> tuple[Pubkey, ...]:
    """Everything after payer and caller, in the instruction's order."""
    domain = str(message.source).encode()
    return (
        state("message_transmitter_authority", bytes(MESSENGER), program=TRANSMITTER),
        state("message_transmitter", program=TRANSMITTER),
        nonce_account(message.nonce),
        MESSENGER,
        SYSTEM_PROGRAM,
        state("__event_authority", program=TRANSMITTER),
        TRANSMITTER,
        state("token_messenger"),
        state("remote_token_messenger", domain),
        state("token_minter"),
        state("local_token", bytes(USDC_MINT)),
        state("token_pair", domain, message.burn_token),
        token_account_of(FEES, USDC_MINT),
        recipient,
        state("custody", bytes(USDC_MINT)),
        TOKEN_PROGRAM,
        state("__event_authority"),
        MESSENGER,
    )


def _burn_message(call: _Call) -> Message:
    amount, domain = struct.unpack_from("<QI", call.data, 8)
    fee_max, finality = struct.unpack_from("<QI", call.data, 84)
    return Message(
        source=SOLANA,
        destination=domain,
        nonce=bytes(32),
        sender=bytes(MESSENGER),
        recipient=ARBITRUM_MESSENGER,
        caller=call.data[52:84],
        finality_asked=finality,
        finality=0,
        burn_token=bytes(USDC_MINT),
        mint_recipient=call.data[20:52],
        amount=amount,
        depositor=bytes(call.keys[0]),
        fee_max=fee_max,
        fee=0,
        expires=0,
    )


def _event_size(message: Message) -> int:
    return len(_EVENT) + 32 + 12 + len(message.encoded())


def _received(call: _Call) -> tuple[bytes, bytes, Message] | None:
    """Message and attestation out of the instruction's data, both length-prefixed."""
    if len(call.data) < 12:
        return None
    size = int.from_bytes(call.data[8:12], "little")
    raw, rest = call.data[12 : 12 + size], call.data[12 + size :]
    if len(rest) < 4 or int.from_bytes(rest[:4], "little") != len(rest) - 4:
        return None
    message = read(raw)
    return None if message is None else (raw, rest[4:], message)


def _calls(transaction: VersionedTransaction) -> Iterator[_Call]:
    keys = transaction.message.account_keys
    for instruction in transaction.message.instructions:
        program = keys[instruction.program_id_index]
        if program in (MESSENGER, TRANSMITTER):
            named = tuple(keys[i] for i in instruction.accounts if i < len(keys))
            yield _Call(program, named, bytes(instruction.data))


def _programs(transaction: VersionedTransaction) -> set[Pubkey]:
    message = transaction.message
    return {message.account_keys[each.program_id_index] for each in message.instructions}
