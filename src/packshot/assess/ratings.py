"""Photos rated by people: a table of files and scores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from packshot.errors import InvalidInput, SourceError
from packshot.sources import read_rows

_FILE_COLUMNS = ("file", "path", "image", "filename")
"""Names of the column of files, as public collections of ratings have them; the first that is there
counts."""

_SCORE_COLUMNS = ("mos", "score", "rating")
"""Names of the column of scores; the first that is there counts."""


@dataclass(frozen=True)
class RatedPhoto:
    """A photo and its rating by people.

    Attributes:
        path: The file.
        score: 0..100, larger is better.

    Example:
        >>> photos = [RatedPhoto(Path("a.jpg"), 71.0), RatedPhoto(Path("b.jpg"), 35.5)]
        >>> max(photos, key=lambda photo: photo.score).path.name
        'a.jpg'
    """

    path: Path
    score: float


def read_ratings(table: Path, folder: Path, scale: tuple[float, float]) -> list[RatedPhoto]:
    r"""Read the ratings of a CSV with a file column and a score column.

    Args:
        table: The CSV.
        folder: Where its files lie.
        scale: The scores that mean 0 and 100.

    Raises:
        SourceError: Unreadable, columns missing, a row without a file, or a score outside the scale.
        InvalidInput: A scale whose ends are one score.

    Example:
        >>> _ = Path("ratings.csv").write_text("file,mos\nmug.jpg,4\nlamp.jpg,2.5\n")
        >>> [photo.score for photo in read_ratings(Path("ratings.csv"), Path("photos"), scale=(1, 5))]
        [75.0, 37.5]
    """
    if scale[0] == scale[1]:
        raise InvalidInput(f"the scale begins and ends at {scale[0]:g}: give the scores for 0 and 100")
    rows = read_rows(table)
    columns = list(rows[0]) if rows else []
    file_column = next((c for c in _FILE_COLUMNS if c in columns), None)
    score_column = next((c for c in _SCORE_COLUMNS if c in columns), None)
    if file_column is None or score_column is None:
        raise SourceError(
            f"{table}: needs a file column ({', '.join(_FILE_COLUMNS)}) and a score column "
            f"({', '.join(_SCORE_COLUMNS)})"
        )
    return [
        _parse_row(folder, row[file_column], row[score_column], scale, f"{table}, line {number}")
        for number, row in enumerate(rows, start=2)
    ]


def _parse_row(
    folder: Path, file: str, score: str, scale: tuple[float, float], location: str
) -> RatedPhoto:
    if not file.strip():
        raise SourceError(f"{location}: no file")
    return RatedPhoto(folder / file, _rescale_score(score, scale, location))


def _rescale_score(text: str, scale: tuple[float, float], location: str) -> float:
    lowest, highest = scale
    try:
        score = (float(text) - lowest) / (highest - lowest) * 100
    except ValueError:
        raise SourceError(f"{location}: the score {text!r} is not a number") from None
    if not -1e-6 <= score <= 100 + 1e-6:
        raise SourceError(f"{location}: the score {text} lies outside {lowest}..{highest}")
    return min(max(score, 0.0), 100.0)
