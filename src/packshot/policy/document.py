"""YAML that knows its lines: plain values only, every mistake with the line where it stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import yaml

from packshot.errors import PolicyError

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"
Place: TypeAlias = tuple[str | int, ...]
"""Keys and positions from the top of a document: ``("rules", 0, "value")``."""

MOST_BYTES: Final = 1_000_000
"""Of a file: some 2 500 rules, where the longest policy that ships has 30; read in half a minute."""

_DEEPEST: Final = 12
_LONGEST_PROBLEM: Final = 200
_PLAIN: Final[tuple[tuple[re.Pattern[str], type[int] | type[float]], ...]] = (
    (re.compile(r"[-+]?(0|[1-9][0-9_]{0,14})"), int),
    (re.compile(r"[-+]?[0-9]{1,15}\.[0-9]{1,15}"), float),
)
_TAG: Final = "tag:yaml.org,2002:"
_IMPLICIT: Final = frozenset(
    _TAG + kind for kind in ("str", "int", "float", "bool", "null", "timestamp", "merge", "value")
)
_WORDS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True)
class Document:
    """A YAML document.

    Attributes:
        name: Of the file, for messages.
        content: Its values.
        lines: The line, from 1, of every place in it.
    """

    name: str
    content: Plain
    lines: Mapping[Place, int] = field(repr=False)

    def line(self, place: Sequence[str | int]) -> int:
        """The line of a place, or of the nearest that holds it."""
        for end in range(len(place), -1, -1):
            found = self.lines.get(tuple(place[:end]))
            if found is not None:
                return found
        return 1

    def error(self, place: Sequence[str | int], problem: str) -> PolicyError:
        """The error to raise for what stands at a place."""
        return PolicyError(f"{self.name}, line {self.line(place)}: {problem}")


def read_document(text: str, name: str) -> Document:
    """Read YAML.

    Of YAML's ways of writing, those are left out that make a file mean more than it shows: anchors and
    aliases, tags, merge keys, keys written twice, ``yes`` and ``no`` as truth, octal numbers.

    Args:
        text: The whole document.
        name: Of the file, for messages.

    Raises:
        PolicyError: It is not such YAML; with the line.
    """
    if len(text) > MOST_BYTES:
        raise PolicyError(f"{name}: larger than the limit of {MOST_BYTES:,} characters")
    try:
        node = _compose(text, name)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        problem = ", ".join(part for part in (error.context, error.problem) if part)
        raise PolicyError(f"{name}, line {line}: {problem}") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise PolicyError(f"{name}, line {line}: a character that YAML does not allow") from error
    lines: dict[Place, int] = {}
    content = None if node is None else _Reader(name, lines).value(node, ())
    return Document(name, content, lines)


class _Composer(yaml.SafeLoader):
    """Makes nodes; refuses what refers to other nodes, and what is nested too deep."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise yaml.MarkedYAMLError(
                problem="anchors and aliases are not read", problem_mark=event.start_mark
            )
        self._depth += 1
        if self._depth > _DEEPEST:
            raise yaml.MarkedYAMLError(problem="nested too deep", problem_mark=event.start_mark)
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def _compose(text: str, name: str) -> yaml.Node | None:
    loader = _Composer(text)
    loader.name = name
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


@dataclass(frozen=True)
class _Reader:
    """From nodes to values; notes the line of every place on the way."""

    name: str
    lines: dict[Place, int]

    def value(self, node: yaml.Node, place: Place) -> Plain:
        """The value of a node."""
        self.lines[place] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            self._require_tag(node, "seq")
            return [self.value(item, (*place, i)) for i, item in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Plain]:
        self._require_tag(node, "map")
        found: dict[str, Plain] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._error(key_node, "a key must be a word")
            key = str(key_node.value)
            if key in found:
                raise self._error(key_node, f"{key!r} is written twice")
            found[key] = self.value(value_node, (*place, key))
            self.lines[(*place, key)] = key_node.start_mark.line + 1
        return found

    def _scalar(self, node: yaml.Node) -> Plain:
        text = str(node.value)
        if not isinstance(node, yaml.ScalarNode) or node.style:
            self._require_tag(node, "str")
            return text
        if node.tag not in _IMPLICIT:
            raise self._error(node, f"the tag {node.tag} is not read")
        if text in _WORDS:
            return _WORDS[text]
        for pattern, kind in _PLAIN:
            if pattern.fullmatch(text):
                return kind(text)
        return text

    def _require_tag(self, node: yaml.Node, kind: str) -> None:
        if node.tag != _TAG + kind:
            raise self._error(node, f"the tag {node.tag} is not read")

    def _error(self, node: yaml.Node, problem: str) -> PolicyError:
        shown = problem if len(problem) <= _LONGEST_PROBLEM else f"{problem[:_LONGEST_PROBLEM]}…"
        return PolicyError(f"{self.name}, line {node.start_mark.line + 1}: {shown}")
