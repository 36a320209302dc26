"""The blocks of a GIF (GIF89a specification), to the end of the last picture that counts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from packshot.photo.structure.outline import ExcessiveFile, IncompleteFile, Outline

MAGIC = (b"GIF87a", b"GIF89a")

_IMAGE, _EXTENSION, _CONTROL = 0x2C, 0x21, 0xF9
# Encoders fill blocks to 255 bytes, so this is all that a file of 256 MB needs: half a second.
_MAX_CONTROL_BYTES = 8
_MAX_BLOCKS = 1_200_000


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
class _BlockCursor:
    """Where it stands."""

    data: bytes
    position: int
    blocks: int = 0

    def skip_blocks(self) -> None:
        """To behind the block of no length that ends a series."""
        size = -1
        while size:
            size = self._read_byte()
            self.position += size
            self.blocks += 1
            if self.blocks > _MAX_BLOCKS:
                raise ExcessiveFile(f"more than {_MAX_BLOCKS:,} blocks: no photo needs so many")

    def skip_colour_table(self, flags: int) -> None:
        """To behind a colour table, if the flags tell of one."""
        self.position += 3 << ((flags & 7) + 1) if flags & 0x80 else 0

    def _read_byte(self) -> int:
        if self.position >= len(self.data):
            raise IncompleteFile("the picture's data end before the picture does")
        self.position += 1
        return self.data[self.position - 1]


def read_outline(data: bytes, max_frames: int) -> GifOutline:
    """Walk through a GIF, no further than one frame past `max_frames`.

    A file that ends behind a whole picture, without the trailer, is whole.

    Raises:
        Incomplete: It ends within a picture, or has none.
        Excessive: It has more blocks than a photo.
    """
    cursor = _BlockCursor(data, 13)
    cursor.skip_colour_table(data[10] if len(data) > 10 else 0)
    head = data[: cursor.position]
    first: GifOutline | None = None
    frames, control = 0, b""
    while frames <= max_frames and cursor.position < len(data):
        kind, cursor.position = data[cursor.position], cursor.position + 1
        if kind == _EXTENSION:
            begin, cursor.position = cursor.position - 1, cursor.position + 1
            cursor.skip_blocks()
            if data[begin + 1] == _CONTROL and first is None:
                control = data[begin : min(cursor.position, begin + _MAX_CONTROL_BYTES)]
        elif kind == _IMAGE:
            picture = _read_picture(cursor)
            first = first or replace(picture, head=head, control=control)
            frames += 1
        else:
            break  # The trailer, or what no longer belongs to the pictures.
    if first is None:
        raise IncompleteFile("it ends before its picture begins")
    return replace(first, frames=frames)


def _read_picture(cursor: _BlockCursor) -> GifOutline:
    position, data = cursor.position, cursor.data
    head = data[position : position + 9]
    if len(head) < 9:
        raise IncompleteFile("it ends within a picture")
    left, top, width, height = (int.from_bytes(head[at : at + 2], "little") for at in (0, 2, 4, 6))
    cursor.position += 9
    cursor.skip_colour_table(head[8])
    begin = cursor.position + 1
    code_bits = data[cursor.position] if cursor.position < len(data) else 8
    cursor.position = begin
    cursor.skip_blocks()
    screen = (int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little"))
    return GifOutline(
        format="GIF",
        width=max(screen[0], left + width),
        height=max(screen[1], top + height),
        begin=position - 1,
        interlaced=bool(head[8] & 0x40),
        code_bits=code_bits,
        data=begin,
        end=cursor.position,
        size=(width, height),
        decoder_bytes=4.3,
    )


def extract_first_picture(data: bytes, outline: GifOutline) -> bytes:
    """A GIF of the first picture alone, without comments and what else belongs to no picture."""
    return b"".join((outline.head, outline.control, memoryview(data)[outline.begin : outline.end], b";"))
