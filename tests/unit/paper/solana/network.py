"""A network for tests: host time that moves when told, and plain transfers."""

from dataclasses import dataclass

from solders.hash import Hash
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction

from asgard_paper.kernel.clock import WorldClock
from asgard_paper.kernel.store import MemoryStore, Store
from asgard_paper.solana.chain import SolanaChain

START_MS = 1_735_689_600_000
SOL = 10**9


@dataclass
class HostTime:
    now: int = START_MS

    def __call__(self) -> int:
        return self.now


class Network:
    """A chain over a store, and the host time that drives it."""

    def __init__(self, store: Store | None = None, host: HostTime | None = None) -> None:
        self.store = store or MemoryStore()
        self.host = host or HostTime()
        clock = WorldClock(start_ms=START_MS, speed=0, host_ms=self.host)
        self.chain = SolanaChain(clock=clock, store=self.store, seed=3)

    def restarted(self) -> "Network":
        return Network(self.store, self.host)

    def slots(self, count: int) -> None:
        self.host.now += 400 * count

    def wallet(self, sol: int = 10) -> Keypair:
        wallet = Keypair()
        self.chain.airdrop(wallet.pubkey(), sol * SOL)
        return wallet

    def transaction(
        self, payer: Keypair, *instructions: Instruction, blockhash: Hash | None = None
    ) -> bytes:
        chosen = blockhash or self.chain.latest_blockhash("processed")[0]
        message = MessageV0.try_compile(payer.pubkey(), instructions, [], chosen)
        return bytes(VersionedTransaction(message, [payer]))


def pay(source: Keypair, target: Pubkey, lamports: int) -> Instruction:
    params = TransferParams(from_pubkey=source.pubkey(), to_pubkey=target, lamports=lamports)
    return transfer(params)
