"""The encoding of a text that is not UTF-8, told by its words beyond ASCII."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

_RUN: Final = re.compile(rb"[\x80-\xff]+")
_LATIN_BESIDE: Final = re.compile(
    rb"[a-z][\x80-\xff]{1,3}(?![\x80-\xff])|(?<![\x80-\xff])[\x80-\xff]{1,3}[a-z]"
)
_MIN_PAIRED_SHARE: Final = 0.9
"""Share of runs of bytes beyond ASCII that are of even length, from which a text may be of two bytes a
character. A judgement."""

_MIN_COMMON_SHARE: Final = 0.75
"""Share of pairs that stand for frequent characters, from which such a text is of that encoding. The
frequent ones of GB 2312 (its first level) are nearly all of any Chinese text; small letters with accents
lie beyond them. A judgement."""

_MIN_KANA_SHARE: Final = 0.15
"""Share of the characters beyond ASCII that are kana, from which a text is Japanese: in Japanese a third
or more are, in Chinese none. A judgement."""

_MAX_LATIN_SHARE: Final = 0.5
"""Share of words with a few bytes beyond ASCII beside a small Latin letter, up to which a text may be of
two bytes a character: letters with accents stand in words, Chinese hardly ever does. A judgement."""

_MAX_HANGUL_LEAD: Final = 0xC8
_LETTER_BESIDE_WIDE: Final = re.compile("[a-z][^\x00-\x7f]|[^\x00-\x7f][a-z]")
_KANA: Final = re.compile("[\u3041-\u3096\u30a1-\u30fc]")

_SIGNS: Final = "§©®°±²³¹·¼½¾×÷€‚„…‘’“”•–—™«»‹›¡¿´¨ ¸ªº£¥¢†‡‰¦¶¬µ"
"""What is in no alphabet, and stands beside words in any."""

_RARE: Final = frozenset({"iso8859_2", "koi8_r", "mac_roman", "cp850"})
_MIN_WORDS_OF_RARE: Final = 3
"""Encodings that hardly anybody saves in any more, and words that it takes to think of them."""

_OTHER_SCRIPTS: Final = frozenset({"cp1251", "cp1253", "cp1255", "cp1256", "koi8_r"})
_MIN_RUN_LENGTH: Final = 2.5
"""Encodings of scripts other than Latin, and the mean number of letters beyond ASCII in a row from which
they are thought of: there whole words are, elsewhere letters with accents in them. A judgement."""

_FREQUENT_LETTERS: Final = 12
_SELDOM_WEIGHT: Final = 0.6
"""Letters at the beginning of such an alphabet that are frequent, and the weight of the others. A
judgement."""

_ALPHABETS: Final[Sequence[tuple[str, Sequence[str]]]] = (
    ("cp1254", ("çğıöşüâî",)),
    ("cp1252", (
        "äöüß", "àâæçéèêëîïôœùûüÿ", "áéíñóúü", "ãõáâàçéêíóôúü", "àèéìíòóùú", "åäöæøé", "éëïöüèç",
        "áéíóúýðþæö",
    )),
    ("cp1250", ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíľĺňóôŕšťúýž", "áéíóöőúüű", "ăâîşţ", "čćđšž")),
    ("cp1251", (
        "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё", "оаинвіертскмдлупязьгбчхцюєжїйщшфґ",
        "аоиентрсвклпдмјзугбчшцхжњљћђџф",
    )),
    ("cp1253", ("αοιετσνκπρυλμςηγίδόάχθήέύωώφβξζψϊϋΐΰ",)),
    ("cp1257", ("ąčęėįšųūž", "āčēģīķļņšūž", "äõöüšž")),
    ("cp1255", ("אבגדהוזחטיךכלםמןנסעףפץצקרשת",)),
    ("cp1256", ("الينمترودبهعسفقكحجشصطخةءأىزثذضغظؤئإآپچژگ",)),
    ("iso8859_2", ("ąćęłńóśźż", "áčďéěíňóřšťúůýž")),
    ("koi8_r", ("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъ",)),
    ("mac_roman", ("äöüß", "àâçéèêëîïôœùûü", "áéíñóúü")),
    ("cp850", ("äöüß", "àâçéèêëîïôùûü", "áéíñóúü")),
)  # fmt: skip
"""Encodings of one byte, the most usual first, with the letters beyond ASCII of languages that are saved
in them, small; of scripts other than Latin the frequent ones first. Turkish differs from the next in six
letters alone."""

_LATIN_LETTER: Final = re.compile("[A-Za-z]")
_OTHER_SCRIPT: Final = re.compile("[\u0370-\u06ff]")
_CAPITAL_WEIGHT: Final = 0.5
"""Weight of a capital letter in the middle of a word, which is rare in any language."""


def choose_encoding(words: Sequence[bytes]) -> str:
    """Choose the encoding in which words are those of a language.

    Args:
        words: With letters beyond ASCII, from a text that is not UTF-8.

    Example:
        >>> texts = {"cp1252": "Größe", "cp1250": "żółty", "gb18030": "陶瓷茶杯", "cp932": "マグカップ"}
        >>> [choose_encoding([text.encode(name)]) for name, text in texts.items()]
        ['cp1252', 'cp1250', 'gb18030', 'cp932']
    """
    return _choose_double_byte(words) or _choose_single_byte(words)


def _choose_double_byte(words: Sequence[bytes]) -> str | None:
    text = b" ".join(words)
    runs = _RUN.findall(text)
    if _measure_kana(text, "cp932") >= _MIN_KANA_SHARE or _is_kanji(text):
        return "cp932"
    latin = sum(
        len(_RUN.findall(word)) <= 2 and _LATIN_BESIDE.search(word) is not None for word in words
    )
    if latin > _MAX_LATIN_SHARE * len(words):
        return None
    if _is_cyrillic_capitals(runs):
        return None
    is_paired = sum(len(run) % 2 == 0 for run in runs) >= _MIN_PAIRED_SHARE * len(runs)
    if is_paired and _measure_kana(text, "euc_jp") >= _MIN_KANA_SHARE:
        return "euc_jp"
    if is_paired and _measure_common(runs) >= _MIN_COMMON_SHARE:
        return "cp949" if _is_korean(runs) else "gb18030"
    return "big5hkscs" if _is_big5(text) else None


def _measure_kana(text: bytes, encoding: str) -> float:
    """Compute the share of kana among the characters beyond ASCII, 0..1; 0 in another encoding."""
    try:
        decoded = text.decode(encoding)
    except UnicodeDecodeError:
        return 0.0
    # Kana of half a width are single bytes, which letters with accents are in other encodings.
    if any("\uff61" <= letter <= "\uff9f" for letter in decoded):
        return 0.0
    wide = [letter for letter in decoded if letter > "\x7f"]
    return len(_KANA.findall(decoded)) / len(wide) if wide else 0.0


def _is_kanji(text: bytes) -> bool:
    """Return whether a text is of frequent kanji alone, in Shift-JIS, no Latin letter beside them."""
    try:
        decoded = text.decode("cp932")
    except UnicodeDecodeError:
        return False
    wide = [letter for letter in decoded if letter > "\x7f"]
    leads = [letter.encode("cp932")[0] for letter in wide]
    frequent = sum(0x88 <= lead <= 0x97 or lead == 0x81 for lead in leads)
    return len(wide) > 1 and frequent >= 0.9 * len(wide) and not _LETTER_BESIDE_WIDE.search(decoded)


def _is_cyrillic_capitals(runs: Sequence[bytes]) -> bool:
    """Return whether all bytes are capitals of Windows-1251, as pairs of Chinese hardly ever are."""
    return sum(map(len, runs)) >= 6 and all(0xC0 <= byte <= 0xDF for run in runs for byte in run)


def _iter_leads(runs: Sequence[bytes]) -> list[int]:
    return [lead for run in runs if len(run) % 2 == 0 for lead in run[::2]]


def _measure_common(runs: Sequence[bytes]) -> float:
    """Compute the share of pairs of GB 2312's frequent characters and its marks, 0..1."""
    leads = _iter_leads(runs)
    return (
        sum(0xB0 <= lead <= 0xD7 or 0xA1 <= lead <= 0xA3 for lead in leads) / len(leads)
        if leads
        else 0.0
    )


