"""The folder beside a page of many photos: cards and thumbnails, read by browsers as they need them."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Sequence
from html.parser import HTMLParser
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from packshot.files import translate_write_errors

CARDS_IN_FILE: Final = 20
"""Cards in a file of the folder. Small, so that cards in another order than that of the files read
little besides: a file of assessments has about 200 kB. A judgement."""
_OWN_NAME: Final = re.compile(r"cards-\d+\.js|photo-\d+\.jpg")
_FOLDER_MODE: Final = 0o755


class PageFolder:
    """Takes the files of one page; they appear together, when its context ends without an error.

    A folder of that name is replaced where it holds nothing but files of a page; beside anything else
    the new one gets a number.

    Example:
        >>> with PageFolder(Path("report.html")) as folder:
        ...     folder.add_picture(0, b"JPEG")
        >>> folder.name, [path.name for path in Path("report_files").iterdir()]
        ('report_files', ['photo-0.jpg'])
    """

    def __init__(self, page: Path) -> None:
        """Choose the folder of a page.

        Args:
            page: The file of the page; its folder lies beside it.
        """
        self._parent = page.absolute().parent
        self.name = _choose_name(self._parent, page.stem)
        self._draft: Path | None = None

    def __enter__(self) -> Self:
        with translate_write_errors(str(self._parent)):
            self._parent.mkdir(parents=True, exist_ok=True)
            self._draft = Path(tempfile.mkdtemp(prefix=f".{self.name}-", dir=self._parent))
            self._draft.chmod(_FOLDER_MODE)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._publish()
        finally:
            shutil.rmtree(self._get_draft(), ignore_errors=True)

    def add_picture(self, number: int, jpeg: bytes) -> None:
        """Write a thumbnail; pages call it by `picture_name`."""
        self._write(picture_name(number), jpeg)

    def add_cards(self, number: int, cards: Sequence[str]) -> None:
        """Write a file of cards: a script, for a page opened from a disk may read nothing else."""
        script = f"packshotCards({number},{json.dumps(cards, ensure_ascii=False)})\n"
        self._write(f"cards-{number}.js", script.encode("utf-8", "replace"))

    def _write(self, name: str, data: bytes) -> None:
        with translate_write_errors(str(self._parent / self.name)):
            (self._get_draft() / name).write_bytes(data)

    def _publish(self) -> None:
        target = self._parent / self.name
        with translate_write_errors(str(target)):
            if target.exists():
                shutil.rmtree(target)
            self._get_draft().rename(target)

    def _get_draft(self) -> Path:
        if self._draft is None:
            raise ValueError("the folder of a page is written to inside its context")
        return self._draft


def picture_name(number: int) -> str:
    """Name the file of a thumbnail.

    Example:
        >>> picture_name(7)
        'photo-7.jpg'
    """
    return f"photo-{number}.jpg"


def parse_card_data(card: str) -> dict[str, str]:
    """Read what a card tells scripts: the ``data-`` attributes of its first element.

    Example:
        >>> parse_card_data('<article data-name="&lt;a&gt;.jpg" data-score="71">...</article>')
        {'name': '<a>.jpg', 'score': '71'}
    """
    parser = _FirstElement()
    parser.feed(card[: card.index(">") + 1])
    return parser.data


class _FirstElement(HTMLParser):
    """Keeps the ``data-`` attributes of an element."""

    def __init__(self) -> None:
        super().__init__()
        self.data: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        self.data = {
            name.removeprefix("data-"): value or "" for name, value in attrs if name.startswith("data-")
        }


def _choose_name(parent: Path, stem: str) -> str:
    names = (f"{stem}_files" if number == 1 else f"{stem}_files-{number}" for number in count(1))
    return next(name for name in names if _is_free(parent / name))


def _is_free(folder: Path) -> bool:
    """Whether nothing is there that is not a page's."""
    if folder.is_symlink():
        return False
    if not folder.exists():
        return True
    return folder.is_dir() and all(_OWN_NAME.fullmatch(path.name) for path in folder.iterdir())
