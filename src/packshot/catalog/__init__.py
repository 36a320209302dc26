"""Many photos: results written for people and for programs."""

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
