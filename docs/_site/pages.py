"""The pages of the site that nobody writes: reference, commands, models, decisions, changelog.

MkDocs calls the functions whose names begin with ``on_``. Everything is found where it lies, so that a
module that moves, a new decision or another command needs no change here.
"""

from __future__ import annotations

import ast
import html
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Any

from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
SOURCE = ROOT / "src"
PACKAGE = SOURCE / "packshot"

HELP_WIDTH = "96"
"""Columns of the help of commands, as in a terminal."""

_TAG = re.compile(r"\\tag\{([\w.]+)\}")
_INLINE = re.compile(r'<span class="arithmatex">\\\((.*?)\\\)</span>', re.DOTALL)
_COMMAND = re.compile(r"^  (\w[\w-]*) ", re.MULTILINE)
_TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
_NUMBERED = re.compile(r"^##+ (\d+(?:\.\d+)?)\.? .*$", re.MULTILINE)
_LIST = re.compile(r"<!-- list: (\w+) -->")
_MERMAID = '<pre class="mermaid">'


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Fill the parts of the navigation that are empty, and draw formulas and diagrams."""
    pages = {"Reference": _reference_nav(), "Decisions": _decision_nav(), "Project": _project_nav()}
    for section in config.nav or []:
        for name in pages.keys() & section.keys():
            section[name] = pages[name]
    from pymdownx.superfences import fence_code_format

    config.mdx_configs["pymdownx.superfences"] = {
        "custom_fences": [
            {"name": "math", "class": "math", "format": display_formula},
            {"name": "mermaid", "class": "mermaid", "format": fence_code_format},
        ]
    }
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages that are made of other files."""
    for address, text in _generated():
        files.append(File.generated(config, address, content=text))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put lists that are made of other files where a page asks for them; name numbered sections."""
    markdown = _NUMBERED.sub(lambda found: f'{found[0]} <a id="{_section(found[1])}"></a>', markdown)
    lists = {"packages": _package_list, "schemas": _schema_list, "decisions": _decision_list}
    return _LIST.sub(lambda found: "\n".join(lists[found[1]]()), markdown)


def on_page_content(content: str, *, page: Page, **_: Any) -> str:
    """Turn formulas within lines into MathML, which browsers draw without a script."""
    del page
    return _INLINE.sub(lambda found: convert(html.unescape(found[1])), content)


def on_post_page(output: str, *, page: Page, **_: Any) -> str:
    """Give pages with diagrams the script that draws them; no other page loads it."""
    if _MERMAID not in output:
        return output
    base = "../" * page.url.count("/")
    script = f'<script src="{base}assets/javascripts/mermaid.tiny.js"></script>'
    head, mark, tail = output.rpartition("<script src=")
    return f"{head}{script}{mark}{tail}"


def _section(number: str) -> str:
    """The name of a section by its number, which its title may outlive."""
    return f"section-{number.replace('.', '-')}"


def display_formula(source: str, *_: Any, **__: Any) -> str:
    """A formula on lines of its own, with its number, to which others can point, at the right."""
    number = _TAG.search(source)
    formula = convert(_TAG.sub("", source).strip(), display="block")
    if number is None:
        return f'<div class="formula">{formula}</div>'
    name = f"equation-{number[1].replace('.', '-')}"
    link = f'<a class="number" href="#{name}">({number[1]})</a>'
    return f'<div class="formula" id="{name}">{formula}{link}</div>'


def _generated() -> Iterator[tuple[str, str]]:
    yield "reference/commands.md", _commands()
    yield from ((f"reference/{name}.md", _package(name)) for name in _packages())
    yield from ((f"reference/models/{path.stem}.md", _card(path)) for path in _cards())
    yield "changelog.md", _moved(ROOT / "CHANGELOG.md")
    yield "contributing.md", _moved(ROOT / "CONTRIBUTING.md")


# --- Navigation -----------------------------------------------------------------------------------


def _reference_nav() -> list[Any]:
    packages = [{name: f"reference/{name}.md"} for name in _packages()]
    cards = [f"reference/models/{path.stem}.md" for path in _cards()]
    fixed = [
        "reference/index.md",
        {"Commands": "reference/commands.md"},
        {"Records": "reference/records.md"},
        {"Policies": "policies.md"},
    ]
    return [*fixed, {"Python": packages}, {"Models": cards}]


def _decision_nav() -> list[Any]:
    pages = [f"decisions/{path.name}" for path in _decisions()]
    return [{"All decisions": "decisions/index.md"}, *pages]


def _project_nav() -> list[Any]:
    return [{"Contributing": "contributing.md"}, {"Changelog": "changelog.md"}]


# --- Reference ------------------------------------------------------------------------------------


def _packages() -> list[str]:
    """Dotted names of all folders with modules, the package itself first."""
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    return sorted(".".join(folder.relative_to(SOURCE).parts) for folder in folders)


def _modules(package: str) -> list[str]:
    """Names of a package's modules that are not private."""
    folder = SOURCE.joinpath(*package.split("."))
    return sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))


