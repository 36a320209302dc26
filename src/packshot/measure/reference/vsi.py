"""VSI: the visual saliency-induced index.

Zhang, Shen, Li, "VSI: A Visual Saliency-Induced Index for Perceptual Image Quality Assessment",
IEEE TIP 23(10), 2014. Saliency is SDSP: Zhang, Gu, Li, "SDSP: A Novel Saliency Detection Method
by Combining Simple Priors", ICIP 2013.

Like the authors' code, the saliency map is brought from 256 x 256 to the photo's size by bilinear
interpolation between pixel centres, and stretched to 0..1 there. piq 0.8 interpolates between
corners: values differ by 7e-5 on average and at most about 0.001 on product photos.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.measure.reference.cielab import D50, linear_to_lab, srgb_to_linear
from packshot.measure.reference.pair import (
    OPPONENT,
    SCHARR,
    apply_colour_matrix,
    check_pair,
    gradient_magnitude,
    log_magnitude,
    power,
    similarity_map,
    to_float32,
    total,
    viewing_factor,
    window_means,
)

MIN_SIDE: Final = 16
"""Smallest side in pixels."""

_LMN: Final = ((0.06, 0.63, 0.27), *OPPONENT)
"""Weights of R, G, B in luminance and in the chromaticities M and N."""

_SALIENCY_CONSTANT: Final = 1.27
_GRADIENT_CONSTANT: Final = 386.0
_CHROMA_CONSTANT: Final = 130.0
_GRADIENT_POWER: Final = 0.4
_CHROMA_POWER: Final = 0.02
"""C1, C2, C3, alpha and beta of the paper, for values 0..255 and saliency 0..1."""

_SALIENCY_SIDE: Final = 256
_CENTRE_FREQUENCY: Final = 0.021
_BANDWIDTH: Final = 1.34
_CENTRE_SPREAD: Final = 145.0
_WARM_SPREAD: Final = 0.001
"""SDSP, as VSI's authors set it: pixels of the side at which it is computed; centre frequency in cycles
per pixel and bandwidth of the band pass; pixels of the centre prior's deviation; that of the warm
prior."""

_EPSILON: Final = float(np.finfo(np.float32).eps)


@dataclass(frozen=True, eq=False)
class VsiFeatures:
    """Features of one photo for VSI, maps at about 256 pixels of the short side.

    Attributes:
        saliency: Where one looks, 0..1.
        length: Length of the gradient of luminance.
        m: First chromaticity of the Gaussian colour model.
        n: Second chromaticity.

    Example:
        >>> vsi_features(np.zeros((600, 900, 3), np.uint8)).saliency.shape
        (300, 450)
    """

    saliency: Float32Array
    length: Float32Array
    m: Float32Array
    n: Float32Array


def vsi_features(pixels: Pixels) -> VsiFeatures:
    """Compute the features of one photo for VSI, for several comparisons.

    Args:
        pixels: RGB pixels (H, W, 3), uint8.

    Returns:
        Maps at about 256 pixels of the short side.

    Example:
        >>> flat = np.full((32, 32, 3), 90, np.uint8)
        >>> float(abs(vsi_features(flat).length[8:-8, 8:-8]).max())
        0.0
    """
    factor = viewing_factor(pixels)
    luminance, m, n = apply_colour_matrix(_shrink(pixels, factor), _LMN)
    length = gradient_magnitude(luminance, SCHARR)
    return VsiFeatures(_shrink(saliency(pixels), factor), length, m, n)


def compare_vsi(reference: VsiFeatures, distorted: VsiFeatures) -> float:
    """Compare two photos of one size by their features; see `vsi`.

    Args:
        reference: Features of the pristine photo.
        distorted: Features of the other.

    Example:
        >>> noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
        >>> reference, blurred = vsi_features(noise), vsi_features(cv2.blur(noise, (5, 5)))
        >>> round(compare_vsi(reference, reference), 4), compare_vsi(reference, blurred) < 0.95
        (1.0, True)
    """
    chroma = similarity_map(reference.m, distorted.m, _CHROMA_CONSTANT)
    chroma *= similarity_map(reference.n, distorted.n, _CHROMA_CONSTANT)
    structure = similarity_map(reference.length, distorted.length, _GRADIENT_CONSTANT)
    quality = power(log_magnitude(structure), _GRADIENT_POWER)
    quality *= _real_power(chroma, _CHROMA_POWER)
    quality *= similarity_map(reference.saliency, distorted.saliency, _SALIENCY_CONSTANT)
    weight = np.maximum(reference.saliency, distorted.saliency)
    return (total(quality * weight) + _EPSILON) / (total(weight) + _EPSILON)


def vsi(reference: Pixels, distorted: Pixels) -> float:
    """Return the visual saliency-induced index (eq. 10): 1 for equal photos, smaller is worse.

    Symmetric.

    Args:
        reference: RGB pixels (H, W, 3), uint8, both sides at least 16.
        distorted: RGB pixels of the same shape.

    Returns:
        A similarity, in practice 0.7 to 1.

    Raises:
        InvalidInput: The photos are not comparable, see `check_pair`.

    Example:
        >>> from packshot.distort import distort
        >>> from packshot.photo import Photo
        >>> reference = Photo.open("examples/photos/clay-bowl.jpg").pixels
        >>> mild, severe = (distort(reference, "jpeg", level) for level in (1, 5))
        >>> 1 > vsi(reference, mild) > vsi(reference, severe) > 0.7
        True
    """
    check_pair(reference, distorted, MIN_SIDE)
    return compare_vsi(vsi_features(reference), vsi_features(distorted))


def saliency(pixels: Pixels) -> Float32Array:
    """Estimate where one looks (SDSP): frequency, centre and warm-colour priors.

    Args:
        pixels: RGB pixels (H, W, 3), uint8.

    Returns:
        Map (H, W), 0..1.

    Example:
        >>> pixels = np.full((100, 100, 3), 200, np.uint8)
        >>> pixels[40:60, 40:60] = (220, 30, 30)  # something red in the middle
        >>> where = saliency(pixels)
        >>> bool(where[40:60, 40:60].mean() > 3 * where[:20].mean())
        True
    """
    lab = _resize_to_lab(pixels)
    prior = _frequency_prior(lab) * _build_filters()[1] * _warm_prior(lab)
    size = (pixels.shape[1], pixels.shape[0])
    resized = to_float32(cv2.resize(prior, size, interpolation=cv2.INTER_LINEAR))
    low, high = float(resized.min()), float(resized.max())
    resized -= np.float32(low)
    resized *= np.float32(1 / (high - low + _EPSILON))
    return resized


def _shrink(values: Pixels | Float32Array, factor: int) -> Float32Array:
    """Bring a photo or map to viewing size, edges repeated."""
    return window_means(values, factor, factor // 2, cv2.BORDER_REPLICATE)


def _real_power(plane: Float32Array, exponent: float) -> Float32Array:
    """Return the real part of x^exponent, also where x is negative."""
    result = power(log_magnitude(plane), exponent)
    result[plane < 0] *= np.float32(np.cos(np.pi * exponent))
    return result


def _resize_to_lab(pixels: Pixels) -> Float32Array:
    """Convert a 256 x 256 version of the photo to CIE L*a*b*, (256, 256, 3).

    Divided by D50, as in the authors' conversion, although sRGB's white is D65.
    """
    size = (_SALIENCY_SIDE, _SALIENCY_SIDE)
    small = to_float32(cv2.resize(pixels.astype(np.float32), size, interpolation=cv2.INTER_LINEAR))
    return linear_to_lab(srgb_to_linear(small * np.float32(1 / 255)), D50)


def _frequency_prior(lab: Float32Array) -> Float32Array:
    """Return the length of the band-pass response of the three channels."""
    band = _build_filters()[0]
    # The band is real and even, so two real channels pass through one complex transform.
    lightness, green_red, blue_yellow = cv2.split(lab)
    nothing = np.zeros_like(lightness)
    energy = _band_energy(to_float32(cv2.merge((lightness, green_red))), band)
    energy += _band_energy(to_float32(cv2.merge((blue_yellow, nothing))), band)
    return np.sqrt(energy)


def _band_energy(pair: Float32Array, band: Float32Array) -> Float32Array:
    """Return the summed squared responses of two channels (H, W, 2)."""
    spectrum = to_float32(cv2.dft(pair, flags=cv2.DFT_COMPLEX_OUTPUT))
    spectrum *= band
    first, second = cv2.split(cv2.idft(spectrum, flags=cv2.DFT_SCALE | cv2.DFT_COMPLEX_OUTPUT))
    return to_float32(cv2.multiply(first, first)) + to_float32(cv2.multiply(second, second))


def _warm_prior(lab: Float32Array) -> Float32Array:
    """Return 1 except where both opponent colours are at their smallest (coldest)."""
    cold = np.zeros((_SALIENCY_SIDE, _SALIENCY_SIDE), dtype=np.float32)
    for plane in map(to_float32, cv2.split(lab)[1:]):
        low, high = plane.min(), plane.max()
        scaled = (plane - low) / (high - low + np.float32(_EPSILON))
        cold += scaled * scaled
    return np.float32(1) - to_float32(cv2.exp(cold * np.float32(-1 / _WARM_SPREAD**2)))


@lru_cache(maxsize=1)
def _build_filters() -> tuple[Float32Array, Float32Array]:
    """Return the band (256, 256, 2), twice, zero frequency first, and the centre prior."""
    axis = np.arange(-_SALIENCY_SIDE // 2, _SALIENCY_SIDE // 2) / _SALIENCY_SIDE
    radius = np.fft.ifftshift(np.hypot(axis[:, None], axis[None, :]))
    radius[0, 0] = 1.0
    band = np.exp(-(np.log(radius / _CENTRE_FREQUENCY) ** 2) / (2 * _BANDWIDTH**2))
    band[(radius > 0.5)] = 0.0
    square = (axis * _SALIENCY_SIDE + 1) ** 2
    centre = np.exp(-(square[:, None] + square[None, :]) / _CENTRE_SPREAD**2)
    return np.dstack((band, band)).astype(np.float32), centre.astype(np.float32)
