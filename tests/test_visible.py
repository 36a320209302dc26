import sys
import unicodedata

import pytest

from packshot.visible import escape_invisible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mug.jpg", "mug.jpg"),
        ("Tasse ä 杯子 [red] :smile: \\n", "Tasse ä 杯子 [red] :smile: \\n"),
        ("a\x1b[2Jb", r"a\x1b[2Jb"),
        ("two\nlines\r\n\ttab", r"two\nlines\r\n\ttab"),
        ("bell\a back\b nul\0 del\x7f", r"bell\x07 back\x08 nul\x00 del\x7f"),
        ("C1 \x9b31m \x85", r"C1 \x9b31m \x85"),
        ("gpj\u202e.exe \u2066x\u2069 \u200e\ufeff", r"gpj\u202e.exe \u2066x\u2069 \u200e\ufeff"),
        ("line\u2028paragraph\u2029", r"line\u2028paragraph\u2029"),
        (b"caf\xe9.jpg".decode("utf-8", "surrogateescape"), r"caf\xe9.jpg"),
        ("\ud800", r"\ud800"),
        ("\U000e0041", r"\U000e0041"),
        ("👩\u200d🔬 می\u200cخواهم", "👩\u200d🔬 می\u200cخواهم"),
    ],
)
def test_what_is_not_seen_is_named(text, shown):
    assert escape_invisible(text) == shown


def test_what_the_terminal_cannot_show_is_named():
    assert escape_invisible("Tasse ä 杯", "latin-1") == r"Tasse ä \u676f"
    assert escape_invisible("Tasse ä 杯", "ascii") == r"Tasse \xe4 \u676f"


def test_nothing_that_a_terminal_obeys_is_left():
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    left = {unicodedata.category(character) for character in escape_invisible(everything)}
    assert not left & {"Cc", "Cs", "Zl", "Zp"}
    kept = {
        character
        for character in escape_invisible(everything)
        if unicodedata.category(character) == "Cf"
    }
    assert kept == {"\u200c", "\u200d"}
