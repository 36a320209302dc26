import itertools
import time
import warnings
from datetime import date, timedelta

import cv2
import numpy as np
import pytest

from packshot.policy import (
    find_required_overlays,
    is_newly_failing,
    list_policy_names,
    load_policy,
    screen,
)
from packshot.policy.metrics import METRICS, METRICS_WITHOUT_DETECTOR
from packshot.policy.screening import combine_decisions
from packshot.policy.wording import summarise_policy
from packshot.report import OVERLAYS, Assessment, Decision, Level, Status, Verdict
from tests.conftest import ROOT, make_picture
from tests.measure.pictures import add_noise, blur, draw_on_white, draw_scene
from tests.policy.assessments import (
    add_frame,
    assess_photo,
    assess_pixels,
    draw_square_product,
    make_noise,
    with_measurements,
)

TODAY = date(2026, 11, 21)
CHANGE = date(2027, 1, 31)
AMAZON = load_policy("amazon-main")
GOOGLE = load_policy("google-merchant")


def screen_outcomes(assessment, policy, on=TODAY, **options):
    verdict = screen(assessment, policy, on=on, **options)
    return {outcome.rule: outcome for outcome in verdict.outcomes}


def screen_decisions(assessment, policy, on=TODAY, **options):
    return {
        name: found.decision
        for name, found in screen_outcomes(assessment, policy, on, **options).items()
    }


@pytest.fixture(scope="module")
def good():
    """A photo that meets all that is measured of amazon-main and most others."""
    picture = np.full((1700, 1700, 3), 255, np.uint8)
    picture[100:1600, 100:1600] = cv2.resize(make_picture(750, 750), (1500, 1500))
    return assess_pixels(picture, "JPEG", name="good.jpg", quality=95)


def add_overlays(assessment, value, names=(*OVERLAYS, *METRICS_WITHOUT_DETECTOR)):
    """An assessment with the values of detectors, some of which there are not yet."""
    template = assessment.measurements["border"]
    found = {name: template.model_copy(update={"value": value}) for name in names}
    return assessment.model_copy(update={"measurements": assessment.measurements | found})


@pytest.mark.parametrize("value", range(250, 256))
@pytest.mark.parametrize("saved", [{"file_format": "PNG"}, {"file_format": "JPEG", "quality": 92}])
def test_a_background_is_white_at_255_only(value, saved):
    found = screen_decisions(
        assess_pixels(draw_square_product(80, background=(value,) * 3), **saved), AMAZON
    )
    assert found["background-white"] is (Decision.PASS if value == 255 else Decision.FAIL)
    assert found["background-near"] is Decision.PASS
    assert found["background-frame"] is Decision.PASS


@pytest.mark.parametrize("quality", [60, 75, 85, 95])
def test_jpeg_does_not_make_white_grey(quality):
    generator = np.random.default_rng(quality)
    for percent in generator.uniform(40, 90, 4):
        found = screen_decisions(
            assess_pixels(draw_square_product(percent), "JPEG", quality=quality), AMAZON
        )
        assert found["background-white"] is found["background-near"] is Decision.PASS


def test_where_all_background_lies_beside_the_product_the_tolerance_decides():
    found = screen_decisions(assess_pixels(draw_square_product(95), "JPEG", quality=75), AMAZON)
    assert "background-white" not in found
    assert found["background-near"] is Decision.PASS
    grey = screen_decisions(
        assess_pixels(draw_square_product(95, background=(240, 240, 240)), "JPEG", quality=75), AMAZON
    )
    assert grey["background-near"] is Decision.FAIL


def test_a_tinted_background_is_not_white():
    found = screen_decisions(assess_pixels(draw_square_product(80, background=(255, 255, 250))), AMAZON)
    assert found["background-white"] is Decision.FAIL


def test_grey_fringes_of_a_cut_out_are_found_where_the_far_background_is_pure():
    picture = draw_square_product(60)
    fringe = np.zeros(picture.shape[:2], np.uint8)
    fringe[110:490, 110:490] = 255
    fringe[120:480, 120:480] = 0
    picture[fringe > 0] = 251
    assert screen_decisions(assess_pixels(picture), AMAZON)["background-near"] is Decision.PASS
    beside = screen_outcomes(assess_pixels(picture), AMAZON)["background-near"]
    assert 250 < beside.value < 255


