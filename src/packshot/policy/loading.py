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

from packshot import inputs
from packshot.errors import PolicyError, SourceError
from packshot.policy.document import MOST_BYTES, Document, Place, read_document
from packshot.policy.entries import Origin, PolicyEntry, RequirementEntry, checked
from packshot.policy.metrics import METRICS
from packshot.policy.names import nearest
from packshot.policy.requirements import Op, Requirement, problem_of
from packshot.policy.rules import Policy, Rule, Source
from packshot.report import Level, SourceKind

_SUFFIXES: Final = (".yaml", ".yml")
_LONGEST_LINE: Final = 5
_ORIGIN: Final = tuple(Origin.model_fields)
_REQUIREMENT: Final = tuple(RequirementEntry.model_fields)


@dataclass(frozen=True)
class _Field:
    """A value as it was written, and where."""

    value: Any
    document: Document
    place: Place

    def error(self, problem: str) -> PolicyError:
        return self.document.error(self.place, problem)


_Fields = dict[str, _Field]
"""What is written of one rule, by field; `id` is always there."""


@dataclass(frozen=True)
class _Loaded:
    """A file with all that it extends."""

    entry: PolicyEntry
    document: Document
    rules: tuple[_Fields, ...]
    origin: _Fields


def policy_names() -> tuple[str, ...]:
    """Names of the policies that ship, sorted."""
    return _shipped_names()


@cache
def _shipped_names() -> tuple[str, ...]:
    folder = files("packshot.policy") / "profiles"
    return tuple(
        sorted(Path(file.name).stem for file in folder.iterdir() if file.name.endswith(_SUFFIXES))
    )


def load_policy(wanted: str | Path) -> Policy:
    """Load a policy that ships by its name, or one's own by the path of its file.

    Args:
        wanted: Such as ``amazon-main``; a path ends in ``.yaml`` or ``.yml``.

    Raises:
        PolicyError: No such policy, or one that cannot be read; with file, line, and what may have
            been meant.
    """
    text = str(wanted)
    loaded = _load(Path(text) if text.endswith(_SUFFIXES) else text, ())
    rules = tuple(_rule(fields, loaded.entry.policy) for fields in loaded.rules)
    for (_, first), (fields, second) in combinations(zip(loaded.rules, rules, strict=True), 2):
        if first.rivals(second):
            raise fields["id"].error(
                f'another rule "{first.id}" holds for the same photos on the same days'
            )
    name = loaded.entry.policy
    return Policy(name, loaded.entry.title, _source(loaded.origin, name), rules)


def _load(wanted: str | Path, trail: tuple[str, ...]) -> _Loaded:
    text, label = _read(wanted)
    document = read_document(text, label)
    entry = checked(document)
    folder = wanted.parent if isinstance(wanted, Path) else None
    parents = [
        _parent(_Field(name, document, ("extends",)), folder, (*trail, _key(wanted)))
        for name in entry.extends
    ]
    inherited = _without_dropped(_joined(parents), entry, document)
    own_origin = _written(entry, document, (), _ORIGIN)
    rules = _changed(inherited, _own(entry, document), own_origin)
    origin = own_origin or (parents[0].origin if parents else {})
    return _Loaded(entry, document, tuple(rules), origin)


def _without_dropped(rules: list[_Fields], entry: PolicyEntry, document: Document) -> list[_Fields]:
    known = {fields["id"].value for fields in rules}
    for number, dropped in enumerate(entry.drop):
        if dropped not in known:
            problem = f'no rule "{dropped}" to drop{nearest(dropped, known)}'
            raise document.error(("drop", number), problem)
    return [fields for fields in rules if fields["id"].value not in entry.drop]


def _key(wanted: str | Path) -> str:
    return str(wanted.resolve()) if isinstance(wanted, Path) else wanted


def _parent(name: _Field, folder: Path | None, trail: tuple[str, ...]) -> _Loaded:
    """What a file extends; paths are relative to it, and files that ship extend only such."""
    text = str(name.value)
    wanted: str | Path = text
    if text.endswith(_SUFFIXES) and folder is not None:
        wanted = folder / text
    if len(trail) > _LONGEST_LINE:
        raise name.error(f"extends more than {_LONGEST_LINE} policies, one after another")
    if _key(wanted) in trail:
        raise name.error(f"extends itself: {' extends '.join([*trail, _key(wanted)])}")
    try:
        return _load(wanted, trail)
    except _MissingPolicyError as error:
        raise name.error(str(error)) from error


class _MissingPolicyError(PolicyError):
    """Nothing of that name: told with the line that names it."""


def _read(wanted: str | Path) -> tuple[str, str]:
    """Text and label of a policy's file."""
    if isinstance(wanted, Path):
        return _read_file(wanted), str(wanted)
    if wanted not in policy_names():
        hint = nearest(wanted, policy_names()) or f"; there are {', '.join(policy_names())}"
        raise _MissingPolicyError(f'no policy "{wanted}"{hint} A file of your own ends in .yaml')
    source = files("packshot.policy") / "profiles" / f"{wanted}.yaml"
    return source.read_text(encoding="utf-8"), f"{wanted}.yaml"


def _read_file(path: Path) -> str:
    try:
        return inputs.content(path, MOST_BYTES).decode("utf-8-sig")
    except SourceError as error:
        raise PolicyError(str(error)) from error
    except FileNotFoundError:
        raise _MissingPolicyError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path}: cannot be read as UTF-8 text: {error}") from error


