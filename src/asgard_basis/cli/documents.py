"""`basis docs`: the reference pages that are made from the code."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import typer
from pydantic import AliasChoices
from pydantic.fields import FieldInfo

from asgard_basis.cli.openapi import openapi
from asgard_basis.domain.errors import ErrorCode
from asgard_basis.domain.position.lifecycle import ENDED, MEANING, TRANSITIONS, PositionState
from asgard_basis.settings import LIVE_URLS, Settings


def documents(commands: typer.Typer) -> Mapping[str, Callable[[], str]]:
    """The pages by file name, each with what writes it; `commands` are those of `basis`."""
    return {
        "openapi.json": lambda: openapi() + "\n",
        "errors.md": error_reference,
        "settings.md": setting_reference,
        "commands.md": lambda: command_reference(commands),
    }


def write_documents(folder: Path, commands: typer.Typer) -> None:
    """Write every reference page into `folder`, and the pictures beside it."""
    pages = {folder / name: write for name, write in documents(commands).items()}
    pages |= {folder.parent / name: write for name, write in PICTURES.items()}
    for page, write in pages.items():
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(write())


def lifecycle_picture() -> str:
    """The states of a position and the ways between them, drawn from the table."""
    ways = [
        f"    {state.value} --> {later.value}"
        for state in PositionState
        for later in PositionState
        if later in TRANSITIONS[state]
    ]
    ends = [f"    {state.value} --> [*]" for state in PositionState if state in ENDED]
    meanings = [f"| `{state.value}` | {MEANING[state]} |" for state in PositionState]
    lines = [
        "# The life of a position",
        "",
        "Made by `make docs` from the table in `domain/position/lifecycle.py`: nothing else may",
        "change a state, and no way exists that is not drawn here. What moves a position along",
        "are the [sagas](../concepts/sagas.md).",
        "",
        "```mermaid",
        "stateDiagram-v2",
        f"    [*] --> {PositionState.REQUESTED.value}",
        *ways,
        *ends,
        "```",
        "",
        "| state | means |",
        "|---|---|",
        *meanings,
    ]
    return "\n".join(lines) + "\n"


PICTURES: Mapping[str, Callable[[], str]] = {
    "architecture/lifecycle.md": lifecycle_picture,
}
"""Pages elsewhere under `docs`, by their place there."""


def error_reference() -> str:
    """Every code with its status and message, as Markdown."""
    lines = [
        "# Error codes",
        "",
        "Made by `make docs`. Codes never change meaning. Every error answer has the shape",
        '`{"error": {"code", "message", "category", "http_status", "details"}, "request_id"}`.',
        "",
        "| code | HTTP | category | message |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {entry.code} | {entry.http_status} | {entry.category} | {entry.value.message} |"
        for entry in sorted(ErrorCode, key=lambda e: e.code)
    ]
    return "\n".join(lines) + "\n"


def setting_reference() -> str:
    """Every setting with its default, its bounds and its meaning, as Markdown."""
    lines = [
        "# Settings",
        "",
        "Made by `make docs`. Read from the environment, or from a file of that name in",
        "`$BASIS_HOME/secrets`; the environment wins and an empty variable counts as not set.",
        "`make run` needs none of them: `basis up` finds or makes what is required.",
        "",
        "| name | default | allowed | meaning |",
        "|---|---|---|---|",
    ]
    for info in Settings.model_fields.values():
        name = _name(info)
        cells = (f"`{name}`", _default(name, info), _allowed(info), str(info.description))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def command_reference(app: typer.Typer) -> str:
    """Every command of `basis` with its options, as Markdown."""
    lines = [
        "# Commands",
        "",
        "Made by `make docs`. `basis` is `python -m asgard_basis`. Most days `make` is enough.",
        "",
        "| command | does |",
        "|---|---|",
    ]
    group = typer.main.get_command(app)
    for name, command in _commands(group, ""):
        options = [_option(parameter) for parameter in command.params]
        lines.append(f"| `{' '.join([f'basis {name}', *options])}` | {command.help} |")
    return "\n".join(lines) + "\n"


def _commands(group: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Commands with their full names, those of groups included."""
    inner: Mapping[str, Any] = getattr(group, "commands", {})
    for name, command in inner.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{prefix}{name} ")
        else:
            yield prefix + name, command


def _name(info: FieldInfo) -> str:
    alias = info.validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else ""


def _default(name: str, info: FieldInfo) -> str:
    if name in LIVE_URLS:
        return f"required; live `{LIVE_URLS[name]}`"
    if info.is_required():
        return "required"
    return "none" if info.default in (None, "") else f"`{info.default}`"


def _allowed(info: FieldInfo) -> str:
    if get_args(info.annotation) and all(isinstance(c, str) for c in get_args(info.annotation)):
        return ", ".join(f"`{choice}`" for choice in get_args(info.annotation))
    bounds = {
        key: getattr(rule, key)
        for rule in info.metadata
        for key in ("ge", "le")
        if hasattr(rule, key)
    }
    if len(bounds) == 2:
        return f"{bounds['ge']} to {bounds['le']}"
    words = {"ge": "at least", "le": "at most"}
    return " ".join(f"{words[key]} {bound}" for key, bound in bounds.items())


def _option(parameter: Any) -> str:
    if parameter.opts[0].startswith("-"):
        return f"[{parameter.opts[0]} {parameter.name.upper()}]"
    return f"[{parameter.name.upper()}]"
