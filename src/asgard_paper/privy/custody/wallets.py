"""Server wallets: creation, lookup, ownership and archiving."""

import re
from collections.abc import Iterator
from dataclasses import replace

from asgard_paper.kernel.clock import Clock
from asgard_paper.kernel.store import Store
from asgard_paper.privy.custody.controls import Controls
from asgard_paper.privy.custody.quorums import Quorums
from asgard_paper.privy.custody.signing import EthereumKey, SolanaKey
from asgard_paper.privy.facts.ethereum import checked_address
from asgard_paper.privy.ids import Secrets
from asgard_paper.privy.records import CHAIN_TYPES, ETHEREUM, KeyQuorum, SignerGrant, Wallet
from asgard_paper.privy.refusals import ALREADY_EXISTS, Refusal, malformed, not_found
from asgard_paper.privy.shelf import Shelf
from asgard_paper.privy.wire import Fields

EXTERNAL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
DISPLAY_NAME_MAX = 100
SIGNERS_MAX = 100
POLICIES_MAX = 1
BATCH_MAX = 100


class Wallets:
    """The wallets of the app."""

    def __init__(
        self,
        clock: Clock,
        store: Store,
        secrets: Secrets,
        quorums: Quorums,
        controls: Controls,
    ) -> None:
        self._clock = clock
        self._secrets = secrets
        self._quorums = quorums
        self._controls = controls
        self._shelf = Shelf(store, "wallets", Wallet)

    def create(self, fields: Fields) -> Wallet:
        """A new wallet; raises Refusal 400 for unknown policies, owners or a taken external id."""
        chain_type = fields.choice("chain_type", CHAIN_TYPES)
        external_id = self._external_id(fields)
        policy_ids = self._policy_ids(fields, "policy_ids", chain_type)
        signers = self._signers(fields, chain_type)
        display_name = fields.optional_text("display_name", most=DISPLAY_NAME_MAX)
        owner_id = self._quorums.owner_from(fields)
        wallet_id = self._secrets.new_id("wallet")
        ethereum, solana = self.ethereum_key(wallet_id), self.solana_key(wallet_id)
        is_ethereum = chain_type == ETHEREUM
        wallet = Wallet(
            id=wallet_id,
            chain_type=chain_type,
            address=ethereum.address if is_ethereum else solana.address,
            public_key=ethereum.public_key if is_ethereum else solana.address,
            owner_id=owner_id,
            policy_ids=policy_ids,
            additional_signers=signers,
            external_id=external_id,
            display_name=display_name,
            created_at_ms=self._clock.host_ms(),
        )
        self._shelf.put(wallet.id, wallet)
        return wallet

    def update(self, wallet_id: str, fields: Fields) -> Wallet:
        """Change owner, policies, signers or names; an external id can be set only once."""
        wallet = self.require(wallet_id)
        if fields.raw("external_id") is not None:
            if wallet.external_id is not None:
                raise malformed(fields.path("external_id"), "Cannot be changed once set")
            wallet = replace(wallet, external_id=self._external_id(fields))
        if fields.has("policy_ids"):
            found = self._policy_ids(fields, "policy_ids", wallet.chain_type)
            wallet = replace(wallet, policy_ids=found)
        if fields.has("additional_signers"):
            signers = self._signers(fields, wallet.chain_type)
            wallet = replace(wallet, additional_signers=signers)
        if fields.has("display_name"):
            name = fields.optional_text("display_name", most=DISPLAY_NAME_MAX)
            wallet = replace(wallet, display_name=name)
        if fields.has("owner") or fields.has("owner_id"):
            wallet = replace(wallet, owner_id=self._quorums.owner_from(fields))
        self._shelf.put(wallet.id, wallet)
        return wallet

    def archive(self, wallet_id: str) -> Wallet:
        """Hide a wallet and forbid its use for ever; raises Refusal 404 the second time."""
        wallet = replace(self.require(wallet_id), archived_at_ms=self._clock.host_ms())
        self._shelf.put(wallet.id, wallet)
        return wallet

    def mark_exported(self, wallet: Wallet) -> None:
        """Remember that the private key has left."""
        self._shelf.put(wallet.id, replace(wallet, exported_at_ms=self._clock.host_ms()))

    def require(self, wallet_id: str, *, archived: bool = False) -> Wallet:
        """The wallet; raises Refusal 404, also for an archived one unless asked for."""
        wallet = self._shelf.get(wallet_id)
        if wallet is None or (wallet.archived_at_ms is not None and not archived):
            raise not_found("Wallet")
        return wallet

    def by_address(self, address: str, *, archived: bool = False) -> Wallet:
        """The wallet at an address, Ethereum ones in any case; raises Refusal 404."""
        wanted = checked_address(address, "address") if address.startswith("0x") else address
        for wallet in self.all(archived=archived):
            have = wallet.address.lower() if wallet.chain_type == ETHEREUM else wallet.address
            if have == wanted:
                return wallet
        raise not_found("Wallet")

    def all(self, *, archived: bool = False) -> Iterator[Wallet]:
        """Wallets in order of creation."""
        return (wallet for wallet in self._shelf if archived or wallet.archived_at_ms is None)

    def using_policy(self, policy_id: str) -> bool:
        """Does any wallet stand under this policy?"""
        return any(
            policy_id in wallet.policy_ids
            or any(policy_id in grant.override_policy_ids for grant in wallet.additional_signers)
            for wallet in self._shelf
        )

    def using_quorum(self, quorum_id: str) -> bool:
        """Does any wallet belong to, or admit, this quorum?"""
        return any(
            wallet.owner_id == quorum_id
            or any(grant.signer_id == quorum_id for grant in wallet.additional_signers)
            for wallet in self._shelf
        )

    def owner_of(self, wallet: Wallet) -> KeyQuorum | None:
        """The quorum that owns the wallet, None if nobody does."""
        return self._quorums.find(wallet.owner_id)

    def ethereum_key(self, wallet_id: str) -> EthereumKey:
        """The secp256k1 key of this wallet id."""
        return EthereumKey(self._secrets, wallet_id)

    def solana_key(self, wallet_id: str) -> SolanaKey:
        """The ed25519 key of this wallet id."""
        return SolanaKey(self._secrets, wallet_id)

    def _external_id(self, fields: Fields) -> str | None:
        external_id = fields.optional_text("external_id")
        if external_id is None:
            return None
        if EXTERNAL_ID.fullmatch(external_id) is None:
            raise malformed(fields.path("external_id"), "Expected 1 to 64 of A-Z a-z 0-9 _ -")
        # Archived wallets keep theirs: the id is write-once for the life of the app.
        if any(wallet.external_id == external_id for wallet in self._shelf):
            raise Refusal(400, "A wallet with this external_id already exists", ALREADY_EXISTS)
        return external_id

    def _policy_ids(self, fields: Fields, name: str, chain_type: str) -> list[str]:
        policy_ids = fields.texts(name, most=POLICIES_MAX)
        for policy_id in policy_ids:
            policy = self._controls.find_policy(policy_id)
            if policy is None:
                raise malformed(fields.path(name), "Policy does not exist")
            if policy.chain_type != chain_type:
                raise malformed(fields.path(name), f"Policy is for {policy.chain_type} wallets")
        return policy_ids

    def _signers(self, fields: Fields, chain_type: str) -> list[SignerGrant]:
        grants: list[SignerGrant] = []
        for item in fields.objects("additional_signers", most=SIGNERS_MAX):
            signer_id = item.text("signer_id")
            if self._quorums.find(signer_id) is None:
                raise malformed(item.path("signer_id"), "Key quorum does not exist")
            override = self._policy_ids(item, "override_policy_ids", chain_type)
            grants.append(SignerGrant(signer_id, override))
        return grants
