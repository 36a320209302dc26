import csv
import io
import json

import jsonschema
import pytest

from packshot.errors import InvalidInput
from packshot.render import RenderOptions, renderer_for
from packshot.render.emotion_words import build_sides, format_line
from packshot.report import Assessment, AttentionRegion, Emotion, Polarity, Region, Status
from packshot.texts import load_texts
from tests.conftest import ROOT
from tests.render.markup import HOSTILE, PageParser

PHOTO = str(ROOT / "examples" / "photos" / "mug.jpg")
LEFT_MAP, RIGHT_MAP = ((1.0, 0.2), (0.9, 0.0)), ((0.0, 0.8), (0.1, 1.0))
ATTENTION_REGION = AttentionRegion(region=Region(x=0.5, y=0.25, width=0.5, height=0.75), strength=0.9)
UNREADABLE = Emotion(path="torn.jpg", status=Status.UNREADABLE, error="cut <short>")


def make_emotion(polarity, positive, negative, valence=4.0, path=PHOTO, models=None):
    return Emotion(
        path=path,
        status=Status.OK,
        polarity=polarity,
        positive_probability=0.25,
        positive_intensity=positive,
        negative_intensity=negative,
        positive_threshold=0.4,
        negative_threshold=0.3,
        valence=valence,
        valence_spread=1.25,
        distribution=(0.05, 0.1, 0.2, 0.3, 0.2, 0.1, 0.05),
        positive_regions=(ATTENTION_REGION,) if positive >= 0.4 else (),
        negative_regions=(ATTENTION_REGION,) if negative >= 0.3 else (),
        positive_map=LEFT_MAP,
        negative_map=RIGHT_MAP,
        models=models or {"emotion": "0123456789ab"},
    )


EMOTIONS = (
    make_emotion(Polarity.POSITIVE, 0.81, 0.1, 5.9),
    make_emotion(Polarity.NEUTRAL, 0.2, 0.15, 4.1),
    make_emotion(Polarity.MIXED, 0.5, 0.45, 4.0),
    make_emotion(Polarity.NEGATIVE, 0.1, 0.7, 2.0),
    make_emotion(Polarity.NEGATIVE, 0.1, 0.9, 1.5),
)


def render(name, *results, language="en"):
    stream = io.StringIO()
    with renderer_for(Emotion, name, stream, RenderOptions(language)) as writer:
        for result in results:
            writer.add(result)
    return stream.getvalue()


def test_lines_follow_the_published_schema():
    schema = json.loads((ROOT / "docs" / "emotion.schema.json").read_text())
    assert schema == Emotion.model_json_schema()
    lines = [json.loads(line) for line in render("jsonl", *EMOTIONS, UNREADABLE).splitlines()]
    for line in lines:
        jsonschema.validate(line, schema)
    assert lines[-1]["polarity"] is None
    assert [Emotion.model_validate(line) for line in lines] == [*EMOTIONS, UNREADABLE]


def test_rows_hold_the_verdict_and_the_regions():
    rows = list(csv.DictReader(io.StringIO(render("csv", *EMOTIONS[:2], UNREADABLE))))
    assert [row["polarity"] for row in rows] == ["positive", "neutral", ""]
    assert rows[0]["positive_regions"] == "0.5 0.25 0.5 0.75 0.9"
    assert rows[0]["negative_regions"] == ""
    assert float(rows[0]["positive_intensity"]) == 0.81
    assert rows[2]["error"] == "cut <short>"


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@now"])
def test_a_name_that_is_a_formula_is_defused(start):
    row = list(csv.reader(io.StringIO(render("csv", make_emotion("neutral", 0, 0, path=start)))))[1]
    assert row[0] == "'" + start


def test_the_table_says_what_is_felt_and_what_could_not_be_read():
    table = render("table", *EMOTIONS, UNREADABLE)
    for word in ("positive", "negative", "mixed", "neutral", "81", "25 %", "5.9 ± 1.2", "cut <short>"):
        assert word in table
    assert "正负兼有" in render("table", *EMOTIONS, language="zh")


def test_names_are_no_markup_of_the_terminal():
    assert "[bold]x[/bold].jpg" in render(
        "table", make_emotion("neutral", 0, 0, path="[bold]x[/bold].jpg")
    )


def test_cards_go_from_negative_to_positive_and_the_worst_rated_first():
    cards = PageParser(render("html", *EMOTIONS)).find_all("article")
    assert [card["data-polarity"] for card in cards] == [
        *("negative", "negative", "mixed", "neutral", "positive")
    ]
    assert [card["data-valence"] for card in cards[:2]] == ["1.5", "2.0"]


def test_both_maps_are_drawn_and_boxes_of_the_sides_that_are_there():
    tags = PageParser(render("html", EMOTIONS[2], EMOTIONS[3]))
    assert len(tags.find_all("img", class_="positive-side")) == 2
    assert len(tags.find_all("img", class_="negative-side")) == 2
    assert len(tags.find_all("span", class_="positive-side")) == 1
    boxes = tags.find_all("span", class_="negative-side")
    assert len(boxes) == 2
    assert boxes[0]["style"] == "left:50.0%;top:25.0%;width:50.0%;height:75.0%"


