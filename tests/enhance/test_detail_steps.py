import math

import cv2
import numpy as np
import pytest

from packshot.distort.blur import make_disc_kernel, make_line_kernel
from packshot.enhance.detail_steps import (
    plan_crispen,
    plan_deblur,
    plan_local_contrast,
    plan_motion_deblur,
    plan_sharpen,
)
from packshot.enhance.step import Intent
from packshot.measure.compression import blockiness
from packshot.measure.reference import psnr
from tests.conftest import make_packshot
from tests.enhance.damage import add_noise, blur, compress_as_jpeg
from tests.measure.pictures import draw_scene

ALL_PLANNERS = [plan_deblur, plan_motion_deblur, plan_sharpen, plan_crispen, plan_local_contrast]


def defocus(pixels, radius=5):
    return cv2.filter2D(pixels, -1, make_disc_kernel(radius), borderType=cv2.BORDER_REFLECT_101)


def blur_by_motion(pixels, length=13, degrees=20):
    kernel = make_line_kernel(length, math.radians(degrees))
    return cv2.filter2D(pixels, -1, kernel, borderType=cv2.BORDER_REFLECT_101)


@pytest.mark.parametrize("plan", [plan_deblur, plan_motion_deblur, plan_sharpen])
def test_what_is_sharp_is_left_alone(plan):
    assert plan(draw_scene()) is None
    assert plan(make_packshot()) is None


@pytest.mark.parametrize("plan", ALL_PLANNERS)
def test_level_ground_is_left_alone(plan):
    assert plan(np.full((300, 400, 3), 90, np.uint8)) is None


@pytest.mark.parametrize("plan", [plan_deblur, plan_motion_deblur, plan_sharpen])
def test_noise_is_not_deconvolved(plan):
    assert plan(add_noise(defocus(draw_scene()), 30)) is None
    assert plan(add_noise(blur_by_motion(draw_scene()), 30)) is None


def test_defocus_is_undone():
    step = plan_deblur(defocus(draw_scene()))
    assert step.intents == {Intent.DETAIL}
    assert "out of focus" in step.reason
    soft = defocus(draw_scene())
    assert psnr(draw_scene(), step.apply(soft)) > psnr(draw_scene(), soft) + 0.6


def test_motion_is_undone_as_motion():
    soft = blur_by_motion(draw_scene(), 9, 0)
    assert plan_deblur(soft) is None
    assert plan_sharpen(soft) is None
    step = plan_motion_deblur(soft)
    assert psnr(draw_scene(), step.apply(soft)) > psnr(draw_scene(), soft) + 0.5


def test_large_photos_are_undone_at_their_own_scale():
    large = cv2.resize(defocus(draw_scene()), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    wanted = cv2.resize(draw_scene(), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    assert psnr(wanted, plan_deblur(large).apply(large)) > psnr(wanted, large) + 0.25


@pytest.mark.parametrize("plan", [plan_deblur, plan_motion_deblur])
def test_tiny_photos_are_left_alone(plan):
    assert plan(np.ascontiguousarray(defocus(draw_scene())[:60, :200])) is None


@pytest.mark.parametrize("plan", [plan_crispen, plan_local_contrast])
def test_weak_detail_is_strengthened_and_strong_detail_is_not(plan):
    weak = np.clip(0.2 * blur(draw_scene(), 1).astype(float) + 100, 0, 255).astype(np.uint8)
    step = plan(weak)
    assert step.intents == {Intent.CONTRAST}
    assert step.apply(weak).std() > weak.std()
    assert plan(add_noise(draw_scene(), 40)) is None


def test_blocks_are_not_strengthened():
    compressed = compress_as_jpeg(blur(draw_scene(), 1.5), 70)
    before, after = (
        blockiness(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)).excess
        for pixels in (compressed, plan_crispen(compressed).apply(compressed))
    )
    assert after <= before


def test_the_weaker_detail_is_the_more_is_added():
    soft = [blur(draw_scene(), sigma) for sigma in (2, 4)]
    less, more = (plan_crispen(pixels).strength for pixels in soft)
    assert 0 < less <= more <= 1.5
