"""The Arbitrum chain of the paper world, durable over kill -9 of the world and of anvil.

Every accepted transaction is stored before it is acknowledged, and every block before it is
shown; after a crash anvil is rebuilt from the last stored state and the stored transactions.
"""

import asyncio
import contextlib
from dataclasses import dataclass
from pathlib import Path

import httpx
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from asgard_paper.arbitrum.anvil import BASE_FEE_WEI, Anvil, RpcFault, find_anvil
from asgard_paper.arbitrum.contracts import load_contracts
from asgard_paper.kernel.store import Store

USDC = "0xaf88d065e77c8cC2239327C5EDb3A432268e5831"
BRIDGE = "0x2Df1c51E09aECF9cacB7bc98cB1742757f163dF7"
TOKEN_MESSENGER = "0x28b5a0e9C621a5BadaA536219b3a228C8168cf5d"
MESSAGE_TRANSMITTER = "0x81D40F21F12A8F0E3252Bccb954D722d4c464B64"
MINTER = "0x" + keccak(b"asgard-paper minter")[-20:].hex()
VALIDATORS = "0x" + keccak(b"asgard-paper validators")[-20:].hex()
BRIDGE_FLOAT = 250_000_000 * 10**6
"""USDC that other customers of the venue hold in the bridge when the world begins."""

_STATE, _POOL = "arbitrum.state", "arbitrum.pool"
_TRANSFER = "0x" + keccak(b"Transfer(address,address,uint256)").hex()
_FINALIZED = "0x" + keccak(b"FinalizedWithdrawal(address,address,uint64,uint64,bytes32)").hex()
_MESSAGE = "0x" + keccak(b"MessageSent(bytes)").hex()
_BURN = "address,uint256,address,bytes32,uint32,bytes32,bytes32,uint256,uint32,bytes"
_BURNED = "0x" + keccak(f"DepositForBurn({_BURN})".encode()).hex()
_MINTED = "0x" + keccak(b"MintAndWithdraw(address,uint256,address,uint256)").hex()
_CODE = {
    USDC: "NativeUsdc",
    BRIDGE: "PaperBridge",
    TOKEN_MESSENGER: "PaperTokenMessenger",
    MESSAGE_TRANSMITTER: "PaperMessageTransmitter",
}
_PLENTY_WEI = 10**24
_CALL_GAS = 500_000


class PayoutRefused(RuntimeError):
    """The bridge did not pay: paused, or out of USDC."""


@dataclass(frozen=True, slots=True)
class BridgeTransfer:
    """USDC that arrived at the bridge; `amount` in native units (6 decimals)."""

    sender: str
    amount: int
    transaction_hash: str
    log_index: int
    block: int


