import math

import cv2
import numpy as np
import pytest

from packshot.distort.blur import make_disc_kernel, make_line_kernel
from packshot.enhance.deconvolve import MAX_BLUR_SIGMA, deblur, deblur_motion, richardson_lucy
from packshot.errors import InvalidInput
from packshot.measure.reference import psnr
from tests.conftest import make_packshot, make_picture


def defocus(pixels, radius):
    return cv2.filter2D(pixels, -1, make_disc_kernel(radius), borderType=cv2.BORDER_REFLECT_101)


def blur_by_motion(pixels, length, degrees):
    kernel = make_line_kernel(length, math.radians(degrees))
    return cv2.filter2D(pixels, -1, kernel, borderType=cv2.BORDER_REFLECT_101)


def convolve_naively(plane, kernel):
    reach = kernel.shape[0] // 2
    padded = np.pad(plane, reach, mode="edge")
    result = np.zeros_like(plane)
    for row, column in np.ndindex(*plane.shape):
        window = padded[row : row + 2 * reach + 1, column : column + 2 * reach + 1]
        result[row, column] = (window * kernel[::-1, ::-1]).sum()
    return result


def compute_curvature_naively(plane, smooth=1e-3):
    across, down = np.zeros_like(plane), np.zeros_like(plane)
    across[:, :-1], down[:-1] = plane[:, 1:] - plane[:, :-1], plane[1:] - plane[:-1]
    length = np.sqrt(across**2 + down**2 + smooth**2)
    across, down = across / length, down / length
    left = np.pad(across, ((0, 0), (1, 0)))[:, :-1]
    above = np.pad(down, ((1, 0), (0, 0)))[:-1]
    return across - left + down - above


def deconvolve_naively(plane, kernel, rounds, damping):
    reach = kernel.shape[0]
    observed = np.pad(plane, reach, mode="edge")
    estimate = observed.copy()
    for _ in range(rounds):
        ratio = observed / convolve_naively(estimate, kernel)
        correction = convolve_naively(ratio, kernel[::-1, ::-1])
        divisor = np.maximum(1 - damping * compute_curvature_naively(estimate), 0.5)
        estimate = estimate * correction / (divisor if damping else 1)
    return estimate[reach:-reach, reach:-reach]


class TestRichardsonLucy:
    @pytest.mark.parametrize("damping", [0.0, 0.002, 0.05])
    def test_is_what_the_paper_says(self, damping):
        generator = np.random.default_rng(1)
        plane = generator.uniform(0.1, 1, (11, 13))
        kernel = generator.uniform(0, 1, (3, 3))
        kernel /= kernel.sum()
        found = richardson_lucy(plane.astype(np.float32), kernel.astype(np.float32), 3, damping)
        np.testing.assert_allclose(
            found, deconvolve_naively(plane, kernel, 3, damping), rtol=2e-3, atol=1e-4
        )

    def test_a_point_as_kernel_changes_nothing(self):
        plane = np.random.default_rng(0).uniform(0.1, 1, (20, 30)).astype(np.float32)
        point = np.zeros((3, 3), np.float32)
        point[1, 1] = 1
        np.testing.assert_allclose(richardson_lucy(plane, point, 5, 0), plane, rtol=1e-5)

    def test_level_ground_stays(self):
        plane = np.full((30, 30), 0.4, np.float32)
        np.testing.assert_allclose(richardson_lucy(plane, make_disc_kernel(3), 10), plane, rtol=1e-4)

    def test_explains_the_blurred_better_each_round(self):
        blurred = defocus(make_picture(80, 100)[..., 1], 3).astype(np.float32) / 255 + 0.01

        def compute_misfit(rounds):
            again = cv2.filter2D(
                richardson_lucy(blurred, make_disc_kernel(3), rounds, 0), -1, make_disc_kernel(3)
            )
            return float(np.abs(again - blurred)[10:-10, 10:-10].mean())

        misfits = [compute_misfit(rounds) for rounds in (1, 4, 16)]
        assert misfits == sorted(misfits, reverse=True)

    @pytest.mark.parametrize(
        "kernel", [np.full((2, 2), 0.25), np.full((3, 3), 1.0), np.ones(3) / 3, np.full((3, 2), 1 / 6)]
    )
    def test_refuses_what_is_no_kernel(self, kernel):
        with pytest.raises(InvalidInput, match="kernel"):
            richardson_lucy(np.ones((9, 9), np.float32), kernel.astype(np.float32), 1)


