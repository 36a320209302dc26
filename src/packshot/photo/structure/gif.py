"""The blocks of a GIF (GIF89a specification), to the end of the last picture that counts."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace

from packshot.photo.structure.outline import ExcessiveFile, IncompleteFile, Outline

MAGIC = (b"GIF87a", b"GIF89a")

_IMAGE, _EXTENSION, _CONTROL = 0x2C, 0x21, 0xF9
_METADATA_LABELS = (b"\xfe", b"\xff")
"""Of extensions that are comments, or an application's: GIF89a specification, sections 24 and 26."""
_MAX_CONTROL_BYTES = 8
"""Bytes of a graphic control extension: GIF89a specification, section 23."""
_MAX_BLOCKS = 1_200_000
"""Blocks of a file. Encoders fill them to 255 bytes, so this is all that a file of 256 MB needs;
stepping over them takes half a second."""
_DECODER_BYTES = 4.3
"""Bytes of the decoder for each pixel, rounded up from `benchmarks/results/decoding_memory.csv`."""


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

    Example:
        >>> import io
        >>> from PIL import Image
        >>> Image.new("P", (80, 60)).save(file := io.BytesIO(), "GIF")
        >>> outline = read_outline(file.getvalue(), max_frames=1)
        >>> outline.size, outline.frames
        ((80, 60), 1)
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
    """A position in the blocks of a GIF."""

    data: bytes
    position: int
    blocks: int = 0

    def skip_blocks(self) -> None:
        """Move behind the block of no length that ends a series."""
        size = -1
        while size:
            size = self._read_byte()
            self.position += size
            self.blocks += 1
            if self.blocks > _MAX_BLOCKS:
                raise ExcessiveFile(f"more than {_MAX_BLOCKS:,} blocks: no photo needs so many")

    def skip_colour_table(self, flags: int) -> None:
        """Move behind a colour table, if the flags tell of one."""
        self.position += 3 << ((flags & 7) + 1) if flags & 0x80 else 0

    def _read_byte(self) -> int:
        if self.position >= len(self.data):
            raise IncompleteFile("the image data ends before the image is complete")
        self.position += 1
        return self.data[self.position - 1]


def read_outline(data: bytes, max_frames: int) -> GifOutline:
    """Walk through a GIF, no further than one frame past `max_frames`.

    A file that ends behind a whole picture, without the trailer, is whole.

    Raises:
        IncompleteFile: It ends within a picture, or has none.
        ExcessiveFile: It has more blocks than a photo.

    Example:
        >>> import io
        >>> from PIL import Image
        >>> frames = [Image.new("L", (80, 60), grey) for grey in (10, 20, 30)]
        >>> frames[0].save(file := io.BytesIO(), "GIF", save_all=True, append_images=frames[1:])
        >>> read_outline(file.getvalue(), max_frames=10).frames, read_outline(file.getvalue(), 1).frames
        (3, 2)
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
            if first is not None and data[begin + 1 : begin + 2] in _METADATA_LABELS:
                with suppress(IncompleteFile):  # The picture is whole, whatever is cut behind it.
                    cursor.skip_blocks()
                continue
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
        decoder_bytes=_DECODER_BYTES,
    )


def extract_first_picture(data: bytes, outline: GifOutline) -> bytes:
    """Write a GIF of the first picture alone, without comments and what else belongs to no picture.

    Example:
        >>> import io
        >>> from PIL import Image
        >>> Image.new("P", (80, 60)).save(file := io.BytesIO(), "GIF", comment=b"x" * 1000)
        >>> data = file.getvalue()
        >>> len(data) - len(extract_first_picture(data, read_outline(data, max_frames=1))) > 1000
        True
    """
    return b"".join((outline.head, outline.control, memoryview(data)[outline.begin : outline.end], b";"))
