"""Many photos: results written for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packshot.lazy import on_first_use

if TYPE_CHECKING:
    from packshot.catalog.clean.results import proposal_renderer
    from packshot.catalog.duplicate_groups import duplicates_renderer
    from packshot.catalog.emotions import emotion_renderer
    from packshot.catalog.enhancements import enhancement_renderer
    from packshot.catalog.rank.results import ranking_renderer
    from packshot.catalog.renderers import renderer
    from packshot.catalog.rendering import Renderer
    from packshot.catalog.screenings import screening_renderer
    from packshot.catalog.search_results import search_renderer

__all__ = [
    "Renderer",
    "duplicates_renderer",
    "emotion_renderer",
    "enhancement_renderer",
    "proposal_renderer",
    "ranking_renderer",
    "renderer",
    "screening_renderer",
    "search_renderer",
]

_HOMES = {
    "Renderer": "packshot.catalog.rendering",
    "duplicates_renderer": "packshot.catalog.duplicate_groups",
    "emotion_renderer": "packshot.catalog.emotions",
    "enhancement_renderer": "packshot.catalog.enhancements",
    "proposal_renderer": "packshot.catalog.clean.results",
    "ranking_renderer": "packshot.catalog.rank.results",
    "renderer": "packshot.catalog.renderers",
    "screening_renderer": "packshot.catalog.screenings",
    "search_renderer": "packshot.catalog.search_results",
}

__getattr__ = on_first_use(__name__, _HOMES)
"""A process that renders nothing need not load what renders."""