def _is_korean(runs: Sequence[bytes]) -> bool:
    """Return whether pairs are syllables of Korean, which are the first half of where Chinese lies."""
    leads = [lead for lead in _iter_leads(runs) if lead >= 0xB0]
    return len(leads) >= 8 and max(leads) <= _MAX_HANGUL_LEAD


def _is_big5(text: bytes) -> bool:
    try:
        wide = [letter for letter in text.decode("big5") if letter > "\x7f"]
    except UnicodeDecodeError:
        return False
    common = sum(0xA4 <= letter.encode("big5")[0] <= 0xC6 for letter in wide)
    return len(wide) >= 2 and common >= 0.9 * len(wide)


def _choose_single_byte(words: Sequence[bytes]) -> str:
    """Choose the encoding with a language whose letters the words have; the most usual of equal ones."""
    runs = [run for word in words for run in _RUN.findall(word)]
    byte_counts = Counter(byte for run in runs for byte in run)
    is_other_script = len(runs) > 0 and sum(map(len, runs)) >= _MIN_RUN_LENGTH * len(runs)
    scores: dict[str, float] = {}
    for encoding, alphabets in _ALPHABETS:
        has_too_little = encoding in _RARE and len(words) < _MIN_WORDS_OF_RARE
        if has_too_little or (encoding in _OTHER_SCRIPTS and not is_other_script):
            continue
        letters = {byte: bytes([byte]).decode(encoding, "replace") for byte in byte_counts}
        frequent = _FREQUENT_LETTERS if encoding in _OTHER_SCRIPTS else None
        score = max(_score(byte_counts, letters, one, frequent) for one in alphabets)
        score -= _count_oddities(words, encoding)
        scores[encoding] = max(score, scores.get(encoding, score))
    return max(scores, key=scores.__getitem__)


def _score(
    byte_counts: Mapping[int, int], letters: Mapping[int, str], alphabet: str, frequent: int | None
) -> float:
    """Compute the points of an alphabet: a letter of it counts for, any other character against it.

    Args:
        byte_counts: How often each byte occurs.
        letters: What it stands for.
        alphabet: Of a language.
        frequent: Letters at the beginning of the alphabet that count in full; None for all.
    """
    total = 0.0
    for byte, count in byte_counts.items():
        letter = letters[byte].lower()
        place = alphabet.find(letter)
        if place >= 0:
            total += count * (1.0 if frequent is None or place < frequent else _SELDOM_WEIGHT)
        elif letter not in _SIGNS:
            total -= count
    return total


def _count_oddities(words: Sequence[bytes], encoding: str) -> float:
    """Compute the points that odd words cost: capitals behind small letters, letters of two scripts."""
    texts = [word.decode(encoding, "replace") for word in words]
    capitals = sum(
        after > "\x7f" and after.isupper() and before.islower()
        for text in texts
        for before, after in pairwise(text)
    )
    mixed = sum(
        _LATIN_LETTER.search(text) is not None and _OTHER_SCRIPT.search(text) is not None
        for text in texts
    )
    unknown = sum(text.count("\ufffd") for text in texts)
    return _CAPITAL_WEIGHT * capitals + 2.0 * mixed + 10.0 * unknown
