import io
import re
from pathlib import Path

import pytest

from packshot.render import RenderOptions
from packshot.render.enhancement_page import PICTURE_SIDE, EnhancementPage, load_pictures
from packshot.render.page import make_thumbnail
from packshot.report import Action
from tests.render.enhancement_records import (
    REMEDIES,
    make_enhancement,
    make_unchanged_enhancement,
    make_unreadable_enhancement,
    write_picture,
)
from tests.render.markup import HOSTILE, PageParser


@pytest.fixture
def photo(tmp_path):
    return make_enhancement(
        write_picture(tmp_path / "box.png"), write_picture(tmp_path / "out" / "box.png")
    )


def render_page(*items, language="en", explain=False):
    stream = io.StringIO()
    with EnhancementPage(stream, RenderOptions(language, explain)) as report:
        for item in items:
            report.add(item)
    return stream.getvalue()


def test_a_slider_compares_the_photo_before_and_after(photo):
    tags = PageParser(render_page(photo))
    (box,) = tags.find_all("div", class_="compare")
    assert box["style"] == "--ratio:500 / 400"
    (slider,) = tags.find_all("input", type="range")
    assert (slider["min"], slider["max"], slider["value"]) == ("0", "100", "50")
    assert "box.png" in slider["aria-label"]
    after, before = tags.find_all("img")
    assert "After, score 61.2" in after["alt"]
    assert "Before, score 40.0" in before["alt"]


def test_the_slider_moves_what_the_style_cuts(photo):
    text = render_page(photo)
    assert 'setProperty("--at", share + "%")' in text
    assert "clip-path:inset(0 calc(100% - var(--at)) 0 0)" in text
    assert 'addEventListener("pointerdown"' in text


