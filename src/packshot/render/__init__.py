"""Records written for people and for programs: tables, lines and pages."""

from packshot.render.renderer import Renderer, RenderOptions, renderer_for

__all__ = ["RenderOptions", "Renderer", "renderer_for"]
