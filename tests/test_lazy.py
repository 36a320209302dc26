import subprocess
import sys

import pytest

from packshot.lazy import build_lazy_getattr


def test_a_name_is_what_its_module_calls_so():
    get = build_lazy_getattr("shop", {"sqrt": "math", "Path": "pathlib"})
    assert get("sqrt")(9) == 3
    assert get("Path").__module__.startswith("pathlib")


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"'shop' has no attribute 'price'"):
        build_lazy_getattr("shop", {})("price")


@pytest.mark.parametrize("package", ["packshot", "packshot.catalog.audit"])
def test_every_name_that_a_package_offers_is_there(package):
    offered = __import__(package, fromlist=["__all__"])
    assert all(getattr(offered, name, None) is not None for name in offered.__all__)


def test_a_process_that_examines_photos_loads_nothing_that_renders():
    unwanted = ("jinja2", "rich", "typer", "faiss", "packshot.search")
    code = (
        "import sys, packshot.catalog.audit.examine;"
        f"print([name for name in {unwanted} if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
