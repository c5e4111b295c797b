"""Privy on paper: e-mail sign-in, server wallets, request signatures and signing policies."""

from asgard_paper.privy.engine import PrivyEngine
from asgard_paper.privy.records import Mail

__all__ = ["Mail", "PrivyEngine"]
