"""Photos to vectors and maps, through ONNX Runtime."""

from packshot.encode.content import ContentEncoder
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
    "ContentEncoder",
    "Encoders",
    "FaultModel",
    "Model",
    "PhotoEncoding",
]