def test_a_scene_is_not_on_white_though_no_background_is_found():
    found = screen_decisions(assess_pixels(draw_scene(3)), AMAZON)
    assert found["background-frame"] is Decision.FAIL
    assert found["background-white"] is found["fill"] is Decision.MANUAL


@pytest.mark.parametrize("percent", [60, 80, 84, 86, 90, 98])
def test_fill_is_the_longer_side_of_the_box(percent):
    found = screen_outcomes(assess_pixels(draw_square_product(percent)), AMAZON)["fill"]
    assert found.value == pytest.approx(percent, abs=0.3)
    assert found.decision is (Decision.PASS if percent >= 85 else Decision.FAIL)
    assert found.limit == 85


@pytest.mark.parametrize(("percent", "remedy"), [(70, "Move closer"), (82, None), (95, "Step back")])
def test_a_range_says_which_way_to_go(percent, remedy):
    found = screen_outcomes(assess_pixels(draw_square_product(percent)), GOOGLE)["fill"]
    assert found.decision is (Decision.INFO if remedy else Decision.PASS)
    assert found.remedy.startswith(remedy or "")
    assert bool(found.remedy) is bool(remedy)


@pytest.mark.parametrize(
    ("thickness", "decision"), [(0, Decision.PASS), (6, Decision.FAIL), (15, Decision.FAIL)]
)
def test_borders(thickness, decision):
    picture = add_frame(make_picture(400, 500), thickness) if thickness else make_picture(400, 500)
    assert screen_decisions(assess_pixels(picture), load_policy("ebay"))["border"] is decision


@pytest.mark.parametrize(
    ("shift", "decision"), [(0, Decision.PASS), (30, Decision.PASS), (90, Decision.FAIL)]
)
def test_centring(shift, decision):
    picture = draw_square_product(60, shift=(shift, 0))
    found = screen_outcomes(assess_pixels(picture), load_policy("alibaba-white"))["centred"]
    assert found.value == pytest.approx(100 * shift / 600, abs=0.3)
    assert found.decision is decision


def test_a_product_cut_off_at_the_edge():
    assert (
        screen_decisions(assess_pixels(draw_on_white((300, 100, 200, 300))), AMAZON)["not-cropped"]
        is Decision.FAIL
    )
    assert (
        screen_decisions(assess_pixels(draw_on_white((250, 100, 200, 300))), AMAZON)["not-cropped"]
        is Decision.PASS
    )


@pytest.mark.parametrize(
    ("saved", "decision"),
    [
        ({"file_format": "JPEG", "name": "a.jpeg"}, Decision.PASS),
        ({"file_format": "PNG", "name": "a.jpg"}, Decision.FAIL),
        ({"file_format": "WEBP", "name": "a.webp"}, Decision.PASS),
        ({"file_format": "BMP", "name": "a.tif"}, Decision.FAIL),
    ],
)
def test_the_extension_says_what_the_content_is(saved, decision):
    assert (
        screen_decisions(assess_pixels(make_noise((40, 40, 3)), **saved), GOOGLE)["extension"]
        is decision
    )


@pytest.mark.parametrize(
    ("policy", "file_format", "decision"),
    [
        ("walmart", "GIF", Decision.FAIL),
        ("walmart", "BMP", Decision.PASS),
        ("zalando", "PNG", Decision.FAIL),
        ("zalando", "JPEG", Decision.PASS),
        ("amazon", "WEBP", Decision.FAIL),
        ("ebay", "WEBP", Decision.PASS),
    ],
)
def test_formats(policy, file_format, decision):
    found = screen_decisions(assess_pixels(make_noise((64, 64, 3)), file_format), load_policy(policy))
    assert found["format"] is decision


