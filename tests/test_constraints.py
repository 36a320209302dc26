"""The pinned versions: those of the day, and the oldest that the project says it works with."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.conftest import ROOT

PINNED = re.compile(r"([A-Za-z0-9][\w.-]*)==([\w.!]+)")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def declared():
    """All requirements of the project and its extras but those on itself, by name."""
    project, build = PROJECT["project"], PROJECT["build-system"]["requires"]
    lines = [*project["dependencies"], *build, *sum(project["optional-dependencies"].values(), [])]
    asked = [Requirement(line) for line in lines]
    return {canonicalize_name(one.name): one.specifier for one in asked if one.name != "packshot"}


def pins(name):
    """The versions that a file pins; a line that is no pin, such as an address or a path, matches nothing."""
    lines = (ROOT / "constraints" / name).read_text().splitlines()
    found = [PINNED.fullmatch(line) for line in lines if line and not line.startswith("#")]
    assert all(found), [line for line in lines if not line.startswith("#") and not PINNED.fullmatch(line)]
    return {canonicalize_name(one[1]): Version(one[2]) for one in found}


@pytest.mark.parametrize("specifiers", declared().items(), ids=lambda pair: pair[0])
def test_every_requirement_has_a_bound(specifiers):
    name, specifier = specifiers
    assert [one.operator for one in specifier] in (["=="], [">="]), f"{name}{specifier}"


def test_the_oldest_versions_are_the_declared_bounds():
    bounds = {name: Version(next(iter(one)).version) for name, one in declared().items()}
    assert pins("lowest.txt") == bounds


def test_the_versions_of_the_day_cover_every_requirement():
    today = pins("today.txt")
    assert set(declared()) <= set(today)
    assert [name for name, one in declared().items() if today[name] not in one] == []


def test_no_two_requirements_on_one_package_differ():
    project = PROJECT["project"]
    lines = [*project["dependencies"], *sum(project["optional-dependencies"].values(), [])]
    asked = {(canonicalize_name(one.name), str(one.specifier)) for one in map(Requirement, lines)}
    names = [name for name, _ in asked if name != "packshot"]
    assert len(names) == len(set(names))
