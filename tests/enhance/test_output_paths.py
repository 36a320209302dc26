import os

import pytest

from packshot.enhance.output_paths import plan_in_place, plan_outputs
from packshot.errors import InvalidInput
from packshot.sources import expand_with_names


@pytest.fixture
def shop(tmp_path):
    for name in ("a.jpg", "sub/a.jpg", "sub/b.png"):
        path = tmp_path / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path / "shop"


def list_outputs(tasks, base):
    return [str(task.output.relative_to(base)) for task in tasks]


def test_a_folder_keeps_names_and_folders(shop, tmp_path):
    tasks = plan_outputs(expand_with_names([shop]), tmp_path / "out")
    assert list_outputs(tasks, tmp_path / "out") == ["a.jpg", "sub/a.jpg", "sub/b.png"]


def test_one_photo_to_one_file(shop, tmp_path):
    (task,) = plan_outputs(expand_with_names([shop / "a.jpg"]), tmp_path / "better.png")
    assert task.output == tmp_path / "better.png"


def test_a_folder_named_like_a_photo_is_a_folder(shop, tmp_path):
    (tmp_path / "out.jpg").mkdir()
    (task,) = plan_outputs(expand_with_names([shop / "a.jpg"]), tmp_path / "out.jpg")
    assert task.output == tmp_path / "out.jpg" / "a.jpg"


def test_several_photos_for_one_file_are_refused(shop, tmp_path):
    with pytest.raises(InvalidInput, match="3 photos: name a folder"):
        plan_outputs(expand_with_names([shop]), tmp_path / "better.jpg")


def test_two_photos_for_one_name_are_refused(shop, tmp_path):
    with pytest.raises(InvalidInput, match="would both be written"):
        plan_outputs(expand_with_names([shop / "a.jpg", shop / "sub" / "a.jpg"]), tmp_path / "out")


@pytest.mark.parametrize("target", ["same", "link", "hard"])
def test_an_original_is_never_an_output(shop, tmp_path, target):
    original, output = shop / "a.jpg", shop / "a.jpg"
    if target != "same":
        output = tmp_path / "other.jpg"
        (os.symlink if target == "link" else os.link)(original, output)
    with pytest.raises(InvalidInput, match="--in-place"):
        plan_outputs(expand_with_names([original]), output)


def test_writing_into_the_folder_of_the_photos_is_refused(shop):
    with pytest.raises(InvalidInput, match="is one of the photos"):
        plan_outputs(expand_with_names([shop / "a.jpg", shop / "sub" / "b.png"]), shop)


def test_outputs_of_an_earlier_run_are_not_inputs(shop):
    earlier = shop / "better" / "a.jpg"
    earlier.parent.mkdir()
    earlier.write_bytes(b"x")
    assert list_outputs(plan_outputs(expand_with_names([shop]), shop / "better"), shop) == [
        "better/a.jpg",
        "better/sub/a.jpg",
        "better/sub/b.png",
    ]


def test_in_place_every_photo_replaces_itself(shop):
    assert all(task.path == task.output for task in plan_in_place(expand_with_names([shop])))


def test_a_photo_that_several_links_lead_to_replaces_itself_once(shop):
    (shop / "link.jpg").symlink_to("a.jpg")
    (shop / "sub" / "hard.jpg").hardlink_to(shop / "a.jpg")
    tasks = plan_in_place(expand_with_names([shop]))
    assert list_outputs(tasks, shop) == ["a.jpg", "sub/a.jpg", "sub/b.png", "sub/hard.jpg"]


def test_outputs_that_are_one_file_are_refused(shop, tmp_path):
    (tmp_path / "out" / "sub").mkdir(parents=True)
    (tmp_path / "out" / "sub" / "a.jpg").symlink_to("../a.jpg")
    with pytest.raises(InvalidInput, match="would both be written"):
        plan_outputs(expand_with_names([shop]), tmp_path / "out")


def test_an_output_that_leads_to_a_photo_is_refused(shop, tmp_path):
    (tmp_path / "out" / "sub").mkdir(parents=True)
    (tmp_path / "out" / "a.jpg").symlink_to(shop / "a.jpg")
    with pytest.raises(InvalidInput, match="is one of the photos"):
        plan_outputs(expand_with_names([shop]), tmp_path / "out")
    (tmp_path / "out" / "a.jpg").unlink()
    (tmp_path / "out" / "a.jpg").hardlink_to(shop / "sub" / "b.png")
    with pytest.raises(InvalidInput, match="is one of the photos"):
        plan_outputs(expand_with_names([shop]), tmp_path / "out")
