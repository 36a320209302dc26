"""The words of an enhancement that tables and pages share."""

from __future__ import annotations

from dataclasses import dataclass

from packshot.render.wording import find_likely_remedy
from packshot.report import (
    Action,
    Assessment,
    Decision,
    Enhancement,
    Finding,
    RuleChange,
    Severity,
    Trial,
)
from packshot.texts import Texts, format_value, load_policy_texts, load_texts

_MISSING_VALUE = "–"


@dataclass(frozen=True)
class FindingChanges:
    """The findings of a photo before and after.

    Attributes:
        resolved: Of the photo as it came, no longer there.
        remaining: Of the photo as it is now.
        new: Codes of those remaining that were not there before.

    Example:
        >>> changes = compare_findings(Enhancement(path="mug.jpg", status="unreadable"))
        >>> changes.resolved, changes.remaining
        ((), ())
    """

    resolved: tuple[Finding, ...]
    remaining: tuple[Finding, ...]
    new: frozenset[str]


def compare_findings(photo: Enhancement) -> FindingChanges:
    """Compare the findings before and after; nothing went away where nothing was changed.

    Example:
        >>> noisy = Finding(code="noisy", severity=Severity.WARNING, reason="", remedy="")
        >>> before = Assessment(path="mug.jpg", status="ok", findings=(noisy,))
        >>> after = Assessment(path="mug.jpg", status="ok")
        >>> photo = Enhancement(path="mug.jpg", status="ok", before=before, after=after)
        >>> changes = compare_findings(photo)
        >>> [finding.code for finding in changes.resolved], changes.remaining
        (['noisy'], ())
    """
    before = _get_findings(photo.before)
    after = before if photo.after is None else _get_findings(photo.after)
    codes_before, codes_after = ({finding.code for finding in findings} for findings in (before, after))
    resolved = tuple(finding for finding in before if finding.code not in codes_after)
    return FindingChanges(resolved, after, frozenset(codes_after - codes_before))


def compute_gain(photo: Enhancement) -> float:
    """Compute the points won, of the scores as they are shown, with one digit; 0 where unknown.

    Example:
        >>> compute_gain(Enhancement(path="mug.jpg", status="ok", score_before=60.04, score_after=71.25))
        11.2
    """
    if photo.score_before is None or photo.score_after is None:
        return 0.0
    return round(round(photo.score_after, 1) - round(photo.score_before, 1), 1)


def build_trial_headings(language: str) -> tuple[str, ...]:
    """Return the headings of the columns of `format_trial`.

    Example:
        >>> build_trial_headings("en")[:3]
        ('Round', 'Step', 'Why')
    """
    columns = ("round", "step", "why", "score_then", "colour_drift", "structure", "outcome")
    return tuple(load_texts(language).labels[column] for column in columns)


def format_trial(trial: Trial, language: str) -> tuple[str, ...]:
    """Write a trial as a row: round, step, why, score, colour drift, structure, outcome.

    Example:
        >>> reasons = dict(called_for_by=("noisy",), kept=True, outcome="kept")
        >>> format_trial(Trial(round=1, step="denoise", score=71.25, colour_drift=0.4, **reasons), "en")
        ('1', 'noise removal', 'The photo is grainy', '71.2', '0.40', '–', 'Kept')
    """
    trial_texts = load_texts(language)
    titles = [trial_texts.title(code) for code in trial.called_for_by]
    return (
        str(trial.round),
        _format_step(trial, trial_texts),
        "; ".join(titles) or trial_texts.labels["uncalled"],
        _format_number(trial.score, 1),
        _format_number(trial.colour_drift, 2),
        _format_number(trial.structure, 3),
        trial_texts.outcomes.get(trial.outcome, trial.outcome),
    )


def select_advice(photo: Enhancement) -> tuple[Finding, ...]:
    """Select what calls for another photo, of one that enhancing cannot save; notes do not.

    Example:
        >>> blurred = Finding(code="blurred", severity=Severity.ERROR, reason="", remedy="Use a tripod.")
        >>> before = Assessment(path="mug.jpg", status="ok", findings=(blurred,))
        >>> photo = Enhancement(path="mug.jpg", status="ok", action=Action.RESHOOT, before=before)
        >>> [finding.code for finding in select_advice(photo)]
        ['blurred']
    """
    if photo.action is not Action.RESHOOT:
        return ()
    return tuple(
        finding for finding in compare_findings(photo).remaining if finding.severity is not Severity.INFO
    )


def collect_remedies(photo: Enhancement, language: str) -> list[str]:
    """Collect how to take a photo again, from its findings, else from its likeliest damage.

    Example:
        >>> blurred = Finding(code="blurred", severity=Severity.ERROR, reason="", remedy="Use a tripod.")
        >>> before = Assessment(path="mug.jpg", status="ok", findings=(blurred,))
        >>> photo = Enhancement(path="mug.jpg", status="ok", action="reshoot", before=before)
        >>> collect_remedies(photo, "en")
        ['Use a tripod.']
    """
    finding_remedies = [finding.remedy for finding in select_advice(photo)]
    if finding_remedies or photo.action is not Action.RESHOOT or photo.before is None:
        return finding_remedies
    return list(filter(None, [find_likely_remedy(photo.before, language)]))


