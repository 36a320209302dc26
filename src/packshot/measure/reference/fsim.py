"""FSIMc: the feature similarity index with colour.

Zhang, Zhang, Mou, Zhang, "FSIM: A Feature Similarity Index for Image Quality Assessment", IEEE TIP
20(8), 2011. Phase congruency after Kovesi, "Image Features from Phase Congruency", Videre 1(3),
1999, with the parameters of the FSIM paper.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Float64Array, Pixels
from packshot.measure.reference.pair import (
    SCHARR,
    YIQ,
    apply_colour_matrix,
    block_means,
    check_pair,
    gradient_magnitude,
    log_magnitude,
    magnitude,
    mean,
    power,
    similarity_map,
    to_float32,
    total,
    viewing_factor,
)

MIN_SIDE: Final = 16
"""Smallest side in pixels."""

_CONGRUENCY_CONSTANT: Final = 0.85
_GRADIENT_CONSTANT: Final = 160.0
_CHROMA_CONSTANT: Final = 200.0
_CHROMA_POWER: Final = 0.03
"""T1, T2, T3 = T4 and lambda of the paper, for luminance 0..255."""

_SCALES: Final = 4
_ORIENTATIONS: Final = 4
_MIN_WAVELENGTH: Final = 6.0
_BANDWIDTH: Final = 0.55
_ANGULAR_SPREAD: Final = np.pi / (_ORIENTATIONS * 1.2)
"""The log-Gabor filters, as in the authors' code: wavelength of the finest in pixels, each next twice as
long; width of a band as the ratio of a Gaussian's deviation to its centre frequency; angle in
radians."""

_NOISE_DEVIATIONS: Final = 2.0
_NOISE_OVERESTIMATE: Final = 1.7
"""Standard deviations above the noise's mean energy that a response must exceed, and the divisor of
that threshold: an empirical correction in Kovesi's code."""

_EPSILON: Final = np.float32(np.finfo(np.float32).eps)


@dataclass(frozen=True, eq=False)
class FsimFeatures:
    """Features of one photo for FSIM, maps at about 256 pixels of the short side.

    Attributes:
        congruency: Phase congruency, 0..1.
        length: Length of the gradient of luminance.
        i: Chromaticity I of YIQ.
        q: Chromaticity Q of YIQ.

    Example:
        >>> fsim_features(np.zeros((64, 96, 3), np.uint8)).length.shape
        (64, 96)
    """

    congruency: Float32Array
    length: Float32Array
    i: Float32Array
    q: Float32Array


@dataclass(frozen=True, eq=False)
class _FilterBank:
    """Log-Gabor filters for one size, and how noise passes through them.

    Attributes:
        filters: Per orientation and scale, an array (H, W, 2), zero frequency first, everything
            twice: once for the real and once for the imaginary part of a spectrum.
        noise_gain: Per orientation, threshold over the root of the median squared response.
    """

    filters: tuple[tuple[Float32Array, ...], ...]
    noise_gain: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class _Workspace:
    """Arrays that one call fills again and again: fresh ones would cost as much as the transforms.

    Attributes:
        even: Real part of the response, (scales, H, W).
        odd: Imaginary part, (scales, H, W).
        spectrum: A filtered spectrum, (H, W, 2).
        response: Its inverse transform, (H, W, 2).
        plane: Anything short-lived, (H, W).
    """

    even: Float32Array
    odd: Float32Array
    spectrum: Float32Array
    response: Float32Array
    plane: Float32Array

    @classmethod
    def from_size(cls, height: int, width: int) -> "_Workspace":
        """Make room for planes of one size."""
        shapes = [(_SCALES, height, width)] * 2 + [(height, width, 2)] * 2 + [(height, width)]
        return cls(*(np.empty(shape, dtype=np.float32) for shape in shapes))


def fsim_features(pixels: Pixels) -> FsimFeatures:
    """Compute the features of one photo for FSIM, for several comparisons.

    Args:
        pixels: RGB pixels (H, W, 3), uint8.

    Returns:
        Maps at about 256 pixels of the short side.

    Example:
        >>> flat = np.full((32, 32, 3), 90, np.uint8)
        >>> float(fsim_features(flat).congruency.max())
        0.0
    """
    y, i, q = apply_colour_matrix(block_means(pixels, viewing_factor(pixels)), YIQ)
    return FsimFeatures(phase_congruency(y), gradient_magnitude(y, SCHARR), i, q)


