"""From the photos of a training set to a table of proposals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from packshot.assess.pool import AssessorSettings
from packshot.catalog.clean.copies import superfluous
from packshot.catalog.clean.inspection import inspect_photos
from packshot.catalog.clean.naming import label_proposals
from packshot.catalog.clean.quality import unusable
from packshot.catalog.clean.samples import Sample
from packshot.processes import DEFAULT_TIME_LIMIT
from packshot.report import Proposal
from packshot.search.duplicates import DuplicateFinder, Options, SignatureStore, Watch, unwatched
from packshot.sources import LocalCopies


@dataclass(frozen=True)
class CleanSettings:
    """How a set is looked at.

    Attributes:
        assessor: The assessor; its language is that of reasons.
        workers: Processes; below 1 none is started.
        time_limit: Seconds for one photo.
    """

    assessor: AssessorSettings = field(default_factory=AssessorSettings)
    workers: int = 0
    time_limit: float = DEFAULT_TIME_LIMIT


def propose(
    samples: Sequence[Sample],
    copies: LocalCopies,
    store: SignatureStore,
    settings: CleanSettings | None = None,
    watch: Watch = unwatched,
) -> Iterator[Proposal]:
    """What should be changed in a training set: photos, then copies, then labels.

    Memory holds a content vector of each photo.

    Args:
        samples: Of different paths.
        copies: Gets the photos, and keeps all of them.
        store: What is known of photos for finding copies.
        settings: How to look.
        watch: Sees the work progress.
    """
    chosen = settings or CleanSettings()
    language = chosen.assessor.language
    photos = copies.of(sample.path for sample in samples)
    readable: dict[str, Sample] = {}
    vectors: list[np.ndarray[tuple[int], np.dtype[np.float32]]] = []
    with closing(
        inspect_photos(photos, chosen.assessor, workers=chosen.workers, time_limit=chosen.time_limit)
    ) as looked:
        for sample, found in zip(samples, watch(looked, len(samples), "looking"), strict=True):
            yield from unusable(sample, found)
            if found.content is not None:
                readable[str(found.photo.path)] = sample
                vectors.append(found.content)
    yield from _copies(readable, store, chosen, watch)
    store.forget(path for path, sample in readable.items() if not copies.is_here(sample.path))
    if vectors:
        yield from label_proposals(list(readable.values()), np.stack(vectors), language)


def _copies(
    samples: Mapping[str, Sample], store: SignatureStore, settings: CleanSettings, watch: Watch
) -> Iterator[Proposal]:
    """What the copies among photos come to, by their files."""
    options = Options(
        same_product=False,
        workers=settings.workers,
        time_limit=settings.time_limit,
        settings=settings.assessor,
    )
    finder = DuplicateFinder(store, options, watch=watch)
    for group in finder.groups(list(map(Path, samples))):
        yield from superfluous(group, samples, settings.assessor.language)
