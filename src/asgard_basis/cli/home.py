"""The folder one installation lives in: data, logs, secrets, and who is running."""

import base64
import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from asgard_basis.adapters.embedded.child import write_private


class AlreadyRunning(Exception):
    """Somebody else uses this home now."""

    def __init__(self, run: Mapping[str, Any] | None) -> None:
        self.run = run
        super().__init__("this home is in use")


class Home:
    """`$BASIS_HOME`, `var` in the present folder by default."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.logs = self.folder / "log"
        self.secrets = self.folder / "secrets"
        self.run_file = self.folder / "run.json"
        self.ready_file = self.folder / "paper" / "ready.json"
        self._ports_file = self.folder / "ports.json"
        self._told_file = self.folder / "told.json"

    @staticmethod
    def from_environment() -> "Home":
        """As the environment names it."""
        return Home(Path(os.environ.get("BASIS_HOME") or "var"))

    def log(self, name: str) -> Path:
        """Where a process writes."""
        return self.logs / f"{name}.log"

    def record(self, name: str) -> Path:
        """Where a running process is named for a later run."""
        return self.folder / "running" / f"{name}.json"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep others out until the context, or this process, ends; raises AlreadyRunning."""
        self.folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise AlreadyRunning(self.read_run()) from None
            for folder in (self.logs, self.secrets, self.folder / "running"):
                folder.mkdir(mode=0o700, exist_ok=True)
            yield
        finally:
            os.close(descriptor)

    def read_run(self) -> dict[str, Any] | None:
        """Addresses and process numbers of what runs here; None while nothing is ready."""
        return read_json(self.run_file)

    def write_run(self, run: Mapping[str, Any]) -> None:
        """Publish where everything is."""
        write_private(self.run_file, json.dumps(run, indent=2) + "\n")

    def forget_run(self) -> None:
        """Nothing is running (any more)."""
        self.run_file.unlink(missing_ok=True)

    def database_url(self) -> str | None:
        """The database in use: DATABASE_URL, or the embedded one that runs here; None for none."""
        given = os.environ.get("DATABASE_URL")
        if given:
            return given
        public = (self.read_run() or {}).get("postgresql")
        password = self.folder / "postgresql" / "password"
        if not isinstance(public, str) or not password.is_file():
            return None
        return public.replace("@", f":{password.read_text().strip()}@", 1)

    def tell(self, environment: Mapping[str, str]) -> None:
        """Keep what the processes of this home were told, for operators' commands; mode 0600."""
        write_private(self._told_file, json.dumps(dict(environment), indent=2) + "\n")

    def told(self) -> dict[str, str]:
        """What the processes of this home were last told; empty when nothing ever ran here."""
        told = read_json(self._told_file) or {}
        return {name: text for name, text in told.items() if isinstance(text, str)}

    def remembered_port(self, name: str) -> int | None:
        """The port of the last run."""
        port = (read_json(self._ports_file) or {}).get(name)
        return port if isinstance(port, int) else None

    def remember_ports(self, ports: Mapping[str, int]) -> None:
        """Use the same again next time."""
        known = read_json(self._ports_file) or {}
        write_private(self._ports_file, json.dumps({**known, **ports}) + "\n")

    def secret(self, name: str) -> str:
        """A generated secret of this home, made on first use and kept with mode 0600."""
        path = self.secrets / name
        if not path.exists():
            makers = {"privy_authorization_key": _authorization_key}
            write_private(path, makers.get(name, _random_secret)() + "\n")
        return path.read_text().strip()


def read_json(path: Path) -> dict[str, Any] | None:
    """A JSON object from a file; None when it is absent or not readable."""
    try:
        value = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def _random_secret() -> str:
    return secrets.token_urlsafe(32)


def _authorization_key() -> str:
    """A P-256 key as Privy's dashboard shows one."""
    key = ec.generate_private_key(ec.SECP256R1())
    raw = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return "wallet-auth:" + base64.b64encode(raw).decode()