def compare_fsim(reference: FsimFeatures, distorted: FsimFeatures) -> float:
    """Compare two photos of one size by their features; see `fsim`.

    Args:
        reference: Features of the pristine photo.
        distorted: Features of the other.

    Example:
        >>> noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
        >>> reference, blurred = fsim_features(noise), fsim_features(cv2.blur(noise, (3, 3)))
        >>> round(compare_fsim(reference, reference), 4), compare_fsim(reference, blurred) < 0.9
        (1.0, True)
    """
    chroma = similarity_map(reference.i, distorted.i, _CHROMA_CONSTANT)
    chroma *= similarity_map(reference.q, distorted.q, _CHROMA_CONSTANT)
    quality = power(log_magnitude(chroma), _CHROMA_POWER)
    quality *= similarity_map(reference.length, distorted.length, _GRADIENT_CONSTANT)
    quality *= similarity_map(reference.congruency, distorted.congruency, _CONGRUENCY_CONSTANT)
    weight = np.maximum(reference.congruency, distorted.congruency)
    total_weight = total(weight)
    # Two photos without any structure: no place counts more than another.
    return total(quality * weight) / total_weight if total_weight > 0 else mean(quality)


def fsim(reference: Pixels, distorted: Pixels) -> float:
    """Return the feature similarity index with colour (FSIMc, eq. 10): 1 for equal photos.

    Symmetric; smaller is worse.

    Args:
        reference: RGB pixels (H, W, 3), uint8, both sides at least 16.
        distorted: RGB pixels of the same shape.

    Returns:
        A similarity, in practice 0.5 to 1.

    Raises:
        InvalidInput: The photos are not comparable, see `check_pair`.

    Example:
        >>> from packshot.distort import distort
        >>> from packshot.photo import Photo
        >>> reference = Photo.open("examples/photos/clay-bowl.jpg").pixels[::5, ::5]
        >>> mild, severe = (distort(reference, "jpeg", level) for level in (1, 5))
        >>> 1 > fsim(reference, mild) > fsim(reference, severe) > 0.5
        True
    """
    check_pair(reference, distorted, MIN_SIDE)
    return compare_fsim(fsim_features(reference), fsim_features(distorted))


def phase_congruency(plane: Float32Array) -> Float32Array:
    """Return how far the Fourier components of a plane agree in phase (Kovesi's PC2).

    Args:
        plane: Luminance (H, W), 0..255.

    Returns:
        Map (H, W), 0..1, independent of contrast.

    Example:
        >>> step = np.full((64, 64), 50, np.float32)
        >>> step[:, 32:] = 200
        >>> agreement = phase_congruency(step)
        >>> bool(agreement[32, 32] > 2 * agreement[32, 20])  # largest at the edge
        True
    """
    bank = _build_filter_bank(plane.shape[0], plane.shape[1])
    spectrum = to_float32(cv2.dft(plane, flags=cv2.DFT_COMPLEX_OUTPUT))
    workspace = _Workspace.from_size(plane.shape[0], plane.shape[1])
    energy = np.zeros_like(plane)
    amplitude = np.full_like(plane, _EPSILON)
    for filters, gain in zip(bank.filters, bank.noise_gain, strict=True):
        energy += _orientation_energy(spectrum, filters, gain, amplitude, workspace)
    energy /= amplitude
    return energy


def _orientation_energy(
    spectrum: Float32Array,
    filters: tuple[Float32Array, ...],
    noise_gain: float,
    amplitude: Float32Array,
    workspace: _Workspace,
) -> Float32Array:
    """Return the energy of one orientation above noise; add its amplitudes to `amplitude`."""
    for kernel, even, odd in zip(filters, workspace.even, workspace.odd, strict=True):
        _apply_filter(spectrum, kernel, even, odd, workspace)
        amplitude += cv2.magnitude(even, odd, workspace.plane)
    even_sum, odd_sum = workspace.even.sum(axis=0), workspace.odd.sum(axis=0)
    energy = magnitude(even_sum, odd_sum)
    energy -= _phase_deviation(even_sum, odd_sum, energy, workspace)
    finest = magnitude(workspace.even[0], workspace.odd[0])
    energy -= np.float32(noise_gain * _lower_median(finest))
    return np.maximum(energy, np.float32(0), out=energy)


