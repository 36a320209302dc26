import re
from pathlib import PurePath

import pytest

from packshot.catalog.audit.page import MAX_FAILED_ROWS, MAX_GROUPS
from packshot.errors import InvalidInput
from packshot.render.page import load_template
from packshot.report import AuditRow, AuditStatus, Decision
from packshot.texts import load_audit_texts, load_texts
from tests.catalog.audit.fake_examiner import run_fake_audit, write_feed


@pytest.fixture(scope="module")
def audit_page(tmp_path_factory):
    """A page of more photos, broken inputs and sellers than it shows."""
    folder = tmp_path_factory.mktemp("page")
    write_feed(folder / "photos", 40)
    lines = [f"photos/photo-{n:04}.jpg,seller <{n}>,sku-{n}" for n in range(40)]
    lines += [f"none-{n}.jpg,seller <{n % 60}>,&sku" for n in range(MAX_FAILED_ROWS + 3)]
    (folder / "feed.csv").write_text("image,seller,sku\n" + "\n".join(lines) + "\n")
    run_fake_audit(folder / "feed.csv", folder / "audit", fail_under=50, worst=7)
    return (folder / "audit" / "audit.html").read_text(encoding="utf-8")


def test_the_worst_come_first_as_many_as_asked_for_and_the_limit_is_said(audit_page):
    ranks = [float(rank) for rank in re.findall(r'data-rank="([\d.]+)"', audit_page)]
    assert len(ranks) == 7
    assert ranks == sorted(ranks)
    assert "worst first: 7 of 40" in audit_page
    assert f"The first {MAX_FAILED_ROWS} of {MAX_FAILED_ROWS + 3}" in audit_page
    assert audit_page.count('data-status="missing"') == MAX_FAILED_ROWS
    assert f"the {MAX_GROUPS} with the most failures, of 60" in audit_page


def test_nothing_of_a_feed_is_markup(audit_page):
    assert "seller &lt;1&gt;" in audit_page
    assert "seller <" not in audit_page
    assert "&amp;sku" in audit_page


def test_the_page_needs_nothing_from_elsewhere(audit_page):
    assert not re.findall(r'src="(?!data:)', audit_page)
    links = re.findall(r'<a class="zoom" href="([^"]*)"', audit_page)
    assert len(links) == 7
    assert all(re.fullmatch(r"\.\./photos/photo-00\d\d\.jpg", link) for link in links)
    assert audit_page.count('href="') == 7
    assert "http" not in re.sub(r"http://www\.w3\.org\S+", "", audit_page)


def test_what_costs_points_is_told_of_all_photos_and_of_each_its_aspects(audit_page):
    _, panel = audit_page.split("What costs the most points")
    panel = panel[: panel.index("</section>")]
    (mean_score,) = re.findall(r"The mean score is ([\d.]+)\.", panel)
    points = [float(number) for number in re.findall(r"([\d.]+)</td></tr>", panel)]
    assert points == sorted(points, reverse=True)
    assert float(mean_score) + sum(points) == pytest.approx(100, abs=0.3)
    assert "photos like these are rated low" in panel
    assert audit_page.count("Technical quality ") == 7
    assert "Presentation " not in audit_page


def test_filters_offer_what_there_is(audit_page):
    options = re.findall(r'<option value="([^"]*)"', audit_page)
    assert {"fail", "missing", "worst", "feed", "all"} <= set(options)
    assert {"blurred", "noise", "too-dark"} & set(options)


def test_a_photo_that_only_a_person_can_judge_has_a_card():
    row = AuditRow(
        number=0,
        path="mug.jpg",
        status=AuditStatus.OK,
        score=90.0,
        decision=Decision.MANUAL,
        manual_rules=("google-merchant:overlay-text",),
    )
    card = load_template("audit_card.html.j2").render(
        row=row,
        file=PurePath(row.path),
        picture=None,
        faults=(),
        titles={"google-merchant:overlay-text": "Overlaid text"},
        words=load_texts("en"),
        audit=load_audit_texts("en"),
    )
    assert f"<summary>{load_audit_texts('en').labels['manual']}</summary>" in card
    assert "Overlaid text" in card


def test_every_language_has_the_same_words():
    english, chinese = load_audit_texts("en"), load_audit_texts("zh")
    for table in ("labels", "decisions", "statuses", "how_to_read"):
        english_table, chinese_table = getattr(english, table), getattr(chinese, table)
        assert set(english_table) == set(chinese_table)
        for name, text in english_table.items():
            assert sorted(re.findall(r"{\w+}", text)) == sorted(
                re.findall(r"{\w+}", chinese_table[name])
            )
    with pytest.raises(InvalidInput):
        load_audit_texts("xx")
