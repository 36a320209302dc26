"""Pages in Chromium: what cannot be known from their text. Needs playwright and the browser.

``PACKSHOT_AXE`` names axe.min.js of axe-core, which is not part of this repository.
"""

import csv
import io
import os
import shutil
from datetime import date
from pathlib import Path

import cv2
import pytest

from packshot.policy import load_policy, screen
from packshot.policy.wording import summarise_policy
from packshot.render import RenderOptions, renderer_for
from packshot.report import (
    Assessment,
    Duplicate,
    DuplicateGroup,
    Emotion,
    Enhancement,
    Neighbour,
    Proposal,
    RankedPhoto,
    Ranking,
    SearchResult,
    Status,
    Verdict,
)
from tests.catalog.audit.fake_examiner import make_assessment, run_fake_audit
from tests.conftest import make_packshot
from tests.render.enhancement_records import make_enhancement
from tests.render.test_emotion import make_emotion

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
AXE = Path(os.environ.get("PACKSHOT_AXE", "axe.min.js"))
COUNT = 620

TODAY = date(2026, 11, 21)
LONG_NAME = "photos/a photo with a name as cameras and people give them-20261130_120000(1).jpg"

NEEDS_AXE = pytest.mark.skipif(not AXE.is_file(), reason="PACKSHOT_AXE names no axe.min.js")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    cv2.imwrite(str(folder / "box.png"), make_packshot(size=(500, 400))[::5, ::5, ::-1])
    for name, count in (("small", 4), ("large", COUNT)):
        write_page(folder / f"{name}.html", folder / "box.png", count)
    return folder


def write_page(page, photo, count):
    options = RenderOptions(file_of=lambda name: photo, page_file=page)
    with (
        page.open("w", encoding="utf-8") as stream,
        renderer_for(Assessment, "html", stream, options) as renderer,
    ):
        renderer.add(make_named(0, str(photo)))
        for number in range(1, count):
            renderer.add(make_named(number, f"=mug-{number:03}.png"))


def make_named(number, name):
    item = make_assessment(b"%d" % number, name)
    return item.model_copy(update={"score": number / COUNT * 100})


def open_page(browser, page, width=1400):
    tab = browser.new_page(viewport={"width": width, "height": 900})
    tab.goto(page.as_uri())
    tab.wait_for_selector("article")
    return tab


def list_names(tab):
    return tab.evaluate(
        "[...document.querySelectorAll('article:not([hidden])')].map(c => c.dataset.name)"
    )


def test_a_large_page_turns(browser, folder):
    tab = open_page(browser, folder / "large.html")
    assert len(list_names(tab)) == 25
    tab.click("#pager button[data-step='1']")
    tab.wait_for_selector("#cards[data-page='1']")
    assert list_names(tab)[0] == "=mug-025.png"
    assert "26–50" in tab.inner_text("#pager")


@pytest.mark.parametrize("name", ["small", "large"])
def test_a_search_finds_by_name_and_says_where_nothing_is(browser, folder, name):
    tab = open_page(browser, folder / f"{name}.html")
    tab.fill("[name=search]", "MUG-003")
    tab.wait_for_function("document.querySelectorAll('article:not([hidden])').length === 1")
    assert list_names(tab) == ["=mug-003.png"]
    assert tab.is_hidden("#none")
    tab.fill("[name=search]", "no such name")
    tab.wait_for_selector("#none")
    assert list_names(tab) == []


@pytest.mark.parametrize("name", ["small", "large"])
def test_what_is_filtered_is_saved(browser, folder, name):
    tab = open_page(browser, folder / f"{name}.html")
    tab.fill("[name=search]", "mug-00")
    with tab.expect_download() as download:
        tab.click("[name=csv]")
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig"))))
    assert [row["path"] for row in rows] == [
        f"'=mug-00{n}.png" for n in range(1, min(10, len(rows) + 1))
    ]
    assert len(rows) == (3 if name == "small" else 9)


def test_a_photo_is_seen_large_and_left_by_keys(browser, folder):
    tab = open_page(browser, folder / "small.html")
    tab.click("a.zoom")
    assert tab.locator("#zoom img").get_attribute("src").endswith("/box.png")
    tab.keyboard.press("Escape")
    assert not tab.locator("#zoom").evaluate("box => box.open")
    assert tab.evaluate("document.activeElement.className") == "zoom"


def test_a_page_whose_folder_is_gone_says_so(browser, folder, tmp_path):
    shutil.copy(folder / "large.html", tmp_path / "large.html")
    tab = browser.new_page()
    tab.goto((tmp_path / "large.html").as_uri())
    tab.wait_for_selector("#cards > .gone")
    assert "large_files" in tab.inner_text("#cards")


@pytest.mark.parametrize("width", [1400, 390])
@pytest.mark.parametrize("name", ["small", "large"])
def test_a_page_is_no_wider_than_the_window(browser, folder, name, width):
    tab = open_page(browser, folder / f"{name}.html", width)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


