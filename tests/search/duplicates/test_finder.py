from pathlib import Path

import pytest

import packshot.search.duplicates.finder as finder_module
from packshot.report import DuplicateKind as Kind
from packshot.report import Status
from packshot.search.duplicates import DuplicateFinder, DuplicateOptions, SignatureStore


def list_names(group):
    return {Path(path).name for path in group.paths}


def find_group(groups, name):
    (found,) = [group for group in groups if name in list_names(group) and group.kind is not None]
    return found


def test_copies_are_one_group_with_what_was_done_to_each(groups):
    group = find_group(groups, "mug.jpg")
    assert list_names(group) == {
        *("mug.jpg", "mug-again.jpg", "mug-lossless.png", "mug-small.jpg", "mug-mirrored.jpg")
    }
    assert group.kind is Kind.MIXED
    kinds = {Path(photo.path).name: photo.kind for photo in group.photos}
    assert list(kinds.values()).count(None) == 1
    assert kinds["mug-small.jpg"] is Kind.RESIZED
    assert kinds["mug-mirrored.jpg"] is Kind.FLIPPED
    identical = {kinds[name] for name in ("mug.jpg", "mug-again.jpg", "mug-lossless.png")}
    assert identical == {None, Kind.SAME_PIXELS}


def test_the_keeper_is_the_largest_file_where_scores_are_alike(groups):
    group = find_group(groups, "mug.jpg")
    assert group.keep == group.paths[0] == group.photos[0].path
    assert Path(group.keep).name == "mug-lossless.png"
    assert group.reason.endswith("Kept: mug-lossless.png, the most pixels (400 x 400).")


def test_blank_photos_are_grouped_only_when_they_are_the_same(groups):
    group = find_group(groups, "blank-1.png")
    assert list_names(group) == {"blank-1.png", "blank-2.png"}
    assert group.kind is Kind.EXACT
    for alone in ("blank-grey.png", "pixel.png", "animated.gif", "sixteen-bits.png"):
        assert not any(alone in list_names(found) for found in groups)


def test_other_products_are_in_no_group(groups):
    for alone in ("cream-jar.jpg", "wooden-stool.jpg"):
        assert not any(alone in list_names(found) for found in groups)


def test_unreadable_files_are_a_verdict_of_their_own(groups):
    broken = [group for group in groups if group.status is Status.UNREADABLE]
    assert {Path(group.path).name for group in broken} == {"truncated.jpg", "empty.jpg"}
    assert all(group.group is None and group.keep is None and group.error for group in broken)


def test_a_second_run_opens_no_photo_and_says_the_same(groups, shop, store_file, signer, monkeypatch):
    def refuse(*_):
        raise AssertionError("opened again")

    monkeypatch.setattr("packshot.search.duplicates.pairs.compare", refuse)
    monkeypatch.setattr(
        "packshot.search.duplicates.keeper.assess_paths", lambda paths, **_: (refuse(p) for p in paths)
    )
    paths = [path for path in sorted(shop.iterdir()) if path.name not in ("truncated.jpg", "empty.jpg")]
    monkeypatch.setattr(finder_module, "make_signer", refuse)
    with SignatureStore(store_file, signer.maker) as store:
        again = list(DuplicateFinder(store, DuplicateOptions(workers=0)).find_groups(paths))
    assert again == [group for group in groups if group.status is Status.OK]


def test_one_new_photo_against_the_catalogue(groups, shop, store_file, signer):
    catalogue = [path for path in sorted(shop.iterdir()) if path.name != "mug-small.jpg"]
    with SignatureStore(store_file, signer.maker) as store:
        finder = DuplicateFinder(store, DuplicateOptions(workers=1))
        found = list(finder.find_groups(catalogue, new_paths=[shop / "mug-small.jpg"]))
        nothing = list(finder.find_groups(catalogue, new_paths=[shop / "wooden-stool.jpg"]))
    (group,) = [group for group in found if group.status is Status.OK]
    assert "mug-small.jpg" in list_names(group)
    assert list_names(group) >= {"mug.jpg", "mug-again.jpg", "mug-lossless.png"}
    assert all(group.status is Status.UNREADABLE for group in nothing)


def test_a_run_that_was_stopped_goes_on(shop, tmp_path, signer, monkeypatch):
    monkeypatch.setattr(finder_module, "_COMMIT_BATCH", 1)
    paths = [shop / name for name in ("cream-jar.jpg", "mug.jpg", "wooden-stool.jpg")]
    signed = []

    def make_stopping_signer():
        def sign(path):
            if len(signed) == 2:
                raise KeyboardInterrupt
            signed.append(path)
            return signer.try_sign(path)

        return sign

    monkeypatch.setattr(finder_module, "make_signer", make_stopping_signer)
    with SignatureStore(tmp_path / "s.sqlite", signer.maker) as store, pytest.raises(KeyboardInterrupt):
        list(DuplicateFinder(store).find_groups(paths))
    signed.clear()
    with SignatureStore(tmp_path / "s.sqlite", signer.maker) as store:
        list(DuplicateFinder(store).find_groups(paths))
    assert signed == [paths[2]]


def test_owners_and_times_are_told(shop, store_file, signer):
    owners = {str(shop / "mug.jpg"): "anna", str(shop / "mug-small.jpg"): "ben"}
    with SignatureStore(store_file, signer.maker) as store:
        finder = DuplicateFinder(store, owners=owners)
        (group,) = finder.find_groups([shop / "mug.jpg", shop / "mug-small.jpg"])
    photos_by_owner = {photo.owner: photo for photo in group.photos}
    assert set(photos_by_owner) == {"anna", "ben"}
    assert photos_by_owner["ben"].taken_from == "file"
    other = next(photo for photo in group.photos if photo.kind is not None)
    assert f"owner {other.owner}, {other.taken[:10]}" in group.reason
