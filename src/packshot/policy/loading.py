"""From files to policies: what ships and what users write, with all that it extends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import combinations
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from packshot import regular_files
from packshot.errors import PolicyError, SourceError
from packshot.policy.document import MAX_BYTES, Document, Place, parse_document
from packshot.policy.entries import PolicyEntry, RequirementEntry, SourceEntry, parse_policy_entry
from packshot.policy.metrics import METRICS
from packshot.policy.requirements import Operator, Requirement, find_problem
from packshot.policy.rules import Policy, Rule, RuleSource
from packshot.policy.suggestions import format_suggestion
from packshot.report import Level, SourceKind

_SUFFIXES: Final = (".yaml", ".yml")
_MAX_EXTENDS_DEPTH: Final = 5
"""Policies that extend one another in a row: a file that is read through more is not understood by
anybody. A judgement."""

_SOURCE_FIELDS: Final = tuple(SourceEntry.model_fields)
_REQUIREMENT_FIELDS: Final = tuple(RequirementEntry.model_fields)


@dataclass(frozen=True)
class _RuleField:
    """A value as it was written, with its place."""

    value: Any
    document: Document
    place: Place

    def make_error(self, problem: str) -> PolicyError:
        return self.document.make_error(self.place, problem)


_RuleFields = dict[str, _RuleField]
"""What is written of one rule, by field; `id` is always there."""


@dataclass(frozen=True)
class _LoadedPolicy:
    """A file with all that it extends."""

    entry: PolicyEntry
    document: Document
    rules: tuple[_RuleFields, ...]
    source_fields: _RuleFields


def list_policy_names() -> tuple[str, ...]:
    """List the names of the policies that ship, sorted.

    Example:
        >>> "amazon-main" in list_policy_names()
        True
    """
    return _find_shipped_names()


@cache
def _find_shipped_names() -> tuple[str, ...]:
    folder = files("packshot.policy") / "profiles"
    return tuple(
        sorted(Path(file.name).stem for file in folder.iterdir() if file.name.endswith(_SUFFIXES))
    )


def load_policy(name_or_path: str | Path) -> Policy:
    r"""Load a policy that ships by its name, or one's own by the path of its file.

    Args:
        name_or_path: Such as ``amazon-main``; a path ends in ``.yaml`` or ``.yml``.

    Raises:
        PolicyError: No such policy, or one that cannot be read; with file, line, and what may have
            been meant.

    Example:
        >>> policy = load_policy("amazon-main")
        >>> policy.title["en"], "fill" in [rule.id for rule in policy.rules]
        ('Amazon, main photo', True)
        >>> written = Path("ours.yaml").write_text("policy: ours\ntitle: Ours\nextends: amazon-main\n")
        >>> len(load_policy("ours.yaml").rules) == len(policy.rules)
        True
    """
    text = str(name_or_path)
    loaded = _load(Path(text) if text.endswith(_SUFFIXES) else text, ())
    rules = tuple(_build_rule(fields, loaded.entry.policy) for fields in loaded.rules)
    for (_, first), (fields, second) in combinations(zip(loaded.rules, rules, strict=True), 2):
        if first.has_conflict_with(second):
            raise fields["id"].make_error(
                f'another rule "{first.id}" holds for the same photos on the same days'
            )
    name = loaded.entry.policy
    return Policy(name, loaded.entry.title, _build_source(loaded.source_fields, name), rules)


def _load(name_or_path: str | Path, ancestors: tuple[str, ...]) -> _LoadedPolicy:
    text, label = _read_policy_text(name_or_path)
    document = parse_document(text, label)
    entry = parse_policy_entry(document)
    folder = name_or_path.parent if isinstance(name_or_path, Path) else None
    parents = [
        _load_parent(
            _RuleField(name, document, ("extends",)), folder, (*ancestors, _policy_key(name_or_path))
        )
        for name in entry.extends
    ]
    inherited_rules = _drop_rules(_join_rules(parents), entry, document)
    own_source_fields = _collect_fields(entry, document, (), _SOURCE_FIELDS)
    rules = _apply_changes(inherited_rules, _collect_own_rules(entry, document), own_source_fields)
    source_fields = own_source_fields or (parents[0].source_fields if parents else {})
    return _LoadedPolicy(entry, document, tuple(rules), source_fields)


def _drop_rules(rules: list[_RuleFields], entry: PolicyEntry, document: Document) -> list[_RuleFields]:
    known = {fields["id"].value for fields in rules}
    for number, name in enumerate(entry.drop):
        if name not in known:
            problem = f'no rule "{name}" to drop{format_suggestion(name, known)}'
            raise document.make_error(("drop", number), problem)
    return [fields for fields in rules if fields["id"].value not in entry.drop]


def _policy_key(name_or_path: str | Path) -> str:
    return str(name_or_path.resolve()) if isinstance(name_or_path, Path) else name_or_path


def _load_parent(name: _RuleField, folder: Path | None, ancestors: tuple[str, ...]) -> _LoadedPolicy:
    """Load what a file extends; paths are relative to it, and files that ship extend only such."""
    text = str(name.value)
    name_or_path: str | Path = text
    if text.endswith(_SUFFIXES) and folder is not None:
        name_or_path = folder / text
    if len(ancestors) > _MAX_EXTENDS_DEPTH:
        raise name.make_error(f"extends more than {_MAX_EXTENDS_DEPTH} policies, one after another")
    if _policy_key(name_or_path) in ancestors:
        raise name.make_error(
            f"extends itself: {' extends '.join([*ancestors, _policy_key(name_or_path)])}"
        )
    try:
        return _load(name_or_path, ancestors)
    except _MissingPolicyError as error:
        raise name.make_error(str(error)) from error


class _MissingPolicyError(PolicyError):
    """Nothing of that name: reported with the line that names it."""


def _read_policy_text(name_or_path: str | Path) -> tuple[str, str]:
    """Read a policy's file: its text, and its label."""
    if isinstance(name_or_path, Path):
        return _read_text_file(name_or_path), str(name_or_path)
    if name_or_path not in list_policy_names():
        hint = (
            format_suggestion(name_or_path, list_policy_names())
            or f"; there are {', '.join(list_policy_names())}"
        )
        raise _MissingPolicyError(f'no policy "{name_or_path}"{hint} A file of your own ends in .yaml')
    source = files("packshot.policy") / "profiles" / f"{name_or_path}.yaml"
    return source.read_text(encoding="utf-8"), f"{name_or_path}.yaml"