def _docstring(name: str) -> str:
    """The first line that a package or module says of itself."""
    path = SOURCE.joinpath(*name.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    told = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) if path.exists() else None
    return (told or "").partition("\n")[0]


def _package(name: str) -> str:
    """A page for a package: what it is, its modules as a table, then each in full."""
    lines = [f"# {name}", "", _docstring(name), ""]
    if name == PACKAGE.name:
        rows = [(f"[`{one}`][{home}.{one}]", text) for one, home, text in _public_names()]
        lines += ["## What most programs need", "", *_table("class", rows), ""]
    modules = _modules(name)
    if modules:
        rows = [(f"[`{one}`](#{name}.{one})", _docstring(f"{name}.{one}")) for one in modules]
        lines += _table("module", rows)
    for one in modules:
        lines += ["", f"## {one} {{#{name}.{one}}}", "", f"::: {name}.{one}"]
    return "\n".join(lines) + "\n"


def _public_names() -> list[tuple[str, str, str]]:
    """What `packshot` offers: each class, the module where it is written, and what it says of itself."""
    sys.path.insert(0, str(SOURCE))
    import packshot

    offered = ((name, getattr(packshot, name)) for name in packshot.__all__)
    return [
        (name, one.__module__, (one.__doc__ or "").partition("\n")[0])
        for name, one in offered
        if isinstance(one, type)
    ]


def _table(heading: str, rows: list[tuple[str, str]]) -> list[str]:
    cells = [f"| {first} | {second.replace('|', chr(92) + '|')} |" for first, second in rows]
    return [f"| {heading} | |", "|---|---|", *cells]


def _package_list() -> list[str]:
    return _table("package", [(f"[{name}]({name}.md)", _docstring(name)) for name in _packages()])


def _commands() -> str:
    """The help of all commands, asked of the commands themselves."""
    groups = _help()
    first = [(name,) for name in _COMMAND.findall(groups.partition("\nCommands:")[2])]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        told = dict(zip(first, pool.map(_help, first), strict=True))
        inner = [
            (*path, name)
            for path, text in told.items()
            for name in _COMMAND.findall(text.partition("\nCommands:")[2])
        ]
        told |= dict(zip(inner, pool.map(_help, inner), strict=True))
    parts = ["# Commands", "", "Each command says the same with `--help`.", "", "```text", groups, "```"]
    for path in sorted(told):
        marks = "#" * (len(path) + 1)
        parts += ["", f"{marks} packshot {' '.join(path)}", "", "```text", told[path], "```"]
    return "\n".join(parts) + "\n"


def _help(path: tuple[str, ...] = ()) -> str:
    command = [sys.executable, "-m", "packshot", *path, "--help"]
    environment = {**os.environ, "COLUMNS": HELP_WIDTH, "PYTHONPATH": str(SOURCE)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)  # noqa: S603
    return done.stdout.strip().replace("python -m packshot", "packshot")


def _schema_list() -> list[str]:
    names = sorted(path.name for path in DOCS.glob("*.schema.json"))
    return _table(
        "record", [(name.removesuffix(".schema.json"), f"[{name}](../{name})") for name in names]
    )


# --- Pages that lie elsewhere ---------------------------------------------------------------------


def _cards() -> list[Path]:
    """Cards of the models that ship, the list of all of them first."""
    cards = (PACKAGE / "weights").glob("*.md")
    return sorted(cards, key=lambda path: (path.stem != "README", path.stem))


def _card(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _decisions() -> list[Path]:
    return sorted((DOCS / "decisions").glob("[0-9]*.md"))


def _decision_list() -> list[str]:
    return [f"* [{_title(path)}]({path.name})" for path in _decisions()]


def _title(path: Path) -> str:
    found = _TITLE.search(path.read_text(encoding="utf-8"))
    return found[1] if found else path.stem


def _moved(path: Path) -> str:
    """A page of the repository's root: its links into ``docs/`` begin there, others name files."""

    def address(found: re.Match[str]) -> str:
        text, target = found[1], found[2]
        inside = PurePosixPath(target).parts[:1] == ("docs",)
        return f"[{text}]({target.removeprefix('docs/')})" if inside else found[0]

    return re.sub(r"\[([^\]]+)\]\(([^)\s]+)\)", address, path.read_text(encoding="utf-8"))
