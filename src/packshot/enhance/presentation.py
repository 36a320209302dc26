"""Presentation: the product straight, on white or cut out, centred, at the size and ratio wanted.

Unlike repairs these changes can be measured for what they are: where the product is, how much it fills,
how white it is around it. So no score decides about them. Each is proposed from measurements, made, and
measured again; what is not certain is not made, and the reason is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteArray, Pixels
from packshot.encode.mask import MaskNetwork
from packshot.enhance.framing import Frame, reframe
from packshot.enhance.goals import BackgroundTreatment, PresentationGoals
from packshot.enhance.located_product import locate_product, predict_product
from packshot.enhance.matte import Matte, estimate_matte, lay_on_white
from packshot.enhance.product_steps import (
    plan_border,
    plan_resize,
    plan_straighten,
    propose_framing,
    propose_whitening,
)
from packshot.enhance.resize import resize
from packshot.enhance.step import Intent, Step
from packshot.measure.planes import make_planes, to_uint8
from packshot.measure.product import find_plain_product
from packshot.measure.reference.ciede2000 import ciede2000, rgb_to_lab
from packshot.report import Abstention, AbstentionReason

CUT_OUT, WHITEN = "cut-out", "whiten-background"
PRESENTATION_STEPS: Final = (
    "cut-border",
    "straighten",
    WHITEN,
    CUT_OUT,
    "frame-product",
    "resize",
)
"""Names of the steps, in the order in which they are made."""

_MAX_PRODUCT_CHANGE: Final = 1.0
"""CIEDE2000, ninth decile over the inside of the product, that a new background may change: what nobody
sees (a difference of 1 is about the least that can be seen)."""

_SURE_PROBABILITY: Final = 0.8
"""Likelihood of product, 0..1, by the mask network, from which a place is no shadow of it: as for
mattes."""

_MEGAPIXEL: Final = 1_000_000

Proposal = Step | AbstentionReason | None


@dataclass(frozen=True, eq=False)
class Presentation:
    """A photo, its presentation as far as it was brought.

    Attributes:
        pixels: (H, W, 3) uint8; cut out, on white.
        alpha: (H, W) uint8 where the product was cut out to be transparent around it, else None.
        steps: Those that were made, in order.
        abstentions: Those that were called for and not made.
        repairs: Names of the steps of other kinds that were made after these.

    Example:
        >>> import numpy as np
        >>> Presentation(np.zeros((4, 4, 3), np.uint8)).is_changed
        False
    """

    pixels: Pixels
    alpha: ByteArray | None = None
    steps: tuple[Step, ...] = ()
    abstentions: tuple[Abstention, ...] = ()
    repairs: tuple[str, ...] = ()

    @property
    def is_changed(self) -> bool:
        """Whether any step was made."""
        return bool(self.steps)

    @property
    def step_names(self) -> tuple[str, ...]:
        """Names of the steps that were made, in order."""
        return tuple(step.name for step in self.steps)

    def with_step(self, step: Step, network: MaskNetwork) -> Presentation:
        """Return the same with a step made, or the reason why its result is not kept.

        Args:
            step: Planned for these pixels.
            network: Tells the product, which a new background must not change, from its shadow.
        """
        pixels = step.apply(self.pixels)
        if step.name == WHITEN and not _is_same_product(self.pixels, pixels, network):
            return self.without(step.name, AbstentionReason.PRODUCT_CHANGED)
        alpha = None if self.alpha is None else _move(self.alpha, step)
        return replace(self, pixels=pixels, alpha=alpha, steps=(*self.steps, step))

    def without(self, name: str, reason: AbstentionReason) -> Presentation:
        """Return the same with the reason why a step was not made."""
        abstention = Abstention(step=name, reason=reason)
        return replace(self, abstentions=(*self.abstentions, abstention))


def present(
    pixels: Pixels,
    goals: PresentationGoals,
    network: MaskNetwork,
    only_steps: Collection[str] | None = None,
) -> Presentation:
    """Bring a photo nearer to its goals, step by step; what meets them already is not touched.

    Args:
        pixels: (H, W, 3) uint8, at full size.
        goals: What to work towards.
        network: Finds the product where the background does not tell.
        only_steps: Names of the steps that may be made; None for all.

    Raises:
        InvalidInput: Pixels of another type or shape.

    Example:
        >>> from packshot import Photo
        >>> bowl = Photo.open("examples/photos/bowl-small-off-centre.jpg").pixels
        >>> presented = present(bowl, PresentationGoals(), MaskNetwork.load_shipped())
        >>> presented.step_names, presented.pixels.shape
        (('frame-product',), (500, 500, 3))
    """
    result = Presentation(pixels)
    for name, propose in _iter_proposers(goals, network):
        if only_steps is not None and name not in only_steps:
            continue
        if name == CUT_OUT:
            result = _cut_out(result, network, goals.background)
            continue
        proposal = propose(result.pixels)
        if isinstance(proposal, Step):
            result = result.with_step(proposal, network)
        elif proposal is not None:
            result = result.without(name, proposal)
    return result


def _iter_proposers(
    goals: PresentationGoals, network: MaskNetwork
) -> Iterator[tuple[str, Callable[[Pixels], Proposal]]]:
    """Yield names and proposers in the order to ask them: each sees what the last one left."""
    yield "cut-border", plan_border
    yield "straighten", partial(_propose_straightening, network=network)
    if goals.background.is_cut_out:
        yield CUT_OUT, lambda _: None
    elif goals.background is BackgroundTreatment.WHITEN:
        yield WHITEN, partial(propose_whitening, goals=goals, network=network)
    yield "frame-product", partial(propose_framing, goals=goals, network=network)
    yield "resize", partial(_propose_resize, goals=goals)


def _propose_straightening(pixels: Pixels, network: MaskNetwork) -> Proposal:
    """Propose to straighten a tilt, unless that would cut the product, or nobody knows whether."""
    step = plan_straighten(pixels)
    if step is None or step.transform is None:
        return None
    product = locate_product(pixels, network)
    if product is None:
        return AbstentionReason.NO_PRODUCT
    if not product.is_whole:
        return AbstentionReason.CUT_OFF
    left, top, width, height = product.box
    corners = np.array([(x, y, 1) for x in (left, left + width) for y in (top, top + height)])
    x, y = step.transform.matrix @ corners.T
    is_inside = (
        x.min() >= 0
        and y.min() >= 0
        and x.max() <= step.transform.width
        and y.max() <= step.transform.height
    )
    return step if is_inside else AbstentionReason.NO_SPACE


def _propose_resize(pixels: Pixels, goals: PresentationGoals) -> Proposal:
    """Propose to make a photo smaller that has more pixels than are allowed."""
    height, width = pixels.shape[:2]
    factors = [1.0]
    if goals.max_long_side is not None:
        factors.append(goals.max_long_side / max(height, width))
    if goals.max_megapixels is not None:
        factors.append((goals.max_megapixels * _MEGAPIXEL / (height * width)) ** 0.5)
    long_side = int(min(factors) * max(height, width))
    return plan_resize(pixels, long_side) if min(factors) < 1 else None


def _cut_out(
    presentation: Presentation, network: MaskNetwork, treatment: BackgroundTreatment
) -> Presentation:
    matte = estimate_matte(presentation.pixels, network)
    if not isinstance(matte, Matte):
        return presentation.without(CUT_OUT, matte)
    share = float(matte.alpha.mean()) / 255
    step = Step(
        CUT_OUT,
        frozenset({Intent.BACKGROUND}),
        1 - share,
        f"product of {share:.0%} of the picture",
        partial(lay_on_white, matte=matte),
        takes_16_bits=True,
    )
    changed = presentation.with_step(step, network)
    is_transparent = treatment is BackgroundTreatment.TRANSPARENT
    return replace(changed, alpha=matte.alpha) if is_transparent else changed


def _move(alpha: ByteArray, step: Step) -> ByteArray:
    """Move a matte as a step moves the photo; what is added is clear."""
    if step.transform is None:
        return alpha
    layers = np.repeat(alpha[..., None], 3, axis=2)
    if step.name == "resize":
        return to_uint8(resize(layers, max(step.transform.width, step.transform.height))[..., 0])
    left, top = (-round(float(value)) for value in step.transform.matrix[:, 2])
    frame = Frame(left, top, step.transform.width, step.transform.height, (0, 0, 0))
    return to_uint8(reframe(layers, frame)[..., 0])


def _is_same_product(before: Pixels, after: Pixels, network: MaskNetwork) -> bool:
    """Return whether the inside of the product kept its colours, where a background tells it."""
    planes, changed = make_planes(before), make_planes(after)
    product = find_plain_product(planes)
    if product is None:
        return True
    likely = predict_product(before, network, product.mask.shape)
    sure = to_uint8(product.material & (likely >= _SURE_PROBABILITY))
    inner = cv2.erode(sure, np.ones((5, 5), np.uint8), borderValue=(1,)) > 0
    if not inner.any():
        return True
    difference = ciede2000(rgb_to_lab(planes.small), rgb_to_lab(changed.small))
    return float(np.quantile(difference[inner], 0.9)) <= _MAX_PRODUCT_CHANGE