class TestDeblur:
    @pytest.mark.parametrize("radius", [2.0, 4.0, 8.0])
    def test_gives_back_what_defocus_took(self, radius):
        clean = make_packshot()
        damaged = defocus(clean, radius)
        assert psnr(clean, deblur(damaged, radius / 2)) > psnr(clean, damaged) + 1.5

    @pytest.mark.parametrize(("length", "angle"), [(7, 0), (9, 30), (13, 120)])
    def test_gives_back_what_motion_took(self, length, angle):
        clean = make_packshot()
        damaged = blur_by_motion(clean, length, angle)
        assert psnr(clean, deblur_motion(damaged, length, angle)) > psnr(clean, damaged) + 1.5

    def test_the_wrong_direction_gives_less(self):
        clean = make_packshot()
        damaged = blur_by_motion(clean, 11, 30)
        right, wrong = (deblur_motion(damaged, 11, angle) for angle in (30, 120))
        assert psnr(clean, right) > psnr(clean, wrong) + 2

    def test_edges_get_no_halos(self):
        step = np.full((100, 200, 3), 60, np.uint8)
        step[:, 100:] = 180
        result = deblur(defocus(step, 6), 3).astype(int)
        assert result.min() >= 60 - 3 - 0.1 * 120 - 1
        assert result.max() <= 180 + 3 + 0.1 * 120 + 1

    def test_level_ground_and_colours_stay(self):
        colour = np.full((90, 90, 3), (200, 120, 40), np.uint8)
        np.testing.assert_array_equal(deblur(colour, 4), colour)
        soft = defocus(make_picture(200, 260), 4)
        change = deblur(soft, 2).astype(int) - soft
        inside = ((soft > 90) & (soft < 165)).all(axis=2)
        assert np.ptp(change[inside], axis=1).max() == 0

    def test_strength_shares_the_change(self):
        soft = defocus(make_packshot(), 4)
        np.testing.assert_array_equal(deblur(soft, 2, 0), soft)
        whole, half = (deblur(soft, 2, share).astype(int) - soft for share in (1, 0.5))
        inside = (np.abs(whole) > 8) & (soft > 60) & (soft < 195)
        assert np.median(half[inside] / whole[inside]) == pytest.approx(0.5, abs=0.05)

    def test_beyond_the_widest_it_is_the_widest(self):
        soft = cv2.GaussianBlur(make_packshot(), (0, 0), 40)
        np.testing.assert_array_equal(deblur(soft, 3 * MAX_BLUR_SIGMA), deblur(soft, MAX_BLUR_SIGMA))

    @pytest.mark.parametrize("size", [(1, 1), (5, 40), (33, 17)])
    def test_takes_any_size(self, size):
        pixels = make_picture(64, 64)[: size[0], : size[1]].copy()
        for result in (deblur(pixels, 4), deblur_motion(pixels, 9, 45)):
            assert result.shape == pixels.shape
            assert result.dtype == np.uint8

    @pytest.mark.parametrize("blur", [0, -1, math.nan])
    def test_refuses_no_blur_and_no_photo(self, blur):
        with pytest.raises(InvalidInput):
            deblur(make_packshot(), blur)
        with pytest.raises(InvalidInput):
            deblur_motion(make_packshot(), blur, 0)
        with pytest.raises(InvalidInput):
            deblur(np.zeros((40, 40), np.uint8), 2)
