import csv
import io
import json

import jsonschema
import pytest

from packshot.errors import InvalidInput
from packshot.render import RenderOptions, renderer_for
from packshot.render.emotion_words import in_a_line, sides
from packshot.report import Assessment, AttentionRegion, Emotion, Polarity, Region, Status
from packshot.texts import load_texts
from tests.conftest import ROOT
from tests.render.markup import HOSTILE, Tags

PHOTO = str(ROOT / "examples" / "photos" / "mug.jpg")
LEFT, RIGHT = ((1.0, 0.2), (0.9, 0.0)), ((0.0, 0.8), (0.1, 1.0))
SEEN = AttentionRegion(region=Region(x=0.5, y=0.25, width=0.5, height=0.75), strength=0.9)
TORN = Emotion(path="torn.jpg", status=Status.UNREADABLE, error="cut <short>")


def emotion(polarity, positive, negative, valence=4.0, path=PHOTO, models=None):
    return Emotion(
        path=path,
        status=Status.OK,
        polarity=polarity,
        positive_probability=0.25,
        positive_intensity=positive,
        negative_intensity=negative,
        positive_bar=0.4,
        negative_bar=0.3,
        valence=valence,
        valence_spread=1.25,
        distribution=(0.05, 0.1, 0.2, 0.3, 0.2, 0.1, 0.05),
        positive_regions=(SEEN,) if positive >= 0.4 else (),
        negative_regions=(SEEN,) if negative >= 0.3 else (),
        positive_map=LEFT,
        negative_map=RIGHT,
        models=models or {"emotion": "0123456789ab"},
    )


ALL = (
    emotion(Polarity.POSITIVE, 0.81, 0.1, 5.9),
    emotion(Polarity.NEUTRAL, 0.2, 0.15, 4.1),
    emotion(Polarity.MIXED, 0.5, 0.45, 4.0),
    emotion(Polarity.NEGATIVE, 0.1, 0.7, 2.0),
    emotion(Polarity.NEGATIVE, 0.1, 0.9, 1.5),
)


def written(name, *results, language="en"):
    stream = io.StringIO()
    with renderer_for(Emotion, name, stream, RenderOptions(language)) as writer:
        for result in results:
            writer.add(result)
    return stream.getvalue()


def test_lines_follow_the_published_schema():
    schema = json.loads((ROOT / "docs" / "emotion.schema.json").read_text())
    assert schema == Emotion.model_json_schema()
    lines = [json.loads(line) for line in written("jsonl", *ALL, TORN).splitlines()]
    for line in lines:
        jsonschema.validate(line, schema)
    assert lines[-1]["polarity"] is None
    assert [Emotion.model_validate(line) for line in lines] == [*ALL, TORN]


def test_rows_hold_the_verdict_and_the_regions():
    rows = list(csv.DictReader(io.StringIO(written("csv", *ALL[:2], TORN))))
    assert [row["polarity"] for row in rows] == ["positive", "neutral", ""]
    assert rows[0]["positive_regions"] == "0.5 0.25 0.5 0.75 0.9"
    assert rows[0]["negative_regions"] == ""
    assert float(rows[0]["positive_intensity"]) == 0.81
    assert rows[2]["error"] == "cut <short>"


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@now"])
def test_a_name_that_is_a_formula_is_defused(start):
    row = list(csv.reader(io.StringIO(written("csv", emotion("neutral", 0, 0, path=start)))))[1]
    assert row[0] == "'" + start


def test_the_table_says_what_is_felt_and_what_could_not_be_read():
    table = written("table", *ALL, TORN)
    for word in ("positive", "negative", "mixed", "neutral", "81", "25 %", "5.9 ± 1.2", "cut <short>"):
        assert word in table
    assert "正负兼有" in written("table", *ALL, language="zh")


def test_names_are_no_markup_of_the_terminal():
    assert "[bold]x[/bold].jpg" in written("table", emotion("neutral", 0, 0, path="[bold]x[/bold].jpg"))


def test_cards_go_from_negative_to_positive_and_the_worst_rated_first():
    cards = Tags(written("html", *ALL)).all("article")
    assert [card["data-polarity"] for card in cards] == [
        *("negative", "negative", "mixed", "neutral", "positive")
    ]
    assert [card["data-valence"] for card in cards[:2]] == ["1.5", "2.0"]


