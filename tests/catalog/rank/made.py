"""Candidates and versions with known properties."""

import cv2
import numpy as np

from packshot.catalog.rank import Candidate
from packshot.catalog.rank.comparing import Version, picture_of
from packshot.report import Assessment, Emotion, Facts, Measurement, Status


def facts(width=800, height=800, byte_size=100_000):
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


def candidate(path, score, confidence=0.9, sharpness=None, pleasant=None, width=800, **told):
    measured = (
        {} if sharpness is None else {"sharpness": Measurement(value=1, unit="px", score=sharpness)}
    )
    feeling = None
    if pleasant is not None:
        feeling = Emotion(path=path, status=Status.OK, positive_probability=pleasant)
    assessment = Assessment(
        path=path,
        status=Status.OK,
        score=score,
        confidence=confidence,
        facts=facts(width),
        measurements=measured,
        emotion=feeling,
    )
    return Candidate(assessment, **told)


def unreadable(path, **told):
    return Candidate(Assessment(path=path, status=Status.UNREADABLE, error="no photo"), **told)


def version(pixels, score=80.0, undamaged=0.5, level=1.0, combed=0.1, highest=1.0, side=800.0):
    return Version(score, undamaged, level, combed, highest, side, picture_of(pixels))


def blurred(pixels, sigma):
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8)
