import re

import pytest

from packshot.catalog.audit.page import MOST_BROKEN, MOST_SHARES
from packshot.errors import InvalidInput
from packshot.texts.audit import load_audit_texts
from tests.catalog.audit.quick import audited, write_feed


@pytest.fixture(scope="module")
def audit(tmp_path_factory):
    """A page of more photos, broken inputs and sellers than it shows."""
    folder = tmp_path_factory.mktemp("page")
    write_feed(folder / "photos", 40)
    lines = [f"photos/photo-{n:04}.jpg,seller <{n}>,sku-{n}" for n in range(40)]
    lines += [f"none-{n}.jpg,seller <{n % 60}>,&sku" for n in range(MOST_BROKEN + 3)]
    (folder / "feed.csv").write_text("image,seller,sku\n" + "\n".join(lines) + "\n")
    audited(folder / "feed.csv", folder / "audit", fail_under=50, worst=7)
    return (folder / "audit" / "audit.html").read_text(encoding="utf-8")


def test_the_worst_come_first_as_many_as_asked_for_and_the_limit_is_said(audit):
    ranks = [float(rank) for rank in re.findall(r'data-rank="([\d.]+)"', audit)]
    assert len(ranks) == 7
    assert ranks == sorted(ranks)
    assert "7 of 40 photos" in audit
    assert f"The first {MOST_BROKEN} of {MOST_BROKEN + 3}" in audit
    assert audit.count('data-status="missing"') == MOST_BROKEN
    assert f"the {MOST_SHARES} with the most failures, of 60" in audit


def test_nothing_of_a_feed_is_markup(audit):
    assert "seller &lt;1&gt;" in audit
    assert "seller <" not in audit
    assert "&amp;sku" in audit


def test_the_page_needs_nothing_from_elsewhere(audit):
    assert not re.findall(r'(?:src|href)="(?!data:)', audit)
    assert "http" not in re.sub(r"http://www\.w3\.org\S+", "", audit)


def test_filters_offer_what_there_is(audit):
    shown = re.findall(r'<option value="([^"]*)"', audit)
    assert {"fail", "missing", "worst", "feed", "all"} <= set(shown)
    assert {"blurred", "noise", "too-dark"} & set(shown)


def test_every_language_has_the_same_words():
    english, chinese = load_audit_texts("en"), load_audit_texts("zh")
    for table in ("labels", "verdicts", "statuses", "how_to_read"):
        ours, theirs = getattr(english, table), getattr(chinese, table)
        assert set(ours) == set(theirs)
        for name, text in ours.items():
            assert sorted(re.findall(r"{\w+}", text)) == sorted(re.findall(r"{\w+}", theirs[name]))
    with pytest.raises(InvalidInput):
        load_audit_texts("xx")
