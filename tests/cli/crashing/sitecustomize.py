"""On the path of a command, has some photos crash it, hang it, or meet a fault of its own."""

import os
import signal
import time

from packshot.photo.photo import Photo

original_open = Photo.open


def open_or_crash(source, **settings):
    label = str(settings.get("name") or source)
    if "deadly" in label:
        os.kill(os.getpid(), signal.SIGSEGV)
    if "endless" in label:
        time.sleep(1000)
    if "faulty" in label:
        raise TypeError("a fault of ours")
    return original_open(source, **settings)


Photo.open = open_or_crash
