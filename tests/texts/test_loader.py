from importlib.resources import files

import pytest

from packshot.errors import InvalidInput
from packshot.texts import LANGUAGES, load_table


def areas(language):
    folder = files("packshot.texts").joinpath(language)
    return sorted(file.name.removesuffix(".toml") for file in folder.iterdir())


def keys(table, prefix=""):
    for key, value in table.items():
        yield f"{prefix}{key}"
        if isinstance(value, dict):
            yield from keys(value, f"{prefix}{key}.")


def test_every_language_has_a_file_for_every_area():
    assert len({tuple(areas(language)) for language in LANGUAGES}) == 1


@pytest.mark.parametrize("area", areas("en"))
def test_every_language_says_the_same_things(area):
    first, *others = (sorted(keys(load_table(area, language))) for language in LANGUAGES)
    assert first
    assert all(other == first for other in others)


def test_a_language_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(InvalidInput, match="no texts in 'xx'; there are: en, zh"):
        load_table("audit", "xx")
