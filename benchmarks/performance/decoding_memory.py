"""What decoding photos of 100 megapixels takes: memory at its highest, and seconds, for each format.

    python -m benchmarks.performance.decoding_memory

Makes the files in a temporary folder (the encoders take minutes), then opens each in a process of its
own: reduced to the size that photos are judged at, and at full size. Photos in HEIC are left out where
the extra is missing.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.support.record import write_results
from packshot.photo import Limits

MEGAPIXELS = 100
WIDTH, HEIGHT = 12_000, 8_333
_MEASURE_SCRIPT = """
import sys, time
from pathlib import Path
from packshot.errors import UnreadablePhoto
from packshot.photo import Limits, Photo


def peak():
    # The resource module would count the parent's memory too.
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024

begun, before = time.perf_counter(), peak()
limits = Limits(max_memory=int(sys.argv[2]) * 2**20)
try:
    Photo.open(sys.argv[1], limits=limits, max_side=int(sys.argv[3]) or None)
    said = "opens"
except UnreadablePhoto as error:
    said = error.reason
print(round(before), round(peak()), round(time.perf_counter() - begun, 1), said, sep="|")
"""
_UNLIMITED_MB = 1_000_000
_JUDGED_SIDE = 1024


def make_pictures() -> dict[str, Image.Image]:
    """A picture of slopes in every mode that is decoded differently."""
    down, across = np.mgrid[:100, :100]
    tile = np.stack([across * 2 + 40, down * 2 + 60, across + down + 30], axis=-1).astype(np.uint8)
    pixels = np.ascontiguousarray(np.tile(tile, (HEIGHT // 100 + 1, WIDTH // 100, 1))[:HEIGHT])
    colour = Image.fromarray(pixels)
    grey = colour.convert("L")
    clear = colour.copy()
    clear.putalpha(grey)
    deep = np.asarray(grey)
    return {
        "RGB": colour,
        "RGBA": clear,
        "L": grey,
        "P": colour.quantize(64),
        "CMYK": colour.convert("CMYK"),
        "I;16": Image.fromarray(deep.astype(np.uint16) * 257),
        "F": Image.fromarray(deep.astype(np.float32)),
    }


FILES: dict[str, tuple[str, str, dict[str, object]]] = {
    "JPEG": ("RGB", "jpg", {"quality": 85}),
    "JPEG, progressive": ("RGB", "jpg", {"quality": 85, "progressive": True}),
    "JPEG, progressive, 4:4:4": ("RGB", "jpg", {"quality": 85, "progressive": True, "subsampling": 0}),
    "JPEG, CMYK": ("CMYK", "jpg", {"quality": 85}),
    "PNG": ("RGB", "png", {"compress_level": 1}),
    "PNG, alpha": ("RGBA", "png", {"compress_level": 1}),
    "PNG, 16-bit grey": ("I;16", "png", {"compress_level": 1}),
    "PNG, palette": ("P", "png", {"compress_level": 1}),
    "GIF": ("P", "gif", {}),
    "BMP, grey": ("L", "bmp", {}),
    "TIFF": ("RGB", "tif", {"compression": "tiff_lzw"}),
    "TIFF, CMYK": ("CMYK", "tif", {"compression": "tiff_lzw"}),
    "TIFF, 16-bit grey": ("I;16", "tif", {"compression": "tiff_lzw"}),
    "TIFF, floats": ("F", "tif", {"compression": "tiff_lzw"}),
    "WebP": ("RGB", "webp", {"quality": 50, "method": 0}),
    "WebP, lossless": ("RGB", "webp", {"lossless": True, "quality": 0, "method": 0}),
    "WebP, alpha": ("RGBA", "webp", {"quality": 50, "method": 0}),
    "AVIF": ("RGB", "avif", {"quality": 50, "speed": 10}),
    "AVIF, 4:4:4": ("RGB", "avif", {"quality": 50, "speed": 10, "subsampling": "4:4:4"}),
    "AVIF, grey": ("L", "avif", {"quality": 50, "speed": 10}),
    "AVIF, alpha": ("RGBA", "avif", {"quality": 50, "speed": 10}),
    "AVIF, alpha, 4:4:4": ("RGBA", "avif", {"quality": 50, "speed": 10, "subsampling": "4:4:4"}),
    "HEIC": ("RGB", "heic", {"quality": 50}),
    "HEIC, 4:4:4": ("RGB", "heic", {"quality": 50, "chroma": 444}),
    "HEIC, grey": ("L", "heic", {"quality": 50}),
    "HEIC, alpha": ("RGBA", "heic", {"quality": 50}),
    "HEIC, 10 bits": ("RGB;16", "heic", {"quality": 50}),
}


def write_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """The files, by name."""
    images = make_pictures()
    for number, (name, (mode, extension, options)) in enumerate(FILES.items()):
        path = folder / f"{number}.{extension}"
        if extension == "heic":
            if not _save_heic(images[mode.removesuffix(";16")], path, options, deep=";16" in mode):
                continue
        else:
            images[mode].save(path, **options)
        yield name, path


def _save_heic(image: Image.Image, path: Path, options: dict[str, object], deep: bool) -> bool:
    try:
        import pillow_heif
    except ImportError:
        return False
    heif = pillow_heif.from_pillow(image)
    if deep:
        wide = np.asarray(image).astype(np.uint16) * 257
        heif = pillow_heif.from_bytes("RGB;16", image.size, wide.tobytes())
    heif.save(path, **options)
    return True


def measure_decoding(path: Path, limit: int, side: int) -> tuple[int, int, float, str]:
    """Megabytes before and at the highest, seconds, and what came of it; in a process of its own."""
    command = [sys.executable, "-c", _MEASURE_SCRIPT, str(path), str(limit), str(side)]
    printed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    before, highest, seconds, outcome = printed.strip().split("|", 3)
    return int(before), int(highest), float(seconds), outcome


def make_row(name: str, path: Path) -> dict[str, object]:
    """Figures of one file, judged and at full size, beside the estimate that the limit goes by."""
    before, judged, seconds, _ = measure_decoding(path, _UNLIMITED_MB, _JUDGED_SIDE)
    _, whole, _, _ = measure_decoding(path, _UNLIMITED_MB, 0)
    refusal = measure_decoding(path, 1, _JUDGED_SIDE)[3]
    estimate = int(refusal.split(" MB of memory")[0].rsplit(" ", 1)[1])
    return {
        "file": name,
        "megapixels": MEGAPIXELS,
        "file_mb": round(path.stat().st_size / 2**20, 1),
        "start_mb": before,
        "peak_mb": judged,
        "peak_full_size_mb": whole,
        "above_start_mb": judged - before,
        "estimate_mb": estimate,
        "seconds": seconds,
        "by_default": "opens" if estimate * 2**20 <= Limits().max_memory_bytes else "refused",
    }


def main() -> None:
    """Measure and write the CSV."""
    with tempfile.TemporaryDirectory() as folder:
        rows = []
        for name, path in write_files(Path(folder)):
            rows.append(make_row(name, path))
            print(rows[-1], flush=True)
            path.unlink()
    print(write_results("decoding_memory", rows))


if __name__ == "__main__":
    main()
