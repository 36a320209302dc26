"""Records of enhancements, of small pictures that are really there."""

import cv2

from packshot.report import (
    Action,
    Assessment,
    Distortion,
    Enhancement,
    Finding,
    Grade,
    Severity,
    Status,
    Trial,
)
from tests.conftest import make_packshot

REMEDIES = {
    "blurred": "Focus <again> & hold still.",
    "off-centre": "Move closer.",
    "colour-cast": "Use a grey card.",
    "location-data": "Strip the location.",
}
INFO_CODES = frozenset({"location-data"})


def write_picture(path, size=(500, 400)):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), make_packshot(size=size)[..., ::-1])
    return path


def make_finding(code):
    severity = Severity.INFO if code in INFO_CODES else Severity.WARNING
    return Finding(code=code, severity=severity, reason=f"why {code}", remedy=REMEDIES[code])


def make_assessment(path, score, codes, grade=Grade.FAIR, kinds=()):
    return Assessment(
        path=str(path),
        status=Status.OK,
        score=score,
        grade=grade,
        findings=tuple(make_finding(code) for code in codes),
        distortions=tuple(Distortion(kind=kind, probability=0.8, level=4) for kind in kinds),
        models={"atlas": "abc"},
    )


TRACE = (
    Trial(
        round=1,
        step="white-balance",
        called_for_by=("colour-cast",),
        score=61.24,
        colour_drift=0.414,
        structure=0.9931,
        kept=True,
        outcome="kept",
    ),
    Trial(
        round=2,
        step="sharpen",
        amount=0.5,
        called_for_by=(),
        score=None,
        colour_drift=None,
        structure=0.7,
        kept=False,
        outcome="structure",
    ),
)


def make_enhancement(path, output, before=40.0, after=61.24):
    return Enhancement(
        path=str(path),
        output=str(output),
        status=Status.OK,
        action=Action.ENHANCED,
        reason="The white balance was put right.",
        score_before=before,
        score_after=after,
        steps=("white-balance",),
        trace=TRACE,
        before=make_assessment(path, before, ("colour-cast", "blurred")),
        after=make_assessment(output, after, ("blurred", "location-data"), Grade.GOOD),
    )


def make_unchanged_enhancement(path, action=Action.UNCHANGED, score=88.0, codes=(), **changes):
    return Enhancement(
        path=str(path),
        output=str(path) + ".out.png",
        status=Status.OK,
        action=action,
        reason="A sentence.",
        score_before=score,
        score_after=score,
        before=make_assessment(path, score, codes),
    ).model_copy(update=changes)


def make_unreadable_enhancement(path):
    return Enhancement(path=str(path), status=Status.UNREADABLE, error="why & how")
