import importlib
import subprocess
import sys

import pytest


@pytest.mark.parametrize("package", ["packshot", "packshot.catalog.audit"])
def test_every_name_that_a_package_offers_is_there(package):
    offered = importlib.import_module(package)
    assert offered.__all__
    assert set(offered.__all__) <= set(dir(offered))
    assert all(getattr(offered, name, None) is not None for name in offered.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="price"):
        importlib.import_module("packshot").price  # noqa: B018


def test_a_process_that_examines_photos_loads_nothing_that_renders():
    unwanted = ("jinja2", "rich", "typer", "faiss", "packshot.search")
    code = (
        "import sys, packshot.catalog.audit.examine;"
        f"print([name for name in {unwanted} if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
