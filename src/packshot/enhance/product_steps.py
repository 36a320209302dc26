"""Planners of the product steps: background and framing."""

from __future__ import annotations

from functools import cache, partial
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.encode.mask import MaskNetwork
from packshot.enhance.framing import Frame, propose_frame, reframe
from packshot.enhance.goals import PresentationGoals
from packshot.enhance.located_product import locate_product, predict_product
from packshot.enhance.product_protection import LIMITS, measure_new_edges, protect_product
from packshot.enhance.resize import compute_resize_transform, resize
from packshot.enhance.step import Intent, Step
from packshot.enhance.straighten import compute_rotation_transform, estimate_tilt, straighten
from packshot.enhance.whiten import Backdrop, find_backdrop, whiten
from packshot.measure.background import (
    find_background,
    find_far_background,
    frame_white_share,
    whiteness,
)
from packshot.measure.geometry import border_thickness, fill_box_side
from packshot.measure.planes import make_planes, to_uint8
from packshot.photo.pixels import check_pixels
from packshot.report import AbstentionReason

_WHITE_ENOUGH: Final = 253.0
"""Grey levels of the darkest part of a background, less its noise, from which it is white: room for an
encoder's rounding. A judgement."""

_WHITE_EDGE_SHARE: Final = 50.0
"""Per cent of the photo's outermost pixels that are white where a photo counts as being on white, though
no plain background was found: a product fills the frame. As policies have it."""

_SURE_PROBABILITY: Final = 0.8
"""Likelihood of product, 0..1, by the mask network, from which a place surely is product: as for mattes
(`matte.LIMITS`)."""

_SAME_COLOUR: Final = 0.012
"""Share of the background's colour by which a pixel may differ and still be the background, without
noise: three grey levels. A judgement."""

_RIM_SHARE: Final = 1 / 64
"""Share of the longer side by which the network's map may be off at an outline: two of its cells."""

_MAX_WHITENED_PRODUCT: Final = 0.03
"""Share of such places, 0..1, that may be whitened: what shows through holes, for which the map is too
coarse. A judgement, see `benchmarks/enhancement/optimize.py`."""

_MAX_SEEN_THROUGH: Final = 0.1
"""Share of such places that may have the background's very colour: more is a product of its colour. Five
of 118 products before grey paper have more than .02 (and no more of another colour than above): of the
one below .1 the inside changed by .2 CIEDE2000, of those above, .13 to .66, by .9 to 2.7."""

_MAX_TINTED_NOISE, _MAX_TINT = 7.0, 8.0
"""Grey levels of `Backdrop.noise`, and mean range of its three channels, beyond which, both together, a
light background is a wall or a cloth at home: whitened, it would stay in patches. Of 13 photos looked
at, the six that should not have been whitened, or need not, lie beyond, the others do not."""

_MAX_LEFT_BACKGROUND: Final = 0.1
"""Share of what surely is no product, 0..1, that may stay as it is: shadows, what the network misses. A
dress before a white cupboard and a dark door would be half on white. A judgement, on photos at home."""

_EXTRA_PIXELS: Final = 1
"""Pixels cut off beside a border: an encoder smears its edge so far."""


def plan_whiten(pixels: Pixels, keep_shadows: bool = True) -> Step | None:
    """Whiten a nearly white background that is not white yet.

    Args:
        pixels: (H, W, 3) uint8.
        keep_shadows: Whether soft shadows stay.

    Example:
        >>> from packshot import Photo
        >>> plan_whiten(Photo.open("examples/photos/speaker-sale-badge.jpg").pixels).reason
        'background down to 242 of 255'
    """
    backdrop = find_backdrop(pixels)
    return None if backdrop is None else _make_whitening(backdrop, keep_shadows)


def _make_whitening(
    backdrop: Backdrop, keep_shadows: bool = True, enough: float = _WHITE_ENOUGH
) -> Step | None:
    darkest = float(backdrop.colour_field.min()) - backdrop.noise
    if darkest >= enough:
        return None
    reason = f"background down to {darkest:.0f} of 255"
    change = partial(whiten, backdrop=backdrop, keep_shadows=keep_shadows)
    return Step(
        "whiten-background",
        frozenset({Intent.BACKGROUND}),
        255 - darkest,
        reason,
        change,
        takes_16_bits=True,
    )