def _read_text_file(path: Path) -> str:
    try:
        return regular_files.read_file(path, MAX_BYTES).decode("utf-8-sig")
    except SourceError as error:
        raise PolicyError(str(error)) from error
    except FileNotFoundError:
        raise _MissingPolicyError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path}: cannot be read as UTF-8 text: {error}") from error


def _join_rules(parents: Sequence[_LoadedPolicy]) -> list[_RuleFields]:
    """Join the rules of several policies; a later one's replace those of the same name."""
    rules: list[_RuleFields] = []
    for parent in parents:
        names = {fields["id"].value for fields in parent.rules}
        rules = [fields for fields in rules if fields["id"].value not in names] + list(parent.rules)
    return rules


def _collect_own_rules(entry: PolicyEntry, document: Document) -> list[_RuleFields]:
    return [
        _collect_fields(rule, document, ("rules", number), rule.model_fields_set)
        for number, rule in enumerate(entry.rules)
    ]


def _collect_fields(
    entry: BaseModel, document: Document, place: Place, names: Iterable[str]
) -> _RuleFields:
    """Collect the fields that were written, of those named."""
    written_names = [name for name in names if name in entry.model_fields_set]
    return {name: _RuleField(getattr(entry, name), document, (*place, name)) for name in written_names}


def _apply_changes(
    inherited_rules: list[_RuleFields], own_rules: list[_RuleFields], source_fields: _RuleFields
) -> list[_RuleFields]:
    """Join inherited rules with one's own: those of the same name in its place.

    A rule that is written whole replaces all inherited ones of its name. One that is not changes what it
    says of the one that is inherited.
    """
    names = dict.fromkeys(str(fields["id"].value) for fields in [*inherited_rules, *own_rules])
    result: list[_RuleFields] = []
    for name in names:
        before = [fields for fields in inherited_rules if fields["id"].value == name]
        after = [fields for fields in own_rules if fields["id"].value == name]
        result += [
            _merge_source_fields(_find_base_rule(fields, before), source_fields, fields)
            for fields in after
        ] or before
    return result