def test_both_maps_are_drawn_and_boxes_of_the_sides_that_are_there():
    tags = Tags(written("html", ALL[2], ALL[3]))
    assert len(tags.all("img", class_="positive-side")) == 2
    assert len(tags.all("img", class_="negative-side")) == 2
    assert len(tags.all("span", class_="positive-side")) == 1
    boxes = tags.all("span", class_="negative-side")
    assert len(boxes) == 2
    assert boxes[0]["style"] == "left:50.0%;top:25.0%;width:50.0%;height:75.0%"


def test_the_scatter_has_every_photo_at_its_place_and_leads_to_its_card():
    page = written("html", *ALL)
    tags = Tags(page)
    circles = tags.all("circle")
    assert len(circles) == len(ALL)
    assert (circles[0]["cx"], circles[0]["cy"]) == ("228.4", "226.0")
    targets = {attrs["href"] for attrs in tags.all("a")}
    assert targets == {"#" + card["id"] for card in tags.all("article")}
    assert "mug.jpg: positive, positive 81, negative 10" in page


def test_photos_at_one_place_share_a_dot_so_that_pages_stay_small():
    page = written("html", *[ALL[0]] * 9)
    (circle,) = Tags(page).all("circle")
    assert float(circle["r"]) > float(Tags(written("html", ALL[0])).all("circle")[0]["r"])
    assert "9 photos: positive" in page


def test_the_page_takes_nothing_from_a_file_for_markup():
    named = emotion("mixed", 0.5, 0.5, path=f"/{HOSTILE}/{HOSTILE}.jpg", models={HOSTILE: HOSTILE})
    torn = Emotion(path=HOSTILE, status=Status.UNREADABLE, error=HOSTILE)
    tags = Tags(written("html", named, ALL[0], torn))
    assert not [name for name, _ in tags.attributes if name.startswith("on")]
    assert tags.found.count("script") == 1
    outside = [value for name, value in tags.attributes if name in ("src", "href")]
    assert all(value.startswith(("data:image/", "#photo-")) for value in outside)


def test_the_page_is_honest_about_what_it_is_and_tells_what_could_not_be_read():
    page = written("html", ALL[0], TORN)
    assert "no judgement of the product, and no forecast of sales" in page
    assert "cut &lt;short&gt;" in page
    assert "The file is no longer there" in written("html", emotion("neutral", 0, 0, path="/gone.jpg"))
    assert "不是对商品的评价" in written("html", ALL[0], language="zh")


def test_a_page_of_nothing_readable_stands():
    tags = Tags(written("html", TORN))
    assert not tags.all("svg")
    assert tags.all("section", class_="unreadable")


def test_a_side_below_its_bar_is_told_of_paler():
    weak, strong = sides(emotion("neutral", 0.2, 0.2))[0], sides(emotion("positive", 0.6, 0.2))[0]
    assert (weak.present, strong.present) == (False, True)
    assert weak.heat != strong.heat
    assert sides(emotion("neutral", 0.0, 0.0))[0].heat is None


def test_a_line_for_tables_of_assessments():
    assert in_a_line(ALL[2], "en") == "Feels mixed: positive 50, negative 45"
    assert in_a_line(ALL[2], "zh") == "感受正负兼有：正面 50，负面 45"


def test_both_languages_say_the_same_things():
    assert set(load_texts("en").emotion) == set(load_texts("zh").emotion)


def test_unknown_formats_and_languages_are_refused():
    with pytest.raises(InvalidInput, match="xml"):
        renderer_for(Emotion, "xml", io.StringIO())
    with pytest.raises(InvalidInput, match="fr"):
        renderer_for(Emotion, "csv", io.StringIO(), RenderOptions("fr"))


def assessed(name, *emotions):
    stream = io.StringIO()
    with renderer_for(Assessment, name, stream) as writer:
        for found in emotions:
            writer.add(Assessment(path=PHOTO, status=Status.OK, score=50, emotion=found))
    return stream.getvalue()


def test_the_report_of_assessments_shows_emotion_where_there_is_one():
    tags = Tags(assessed("html", ALL[2], None))
    assert len(tags.all("div", class_="intensities")) == 1
    assert len(tags.all("input", name="feelings")) == 1
    assert "no forecast of sales" in assessed("html", ALL[2])
    without = assessed("html", None)
    assert "no forecast of sales" not in without
    assert "feelings" not in without
    assert "tint" not in without


def test_rows_and_tables_of_assessments_too():
    felt, plain = csv.DictReader(io.StringIO(assessed("csv", ALL[2], None)))
    assert (felt["polarity"], felt["valence"], plain["polarity"]) == ("mixed", "4.0", "")
    assert "Feels mixed" in assessed("table", ALL[2])
    assert "Feels" not in assessed("table", None)
