"""Photos to vectors and maps, through ONNX Runtime."""

from packshot.encode.encoders import Code, Encoders
from packshot.encode.model import Model

__all__ = ["Code", "Encoders", "Model"]
