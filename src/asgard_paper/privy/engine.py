"""The paper Privy: one app, its people, its wallets, and nothing that needs a network."""

from asgard_paper.kernel.clock import Clock
from asgard_paper.kernel.store import Store
from asgard_paper.privy.custody.controls import Controls
from asgard_paper.privy.custody.quorums import Quorums
from asgard_paper.privy.custody.rpc import Signer
from asgard_paper.privy.custody.sets import ConditionSets
from asgard_paper.privy.custody.wallets import Wallets
from asgard_paper.privy.idempotency import Idempotency
from asgard_paper.privy.identity import Identity
from asgard_paper.privy.ids import Secrets, Seed
from asgard_paper.privy.records import Mail
from asgard_paper.privy.tokens import Tokens
from asgard_paper.privy.users import Users

APP_ID_LENGTH = 25
ACCESS_TOKEN_SECONDS = 3_600


class PrivyEngine:
    """Everything the service knows about one app; state is read from and written to `store`.

    The service keeps host time only: codes, tokens, deadlines and rolling limits follow
    `clock.host_ms()`. Keys, ids and codes are a function of `seed`, so a restart keeps addresses.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        store: Store,
        seed: Seed,
        app_id: str,
        app_secret: str,
        access_token_seconds: int = ACCESS_TOKEN_SECONDS,
    ) -> None:
        if len(app_id) != APP_ID_LENGTH:
            raise ValueError(f"app id must have {APP_ID_LENGTH} characters, was {app_id!r}")
        secrets = Secrets(seed, store)
        self.app_id = app_id
        self.app_secret = app_secret
        self.clock = clock
        self.store = store
        self.quorums = Quorums(clock, store, secrets)
        self.sets = ConditionSets(clock, store, secrets, self.quorums)
        self.controls = Controls(clock, store, secrets, self.quorums, self.sets)
        self.wallets = Wallets(clock, store, secrets, self.quorums, self.controls)
        self.idempotency = Idempotency(clock, store)
        self.signer = Signer(clock, self.wallets, self.controls, self.quorums, self.idempotency)
        self.tokens = Tokens(secrets, app_id)
        self.users = Users(clock, store, secrets)
        self.identity = Identity(
            clock, store, secrets, self.users, self.tokens, access_token_seconds
        )

    def advance(self) -> None:
        """Nothing falls due here: what expires is judged when it is asked for."""

    def mailbox(self, email: str | None = None) -> list[Mail]:
        """Mails sent, oldest first; all of them, or those to one address."""
        return self.identity.mailbox(email)

    def halt_signing(self) -> None:
        """From now on every permitted signing request is answered with 503."""
        self.signer.halted = True

    def resume_signing(self) -> None:
        """Sign again."""
        self.signer.halted = False