def _joined(parents: Sequence[_Loaded]) -> list[_Fields]:
    """The rules of several policies; a later one's replace those of the same name."""
    rules: list[_Fields] = []
    for parent in parents:
        names = {fields["id"].value for fields in parent.rules}
        rules = [fields for fields in rules if fields["id"].value not in names] + list(parent.rules)
    return rules


def _own(entry: PolicyEntry, document: Document) -> list[_Fields]:
    return [
        _written(rule, document, ("rules", number), rule.model_fields_set)
        for number, rule in enumerate(entry.rules)
    ]


def _written(entry: BaseModel, document: Document, place: Place, names: Iterable[str]) -> _Fields:
    """The fields that were written, of those named."""
    chosen = [name for name in names if name in entry.model_fields_set]
    return {name: _Field(getattr(entry, name), document, (*place, name)) for name in chosen}


def _changed(inherited: list[_Fields], own: list[_Fields], origin: _Fields) -> list[_Fields]:
    """Inherited rules with one's own: those of the same name in its place.

    A rule that is written whole replaces all inherited ones of its name. One that is not changes what it
    says of the one that is inherited.
    """
    names = dict.fromkeys(str(fields["id"].value) for fields in [*inherited, *own])
    result: list[_Fields] = []
    for name in names:
        before = [fields for fields in inherited if fields["id"].value == name]
        after = [fields for fields in own if fields["id"].value == name]
        result += [
            _with_origin(_changed_by(fields, before), origin, fields) for fields in after
        ] or before
    return result


def _changed_by(fields: _Fields, inherited: list[_Fields]) -> _Fields:
    """The inherited rule that a rule changes; nothing where it stands for itself."""
    if not inherited or _is_whole(fields):
        return {}
    if len(inherited) > 1:
        raise fields["id"].error(
            f'write all of "{fields["id"].value}": it is inherited in {len(inherited)} variants, '
            "and nobody could say which one is to change"
        )
    return inherited[0]


def _is_whole(fields: _Fields) -> bool:
    """Whether a rule says all that a rule must say."""
    asks = all(name in fields for name in _REQUIREMENT)
    return "level" in fields and (asks or (_is_manual(fields) and "reason" in fields))


def _is_manual(fields: _Fields) -> bool:
    return "level" in fields and fields["level"].value is Level.MANUAL


def _with_origin(base: _Fields, origin: _Fields, fields: _Fields) -> _Fields:
    """A rule's fields over those it changes; sources are taken whole, never mixed of two."""
    if "source" in fields:
        origin = {name: origin[name] for name in origin if name == "verified_on"}
    if origin or "source" in fields:
        base = {name: base[name] for name in base if name not in _ORIGIN}
    return base | origin | fields


def _rule(fields: _Fields, policy: str) -> Rule:
    def said(name: str, otherwise: Any = None) -> Any:
        value = fields[name].value if name in fields else None
        return otherwise if value is None else value

    if said("level") is None:
        raise fields["id"].error(f'the rule "{said("id")}" has no level')
    first, last = said("effective_from"), said("effective_until")
    if first and last and last < first:
        raise fields["effective_until"].error("effective_until lies before effective_from")
    if said("level") is Level.MANUAL and said("metric") is None and not said("reason"):
        raise fields["id"].error(f'the rule "{said("id")}" needs a reason: what a person must look at')
    return Rule(
        id=said("id"),
        level=said("level"),
        role=said("role", "any"),
        categories=said("category", ()),
        requirement=_requirement(fields),
        when=_condition(fields),
        effective_from=first,
        effective_until=last,
        source=_source(fields, policy),
        title=said("title", {}),
        reason=said("reason", {}),
        remedy=said("remedy", {}),
    )


def _source(fields: _Fields, policy: str) -> Source:
    """Where a rule is from; whoever names no source speaks for themselves."""
    values = {name: fields[name].value for name in _ORIGIN if name in fields}
    return Source(
        name=values.get("source") or policy,
        url=values.get("source_url"),
        kind=values.get("source_kind") or SourceKind.COMMUNITY,
        verified_on=values.get("verified_on"),
    )


def _requirement(fields: _Fields) -> Requirement | None:
    """The requirement of a rule; None of one that only a person can judge."""
    if fields.get("metric") is None and _is_manual(fields):
        return None
    given: _Fields = {name: fields[name] for name in ("metric", "op", "value") if name in fields}
    missing = [
        name for name in ("metric", "op", "value") if name not in given or given[name].value is None
    ]
    if missing:
        raise fields["id"].error(f'the rule "{fields["id"].value}" has no {missing[0]}')
    return _sound(given)


def _condition(fields: _Fields) -> Requirement | None:
    """The requirement that a photo must fulfil to be a rule's business."""
    when = fields.get("when")
    if when is None or when.value is None:
        return None
    return _sound(_written(when.value, when.document, when.place, _REQUIREMENT))


def _sound(given: _Fields) -> Requirement:
    metric, op, limit = given["metric"].value, Op(given["op"].value), given["value"].value
    if metric not in METRICS:
        raise given["metric"].error(f'no metric "{metric}"{nearest(metric, METRICS)}')
    problem = problem_of(metric, op, limit)
    if problem:
        field, reason = problem
        raise given[field].error(reason)
    return Requirement(metric, op, _as_limit(limit))


def _as_limit(written: Any) -> Any:
    """A value as rules keep it: whole numbers are numbers as any."""
    if isinstance(written, tuple):
        return tuple(_as_limit(part) for part in written)
    return float(written) if isinstance(written, int) and not isinstance(written, bool) else written
