"""Photos to vectors and maps, through ONNX Runtime."""

from packshot.encode.content import SEARCH_MODEL, SEARCH_SIDE, ContentEncoder
from packshot.encode.encoders import (
    CONTENT_MODEL,
    DISTORTION_MODEL,
    Encoders,
    FaultModel,
    PhotoEncoding,
)
from packshot.encode.model import Model

__all__ = [
    "CONTENT_MODEL",
    "DISTORTION_MODEL",
    "SEARCH_MODEL",
    "SEARCH_SIDE",
    "ContentEncoder",
    "Encoders",
    "FaultModel",
    "Model",
    "PhotoEncoding",
]