def strip_remedies(photo: Enhancement) -> str:
    """Return the reason, without the remedies it may repeat: `select_advice` gives them.

    Example:
        >>> blurred = Finding(code="blurred", severity=Severity.ERROR, reason="", remedy="Use a tripod.")
        >>> before = Assessment(path="mug.jpg", status="ok", findings=(blurred,))
        >>> words = dict(action="reshoot", reason="Too blurred. Use a tripod.", before=before)
        >>> strip_remedies(Enhancement(path="mug.jpg", status="ok", **words))
        'Too blurred.'
    """
    reason = photo.reason or ""
    for finding in select_advice(photo):
        reason = reason.replace(finding.remedy, "")
    return " ".join(reason.split())


def list_abstentions(photo: Enhancement, language: str) -> list[str]:
    """List in words what was called for and not done, each with its reason.

    Example:
        >>> from packshot.report import Abstention
        >>> cut = Abstention(step="frame-product", reason="too-few-pixels")
        >>> list_abstentions(Enhancement(path="mug.jpg", status="ok", abstentions=[cut]), "en")
        ['product framing: a closer crop would leave too few pixels']
    """
    texts = load_texts(language)
    separator = texts.labels["reason_separator"]
    return [
        f"{texts.step(one.step)}{separator}{texts.abstentions[one.reason]}" for one in photo.abstentions
    ]


def select_rule_changes(photo: Enhancement) -> tuple[RuleChange, ...]:
    """Select the rules of a policy that were not met before, or are not now.

    Example:
        >>> fields = dict(title="Fill", asked="at least 85 %", unit="%")
        >>> met = RuleChange(rule="size", before="pass", after="pass", **fields)
        >>> fixed = RuleChange(rule="fill", before="fail", after="pass", **fields)
        >>> rules = dict(policy="ours", on="2026-05-01", before="fail", after="pass", rules=[met, fixed])
        >>> photo = Enhancement(path="mug.jpg", status="ok", policy=rules)
        >>> [change.rule for change in select_rule_changes(photo)]
        ['fill']
    """
    rules = () if photo.policy is None else photo.policy.rules
    met = (Decision.PASS, None)
    return tuple(change for change in rules if change.before not in met or change.after not in met)


def format_policy_change(photo: Enhancement, language: str) -> str:
    """Write a policy's decision before and after in a line; empty where no policy was worked towards.

    Example:
        >>> change = dict(policy="amazon-main", on="2026-05-01", before="fail", after="manual")
        >>> format_policy_change(Enhancement(path="mug.jpg", status="ok", policy=change), "en")
        'amazon-main, 2026-05-01: Fail, now Look at it'
    """
    if photo.policy is None:
        return ""
    decisions = load_policy_texts(language).decisions
    return load_texts(language).label(
        "policy_change",
        policy=photo.policy.policy,
        day=photo.policy.on.isoformat(),
        before=decisions[photo.policy.before],
        after=decisions[photo.policy.after],
    )


def build_rule_headings(language: str) -> tuple[str, ...]:
    """Return the headings of the columns of `format_rule_change`.

    Example:
        >>> build_rule_headings("en")
        ('Rule', 'Required', 'Before', 'Now', 'What to do')
    """
    labels, policy_labels = load_texts(language).labels, load_policy_texts(language).labels
    return (
        policy_labels["rule"],
        labels["rule_asked"],
        labels["rule_before"],
        labels["rule_now"],
        labels["what_to_do"],
    )


def format_rule_change(change: RuleChange, language: str) -> tuple[str, ...]:
    """Write a rule before and after as a row: its title, what it asks, before, after, what to do.

    Example:
        >>> change = RuleChange(
        ...     rule="fill", title="Fill", asked="at least 85 %", unit="%",
        ...     before="fail", after="pass", value_before=42.0, value_after=86.1,
        ... )
        >>> format_rule_change(change, "en")
        ('Fill', 'at least 85 %', 'Fail (42 %)', 'Pass (86.1 %)', '')
    """
    return (
        change.title,
        change.asked,
        _format_decision(change.before, change.value_before, change.unit, language),
        _format_decision(change.after, change.value_after, change.unit, language),
        change.remedy,
    )


def _format_decision(
    decision: Decision | None, value: bool | float | str | None, unit: str, language: str
) -> str:
    if decision is None:
        return _MISSING_VALUE
    name = load_policy_texts(language).decisions[decision]
    return name if value is None else f"{name} ({format_value(value, unit, language)})"


def _format_step(trial: Trial, trial_texts: Texts) -> str:
    step = trial_texts.step(trial.step)
    if trial.parts:
        step += f" ({', '.join(map(trial_texts.step, trial.parts))})"
    if trial.amount == 1:
        return step
    return trial_texts.label("partly", step=step, value=f"{trial.amount * 100:.0f}")


def _get_findings(assessment: Assessment | None) -> tuple[Finding, ...]:
    return () if assessment is None else assessment.findings


def _format_number(value: float | None, digits: int) -> str:
    return _MISSING_VALUE if value is None else f"{value:.{digits}f}"
