"""Goals of the presentation of a product: how large, where, in which format, on which background."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from packshot.errors import InvalidInput

MIN_LONG_SIDE: Final = 500
"""Long side in pixels that a crop must leave: shops refuse smaller photos, and `measure.limits` warns
of them."""

Range = tuple[float, float]


class BackgroundTreatment(StrEnum):
    """The treatment of a background that is plain.

    Example:
        >>> BackgroundTreatment("transparent").is_cut_out, BackgroundTreatment.WHITEN.is_cut_out
        (True, False)
    """

    KEEP = "keep"
    WHITEN = "whiten"
    WHITE = "white"
    TRANSPARENT = "transparent"

    @property
    def is_cut_out(self) -> bool:
        """Whether the product is cut out: whatever colour was behind it, nothing of it stays."""
        return self in (BackgroundTreatment.WHITE, BackgroundTreatment.TRANSPARENT)


@dataclass(frozen=True)
class PresentationGoals:
    """The presentation that `present` works towards; what is within its ranges is left as it is.

    Shares are 0..1 of the tighter side, as `measure.geometry.fill_box_side` takes it.

    Attributes:
        fill_share: Share that the product is to span. 0.85 is what all policies that ship allow, from
            Amazon's at least 85 % to Ajio's at most 85 %.
        fill_range: Shares that are left as they are. From 0.75 on nobody finds a product too small
            (Google asks for 75 to 90 %); a tight margin is a matter of taste where no rule speaks.
        max_offset: Distance of the product's centre from the picture's, as a share of the side, that is
            left as it is: less than what `measure.limits` calls off centre, which is 0.10.
        aspect_range: Width over height, least and most; None keeps each photo's own.
        min_long_side: Pixels of the long side that a crop leaves, where the photo has them.
        min_short_side: The same of the short side.
        max_long_side: Pixels; a longer photo is made smaller. None for no limit.
        max_megapixels: Millions of pixels; a larger photo is made smaller. None for no limit.
        min_whiteness: Mean of a background's darkest channel, 0..255, from which it is white enough; the
            commonest policies ask for 243 to 245, at 250 no eye sees a difference.
        background: What is done about a background that is less white.

    Raises:
        InvalidInput: A share outside 0..1, a range the wrong way round.

    Example:
        >>> square = PresentationGoals(aspect_range=(0.99, 1.01))
        >>> square.fill_share, square.choose_aspect(1.5), square.choose_aspect(1.0)
        (0.85, 1.0, 1.0)
    """

    fill_share: float = 0.85
    fill_range: Range = (0.75, 1.0)
    max_offset: float = 0.08
    aspect_range: Range | None = None
    min_long_side: int = MIN_LONG_SIDE
    min_short_side: int = 1
    max_long_side: int | None = None
    max_megapixels: float | None = None
    min_whiteness: float = 250.0
    background: BackgroundTreatment = BackgroundTreatment.WHITEN

    def __post_init__(self) -> None:
        ranges = [self.fill_range, *([self.aspect_range] if self.aspect_range else [])]
        if not 0 < self.fill_share <= 1 or any(not 0 < low <= high for low, high in ranges):
            raise InvalidInput(
                f"presentation: a fill of {self.fill_share} and the ranges {ranges} are no goals"
            )

    def choose_aspect(self, current: float) -> float:
        """Return a photo's own ratio where that is allowed, else the middle of what is."""
        if self.aspect_range is None or self.aspect_range[0] <= current <= self.aspect_range[1]:
            return current
        return (self.aspect_range[0] + self.aspect_range[1]) / 2