def _find_base_rule(fields: _RuleFields, inherited_rules: list[_RuleFields]) -> _RuleFields:
    """Find the inherited rule that a rule changes; nothing where it stands for itself."""
    if not inherited_rules or _is_complete(fields):
        return {}
    if len(inherited_rules) > 1:
        raise fields["id"].make_error(
            f'write all of "{fields["id"].value}": it is inherited in {len(inherited_rules)} variants, '
            "and nobody could say which one is to change"
        )
    return inherited_rules[0]


def _is_complete(fields: _RuleFields) -> bool:
    """Return whether a rule says all that a rule must say."""
    has_requirement = all(name in fields for name in _REQUIREMENT_FIELDS)
    return "level" in fields and (has_requirement or (_is_manual(fields) and "reason" in fields))


def _is_manual(fields: _RuleFields) -> bool:
    return "level" in fields and fields["level"].value is Level.MANUAL


def _merge_source_fields(
    base_fields: _RuleFields, source_fields: _RuleFields, fields: _RuleFields
) -> _RuleFields:
    """Merge a rule's fields into those it changes; sources are taken whole, never mixed of two."""
    if "source" in fields:
        source_fields = {name: source_fields[name] for name in source_fields if name == "verified_on"}
    if source_fields or "source" in fields:
        base_fields = {name: base_fields[name] for name in base_fields if name not in _SOURCE_FIELDS}
    return base_fields | source_fields | fields


def _build_rule(fields: _RuleFields, policy: str) -> Rule:
    def get_value(name: str, default: Any = None) -> Any:
        written_value = fields[name].value if name in fields else None
        return default if written_value is None else written_value

    if get_value("level") is None:
        raise fields["id"].make_error(f'the rule "{get_value("id")}" has no level')
    first, last = get_value("effective_from"), get_value("effective_until")
    if first and last and last < first:
        raise fields["effective_until"].make_error("effective_until lies before effective_from")
    if get_value("level") is Level.MANUAL and get_value("metric") is None and not get_value("reason"):
        raise fields["id"].make_error(
            f'the rule "{get_value("id")}" needs a reason: what a person must look at'
        )
    return Rule(
        id=get_value("id"),
        level=get_value("level"),
        role=get_value("role", "any"),
        categories=get_value("category", ()),
        requirement=_build_requirement(fields),
        when=_build_condition(fields),
        effective_from=first,
        effective_until=last,
        source=_build_source(fields, policy),
        title=get_value("title", {}),
        reason=get_value("reason", {}),
        remedy=get_value("remedy", {}),
    )


def _build_source(fields: _RuleFields, policy: str) -> RuleSource:
    """Build a rule's source; whoever names none speaks for themselves."""
    values = {name: fields[name].value for name in _SOURCE_FIELDS if name in fields}
    return RuleSource(
        name=values.get("source") or policy,
        url=values.get("source_url"),
        kind=values.get("source_kind") or SourceKind.COMMUNITY,
        verified_on=values.get("verified_on"),
    )


def _build_requirement(fields: _RuleFields) -> Requirement | None:
    """Build the requirement of a rule; None of one that only a person can judge."""
    if fields.get("metric") is None and _is_manual(fields):
        return None
    required: _RuleFields = {name: fields[name] for name in ("metric", "op", "value") if name in fields}
    missing = [
        name
        for name in ("metric", "op", "value")
        if name not in required or required[name].value is None
    ]
    if missing:
        raise fields["id"].make_error(f'the rule "{fields["id"].value}" has no {missing[0]}')
    return _validate_requirement(required)


def _build_condition(fields: _RuleFields) -> Requirement | None:
    """Build the requirement that a photo must fulfil to be a rule's business."""
    when = fields.get("when")
    if when is None or when.value is None:
        return None
    return _validate_requirement(
        _collect_fields(when.value, when.document, when.place, _REQUIREMENT_FIELDS)
    )


def _validate_requirement(fields: _RuleFields) -> Requirement:
    metric, op, limit = fields["metric"].value, Operator(fields["op"].value), fields["value"].value
    if metric not in METRICS:
        raise fields["metric"].make_error(f'no metric "{metric}"{format_suggestion(metric, METRICS)}')
    problem = find_problem(metric, op, limit)
    if problem:
        field, reason = problem
        raise fields[field].make_error(reason)
    return Requirement(metric, op, _to_limit(limit))


def _to_limit(value: Any) -> Any:
    """Convert a value to the form in rules: whole numbers are numbers as any."""
    if isinstance(value, tuple):
        return tuple(_to_limit(part) for part in value)
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