def propose_whitening(
    pixels: Pixels, goals: PresentationGoals, network: MaskNetwork
) -> Step | AbstentionReason | None:
    """Propose what `plan_whiten` plans, or say why that cannot be; None where it is white enough.

    Where the mask network sees a product in what would be whitened, nothing is: a white product on a
    white ground has no outline that holds.

    Args:
        pixels: (H, W, 3) uint8.
        goals: How white is white enough.
        network: The mask network.

    Example:
        >>> from packshot import Photo
        >>> speaker = Photo.open("examples/photos/speaker.jpg").pixels
        >>> network = MaskNetwork.load_shipped()
        >>> propose_whitening(speaker, PresentationGoals(), network) is None
        True
        >>> grey = (speaker * 0.9).astype("uint8")
        >>> propose_whitening(grey, PresentationGoals(), network).name
        'whiten-background'
        >>> propose_whitening(speaker // 4, PresentationGoals(), network).value
        'not-white'
    """
    planes = make_planes(pixels)
    background = find_background(planes.small)
    if background is None:
        is_white = (frame_white_share(planes.small) or 0.0) >= _WHITE_EDGE_SHARE
        return None if is_white else AbstentionReason.NOT_PLAIN
    far = find_far_background(background.mask, planes.factor)
    if whiteness(planes.small_channels, far) >= goals.min_whiteness:
        return None
    is_known = (product := locate_product(pixels, network)) is not None and product.is_whole
    backdrop = find_backdrop(pixels, product_may_be_lighter=is_known)
    if backdrop is None:
        return AbstentionReason.NOT_WHITE if background.is_even else AbstentionReason.NOT_PLAIN
    if _is_wall_or_cloth(backdrop):
        return AbstentionReason.NOT_PLAIN
    likely = predict_product(pixels, network, backdrop.coverage.shape)
    backdrop = _keep_off_product(pixels, backdrop, likely)
    if backdrop is None:
        return AbstentionReason.UNSURE_MASK
    if _measure_left_background(backdrop, likely) > _MAX_LEFT_BACKGROUND:
        return AbstentionReason.NOT_PLAIN
    return _make_whitening(backdrop, enough=max(_WHITE_ENOUGH, goals.min_whiteness))


def _is_wall_or_cloth(backdrop: Backdrop) -> bool:
    """Return whether a background has both grain and a tint: no paper that was meant to be white."""
    tint = float(np.ptp(backdrop.colour_field, axis=2).mean())
    return backdrop.noise > _MAX_TINTED_NOISE and tint > _MAX_TINT


def _keep_off_product(pixels: Pixels, backdrop: Backdrop, likely: Float32Array) -> Backdrop | None:
    """Return a backdrop that whitens no product, as it is or kept to the paper's colour, if possible."""
    whitened, same = _measure_whitened_product(backdrop, likely)
    if whitened <= _MAX_WHITENED_PRODUCT and same <= _MAX_SEEN_THROUGH:
        return backdrop
    protected = protect_product(pixels, backdrop, likely)
    if sum(_measure_whitened_product(protected, likely)) > _MAX_WHITENED_PRODUCT:
        return None
    is_seamless = measure_new_edges(pixels, whiten(pixels, protected)) <= LIMITS.max_new_edges
    return protected if is_seamless else None


def _measure_whitened_product(backdrop: Backdrop, likely: Float32Array) -> tuple[float, float]:
    """Measure the shares of what surely is product, well inside, that would be whitened.

    What has the background's very colour, the second, may be seen through the product: between legs,
    in a handle.
    """
    sure = to_uint8(likely >= _SURE_PROBABILITY)
    side = 2 * round(_RIM_SHARE * max(likely.shape)) + 1
    inner = cv2.erode(sure, np.ones((side, side), np.uint8), borderValue=(1,)) > 0
    if not inner.any():
        return 0.0, 0.0
    is_other = backdrop.deviation > _SAME_COLOUR + 2 * backdrop.noise / 255
    is_whitened = backdrop.coverage > 0.5
    return float((is_whitened & is_other)[inner].mean()), float((is_whitened & ~is_other)[inner].mean())


def _measure_left_background(backdrop: Backdrop, likely: Float32Array) -> float:
    """Measure the share of what surely is no product that would not be whitened: a door, a floor."""
    outside = likely <= 1 - _SURE_PROBABILITY
    return float((backdrop.coverage[outside] <= 0.5).mean()) if outside.any() else 0.0