RECORDS = [
    Assessment,
    DuplicateGroup,
    Emotion,
    Enhancement,
    Proposal,
    Ranking,
    SearchResult,
    Verdict,
]


@pytest.fixture(scope="module")
def pages(folder):
    """A page of each kind, in English and Chinese, with a photo that is read and one that is not."""
    photo = folder / "box.png"
    policy = load_policy("amazon-main")
    for language in ("en", "zh"):
        options = RenderOptions(
            language, policies=(summarise_policy(policy, language),), page_file=folder / "page.html"
        )
        for record, results in make_results(str(photo), policy, language).items():
            page = folder / f"{record.__name__}-{language}.html"
            with (
                page.open("w", encoding="utf-8") as stream,
                renderer_for(record, "html", stream, options) as renderer,
            ):
                for result in results:
                    renderer.add(result)
    feed = folder / "feed.csv"
    feed.write_text("image,sku,seller\nbox.png,=1,A very long name of a seller of boxes\ngone.png,2,B\n")
    policies = ("amazon-main", "google-merchant")
    run_fake_audit(feed, folder / "audit", policies=policies, on=TODAY, fail_under=99)
    return folder


def make_results(photo, policy, language):
    """Records by kind: of a photo with what pages tell of it, and of one that cannot be read."""
    assessment = make_assessment(b"1", photo)
    neighbour = Neighbour(id="1", path=photo, distance=0.2, likeness=0.8)
    ranked = RankedPhoto(path=photo, rank=1, score=80, score_margin=4, decision="pass")
    torn = {"path": LONG_NAME, "status": Status.UNREADABLE, "error": "the file is empty"}
    problem = {"problem": "blurred", "action": "drop", "reason": "Wide edges.", "confidence": 0.9}
    sizes = {"width": 500, "height": 400, "byte_size": 9000, "score": 70.0}
    copies = tuple(
        Duplicate(path=path, kind=kind, likeness=0.9, **sizes)
        for path, kind in ((photo, None), (LONG_NAME, "resized"))
    )
    return {
        Assessment: [assessment, Assessment(**torn)],
        Verdict: [
            screen(one, policy, on=TODAY, language=language) for one in (assessment, Assessment(**torn))
        ],
        Emotion: [make_emotion("mixed", 0.6, 0.5, path=photo), Emotion(**torn)],
        Enhancement: [make_enhancement(Path(photo), Path(photo)), Enhancement(**torn)],
        SearchResult: [
            SearchResult(path=photo, status="ok", distance="cosine", hits=(neighbour, neighbour)),
            SearchResult(**torn),
        ],
        Ranking: [
            Ranking(
                sku="box",
                best=photo,
                current=LONG_NAME,
                swap=True,
                reason="Sharp.",
                order=(ranked,),
            )
        ],
        Proposal: [Proposal(path=photo, **problem)],
        DuplicateGroup: [
            DuplicateGroup(
                group=1,
                kind="resized",
                paths=(photo, LONG_NAME),
                keep=photo,
                reason="It is larger.",
                photos=copies,
            )
        ],
    }


PAGES = [
    *(f"{record.__name__}-{language}.html" for record in RECORDS for language in ("en", "zh")),
    "audit/audit.html",
]


@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_wider_than_a_telephone(browser, pages, name):
    tab = open_page(browser, pages / name, width=390)
    tab.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_page_of_an_audit_shows_photos_large_and_saves_what_is_filtered(browser, pages):
    tab = open_page(browser, pages / "audit" / "audit.html")
    tab.click("a.zoom")
    assert tab.locator("#zoom img").get_attribute("src").endswith("/box.png")
    tab.keyboard.press("Escape")
    with tab.expect_download() as download:
        tab.click("[name=csv]")
    [row] = csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig")))
    assert (row["sku"], row["decision"]) == ("'=1", "fail")
    tab.fill("[name=search]", "no such name")
    tab.wait_for_selector("#none")


def find_violations(tab):
    """Find what axe objects to; cards that are not drawn yet lie over others, as it sees them."""
    tab.add_style_tag(content=".card { content-visibility: visible !important }")
    tab.evaluate(AXE.read_text(encoding="utf-8"))
    return tab.evaluate("axe.run().then(result => result.violations.map(each => each.id))")


@NEEDS_AXE
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["small.html", "large.html", *PAGES])
def test_axe_finds_nothing(browser, pages, name, scheme):
    tab = browser.new_page(viewport={"width": 1400, "height": 900}, color_scheme=scheme)
    tab.goto((pages / name).as_uri())
    tab.evaluate("document.querySelectorAll('article details').forEach(each => each.open = true)")
    assert find_violations(tab) == []


@NEEDS_AXE
@pytest.mark.parametrize("record", RECORDS)
def test_axe_finds_nothing_on_an_empty_page(browser, tmp_path, record):
    page = tmp_path / "empty.html"
    with page.open("w", encoding="utf-8") as stream, renderer_for(record, "html", stream):
        pass
    tab = browser.new_page()
    tab.goto(page.as_uri())
    assert find_violations(tab) == []
