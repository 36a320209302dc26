"""Many photos: results written for people and for programs."""

from packshot.catalog.duplicate_groups import duplicates_renderer
from packshot.catalog.enhancements import enhancement_renderer
from packshot.catalog.renderers import renderer
from packshot.catalog.rendering import Renderer

__all__ = ["Renderer", "duplicates_renderer", "enhancement_renderer", "renderer"]
