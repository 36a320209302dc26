"""The blocks of a GIF (GIF89a specification), to the end of the last picture that counts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from packshot.photo.structure.outline import Excessive, Incomplete, Outline

MAGIC = (b"GIF87a", b"GIF89a")

_IMAGE, _EXTENSION, _CONTROL = 0x2C, 0x21, 0xF9
# Encoders fill blocks to 255 bytes, so this is all that a file of 256 MB needs: half a second.
_LONGEST_CONTROL = 8
_MOST_BLOCKS = 1_200_000


@dataclass(frozen=True)
class GifOutline(Outline):
    """A GIF's structure.

    Attributes:
        head: The header and the colours that all pictures share.
        control: The extension that says which colour of the first picture is transparent, if any.
        begin: Offset of the first picture.
        interlaced: The first picture's rows are stored in four passes.
        code_bits: Of the first picture's codes, at their smallest.
        data: Offset of the first picture's data, behind the size of its codes.
        end: Offset behind them.
        size: Columns and rows of the first picture, which may be a part of the whole.
    """

    head: bytes = field(default=b"", repr=False)
    control: bytes = b""
    begin: int = 0
    interlaced: bool = False
    code_bits: int = 8
    data: int = 0
    end: int = 0
    size: tuple[int, int] = (0, 0)


@dataclass
class _Walk:
    """Where it stands."""

    data: bytes
    place: int
    blocks: int = 0

    def skip_blocks(self) -> None:
        """To behind the block of no length that ends a series."""
        size = -1
        while size:
            size = self._byte()
            self.place += size
            self.blocks += 1
            if self.blocks > _MOST_BLOCKS:
                raise Excessive(f"more than {_MOST_BLOCKS:,} blocks: no photo needs so many")

    def skip_colours(self, flags: int) -> None:
        """To behind a colour table, if the flags tell of one."""
        self.place += 3 << ((flags & 7) + 1) if flags & 0x80 else 0

    def _byte(self) -> int:
        if self.place >= len(self.data):
            raise Incomplete("the picture's data end before the picture does")
        self.place += 1
        return self.data[self.place - 1]


def outline(data: bytes, most_frames: int) -> GifOutline:
    """Walk through a GIF, no further than one frame past `most_frames`.

    A file that ends behind a whole picture, without the trailer, is whole.

    Raises:
        Incomplete: It ends within a picture, or has none.
        Excessive: It has more blocks than a photo.
    """
    walk = _Walk(data, 13)
    walk.skip_colours(data[10] if len(data) > 10 else 0)
    head = data[: walk.place]
    first: GifOutline | None = None
    frames, control = 0, b""
    while frames <= most_frames and walk.place < len(data):
        kind, walk.place = data[walk.place], walk.place + 1
        if kind == _EXTENSION:
            begin, walk.place = walk.place - 1, walk.place + 1
            walk.skip_blocks()
            if data[begin + 1] == _CONTROL and first is None:
                control = data[begin : min(walk.place, begin + _LONGEST_CONTROL)]
        elif kind == _IMAGE:
            picture = _picture(walk)
            first = first or replace(picture, head=head, control=control)
            frames += 1
        else:
            break  # The trailer, or what no longer belongs to the pictures.
    if first is None:
        raise Incomplete("it ends before its picture begins")
    return replace(first, frames=frames)


def _picture(walk: _Walk) -> GifOutline:
    place, data = walk.place, walk.data
    head = data[place : place + 9]
    if len(head) < 9:
        raise Incomplete("it ends within a picture")
    left, top, width, height = (int.from_bytes(head[at : at + 2], "little") for at in (0, 2, 4, 6))
    walk.place += 9
    walk.skip_colours(head[8])
    begin = walk.place + 1
    code_bits = data[walk.place] if walk.place < len(data) else 8
    walk.place = begin
    walk.skip_blocks()
    screen = (int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little"))
    return GifOutline(
        kind="GIF",
        width=max(screen[0], left + width),
        height=max(screen[1], top + height),
        begin=place - 1,
        interlaced=bool(head[8] & 0x40),
        code_bits=code_bits,
        data=begin,
        end=walk.place,
        size=(width, height),
        decoder_bytes=4.3,
    )


def first_picture(data: bytes, found: GifOutline) -> bytes:
    """A GIF of the first picture alone, without comments and what else belongs to no picture."""
    return b"".join((found.head, found.control, memoryview(data)[found.begin : found.end], b";"))
