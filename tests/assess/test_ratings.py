import pytest

from packshot.assess.ratings import RatedPhoto, read_ratings
from packshot.errors import InvalidInput, SourceError


@pytest.fixture
def table(tmp_path):
    return tmp_path / "ratings.csv"


@pytest.mark.parametrize(
    ("scale", "scores"), [((1, 5), [0.0, 75.0, 100.0]), ((5, 1), [100.0, 25.0, 0.0])]
)
def test_scores_go_from_the_worst_to_the_best_of_the_scale(table, tmp_path, scale, scores):
    table.write_text("image,mos\na.jpg,1\nb.jpg,4\nc.jpg,5\n")
    files = ("a.jpg", "b.jpg", "c.jpg")
    expected = [RatedPhoto(tmp_path / file, score) for file, score in zip(files, scores, strict=True)]
    assert read_ratings(table, tmp_path, scale) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,score\na.jpg,3\nb.jpg\n", "line 3: the score '' is not a number"),
        ("file,score\n,3\n", "line 2: no file"),
        ("file,score\na.jpg,6\n", "line 2: the score 6 lies outside"),
        ("file,score\na.jpg,nan\n", "line 2: the score nan lies outside"),
        ("name,score\na.jpg,3\n", "needs a file column"),
        ("", "needs a file column"),
    ],
)
def test_broken_tables_name_the_line(table, tmp_path, text, message):
    table.write_text(text)
    with pytest.raises(SourceError, match=message):
        read_ratings(table, tmp_path, (1, 5))


def test_a_scale_needs_two_ends(table, tmp_path):
    table.write_text("file,score\na.jpg,5\n")
    with pytest.raises(InvalidInput, match="begins and ends at 5"):
        read_ratings(table, tmp_path, (5, 5))