def test_the_scatter_has_every_photo_at_its_place_and_leads_to_its_card():
    page = render("html", *EMOTIONS)
    tags = PageParser(page)
    circles = tags.find_all("circle")
    assert len(circles) == len(EMOTIONS)
    assert (circles[0]["cx"], circles[0]["cy"]) == ("228.4", "226.0")
    targets = {attrs["href"] for attrs in tags.find_all("a")} - {"examples/photos/mug.jpg"}
    assert targets == {"#" + card["id"] for card in tags.find_all("article")}
    assert "mug.jpg: positive, positive 81, negative 10" in page


def test_photos_at_one_place_share_a_dot_so_that_pages_stay_small():
    page = render("html", *[EMOTIONS[0]] * 9)
    (circle,) = PageParser(page).find_all("circle")
    assert float(circle["r"]) > float(PageParser(render("html", EMOTIONS[0])).find_all("circle")[0]["r"])
    assert "9 photos: positive" in page


def test_the_page_takes_nothing_from_a_file_for_markup():
    readable = make_emotion(
        "mixed", 0.5, 0.5, path=f"/{HOSTILE}/{HOSTILE}.jpg", models={HOSTILE: HOSTILE}
    )
    unreadable = Emotion(path=HOSTILE, status=Status.UNREADABLE, error=HOSTILE)
    tags = PageParser(render("html", readable, EMOTIONS[0], unreadable))
    assert not [name for name, _ in tags.attributes if name.startswith("on")]
    assert tags.tag_names.count("script") == 1
    outside = [value for name, value in tags.attributes if name in ("src", "href")]
    own = ("data:image/", "#photo-", "examples/photos/")
    assert all(value.startswith(own) for value in outside)


def test_the_page_is_honest_about_what_it_is_and_tells_what_could_not_be_read():
    page = render("html", EMOTIONS[0], UNREADABLE)
    assert "does not judge the product or forecast sales" in page
    assert "cut &lt;short&gt;" in page
    assert "The file is no longer there" in render(
        "html", make_emotion("neutral", 0, 0, path="/gone.jpg")
    )
    assert "不是对商品的评价" in render("html", EMOTIONS[0], language="zh")


def test_a_page_of_nothing_readable_stands():
    tags = PageParser(render("html", UNREADABLE))
    assert not tags.find_all("svg")
    assert tags.find_all("section", class_="unreadable")


def test_a_side_below_its_threshold_is_drawn_paler():
    weak, strong = (
        build_sides(make_emotion("neutral", 0.2, 0.2))[0],
        build_sides(make_emotion("positive", 0.6, 0.2))[0],
    )
    assert (weak.is_present, strong.is_present) == (False, True)
    assert weak.heat_uri != strong.heat_uri
    assert build_sides(make_emotion("neutral", 0.0, 0.0))[0].heat_uri is None


def test_a_line_for_tables_of_assessments():
    assert format_line(EMOTIONS[2], "en") == "Feels mixed: positive 50, negative 45"
    assert format_line(EMOTIONS[2], "zh") == "感受正负兼有：正面 50，负面 45"


def test_both_languages_say_the_same_things():
    assert set(load_texts("en").emotion) == set(load_texts("zh").emotion)


def test_unknown_formats_and_languages_are_refused():
    with pytest.raises(InvalidInput, match="xml"):
        renderer_for(Emotion, "xml", io.StringIO())
    with pytest.raises(InvalidInput, match="fr"):
        renderer_for(Emotion, "csv", io.StringIO(), RenderOptions("fr"))


def render_assessments(name, *emotions):
    stream = io.StringIO()
    with renderer_for(Assessment, name, stream) as writer:
        for emotion in emotions:
            writer.add(Assessment(path=PHOTO, status=Status.OK, score=50, emotion=emotion))
    return stream.getvalue()


def test_the_report_of_assessments_shows_emotion_where_there_is_one():
    tags = PageParser(render_assessments("html", EMOTIONS[2], None))
    assert len(tags.find_all("div", class_="intensities")) == 1
    assert len(tags.find_all("input", name="feelings")) == 1
    assert "forecast sales" in render_assessments("html", EMOTIONS[2])
    without = render_assessments("html", None)
    assert "forecast sales" not in without
    assert "feelings" not in without
    assert "tint" not in without


def test_rows_and_tables_of_assessments_too():
    with_emotion, without_emotion = csv.DictReader(
        io.StringIO(render_assessments("csv", EMOTIONS[2], None))
    )
    assert (with_emotion["polarity"], with_emotion["valence"], without_emotion["polarity"]) == (
        "mixed",
        "4.0",
        "",
    )
    assert "Feels mixed" in render_assessments("table", EMOTIONS[2])
    assert "Feels" not in render_assessments("table", None)
