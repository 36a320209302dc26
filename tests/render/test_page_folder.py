import io
import json
import re
from pathlib import Path

import cv2
import pytest

from packshot.render import RenderOptions, renderer_for
from packshot.render.page import CARDS_SHOWN, MAX_EMBEDDED, link_photo, mark_name
from packshot.render.page_folder import CARDS_IN_FILE, PageFolder, parse_card_data
from packshot.report import Assessment, RankedPhoto, Ranking
from tests.catalog.audit.fake_examiner import make_assessment
from tests.conftest import make_packshot
from tests.render.markup import HOSTILE, PageParser

COUNT = MAX_EMBEDDED + 30


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    path = tmp_path_factory.mktemp("photos") / "box.png"
    cv2.imwrite(str(path), make_packshot(size=(500, 400))[::5, ::5, ::-1])
    return path


def write_page(page, photo, count=COUNT, names=None):
    options = RenderOptions(file_of=lambda name: photo, page_file=page)
    stream = io.StringIO()
    with renderer_for(Assessment, "html", stream, options) as renderer:
        for number in range(count):
            name = names[number] if names else f"{number:03}.png"
            item = make_assessment(b"%d" % number, name)
            renderer.add(item.model_copy(update={"score": float(number % 100)}))
    return stream.getvalue()


def read_stored(page):
    return json.loads(re.search(r'id="stored">(.*?)</script>', page, re.DOTALL)[1])


def read_cards(folder):
    files = sorted(folder.glob("cards-*.js"), key=lambda path: int(path.stem.split("-")[1]))
    calls = [path.read_text(encoding="utf-8").split("(", 1)[1].rsplit(")", 1)[0] for path in files]
    return [card for call in calls for card in json.loads("[" + call + "]")[1]]


def test_a_large_page_keeps_cards_and_thumbnails_beside_it(tmp_path, photo):
    page = write_page(tmp_path / "report.html", photo)
    folder = tmp_path / "report_files"
    assert len(list(folder.glob("photo-*.jpg"))) == COUNT
    assert len(list(folder.glob("cards-*.js"))) == -(-COUNT // CARDS_IN_FILE)
    assert "data:image/jpeg" not in page
    assert page.count("<article") == CARDS_SHOWN
    cards = read_cards(folder)
    assert len(cards) == COUNT
    pictures = [re.search(r'src="report_files/(photo-\d+\.jpg)"', card)[1] for card in cards]
    assert len(set(pictures)) == COUNT
    assert all((folder / name).read_bytes()[:2] == b"\xff\xd8" for name in pictures)
    assert not list(tmp_path.glob(".*"))


def test_what_is_stored_is_in_the_order_of_the_cards(tmp_path, photo):
    stored = read_stored(write_page(tmp_path / "report.html", photo))
    cards = [parse_card_data(card) for card in read_cards(tmp_path / "report_files")]
    assert [dict(zip(stored["columns"], row, strict=True)) for row in stored["rows"]] == cards
    scores = [float(card["score"]) for card in cards]
    assert scores == sorted(scores)
    assert (stored["folder"], stored["file"]) == ("report_files", CARDS_IN_FILE)


def test_a_small_page_and_one_without_a_file_have_no_folder(tmp_path, photo):
    small = write_page(tmp_path / "report.html", photo, count=3)
    assert small.count("data:image/jpeg") == 3
    streamed = write_page(None, photo)
    assert streamed.count("data:image/jpeg") == COUNT
    assert "packshot-picture" not in small + streamed
    assert list(tmp_path.iterdir()) == []


def test_names_cannot_leave_what_is_stored(tmp_path, photo):
    names = [f"</script>{HOSTILE}{number}.png" for number in range(COUNT)]
    page = write_page(tmp_path / "report.html", photo, names=names)
    stored = read_stored(page)
    assert {row[stored["columns"].index("name")] for row in stored["rows"]} == set(names)
    for text in (page, *read_cards(tmp_path / "report_files")):
        assert not [name for name, _ in PageParser(text).attributes if name.startswith("on")]
    assert PageParser(page).tag_names.count("script") == 2


def test_a_page_written_again_replaces_its_folder(tmp_path, photo):
    write_page(tmp_path / "report.html", photo, count=COUNT + 10)
    write_page(tmp_path / "report.html", photo)
    assert len(list((tmp_path / "report_files").glob("photo-*.jpg"))) == COUNT
    assert [path.name for path in tmp_path.iterdir()] == ["report_files"]


def test_a_folder_of_someone_else_stays(tmp_path, photo):
    (tmp_path / "report_files").mkdir()
    (tmp_path / "report_files" / "notes.txt").write_text("mine")
    page = write_page(tmp_path / "report.html", photo)
    assert (tmp_path / "report_files" / "notes.txt").read_text() == "mine"
    assert read_stored(page)["folder"] == "report_files-2"


def test_an_error_leaves_no_folder(tmp_path):
    with pytest.raises(RuntimeError):
        break_off(tmp_path / "report.html")
    assert list(tmp_path.iterdir()) == []


def break_off(page):
    with PageFolder(page) as folder:
        folder.add_picture(0, b"JPEG")
        raise RuntimeError


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("red-mug-front.jpg", 'red-mug<span class="end">-front.jpg</span>'),
        ("a.jpg", '<span class="end">a.jpg</span>'),
        ("no-extension", 'no-ext<span class="end">ension</span>'),
        ("<img>.png", '<span class="end">&lt;img&gt;.png</span>'),
        ("\udce9.png", '<span class="end">\\xe9.png</span>'),
        ("a." + "x" * 200, "a." + "x" * 200),
    ],
)
def test_a_name_is_not_broken_before_its_extension(name, shown):
    assert str(mark_name(name)) == shown


@pytest.mark.parametrize(
    ("location", "file", "link"),
    [
        ("photos/a.jpg", "photos/a.jpg", "../photos/a.jpg"),
        ("javascript:alert(1).jpg", "javascript:alert(1).jpg", "../javascript%3Aalert%281%29.jpg"),
        ('a"b#c?.jpg', 'a"b#c?.jpg', "../a%22b%23c%3F.jpg"),
        ("https://shop.example/a.jpg", "/tmp/copy.jpg", "https://shop.example/a.jpg"),
        ("s3://shop/a.jpg", "/tmp/copy.jpg", ""),
    ],
)
def test_a_link_leads_from_the_page_to_the_photo(location, file, link):
    assert link_photo(location, Path(file), Path("out/report.html")) == link


def test_no_reason_is_told_twice():
    photos = (
        RankedPhoto(path="a.jpg", rank=1, reasons=("scores 84 against 31", "sharper", "sharper")),
        RankedPhoto(path="b.jpg", rank=2, reasons=("blurred",)),
    )
    ranking = Ranking(
        sku="M1",
        best="a.jpg",
        current="b.jpg",
        swap=True,
        reason="Show a.jpg in place of b.jpg: scores 84 against 31.",
        order=photos,
    )
    stream = io.StringIO()
    with renderer_for(Ranking, "html", stream, RenderOptions()) as renderer:
        renderer.add(ranking)
    page = stream.getvalue()
    assert page.count("scores 84 against 31") == 1
    assert page.count("sharper") == 1
    assert page.count("blurred") == 1