def plan_border(pixels: Pixels) -> Step | None:
    """Cut off a frame or bars around the picture, and one pixel more, which encoders smear.

    Args:
        pixels: (H, W, 3) uint8.

    Example:
        >>> import numpy as np
        >>> pixels = np.random.default_rng(1).integers(60, 200, (200, 200, 3)).astype(np.uint8)
        >>> pixels[:12] = pixels[-12:] = 0
        >>> step = plan_border(pixels)
        >>> step.reason, step.apply(pixels).shape
        ('border of 12 pixels', (174, 200, 3))
    """
    check_pixels(pixels, "framing")
    left, top, right, bottom = border_thickness(to_uint8(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)))
    if not (left or top or right or bottom):
        return None
    cuts = [side + _EXTRA_PIXELS if side else 0 for side in (left, top, right, bottom)]
    height, width = pixels.shape[:2]
    frame = Frame(cuts[0], cuts[1], width - cuts[0] - cuts[2], height - cuts[1] - cuts[3], (255,) * 3)
    reason = f"border of {max(left, top, right, bottom)} pixels"
    return _make_framing_step("cut-border", frame, float(max(left, top, right, bottom)), reason)


def plan_straighten(pixels: Pixels) -> Step | None:
    """Straighten a small tilt that `estimate_tilt` is sure of.

    Args:
        pixels: (H, W, 3) uint8.

    Example:
        >>> import numpy as np
        >>> from packshot.enhance.straighten import Tilt
        >>> scene = np.full((400, 400, 3), 235, np.uint8)
        >>> scene[100:300, 80:320] = (60, 90, 150)
        >>> plan_straighten(straighten(scene, Tilt(-3.0, (235, 235, 235)))).reason
        'tilted by 3.0 degrees'
    """
    tilt = estimate_tilt(pixels)
    if tilt is None:
        return None
    height, width = pixels.shape[:2]
    return Step(
        "straighten",
        frozenset({Intent.FRAMING}),
        abs(tilt.degrees),
        f"tilted by {tilt.degrees:.1f} degrees",
        partial(straighten, tilt=tilt),
        compute_rotation_transform(width, height, tilt),
        takes_16_bits=True,
    )


def plan_framing(
    pixels: Pixels, goals: PresentationGoals | None = None, network: MaskNetwork | None = None
) -> Step | None:
    """Crop or pad so that the product is centred and fills the picture.

    Args:
        pixels: (H, W, 3) uint8.
        goals: The size, place and ratio wanted.
        network: Finds the product where the background does not tell; None for the one that ships.

    Example:
        >>> from packshot import Photo
        >>> plan_framing(Photo.open("examples/photos/bowl-small-off-centre.jpg").pixels).reason
        'product centred, filling 51%'
        >>> plan_framing(Photo.open("examples/photos/mug.jpg").pixels) is None
        True
    """
    proposal = propose_framing(pixels, goals or PresentationGoals(), network or _load_network())
    return proposal if isinstance(proposal, Step) else None


def propose_framing(
    pixels: Pixels, goals: PresentationGoals, network: MaskNetwork
) -> Step | AbstentionReason | None:
    """Propose what `plan_framing` plans, or say why that cannot be; None where nothing is to be done.

    Example:
        >>> from packshot import Photo
        >>> half = Photo.open("examples/photos/bowl-small-off-centre.jpg").pixels[:, 200:]
        >>> propose_framing(half, PresentationGoals(), MaskNetwork.load_shipped()).value
        'cut-off'
    """
    product = locate_product(pixels, network)
    if product is None:
        return AbstentionReason.NO_PRODUCT
    frame = propose_frame(pixels, product, goals)
    if not isinstance(frame, Frame):
        return frame
    share = fill_box_side(product.box, frame.width, frame.height) / 100
    reason = f"product centred, filling {share:.0%}"
    return _make_framing_step("frame-product", frame, share, reason)


@cache
def _load_network() -> MaskNetwork:
    return MaskNetwork.load_shipped()


def plan_resize(pixels: Pixels, long_side: int) -> Step | None:
    """Bring the long side to a length.

    Args:
        pixels: (H, W, 3) uint8.
        long_side: In pixels, at least 1.

    Raises:
        InvalidInput: Pixels of another type or shape, a side below 1.

    Example:
        >>> import numpy as np
        >>> plan_resize(np.zeros((300, 400, 3), np.uint8), long_side=800).reason
        'long side 400 to 800 pixels'
    """
    check_pixels(pixels, "framing")
    height, width = pixels.shape[:2]
    if max(height, width) == long_side:
        return None
    reason = f"long side {max(height, width)} to {long_side} pixels"
    change = partial(resize, long_side=long_side)
    transform = compute_resize_transform(width, height, long_side)
    return Step(
        "resize",
        frozenset({Intent.FRAMING}),
        long_side / max(height, width),
        reason,
        change,
        transform,
        takes_16_bits=True,
    )


def _make_framing_step(name: str, frame: Frame, strength: float, reason: str) -> Step:
    change = partial(reframe, frame=frame)
    intents = frozenset({Intent.FRAMING})
    return Step(name, intents, strength, reason, change, frame.transform, takes_16_bits=True)
