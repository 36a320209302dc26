"""The scripts in `benchmarks/` import each other by name, as scripts do."""

import sys

from tests.conftest import ROOT

sys.path.append(str(ROOT / "benchmarks"))