def test_pictures_of_two_shapes_share_one_box(tmp_path):
    before = write_picture(tmp_path / "wide.png", (1000, 500))
    after = write_picture(tmp_path / "out" / "wide.png", (600, 800))
    item = make_enhancement(before, after)
    first, second = load_pictures(item, lambda path: make_thumbnail(Path(path), PICTURE_SIDE))
    assert (first.width, first.height) == (PICTURE_SIDE, PICTURE_SIDE // 2)
    assert (second.width, second.height) == (480, PICTURE_SIDE)
    assert "--ratio:640 / 640" in render_page(item)
    assert "object-fit:contain" in render_page(item)


def test_a_photo_that_stayed_is_shown_once(tmp_path):
    item = make_unchanged_enhancement(write_picture(tmp_path / "box.png"))
    write_picture(tmp_path / "box.png.out.png")
    tags = PageParser(render_page(item))
    assert len(tags.find_all("img")) == 1
    assert not tags.find_all("input", type="range")


def test_a_photo_replaced_in_place_is_shown_as_it_is_now(photo):
    text = render_page(photo.model_copy(update={"output": photo.path}))
    assert len(PageParser(text).find_all("img")) == 1
    assert "The original was replaced" in text


def test_a_photo_that_is_gone_does_not_stop_the_page(tmp_path):
    text = render_page(make_enhancement(tmp_path / "gone.png", tmp_path / "gone-too.png"))
    assert "no longer there" in text
    assert "</html>" in text


def test_cards_go_by_gain_then_to_be_taken_again_then_the_rest(tmp_path, photo):
    names = ("rest", "again", "small", "large")
    paths = {name: write_picture(tmp_path / f"{name}.png") for name in names}
    items = [
        make_unchanged_enhancement(paths["rest"]),
        make_unchanged_enhancement(paths["again"], Action.RESHOOT, 5.0),
        make_enhancement(paths["small"], photo.output, 40, 42),
        make_enhancement(paths["large"], photo.output, 1, 99),
    ]
    cards = PageParser(render_page(*items)).find_all("article")
    assert [card["data-name"].split("/")[-1] for card in cards] == [
        "large.png",
        "small.png",
        "again.png",
        "rest.png",
    ]
    assert [card["data-action"] for card in cards] == ["enhanced", "enhanced", "reshoot", "unchanged"]
    assert sorted(float(card["data-rank"]) for card in cards) == [
        float(card["data-rank"]) for card in cards
    ]


def test_the_summary_counts_and_averages(photo):
    text = render_page(
        photo,
        make_unchanged_enhancement("a.png"),
        make_unchanged_enhancement("b.png", Action.RESHOOT, 20.0),
        make_unreadable_enhancement("<bad>.jpg"),
    )
    counted = re.findall(r"<dt>([^<]*)</dt><dd>(\d+)</dd>", text)
    assert counted == [
        ("Enhanced", "1"),
        ("Take it again", "1"),
        ("Left as it was", "1"),
        ("Unreadable", "1"),
    ]
    assert '<span class="from">49.3</span>' in text
    assert "</span> 56.4</dd>" in text
    assert "Before: 0, 0, 1, 0, 1, 0, 0, 0, 1, 0. After: 0, 0, 1, 0, 0, 0, 1, 0, 1, 0" in text
    assert "&lt;bad&gt;.jpg" in text


def test_filters_name_every_action_and_the_unreadable(photo):
    choices = PageParser(render_page(photo)).find_all("input", type="radio", name="show")
    assert [choice["value"] for choice in choices] == [
        "all",
        "enhanced",
        "reshoot",
        "unchanged",
        "unreadable",
    ]


def test_a_page_of_unreadable_files_alone_can_be_filtered():
    text = render_page(make_unreadable_enhancement("bad.jpg"))
    assert "why &amp; how" in text
    assert PageParser(text).find_all("form")


def test_what_was_repaired_and_what_remains(photo):
    text = render_page(photo)
    repaired = text[text.index('class="repaired"') : text.index('class="findings"')]
    assert "White and grey are tinted" in repaired
    remaining = text[text.index('class="findings"') : text.index("<details")]
    assert "The photo is not sharp" in remaining
    assert "Focus &lt;again&gt; &amp; hold still." in remaining
    assert remaining.count(">new<") == 1


def test_advice_for_a_photo_to_be_taken_again(tmp_path):
    reason = f"Take it again. {REMEDIES['off-centre']}"
    text = render_page(
        make_unchanged_enhancement(
            tmp_path / "a.png", Action.RESHOOT, 5.0, ("off-centre",), reason=reason
        )
    )
    assert "How to retake it" in text
    assert text.count(REMEDIES["off-centre"]) == 1


@pytest.mark.parametrize("explain", [False, True])
def test_the_trace_is_a_table_unfolded_on_request(photo, explain):
    text = render_page(photo, explain=explain)
    (details,) = PageParser(text).find_all("details")
    assert ("open" in details) == explain
    rows = re.findall(r"<tr class=\"([a-z -]+)\">(.*?)</tr>", text)
    assert [kind for kind, _ in rows] == ["kept taken", "structure"]
    cells = re.findall(r"<td data-label=\"([^\"]+)\">([^<]*)</td>", rows[0][1])
    assert cells[0] == ("Round", "1")
    assert cells[-1] == ("Verdict", "Kept")
    assert len(cells) == 7


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", HOSTILE, "'; --", "=1+1", "茶杯.png"])
def test_nothing_of_a_photo_is_taken_for_markup(tmp_path, photo, name):
    trial = photo.trace[0].model_copy(update={"step": name, "called_for_by": (name,), "outcome": name})
    update = {"path": name, "reason": name, "steps": (name,), "trace": (trial,)}
    tags = PageParser(render_page(photo.model_copy(update=update), make_unreadable_enhancement(name)))
    assert not [key for key, _ in tags.attributes if key.startswith("on")]
    assert tags.tag_names.count("script") == 1
    (card,) = tags.find_all("article")
    assert card["data-name"] == name


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_needs_nothing_from_outside(photo, language):
    text = render_page(photo, make_unchanged_enhancement(photo.path), language=language, explain=True)
    assert "http" not in text
    tags = PageParser(text)
    sources = [value for key, value in tags.attributes if key == "src"]
    assert sources
    assert all(value.startswith("data:image/") for value in sources)
    assert "link" not in tags.tag_names
    assert all(picture["alt"] for picture in tags.find_all("img"))
    assert f'<html lang="{language}">' in text


def test_cards_are_kept_out_of_memory(photo):
    with EnhancementPage(io.StringIO(), RenderOptions()) as report:
        for _ in range(2):
            report.add(photo)
        assert not any(isinstance(value, str) and len(value) > 100 for value in vars(report).values())
        assert all(size < 1000 for size in map(len, map(repr, report._cards)))


def test_a_failed_run_writes_no_page(photo):
    def fail_while_writing(report):
        report.add(photo)
        raise RuntimeError

    stream = io.StringIO()
    with pytest.raises(RuntimeError), EnhancementPage(stream, RenderOptions()) as report:
        fail_while_writing(report)
    assert stream.getvalue() == ""


def test_a_page_without_photos_is_a_page():
    assert "</html>" in render_page()
