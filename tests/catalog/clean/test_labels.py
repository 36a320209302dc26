import numpy as np
import pytest

from packshot.catalog.clean import labels
from packshot.catalog.clean.labels import fit_classifier, fit_label_model
from packshot.errors import InvalidInput
from tests.catalog.clean.builders import make_clusters

NAMES = np.array(["bowl", "lamp", "mug"])


def fit_ridge(inputs, numbers, shares, count):
    """Weighted ridge regression by its normal equations."""
    targets = np.eye(count)[numbers] - 1 / count
    normal_matrix = inputs.T @ np.diag(shares) @ inputs + labels.PENALTY * np.eye(inputs.shape[1])
    return np.linalg.inv(normal_matrix) @ inputs.T @ np.diag(shares) @ targets


def test_leaving_one_out_is_that_by_training_anew_without_each():
    vectors, numbers = make_clusters(each=7)
    numbers[:2] = 1
    sizes = np.bincount(numbers)
    shares = ((len(numbers) / 3 / sizes) ** 0.5)[numbers]
    weights, scores = fit_classifier(vectors, numbers, 3)
    assert weights == pytest.approx(fit_ridge(vectors, numbers, shares, 3))
    for left_out in range(len(numbers)):
        rest = np.arange(len(numbers)) != left_out
        without = fit_ridge(vectors[rest], numbers[rest], shares[rest], 3)
        assert scores[left_out] == pytest.approx(vectors[left_out] @ without)


def test_swapped_labels_are_found_with_the_class_that_they_should_have():
    vectors, truth = make_clusters(each=40)
    given_labels = truth.copy()
    given_labels[[3, 50, 100]] = [1, 2, 0]
    model = fit_label_model(vectors, NAMES[given_labels].tolist())
    assert np.flatnonzero(model.wrong_probability > 0.5).tolist() == [3, 50, 100]
    assert [model.classes[n] for n in model.likelier_class[[3, 50, 100]]] == ["bowl", "lamp", "mug"]
    assert model.noise_rate == pytest.approx(3 / 120, abs=0.015)


def test_the_probability_of_a_wrong_label_means_what_it_says():
    """Over classes that overlap, so that there is something to be unsure about."""
    predicted, actual = [], []
    for seed in range(8):
        vectors, truth = make_clusters(classes=3, each=80, spread=2.2, seed=seed)
        generator = np.random.default_rng(seed)
        given_labels = np.where(generator.random(len(truth)) < 0.1, (truth + 1) % 3, truth)
        model = fit_label_model(vectors, NAMES[given_labels].tolist())
        predicted.append(model.wrong_probability)
        actual.append(given_labels != truth)
    predicted, actual = np.concatenate(predicted), np.concatenate(actual)
    assert predicted.mean() == pytest.approx(actual.mean(), abs=0.04)
    for low, high in ((0.02, 0.2), (0.2, 0.5), (0.5, 1.0)):
        part = (predicted >= low) & (predicted < high)
        assert part.sum() > 15
        assert predicted[part].mean() == pytest.approx(actual[part].mean(), abs=0.2)


def test_the_order_of_examples_and_the_names_of_classes_do_not_matter():
    vectors, truth = make_clusters()
    given_labels = truth.copy()
    given_labels[5] = 2
    expected = fit_label_model(vectors, NAMES[given_labels].tolist()).wrong_probability
    order = np.random.default_rng(0).permutation(len(given_labels))
    assert fit_label_model(
        vectors[order], NAMES[given_labels][order].tolist()
    ).wrong_probability == pytest.approx(expected[order])
    renamed = np.array(["z", "y", "x"])[given_labels]
    assert fit_label_model(vectors, renamed.tolist()).wrong_probability == pytest.approx(expected)


def test_photos_without_a_label_get_the_class_they_look_like():
    vectors, truth = make_clusters()
    new, kinds = make_clusters(each=5, seed=9)
    class_probabilities = fit_label_model(vectors, NAMES[truth].tolist()).predict_probabilities(new)
    assert class_probabilities.sum(axis=1) == pytest.approx(np.ones(15))
    assert class_probabilities.argmax(axis=1).tolist() == kinds.tolist()


def test_classes_of_too_few_examples_are_not_judged():
    vectors, truth = make_clusters()
    given_labels = NAMES[truth].astype(object)
    given_labels[:4] = "rare"
    model = fit_label_model(vectors, given_labels.tolist())
    assert model.classes == ("bowl", "lamp", "mug")
    assert np.isnan(model.wrong_probability[:4]).all()
    assert not np.isnan(model.wrong_probability[4:]).any()
    assert fit_label_model(vectors, ["mug"] * len(vectors)) is None


def test_bad_input_raises():
    with pytest.raises(InvalidInput, match="labels"):
        fit_label_model(np.eye(3), ["a"])
