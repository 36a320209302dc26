import os
import subprocess
import sys

CODE = """
from packshot.encode import ContentEncoder

import numpy as np
ContentEncoder.load_shipped().encode(np.zeros((1, 224, 224, 3), np.uint8)[0])
"""


def test_no_report_is_prepared_and_nobody_is_identified(tmp_path):
    """ONNX Runtime's telemetry writes a session file and an identifier as soon as it is imported."""
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME"):
        (tmp_path / name).mkdir()
        environment[name] = str(tmp_path / name)
    environment.pop("CI", None)
    subprocess.run([sys.executable, "-c", CODE], env=environment, check=True)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