def test_modes_and_transparency():
    grey = assess_pixels(make_noise((64, 64, 3)), "JPEG", mode="L")
    assert screen_decisions(grey, load_policy("walmart"))["colour-mode"] is Decision.FAIL
    assert screen_decisions(grey, load_policy("tiktok-shop"))["colour-stored"] is Decision.FAIL
    assert screen_decisions(grey, load_policy("tiktok-shop"))["colour"] is Decision.WARN
    see_through = np.dstack([make_noise((64, 64, 3)), np.full((64, 64), 100, np.uint8)])
    assert (
        screen_decisions(assess_pixels(see_through), load_policy("otto"))["transparency"]
        is Decision.FAIL
    )
    assert (
        screen_decisions(assess_pixels(make_noise((64, 64, 3))), load_policy("otto"))["transparency"]
        is Decision.PASS
    )


@pytest.mark.parametrize(
    ("size", "passes"),
    [
        ((1444, 1000), True),
        ((1100, 764), True),
        ((1099, 763), False),
        ((1000, 1444), False),
        ((1200, 1000), False),
    ],
)
def test_sizes_and_proportions(size, passes):
    found = screen_decisions(
        assess_pixels(make_noise((*size, 3)), "JPEG", quality=30), load_policy("zalando")
    )
    asked = [found[rule] for rule in ("aspect", "width-min", "height-min")]
    assert all(decision is Decision.PASS for decision in asked) is passes


def test_strict_operators_are_strict():
    temu, alibaba = load_policy("temu"), load_policy("alibaba-white")
    photo = assess_pixels(make_noise((800, 800, 3)), "JPEG", quality=20)
    assert screen_decisions(photo, temu)["size-min"] is Decision.PASS
    assert screen_decisions(photo, alibaba)["size-min"] is Decision.FAIL


def test_blur_and_enlargement():
    picture = make_picture(900, 900)
    sharp, soft = assess_pixels(picture), assess_pixels(blur(picture, 8))
    assert screen_decisions(sharp, AMAZON)["sharp"] is Decision.PASS
    assert screen_decisions(soft, AMAZON)["sharp"] is Decision.FAIL
    small = add_noise(draw_scene(5, (120, 120)), 6)
    large = assess_pixels(cv2.resize(small, (600, 600), interpolation=cv2.INTER_CUBIC))
    assert (
        screen_decisions(large, GOOGLE)["enlarged"]
        is screen_decisions(large, AMAZON)["enlarged"]
        is Decision.FAIL
    )


def test_a_rule_may_be_no_business_of_a_photo():
    ebay = load_policy("ebay")
    poor = assess_pixels(make_noise((64, 64, 3)), "JPEG", quality=50)
    assert screen_decisions(poor, ebay)["jpeg-quality"] is Decision.INFO
    assert "jpeg-quality" not in screen_decisions(assess_pixels(make_noise((64, 64, 3)), "PNG"), ebay)
    assert "background-white" not in screen_decisions(
        assess_pixels(np.full((64, 64, 4), 90, np.uint8)), GOOGLE
    )


def test_whether_a_rule_applies_must_be_known():
    unknown = Assessment(path="x", status=Status.OK)
    assert screen_outcomes(unknown, load_policy("ebay"))["jpeg-quality"].decision is Decision.INFO


@pytest.mark.parametrize("days", [-400, -1, 0, 1, 400])
def test_a_rule_holds_from_its_first_day_on(days):
    photo = assess_pixels(make_noise((300, 300, 3)), "JPEG")
    found = screen_outcomes(photo, GOOGLE, CHANGE + timedelta(days))
    assert found["size-min"].limit == (500 if days >= 0 else 100)
    assert found["size-min"].decision is (Decision.FAIL if days >= 0 else Decision.PASS)
    assert ("size-announced" in found) is (days == -1)


@pytest.mark.parametrize(
    ("category", "on", "limit"),
    [("apparel", TODAY, 250), ("shoes", TODAY, 100), (None, TODAY, 100), ("apparel", CHANGE, 500)],
)
def test_the_rule_made_for_a_category_comes_before_the_others(category, on, limit):
    photo = assess_pixels(make_noise((200, 200, 3)))
    assert screen_outcomes(photo, GOOGLE, on, category=category)["size-min"].limit == limit


