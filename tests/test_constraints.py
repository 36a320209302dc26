"""The pinned versions: those of the day, and the oldest that the project says it works with."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.conftest import ROOT

PIN = re.compile(r"([A-Za-z0-9][\w.-]*)==([\w.!]+)")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def list_requirements():
    """Every requirement of the project, its extras and its build, but for those on itself."""
    extras = PROJECT["project"]["optional-dependencies"].values()
    groups = [PROJECT["project"]["dependencies"], PROJECT["build-system"]["requires"], *extras]
    requirements = [Requirement(line) for group in groups for line in group]
    return [one for one in requirements if one.name != "packshot"]


def list_bounds():
    return {canonicalize_name(one.name): one.specifier for one in list_requirements()}


def read_pins(name):
    """The versions that a file pins; no line may be anything else, such as an address or a path."""
    lines = (ROOT / "constraints" / name).read_text().splitlines()
    lines = [line for line in lines if line and not line.startswith("#")]
    assert [line for line in lines if not PIN.fullmatch(line)] == []
    pairs = [line.split("==") for line in lines]
    return {canonicalize_name(package): Version(version) for package, version in pairs}


@pytest.mark.parametrize("specifiers", list_bounds().items(), ids=lambda pair: pair[0])
def test_every_requirement_has_a_bound(specifiers):
    name, specifier = specifiers
    assert [one.operator for one in specifier] in (["=="], [">="]), f"{name}{specifier}"


def test_the_oldest_versions_are_the_declared_bounds():
    bounds = {name: Version(next(iter(one)).version) for name, one in list_bounds().items()}
    assert read_pins("lowest.txt") == bounds


def test_the_versions_of_the_day_cover_every_requirement():
    today = read_pins("today.txt")
    assert set(list_bounds()) <= set(today)
    assert [name for name, one in list_bounds().items() if today[name] not in one] == []


def test_no_two_requirements_on_one_package_differ():
    bounds = {(canonicalize_name(one.name), str(one.specifier)) for one in list_requirements()}
    assert len(bounds) == len(list_bounds())
