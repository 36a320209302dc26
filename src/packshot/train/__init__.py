"""Networks, losses, data sets and recipes. The only place that imports torch."""

import packshot.encode.runtime  # noqa: F401 - before any other import of ONNX Runtime