def test_rules_for_the_main_photo_leave_the_others_alone():
    others = screen_decisions(assess_pixels(draw_scene(1)), AMAZON, role="other")
    assert "background-frame" not in others
    assert "size-min" in others


def test_checks_of_people_hold_for_roles_and_categories_as_other_rules_do():
    scene = assess_pixels(draw_scene(1))
    checks = {
        (role, category): screen(scene, AMAZON, on=TODAY, role=role, category=category).manual_checks
        for role in ("main", "other")
        for category in (None, "apparel", "apparel-children")
    }
    assert checks["main", None] == ("logo", "props", "out-of-packaging")
    assert "on-model" in checks["main", "apparel"]
    assert "on-model" not in checks["main", "apparel-children"]
    assert checks["other", "apparel"] == ()


@pytest.mark.parametrize("name", list_policy_names())
@pytest.mark.parametrize("on", [TODAY, CHANGE])
def test_nothing_passes_that_was_not_measured(name, on):
    policy = load_policy(name)
    for category in (None, *policy.categories):
        verdict = screen(Assessment(path="x", status=Status.OK), policy, on=on, category=category)
        assert verdict.outcomes
        assert verdict.decision is not Decision.PASS
        assert not set(verdict.manual_checks) & {outcome.rule for outcome in verdict.outcomes}
        for outcome in verdict.outcomes:
            lenient = outcome.level is Level.INFO
            assert outcome.decision is (Decision.INFO if lenient else Decision.MANUAL)
            assert outcome.value is None
            assert outcome.reason
            assert outcome.remedy


def test_what_was_not_looked_for_is_to_be_looked_at_and_what_was_is_judged(good):
    assert screen_decisions(good, AMAZON)["text"] is Decision.MANUAL
    for value, decision in ((0.0, Decision.PASS), (2.5, Decision.FAIL)):
        found = screen_decisions(add_overlays(good, value), AMAZON)
        assert {found[rule] for rule in ("text", "logo", "watermark", "props")} == {decision}


def test_a_photo_passes_all_that_can_be_measured_and_the_policy_says_what_people_look_at(good):
    clean = add_overlays(good, 0.0, OVERLAYS)
    verdict = screen(clean, AMAZON, on=TODAY)
    assert verdict.decision is Decision.PASS
    assert {outcome.decision for outcome in verdict.outcomes} == {Decision.PASS}
    assert verdict.manual_checks == ("logo", "props", "out-of-packaging")
    assert screen(good, load_policy("otto"), on=TODAY).manual_checks == ()


def test_what_could_not_be_measured_on_this_photo_is_still_to_be_looked_at(good):
    verdict = screen(good, AMAZON, on=TODAY)
    assert verdict.decision is Decision.MANUAL
    unmeasured = {outcome.rule for outcome in verdict.select_outcomes(Decision.MANUAL)}
    assert unmeasured == {"text", "watermark"}


def test_where_nothing_but_a_person_decides_nothing_passes(good):
    verdict = screen(good, load_policy("etsy"), on=TODAY)
    assert verdict.decision is Decision.MANUAL
    assert verdict.manual_checks == ("real-item",)
    compared = screen(good, load_policy("etsy"), on=CHANGE, compared_with=TODAY)
    assert compared.before is Decision.MANUAL


def test_a_check_of_people_is_told_with_its_question():
    summary = summarise_policy(AMAZON, "en")
    checks = {rule.rule: rule.asked for rule in summary.rules if rule.is_manual_check}
    assert checks.keys() == {"logo", "props", "out-of-packaging", "on-model", "front-view"}
    assert all("?" in asked for asked in checks.values())
    assert {rule.id for rule in AMAZON.list_manual_checks(TODAY)} == checks.keys()


def test_the_gravest_counts():
    for some in itertools.product(Decision, repeat=3):
        order = [Decision.FAIL, Decision.MANUAL, Decision.WARN]
        expected = next((decision for decision in order if decision in some), Decision.PASS)
        assert combine_decisions(some) is expected
    assert combine_decisions([]) is Decision.PASS


