"""On the path of a command, has some photos crash it, hang it, or meet a fault of its own."""

import os
import signal
import time

from packshot.photo.photo import Photo

opened = Photo.open


def crash(source, **settings):
    label = str(settings.get("name") or source)
    if "deadly" in label:
        os.kill(os.getpid(), signal.SIGSEGV)
    if "endless" in label:
        time.sleep(1000)
    if "faulty" in label:
        raise TypeError("a fault of ours")
    return opened(source, **settings)


Photo.open = crash
