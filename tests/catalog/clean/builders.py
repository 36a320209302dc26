"""Samples, vectors and proposals with known properties."""

from pathlib import Path

import numpy as np

from packshot.catalog.clean import Sample
from packshot.report import Problem, Proposal, Remedy
from packshot.sources import FeedRow


def make_sample(path, label="", split="", number=0):
    return Sample(str(path), Path(path), label, split, FeedRow(number, str(path), label=label))


def make_proposal(path, problem=Problem.BLURRED, action=Remedy.DROP, confidence=0.9, **fields):
    return Proposal(
        path=path, problem=problem, action=action, confidence=confidence, reason="so", **fields
    )


def make_clusters(classes=3, each=30, dimensions=16, spread=0.5, seed=0):
    """Vectors of length 1 around the axes, and the numbers of their classes."""
    generator = np.random.default_rng(seed)
    numbers = np.repeat(np.arange(classes), each)
    vectors = np.eye(dimensions)[numbers] + generator.normal(
        0, spread / np.sqrt(dimensions), (len(numbers), dimensions)
    )
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), numbers
