"""Label distributions, splits by theme, and how the table is read."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("torch", reason="needs PyTorch: make setup-train")

from packshot.errors import SourceError
from packshot.train.datasets.oasis import (
    RATING_STEPS,
    EmotionLabels,
    EmotionPhoto,
    harden_labels,
    label_distribution,
    read_oasis,
    split_by_theme,
)

pytestmark = pytest.mark.train


def make_photo(valence, deviation=1.0, theme="a"):
    return EmotionPhoto(None, theme, valence, deviation, 4.0)


@given(st.floats(1.5, 6.5), st.floats(0.5, 1.3))
def test_a_label_distribution_has_the_raters_mean_and_deviation(mean, deviation):
    shares = label_distribution(mean, deviation)
    found = float(shares @ RATING_STEPS)
    assert shares.sum() == pytest.approx(1)
    assert shares.min() >= 0
    assert found == pytest.approx(mean, abs=1e-3)
    assert float(np.sqrt(shares @ (RATING_STEPS - found) ** 2)) == pytest.approx(deviation, abs=1e-3)


@given(st.floats(2.5, 5.5), st.floats(0.6, 1.2))
def test_a_label_distribution_is_mirrored_with_the_mean(mean, deviation):
    one, other = label_distribution(mean, deviation), label_distribution(8 - mean, deviation)
    np.testing.assert_allclose(one, other[::-1], atol=1e-6)


def test_a_label_distribution_is_a_normal_density_at_the_steps():
    logs = np.log(label_distribution(3.2, 1.1))
    np.testing.assert_allclose(np.diff(logs, 3), 0, atol=1e-8)


def test_shares_and_polarity_by_hand():
    labels = EmotionLabels.from_photos([make_photo(5.0)])
    row = labels.distribution[0]
    np.testing.assert_allclose(labels.shares[0], [row[4] + row[5] + row[6], row[0] + row[1] + row[2]])
    np.testing.assert_allclose(labels.polarity[0], labels.shares[0] + row[3] / 2)
    assert labels.polarity[0].sum() == pytest.approx(1)


def test_spread_is_the_mean_of_clear_photos():
    labels = EmotionLabels.from_photos(
        [make_photo(6.0), make_photo(5.0), make_photo(4.0), make_photo(2.0)]
    )
    positive, negative = labels.mean_distributions()
    np.testing.assert_allclose(positive, labels.distribution[:2].mean(0))
    np.testing.assert_allclose(negative, labels.distribution[3])


def test_hardened_labels_sit_on_the_nearest_step():
    labels = harden_labels(EmotionLabels.from_photos([make_photo(2.4), make_photo(6.9)]))
    assert labels.distribution.tolist() == [[0, 1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 1]]


def test_no_theme_is_on_both_sides_of_a_split():
    themes = np.array(list("aabbccddeeffg"))
    folds = split_by_theme(themes, 3, seed=0)
    assert set(folds) == {0, 1, 2}
    assert all(len(set(folds[themes == name])) == 1 for name in set(themes))
    assert not np.array_equal(folds, split_by_theme(themes, 3, seed=1))
    assert np.array_equal(folds, split_by_theme(themes, 3, seed=0))


def test_the_table_is_read(tmp_path):
    table = tmp_path / "ratings.csv"
    table.write_text(
        "file,theme,category,source,valence_mean,valence_sd,valence_n,arousal_mean\n"
        "a.jpg,Lake,Scenery,x,5.5,1.2,100,3.5\n"
    )
    (photo,) = read_oasis(table, tmp_path)
    assert (photo.path, photo.theme) == (tmp_path / "a.jpg", "Lake")
    assert (photo.valence, photo.deviation, photo.arousal) == (5.5, 1.2, 3.5)


@pytest.mark.parametrize(
    "text", ["file,theme\na.jpg,Lake\n", "file,theme,valence_mean,valence_sd,arousal_mean\na,b,x,1,1\n"]
)
def test_a_table_that_is_none_is_refused(tmp_path, text):
    table = tmp_path / "ratings.csv"
    table.write_text(text)
    with pytest.raises(SourceError, match="valence_mean"):
        read_oasis(table, tmp_path)
    with pytest.raises(SourceError):
        read_oasis(tmp_path / "missing.csv", tmp_path)
