"""From the photos of a training set to a table of proposals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from packshot.assess.pool import AssessorSettings
from packshot.catalog.clean.copies import propose_duplicate_removals
from packshot.catalog.clean.inspection import inspect_photos
from packshot.catalog.clean.naming import propose_labels
from packshot.catalog.clean.quality import propose_quality_changes
from packshot.catalog.clean.samples import Sample
from packshot.processes import DEFAULT_TIME_LIMIT_S
from packshot.report import Proposal
from packshot.search.duplicates import (
    DuplicateFinder,
    DuplicateOptions,
    Progress,
    SignatureStore,
    ignore_progress,
)
from packshot.sources import LocalCopies


@dataclass(frozen=True)
class CleanSettings:
    """Settings of the inspection of a set.

    Attributes:
        assessor: The assessor; its language is that of reasons.
        workers: Processes; below 1 none is started.
        timeout_s: Seconds for one photo.

    Example:
        >>> settings = CleanSettings(AssessorSettings(language="zh"), workers=2)
        >>> settings.assessor.language, settings.workers
        ('zh', 2)
    """

    assessor: AssessorSettings = field(default_factory=AssessorSettings)
    workers: int = 0
    timeout_s: float = DEFAULT_TIME_LIMIT_S


def propose_changes(
    samples: Sequence[Sample],
    local_copies: LocalCopies,
    store: SignatureStore,
    settings: CleanSettings | None = None,
    progress: Progress = ignore_progress,
) -> Iterator[Proposal]:
    r"""Propose changes of a training set: of photos, then of copies, then of labels.

    Memory holds a content vector of each photo.

    Args:
        samples: Of different paths.
        local_copies: Gets the photos, and keeps all of them.
        store: What is known of photos for finding copies.
        settings: How to look.
        progress: Sees the work progress.

    Example:
        >>> from packshot.catalog.clean.samples import read_samples
        >>> _ = Path("set.csv").write_text("path,label\nmissing.jpg,mug\n")
        >>> from packshot.sources import Fetcher
        >>> with LocalCopies(Fetcher()) as copies, SignatureStore(None, "example") as store:
        ...     for proposal in propose_changes(read_samples("set.csv"), copies, store):
        ...         proposal.path, proposal.problem.value, proposal.action.value
        ('missing.jpg', 'unreadable', 'drop')
    """
    effective_settings = settings or CleanSettings()
    language = effective_settings.assessor.language
    photos = local_copies.fetch_all(sample.path for sample in samples)
    readable: dict[str, Sample] = {}
    vectors: list[np.ndarray[tuple[int], np.dtype[np.float32]]] = []
    with closing(
        inspect_photos(
            photos,
            effective_settings.assessor,
            workers=effective_settings.workers,
            timeout_s=effective_settings.timeout_s,
        )
    ) as inspections:
        for sample, inspection in zip(
            samples, progress(inspections, len(samples), "looking"), strict=True
        ):
            yield from propose_quality_changes(sample, inspection)
            if inspection.content is not None:
                readable[str(inspection.local_copy.path)] = sample
                vectors.append(inspection.content)
    yield from _propose_duplicates(readable, store, effective_settings, progress)
    store.delete_signatures(
        path for path, sample in readable.items() if not local_copies.is_local_file(sample.path)
    )
    if vectors:
        yield from propose_labels(list(readable.values()), np.stack(vectors), language)


def _propose_duplicates(
    samples: Mapping[str, Sample], store: SignatureStore, settings: CleanSettings, progress: Progress
) -> Iterator[Proposal]:
    """Propose what the copies among photos come to, by their files."""
    options = DuplicateOptions(
        workers=settings.workers,
        timeout_s=settings.timeout_s,
        assessor_settings=settings.assessor,
    )
    finder = DuplicateFinder(store, options, progress=progress)
    for group in finder.find_groups(list(map(Path, samples))):
        yield from propose_duplicate_removals(group, samples, settings.assessor.language)
