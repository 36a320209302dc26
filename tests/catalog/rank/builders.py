"""Candidates and versions with known properties."""

import cv2
import numpy as np

from packshot.catalog.rank import RankCandidate
from packshot.catalog.rank.comparing import PhotoVersion, resize_for_comparison
from packshot.report import Assessment, Emotion, Facts, Measurement, Status


def make_facts(width=800, height=800, byte_size=100_000):
    return Facts(
        format="JPEG",
        byte_size=byte_size,
        width=width,
        height=height,
        bit_depth=8,
        colour_mode="RGB",
        icc_profile=None,
        has_alpha=False,
        frames=1,
        jpeg_quality=90,
        exif={},
        had_location=False,
        extension_matches=True,
        sha256="0" * 64,
    )


def make_candidate(path, score, confidence=0.9, sharpness=None, pleasantness=None, width=800, **fields):
    measurements = (
        {} if sharpness is None else {"sharpness": Measurement(value=1, unit="px", score=sharpness)}
    )
    emotion = None
    if pleasantness is not None:
        emotion = Emotion(path=path, status=Status.OK, positive_probability=pleasantness)
    assessment = Assessment(
        path=path,
        status=Status.OK,
        score=score,
        confidence=confidence,
        facts=make_facts(width),
        measurements=measurements,
        emotion=emotion,
    )
    return RankCandidate(assessment, **fields)


def make_unreadable_candidate(path, **fields):
    return RankCandidate(Assessment(path=path, status=Status.UNREADABLE, error="no photo"), **fields)


def make_version(
    pixels,
    score=80.0,
    undamaged=0.5,
    damage_level=1.0,
    histogram_unevenness=0.1,
    highest_tone=1.0,
    effective_side=800.0,
):
    return PhotoVersion(
        score,
        undamaged,
        damage_level,
        histogram_unevenness,
        highest_tone,
        effective_side,
        resize_for_comparison(pixels),
    )


def blur(pixels, sigma):
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8)
