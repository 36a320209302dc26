"""YAML that knows its lines: plain values only, and every mistake is reported with its line."""

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

MAX_BYTES: Final = 1_000_000
"""Bytes of a file: some 2 500 rules, where the longest policy that ships has 30; read in half a
minute."""

_MAX_DEPTH: Final = 12
"""Mappings and lists inside one another: a policy has six; deep nesting would exhaust the stack. A
judgement."""

_MAX_PROBLEM_LENGTH: Final = 200
"""Characters of a problem that are shown: the file's own text may stand in it. A judgement."""

_NUMBER_PATTERNS: Final[tuple[tuple[re.Pattern[str], type[int] | type[float]], ...]] = (
    (re.compile(r"[-+]?(0|[1-9][0-9_]{0,14})"), int),
    (re.compile(r"[-+]?[0-9]{1,15}\.[0-9]{1,15}"), float),
)
"""Forms of numbers that are read: no octal ones, no exponents, no more digits than a float holds."""

_TAG_PREFIX: Final = "tag:yaml.org,2002:"
_IMPLICIT_TAGS: Final = frozenset(
    _TAG_PREFIX + kind for kind in ("str", "int", "float", "bool", "null", "timestamp", "merge", "value")
)
_CONSTANTS: Final[dict[str, bool | None]] = {
    "true": True,
    "false": False,
    "null": None,
    "~": None,
    "": None,
}


@dataclass(frozen=True)
class Document:
    r"""A YAML document.

    Attributes:
        name: Of the file, for messages.
        content: Its values.
        lines: The line, from 1, of every place in it.

    Example:
        >>> document = parse_document("policy: ours\nrules:\n  - id: size\n", "ours.yaml")
        >>> document.find_line(("rules", 0, "id"))
        3
        >>> str(document.make_error(("rules", 0, "level"), "no such level"))
        'ours.yaml, line 3: no such level'
    """

    name: str
    content: Plain
    lines: Mapping[Place, int] = field(repr=False)

    def find_line(self, place: Sequence[str | int]) -> int:
        """Find the line of a place, or of the nearest that holds it."""
        for end in range(len(place), -1, -1):
            found = self.lines.get(tuple(place[:end]))
            if found is not None:
                return found
        return 1

    def make_error(self, place: Sequence[str | int], problem: str) -> PolicyError:
        """Make the error to raise for what stands at a place."""
        return PolicyError(f"{self.name}, line {self.find_line(place)}: {problem}")


def parse_document(text: str, name: str) -> Document:
    r"""Read YAML.

    Of YAML's ways of writing, those are left out that make a file mean more than it shows: anchors and
    aliases, tags, merge keys, keys written twice, ``yes`` and ``no`` as truth, octal numbers.

    Args:
        text: The whole document.
        name: Of the file, for messages.

    Raises:
        PolicyError: It is not such YAML; with the line.

    Example:
        >>> parse_document("policy: ours\ndrop: [size, frame]", "ours.yaml").content
        {'policy': 'ours', 'drop': ['size', 'frame']}
        >>> parse_document("policy: no", "ours.yaml").content  # a word, not false
        {'policy': 'no'}
    """
    if len(text) > MAX_BYTES:
        raise PolicyError(f"{name}: larger than the limit of {MAX_BYTES:,} characters")
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
    content = None if node is None else _NodeReader(name, lines).read_value(node, ())
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
        if self._depth > _MAX_DEPTH:
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
class _NodeReader:
    """From nodes to values; notes the line of every place on the way."""

    name: str
    lines: dict[Place, int]

    def read_value(self, node: yaml.Node, place: Place) -> Plain:
        """Read the value of a node."""
        self.lines[place] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            return self._read_mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            self._check_tag(node, "seq")
            return [self.read_value(item, (*place, i)) for i, item in enumerate(node.value)]
        return self._read_scalar(node)

    def _read_mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Plain]:
        self._check_tag(node, "map")
        values: dict[str, Plain] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._make_error(key_node, "a key must be a word")
            key = str(key_node.value)
            if key in values:
                raise self._make_error(key_node, f"{key!r} is written twice")
            values[key] = self.read_value(value_node, (*place, key))
            self.lines[(*place, key)] = key_node.start_mark.line + 1
        return values

    def _read_scalar(self, node: yaml.Node) -> Plain:
        text = str(node.value)
        if not isinstance(node, yaml.ScalarNode) or node.style:
            self._check_tag(node, "str")
            return text
        if node.tag not in _IMPLICIT_TAGS:
            raise self._make_error(node, f"the tag {node.tag} is not read")
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        for pattern, kind in _NUMBER_PATTERNS:
            if pattern.fullmatch(text):
                return kind(text)
        return text

    def _check_tag(self, node: yaml.Node, kind: str) -> None:
        if node.tag != _TAG_PREFIX + kind:
            raise self._make_error(node, f"the tag {node.tag} is not read")

    def _make_error(self, node: yaml.Node, problem: str) -> PolicyError:
        shortened = (
            problem if len(problem) <= _MAX_PROBLEM_LENGTH else f"{problem[:_MAX_PROBLEM_LENGTH]}…"
        )
        return PolicyError(f"{self.name}, line {node.start_mark.line + 1}: {shortened}")
