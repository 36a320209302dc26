"""The command in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import TIMEOUT_S

EXECUTABLE = Path(sys.executable).with_name("packshot")


COMMAND = [str(EXECUTABLE)] if EXECUTABLE.exists() else [sys.executable, "-m", "packshot"]


def run_packshot(*arguments, cwd=None, check=None):
    """Run the command; `check` is the exit status it must have."""

    result = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=TIMEOUT_S,
        env={**os.environ, "COLUMNS": "160"},
    )
    if check is not None:
        assert result.returncode == check, result.stderr
    return result