def test_an_unreadable_photo_has_no_verdict_but_its_status():
    torn = Assessment(path="torn.jpg", status=Status.UNREADABLE, error="cut short")
    verdict = screen(torn, AMAZON, on=TODAY, compared_with=TODAY)
    assert (verdict.decision, verdict.outcomes, verdict.error) == (None, (), "cut short")
    assert not is_newly_failing(verdict)


@pytest.mark.parametrize(
    ("side", "on", "newly"),
    [
        (300, CHANGE, True),
        (300, CHANGE - timedelta(1), False),
        (600, CHANGE, False),
        (80, CHANGE, False),
    ],
)
def test_dates_are_compared(side, on, newly):
    verdict = screen(assess_pixels(make_noise((side, side, 3))), GOOGLE, on=on, compared_with=TODAY)
    assert is_newly_failing(verdict) is newly
    size = next(outcome for outcome in verdict.outcomes if outcome.rule == "size-min")
    assert size.before is (Decision.FAIL if side < 100 else Decision.PASS)
    assert verdict.compared_with == TODAY


def test_verdicts_survive_json(good):
    for name in list_policy_names():
        verdict = screen(good, load_policy(name), on=TODAY, category="apparel", compared_with=CHANGE)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert Verdict.model_validate_json(verdict.model_dump_json()) == verdict
        assert Verdict.model_validate(verdict.model_dump()) == verdict


@pytest.mark.parametrize("language", ["en", "zh"])
def test_whoever_fails_reads_why_and_what_to_do(language):
    photo = assess_pixels(
        draw_square_product(40, background=(230, 230, 220)), "WEBP", name="x.png", quality=5
    )
    for name in list_policy_names():
        for found in screen_outcomes(photo, load_policy(name), language=language).values():
            met = found.decision is Decision.PASS
            assert (not found.reason) is (not found.remedy) is met
            assert "{" not in found.reason + found.remedy
            assert found.title


def test_a_value_never_looks_like_the_limit_that_it_misses(good):
    near = with_measurements(good, fill_box_side=84.996, background_pure_white=94.6)
    found = screen_outcomes(near, AMAZON)
    assert "84.996" not in found["fill"].reason
    assert "94.6 %" in found["background-white"].reason
    assert found["fill"].decision is Decision.FAIL


def test_the_same_photo_has_the_same_verdict(good):
    assert screen(good, AMAZON, on=TODAY) == screen(good, load_policy("amazon-main"), on=TODAY)


def test_a_million_photos_take_minutes(good):
    screen(good, AMAZON, on=TODAY)
    started_at = time.process_time()
    for _ in range(300):
        screen(good, AMAZON, on=TODAY)
    assert (time.process_time() - started_at) / 300 < 2e-3


@pytest.mark.parametrize(
    "name", ["mug", "clay-bowl", "cream-jar", "perfume-bottle", "speaker", "table-lamp", "wooden-stool"]
)
def test_clean_studio_photos_are_on_white(name):
    from packshot.photo import Photo

    photo = assess_photo(Photo.open(ROOT / "examples" / "photos" / f"{name}.jpg", max_side=1024))
    found = screen_decisions(photo, AMAZON)
    white = {found[rule] for rule in ("background-white", "background-near", "background-frame")}
    assert white == {Decision.PASS}


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_can_be_asked_for_and_says_what_to_do(name, tmp_path):
    from packshot.policy.wording import metric_name
    from packshot.texts import load_policy_texts

    for language in ("en", "zh"):
        known = load_policy_texts(language).metrics[name]
        assert known.remedy or known.finding
        assert metric_name(name, language)


def test_policies_say_what_of_overlays_they_ask_about():
    assert AMAZON.overlays == {"text_area", "watermark", "border_width"}
    required = find_required_overlays([GOOGLE, AMAZON])
    assert set(required) == AMAZON.overlays | GOOGLE.overlays
    assert list(required) == [key for key in OVERLAYS if key in required]
    assert find_required_overlays([]) == ()
    for name in list_policy_names():
        metrics = {rule.requirement.metric for rule in load_policy(name).rules if rule.requirement}
        assert load_policy(name).overlays >= metrics & OVERLAYS.keys()
