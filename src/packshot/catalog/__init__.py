"""Many photos: results written for people and for programs."""

from packshot.catalog.renderers import renderer
from packshot.catalog.rendering import Renderer

__all__ = ["Renderer", "renderer"]
