"""The composition root: settings become adapters, adapters become use cases, once."""

from asgard_basis.bootstrap.app import App, WebSettings
from asgard_basis.bootstrap.composition import open_app

__all__ = ["App", "WebSettings", "open_app"]