def _apply_filter(
    spectrum: Float32Array,
    kernel: Float32Array,
    even: Float32Array,
    odd: Float32Array,
    workspace: _Workspace,
) -> None:
    """Filter, and write the real and imaginary part of the response into `even` and `odd`."""
    np.multiply(spectrum, kernel, out=workspace.spectrum)
    cv2.idft(workspace.spectrum, workspace.response, flags=cv2.DFT_SCALE | cv2.DFT_COMPLEX_OUTPUT)
    cv2.split(workspace.response, [even, odd])


def _phase_deviation(
    even_sum: Float32Array, odd_sum: Float32Array, resultant: Float32Array, workspace: _Workspace
) -> Float32Array:
    """Return the sum over scales of amplitude times |sine of the phase from the mean phase|."""
    deviation = np.zeros_like(resultant)
    for even, odd in zip(workspace.even, workspace.odd, strict=True):
        crossed = np.multiply(even, odd_sum, out=workspace.plane)
        crossed -= odd * even_sum
        deviation += np.abs(crossed, out=crossed)
    deviation /= resultant + _EPSILON
    return deviation


def _lower_median(values: Float32Array) -> float:
    """Return the middle value, the lower of two for an even count."""
    middle = (values.size - 1) // 2
    return float(np.partition(values, middle, axis=None)[middle])


@lru_cache(maxsize=4)
def _build_filter_bank(height: int, width: int) -> _FilterBank:
    """Build the filters for planes of one size, in float64, kept as float32: 128 bytes a pixel."""
    rows, columns = _frequencies(height), _frequencies(width)
    radius = np.hypot(rows[:, None], columns[None, :])
    angle = np.arctan2(-rows[:, None], columns[None, :])
    low_pass = 1 / (1 + (radius / 0.45) ** 30)
    radius[0, 0] = 1.0
    bands = [_radial_filter(radius, scale) * low_pass for scale in range(_SCALES)]
    for band in bands:
        band[0, 0] = 0.0
    sectors = [_angular_filter(angle, index) for index in range(_ORIENTATIONS)]
    full = [[band * sector for band in bands] for sector in sectors]
    filters = tuple(tuple(_repeat_for_complex(kernel) for kernel in row) for row in full)
    return _FilterBank(filters, tuple(_noise_gain(row) for row in full))


def _repeat_for_complex(kernel: Float64Array) -> Float32Array:
    """Repeat a real filter for both parts of a complex spectrum, (H, W, 2)."""
    return np.repeat(kernel[:, :, None], 2, axis=2).astype(np.float32)


def _frequencies(count: int) -> Float64Array:
    """Return frequencies in cycles per pixel, zero first, on Kovesi's grid (-0.5..0.5 if odd)."""
    half = count // 2
    return np.fft.ifftshift(np.arange(count) - half) / (count - count % 2)


def _radial_filter(radius: Float64Array, scale: int) -> Float64Array:
    """Return the radial part of a filter: a Gaussian on the logarithm of frequency."""
    centre = 1 / (_MIN_WAVELENGTH * 2**scale)
    band: Float64Array = np.exp(-(np.log(radius / centre) ** 2) / (2 * np.log(_BANDWIDTH) ** 2))
    return band


def _angular_filter(angle: Float64Array, index: int) -> Float64Array:
    """Return the angular part of a filter: a Gaussian on the angle to its orientation."""
    angle_difference = angle - index * np.pi / _ORIENTATIONS
    distance = np.abs(np.arctan2(np.sin(angle_difference), np.cos(angle_difference)))
    sector: Float64Array = np.exp(-(distance**2) / (2 * _ANGULAR_SPREAD**2))
    return sector


def _noise_gain(filters: list[Float64Array]) -> float:
    """Return the noise threshold over the median response at the finest scale (Kovesi, sec. 4).

    Noise power is the mean squared response there over the squared filter, where the mean of a
    chi-squared variable with two degrees of freedom is its median / ln 2.
    """
    size = filters[0].size
    kernels = [np.fft.ifft2(kernel).real * np.sqrt(size) for kernel in filters]
    squares = sum(float((kernel**2).sum()) for kernel in kernels)
    products = sum(
        float((kernels[a] * kernels[b]).sum()) for a in range(_SCALES) for b in range(a + 1, _SCALES)
    )
    noise_power = 1 / (np.log(2) * float((filters[0] ** 2).sum()))
    rayleigh = np.sqrt(noise_power * (squares + 2 * products))
    spread = np.sqrt(np.pi / 2) + _NOISE_DEVIATIONS * np.sqrt(2 - np.pi / 2)
    return float(rayleigh * spread / _NOISE_OVERESTIMATE)
