"""Many photos: results written for people and for programs."""

from packshot.catalog.renderers import Renderer, renderer

__all__ = ["Renderer", "renderer"]