class ArbitrumChain:
    """The chain: raw transactions in, blocks every `block_ms` host milliseconds when needed."""

    def __init__(self, *, store: Store, block_ms: int = 250, binary: Path | None = None) -> None:
        self._store = store
        self._block_seconds = block_ms / 1000
        self._anvil = Anvil(binary or find_anvil())
        self._turn = asyncio.Lock()
        self._steady = asyncio.Event()
        self._waiting = asyncio.Event()
        self._sealer: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the anvil behind the chain."""
        return self._anvil.pid

    async def start(self) -> None:
        """Bring the chain up as it was stored, or at genesis."""
        async with self._turn:
            await self._rebuild()
        self._sealer = asyncio.create_task(self._seal_when_needed())

    async def stop(self) -> None:
        """Stop mining and end anvil; the stored chain stays."""
        if self._sealer is not None:
            self._sealer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sealer
        await self._anvil.close()

    async def call(self, method: str, *params: object) -> object:
        """One read-only JSON-RPC call; raises RpcFault. A dead anvil is rebuilt first."""
        await self._steady.wait()
        try:
            return await self._anvil.call(method, *params)
        except httpx.TransportError:
            async with self._turn:
                await self._revive()
            return await self._anvil.call(method, *params)

    async def send_raw(self, raw: str) -> str:
        """Accept a signed transaction for the next block; its hash. Raises RpcFault if refused."""
        async with self._turn:
            await self._revive()
            transaction_hash = str(await self._anvil.call("eth_sendRawTransaction", raw))
            self._store.put(_POOL, transaction_hash, raw)
            self._store.commit()
        self._waiting.set()
        return transaction_hash

    async def fund_eth(self, address: str, wei: int) -> None:
        """Add ETH to an address."""
        async with self._turn:
            await self._revive()
            held = _number(await self._anvil.call("eth_getBalance", address, "latest"))
            await self._anvil.call("anvil_setBalance", address, hex(held + wei))
            await self._seal()

    async def mint_usdc(self, address: str, amount: int) -> str:
        """Create native USDC (6 decimals) at an address; the transaction's hash."""
        data = _call_data("mint(address,uint256)", ["address", "uint256"], [address, amount])
        return await self._speak_for(MINTER, USDC, data)

    async def pay_out(self, destination: str, amount: int, *, user: str, nonce: int) -> str:
        """Pay a withdrawal from the bridge, once per (user, nonce); the transaction's hash.

        Asked again after a crash, it answers with the hash of the payment already made. Raises
        PayoutRefused when the bridge is paused or empty.
        """
        paid = await self._payout_of(user, nonce)
        if paid is not None:
            return paid
        data = _call_data(
            "payOut(address,address,uint64,uint64)",
            ["address", "address", "uint64", "uint64"],
            [user, destination, amount, nonce],
        )
        try:
            return await self._speak_for(VALIDATORS, BRIDGE, data)
        except RpcFault as fault:
            raise PayoutRefused(fault.message) from fault

    async def pause_bridge(self, paused: bool) -> None:
        """Stop or resume deposits by permit and payouts, as the venue's lockers can."""
        await self._speak_for(VALIDATORS, BRIDGE, _call_data("setPaused(bool)", ["bool"], [paused]))

    async def bridge_transfers(self, from_block: int) -> list[BridgeTransfer]:
        """USDC transfers into the bridge from a block on, in chain order."""
        if from_block > await self.block_number():
            return []
        logs = await self._logs(USDC, from_block, [_TRANSFER, None, _topic(BRIDGE)])
        found = [
            BridgeTransfer(
                sender=_address(log["topics"][1]),
                amount=_number(log["data"]),
                transaction_hash=log["transactionHash"],
                log_index=_number(log["logIndex"]),
                block=_number(log["blockNumber"]),
            )
            for log in logs
        ]
        return [transfer for transfer in found if int(transfer.sender, 16) != 0]

    async def announced(self, from_block: int) -> list[tuple[bytes, str, int]]:
        """Messages to other chains with transaction and block, from a block on, in chain order."""
        if from_block > await self.block_number():
            return []
        found = []
        for log in await self._logs(MESSAGE_TRANSMITTER, from_block, [_MESSAGE]):
            words = bytes.fromhex(log["data"][2:])
            message = words[64 : 64 + int.from_bytes(words[32:64])]
            found.append((message, str(log["transactionHash"]), _number(log["blockNumber"])))
        return found

    async def burned_and_minted(self) -> tuple[int, int]:
        """USDC that went to other chains and came from them so far, in native units."""
        burned = await self._logs(TOKEN_MESSENGER, 0, [_BURNED])
        minted = await self._logs(TOKEN_MESSENGER, 0, [_MINTED])
        came = [bytes.fromhex(log["data"][2:]) for log in minted]
        return (
            sum(_number(log["data"][:66]) for log in burned),
            sum(int.from_bytes(row[:32]) + int.from_bytes(row[32:64]) for row in came),
        )

    async def is_received(self, nonce: bytes) -> bool:
        """Whether a message with this nonce has been received."""
        data = _call_data("usedNonces(bytes32)", ["bytes32"], [nonce])
        call = {"to": MESSAGE_TRANSMITTER, "data": data}
        return _number(await self.call("eth_call", call, "latest")) != 0

    async def block_number(self) -> int:
        """Number of the newest block."""
        return _number(await self.call("eth_blockNumber"))

    async def usdc_balance(self, address: str) -> int:
        """USDC of an address in native units."""
        data = _call_data("balanceOf(address)", ["address"], [address])
        return _number(await self.call("eth_call", {"to": USDC, "data": data}, "latest"))

    async def usdc_supply(self) -> int:
        """All USDC that exists on the chain, in native units."""
        data = _call_data("totalSupply()", [], [])
        return _number(await self.call("eth_call", {"to": USDC, "data": data}, "latest"))

    async def eth_balance(self, address: str) -> int:
        """ETH of an address in wei."""
        return _number(await self.call("eth_getBalance", address, "latest"))

    async def _payout_of(self, user: str, nonce: int) -> str | None:
        for log in await self._logs(BRIDGE, 0, [_FINALIZED, _topic(user)]):
            words = bytes.fromhex(log["data"][2:])
            if int.from_bytes(words[64:96]) == nonce:
                return str(log["transactionHash"])
        return None

    async def _logs(self, address: str, from_block: int, topics: list[str | None]) -> list[dict]:  # type: ignore[type-arg]
        query = {
            "address": address, "fromBlock": hex(from_block), "toBlock": "latest", "topics": topics,
        }  # fmt: skip
        logs = await self.call("eth_getLogs", query)
        assert isinstance(logs, list)
        return logs

    async def _speak_for(self, speaker: str, contract: str, data: str) -> str:
        """Send a call from an address that has no key, in a block of its own."""
        call = {
            "from": speaker, "to": contract, "data": data,
            "gas": hex(_CALL_GAS), "gasPrice": hex(BASE_FEE_WEI),
        }  # fmt: skip
        async with self._turn:
            await self._revive()
            await self._anvil.call("eth_call", call, "latest")
            transaction_hash = str(await self._anvil.call("eth_sendTransaction", call))
            await self._seal()
        return transaction_hash

    async def _seal_when_needed(self) -> None:
        while True:
            await self._waiting.wait()
            self._waiting.clear()
            await asyncio.sleep(self._block_seconds)
            async with self._turn:
                await self._revive()
                try:
                    await self._seal()
                except httpx.TransportError:
                    self._waiting.set()

    async def _seal(self) -> None:
        """Mine what waits and store the chain before anyone may see the new block."""
        self._steady.clear()
        try:
            await self._anvil.call("evm_mine")
            await self._anvil.call("anvil_setNextBlockBaseFeePerGas", hex(BASE_FEE_WEI))
            await self._keep()
        finally:
            self._steady.set()

    async def _keep(self) -> None:
        self._store.put(_STATE, "latest", await self._anvil.call("anvil_dumpState"))
        for transaction_hash in self._store.load(_POOL, str):
            receipt = await self._anvil.call("eth_getTransactionReceipt", transaction_hash)
            if receipt is not None:
                self._store.delete(_POOL, transaction_hash)
        self._store.commit()

    async def _revive(self) -> None:
        if not await self._anvil.answers():
            await self._rebuild()

    async def _rebuild(self) -> None:
        """A fresh anvil holding the stored chain (or genesis) and the transactions that waited."""
        self._steady.clear()
        self._anvil.kill()
        await self._anvil.start()
        stored = self._store.load(_STATE, str).get("latest")
        if stored is not None:
            await self._anvil.call("anvil_loadState", stored)
        # A world that was stored by an older release gets what has come since.
        contracts = load_contracts()
        for address, name in _CODE.items():
            await self._anvil.call("anvil_setCode", address, contracts[name].code)
        for speaker in (MINTER, VALIDATORS):
            await self._anvil.call("anvil_impersonateAccount", speaker)
        await self._anvil.call("anvil_setNextBlockBaseFeePerGas", hex(BASE_FEE_WEI))
        if stored is None:
            await self._genesis()
        for raw in self._store.load(_POOL, str).values():
            with contextlib.suppress(RpcFault):
                await self._anvil.call("eth_sendRawTransaction", raw)
            self._waiting.set()
        self._steady.set()

    async def _genesis(self) -> None:
        for speaker in (MINTER, VALIDATORS):
            await self._anvil.call("anvil_setBalance", speaker, hex(_PLENTY_WEI))
        call = {
            "from": MINTER, "to": USDC, "gas": hex(_CALL_GAS), "gasPrice": hex(BASE_FEE_WEI),
            "data": _call_data(
                "mint(address,uint256)", ["address", "uint256"], [BRIDGE, BRIDGE_FLOAT]
            ),
        }  # fmt: skip
        await self._anvil.call("eth_sendTransaction", call)
        await self._seal()


def _call_data(signature: str, kinds: list[str], values: list[object]) -> str:
    return "0x" + (keccak(signature.encode())[:4] + encode(kinds, values)).hex()


def _number(value: object) -> int:
    return int(str(value), 16)


def _topic(address: str) -> str:
    return "0x" + address[2:].lower().rjust(64, "0")


def _address(topic: str) -> str:
    return "0x" + topic[-40:]
