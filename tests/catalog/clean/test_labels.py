import numpy as np
import pytest

from packshot.catalog.clean import labels
from packshot.catalog.clean.labels import classifier, learn
from packshot.errors import InvalidInput
from tests.catalog.clean.made import clusters

NAMES = np.array(["bowl", "lamp", "mug"])


def trained(inputs, numbers, shares, count):
    """Weighted ridge regression by its normal equations."""
    targets = np.eye(count)[numbers] - 1 / count
    left = inputs.T @ np.diag(shares) @ inputs + labels.PENALTY * np.eye(inputs.shape[1])
    return np.linalg.inv(left) @ inputs.T @ np.diag(shares) @ targets


def test_leaving_one_out_is_that_by_training_anew_without_each():
    vectors, numbers = clusters(each=7)
    numbers[:2] = 1
    sizes = np.bincount(numbers)
    shares = ((len(numbers) / 3 / sizes) ** 0.5)[numbers]
    weights, scores = classifier(vectors, numbers, 3)
    assert weights == pytest.approx(trained(vectors, numbers, shares, 3))
    for left_out in range(len(numbers)):
        rest = np.arange(len(numbers)) != left_out
        without = trained(vectors[rest], numbers[rest], shares[rest], 3)
        assert scores[left_out] == pytest.approx(vectors[left_out] @ without)


def test_swapped_labels_are_found_with_the_class_that_they_should_have():
    vectors, truth = clusters(each=40)
    given = truth.copy()
    given[[3, 50, 100]] = [1, 2, 0]
    model = learn(vectors, NAMES[given].tolist())
    assert np.flatnonzero(model.wrong > 0.5).tolist() == [3, 50, 100]
    assert [model.classes[n] for n in model.likelier[[3, 50, 100]]] == ["bowl", "lamp", "mug"]
    assert model.noise == pytest.approx(3 / 120, abs=0.015)


def test_the_probability_of_a_wrong_label_means_what_it_says():
    """Over classes that overlap, so that there is something to be unsure about."""
    said, true = [], []
    for seed in range(8):
        vectors, truth = clusters(classes=3, each=80, spread=2.2, seed=seed)
        generator = np.random.default_rng(seed)
        given = np.where(generator.random(len(truth)) < 0.1, (truth + 1) % 3, truth)
        model = learn(vectors, NAMES[given].tolist())
        said.append(model.wrong)
        true.append(given != truth)
    said, true = np.concatenate(said), np.concatenate(true)
    assert said.mean() == pytest.approx(true.mean(), abs=0.04)
    for low, high in ((0.02, 0.2), (0.2, 0.5), (0.5, 1.0)):
        part = (said >= low) & (said < high)
        assert part.sum() > 15
        assert said[part].mean() == pytest.approx(true[part].mean(), abs=0.2)


def test_the_order_of_examples_and_the_names_of_classes_do_not_matter():
    vectors, truth = clusters()
    given = truth.copy()
    given[5] = 2
    expected = learn(vectors, NAMES[given].tolist()).wrong
    order = np.random.default_rng(0).permutation(len(given))
    assert learn(vectors[order], NAMES[given][order].tolist()).wrong == pytest.approx(expected[order])
    renamed = np.array(["z", "y", "x"])[given]
    assert learn(vectors, renamed.tolist()).wrong == pytest.approx(expected)


def test_photos_without_a_label_get_the_class_they_look_like():
    vectors, truth = clusters()
    new, kinds = clusters(each=5, seed=9)
    chances = learn(vectors, NAMES[truth].tolist()).probabilities(new)
    assert chances.sum(axis=1) == pytest.approx(np.ones(15))
    assert chances.argmax(axis=1).tolist() == kinds.tolist()


def test_classes_of_too_few_examples_are_not_judged():
    vectors, truth = clusters()
    given = NAMES[truth].astype(object)
    given[:4] = "rare"
    model = learn(vectors, given.tolist())
    assert model.classes == ("bowl", "lamp", "mug")
    assert np.isnan(model.wrong[:4]).all()
    assert not np.isnan(model.wrong[4:]).any()
    assert learn(vectors, ["mug"] * len(vectors)) is None


def test_bad_input_raises():
    with pytest.raises(InvalidInput, match="labels"):
        learn(np.eye(3), ["a"])
