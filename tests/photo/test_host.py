"""What belongs to the host process stays as it is, and decides nothing here, in threads too."""

import io
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from PIL import Image, ImageFile

from packshot.errors import UnreadablePhoto
from packshot.photo import Photo
from tests.photo.photo_files import make_whole_files

FILES = make_whole_files()


def read_shared_state():
    """All that Pillow, the warnings filter and OpenCV keep for the whole process."""
    return (
        Image.MAX_IMAGE_PIXELS,
        ImageFile.LOAD_TRUNCATED_IMAGES,
        list(warnings.filters),
        warnings.showwarning,
        dict(Image.OPEN),
        list(Image.ID),
        cv2.getNumThreads(),
    )


def test_threads_leave_the_host_as_it_was_and_get_the_same_pixels(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1234)
    expected = {name: Photo.open(data).pixels for name, data in FILES.items()}
    before, changes, running = read_shared_state(), [], threading.Event()
    running.set()

    def watch_for_changes():
        while running.is_set():
            if read_shared_state() != before:
                changes.append(read_shared_state())

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    watcher = threading.Thread(target=watch_for_changes)
    watcher.start()
    try:
        with ThreadPoolExecutor(8) as threads:
            results = threads.map(lambda name: (name, Photo.open(FILES[name]).pixels), [*FILES] * 2)
            assert all(np.array_equal(pixels, expected[name]) for name, pixels in results)
    finally:
        running.clear()
        watcher.join()
        sys.setswitchinterval(interval)
    assert changes == []
    assert read_shared_state() == before


def test_a_host_that_loads_truncated_images_is_still_told(monkeypatch):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    for name, data in FILES.items():
        if name in ("JPEG of several pictures", "PNG of black", "PNG that is clear"):
            continue
        Photo.open(data)
        for share in (0.3, 0.6, 0.9):
            with pytest.raises(UnreadablePhoto):
                Photo.open(data[: int(share * len(data))])
    assert ImageFile.LOAD_TRUNCATED_IMAGES


def test_a_host_that_is_strict_about_warnings_sees_none():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name, data in FILES.items():
            assert Photo.open(data, name=name).name == name


def test_the_guard_of_the_host_keeps_out_its_own_bombs_alone(monkeypatch):
    file = io.BytesIO()
    Image.new("RGB", (300, 300)).save(file, "PNG")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert Photo.open(file.getvalue()).pixels.shape == (300, 300, 3)
    with pytest.raises(Image.DecompressionBombError):
        Image.open(file)
