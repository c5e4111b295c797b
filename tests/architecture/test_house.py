"""What imports cannot show: sizes, exactness, clocks, boundaries, reachability."""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"
LINES_MAX = 400
DOMAIN_LINES_MAX = 300
FUNCTION_LINES_MAX = 70
BROAD_ALLOWED = {
    "asgard_basis/workers/loop.py",
    "asgard_basis/api/errors.py",
    "asgard_basis/application/trading/saga_runner.py",
    "asgard_basis/cli/main.py",
}
CLOCKS_ALLOWED = {"asgard_basis/adapters/system/clock.py", "asgard_paper/kernel/clock.py"}
FLOATS_ALLOWED = {"asgard_basis/domain/risk/kernel.py"}
"""It decides nothing: the exact rules do, which a property test holds it against."""
NOBODYS_ADDRESSES = {f"0x{0:040x}", f"0x{0xDEAD:040x}"}
ENTRY_POINTS = {
    "asgard_basis.__main__",
    "asgard_basis.adapters.memory.unit_of_work",  # what tests and simulations are built on
}
"""`basis` is another name for the first; the simulators and the servers are started by it."""


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def test_modules_are_short_enough() -> None:
    long = {}
    for path in modules():
        limit = DOMAIN_LINES_MAX if "asgard_basis/domain/" in str(path) else LINES_MAX
        count = len(path.read_text().splitlines())
        if count > limit:
            long[name_of(path)] = count
    assert long == {}


def test_functions_are_short_enough() -> None:
    long = [
        f"{name_of(path)}:{node.lineno} {node.name}"
        for path in modules()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > FUNCTION_LINES_MAX
    ]
    assert long == []


def test_the_domain_knows_no_floats() -> None:
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in modules()
        if "asgard_basis/domain/" in str(path) and name_of(path) not in FLOATS_ALLOWED
        for node in ast.walk(tree_of(path))
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id == "float")
    ]
    assert found == []


def test_addresses_stand_in_one_module() -> None:
    found = [
        f"{name_of(path)}:{node.lineno} {node.value}"
        for path in modules()
        if "asgard_paper/" not in name_of(path) and not name_of(path).endswith("domain/assets.py")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if re.fullmatch(r"[1-9A-HJ-NP-Za-km-z]{32,44}|0x[0-9a-fA-F]{40}", node.value)
        and node.value not in NOBODYS_ADDRESSES
    ]
    assert found == []


def test_only_clocks_read_the_time() -> None:
    pattern = re.compile(r"\b(datetime\.(now|utcnow)|date\.today|time\.(time(_ns)?|gmtime))\(")
    found = [
        name_of(path)
        for path in modules()
        if name_of(path) not in CLOCKS_ALLOWED
        and "/cli/" not in name_of(path)
        and pattern.search(path.read_text())
    ]
    assert found == []


def test_broad_handlers_stand_only_at_boundaries() -> None:
    found = []
    for path in modules():
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ExceptHandler) and (
                node.type is None
                or (isinstance(node.type, ast.Name) and node.type.id == "Exception")
            ):
                found.append(name_of(path))
    assert set(found) <= BROAD_ALLOWED


def test_nothing_is_left_for_later() -> None:
    pattern = re.compile(r"\b(TODO|FIXME|XXX(?!-)|NotImplementedError)\b")
    assert [name_of(p) for p in modules() if pattern.search(p.read_text())] == []


def test_public_names_say_what_they_promise() -> None:
    silent = []
    for path in modules():
        tree = tree_of(path)
        if not ast.get_docstring(tree):
            silent.append(name_of(path))
        for node in ast.walk(tree):
            is_named = isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            if not is_named or node.name.startswith("_") or _is_local(tree, node):
                continue
            if not ast.get_docstring(node):
                silent.append(f"{name_of(path)}:{node.lineno} {node.name}")
    assert silent == []


def _is_local(tree: ast.Module, wanted: ast.AST) -> bool:
    """Functions inside functions, and members of private classes."""
    for node in ast.walk(tree):
        is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if is_function and node is not wanted and any(c is wanted for c in ast.walk(node)):
            return True
        is_private = isinstance(node, ast.ClassDef) and node.name.startswith("_")
        if is_private and any(child is wanted for child in ast.iter_child_nodes(node)):
            return True
    return False


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def named_by(path: Path) -> Iterator[str]:
    """Modules used by name: `-m package.module`, a script beside this, a package of data files."""
    nodes = list(ast.walk(tree_of(path)))
    for node in nodes:
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "resources.files":
            yield ast.literal_eval(node.args[0])
    texts = [n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    for flag, module in pairwise(texts):
        if flag == "-m":
            yield from (module, f"{module}.__main__")
    for text in texts:
        if text.endswith(".py") and (path.parent / text).is_file():
            yield name_of(path.parent / text).removesuffix(".py").replace("/", ".")


def test_every_module_is_reachable_from_an_entry_point() -> None:
    known = {
        name_of(p).removesuffix(".py").replace("/", ".").removesuffix(".__init__"): p
        for p in modules()
    }
    waiting, seen = list(ENTRY_POINTS), set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in known:
            continue
        seen.add(name)
        parts = name.split(".")
        waiting += [".".join(parts[:n]) for n in range(1, len(parts))]
        waiting += [*imports_of(known[name]), *named_by(known[name])]
    assert sorted(set(known) - seen) == []


def test_every_error_code_is_raised_somewhere() -> None:
    errors = (SOURCE / "asgard_basis/domain/errors.py").read_text()
    names = re.findall(r"^    ([A-Z_]+) = ErrorKind\(", errors, re.MULTILINE)
    elsewhere = "\n".join(p.read_text() for p in modules() if p.name != "errors.py") + "\n".join(
        p.read_text() for p in modules() if p.name == "errors.py" and "domain" not in p.parts
    )
    unused = [name for name in names if f"ErrorCode.{name}" not in elsewhere]
    assert unused == []


@pytest.mark.parametrize("file", ["requirements.lock", "requirements-test.lock"])
def test_locks_hold_no_addresses(file: str) -> None:
    text = (ROOT / file).read_text()
    assert "http://" not in text
    assert "https://" not in text
    assert "--hash=sha256:" in text
