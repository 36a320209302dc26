"""Render the sample photos: a small studio with a softbox, products, and what goes wrong in practice.

Needs Mitsuba 3.9 in a virtual environment of its own:
``pip install mitsuba numpy pillow opencv-python-headless``.

    python examples/studio/render.py --out examples/photos
    python examples/studio/render.py --only mug --size 240 --spp 16 --out build/trial
"""

import argparse
from pathlib import Path

import cv2
import mitsuba as mi
import numpy as np

mi.set_variant("scalar_rgb")

from defects import DEFECTS  # noqa: E402
from materials import matte  # noqa: E402
from products import PRODUCTS  # noqa: E402

DISTANCE = 9.0
PASSES = 4
PAPER = 1.08
# How hard to smooth a product: light through glass is found by chance alone and stays grainy,
# while linen must keep its threads.
GRAIN = {"perfume-bottle": 5, "table-lamp": 1}


def look(origin, target):
    return mi.ScalarTransform4f().look_at(origin=origin, target=target, up=[0, 0, 1])


def camera(size, spp, seed, frame):
    """A long lens from a little above; `frame` is (half extent, middle across, middle up) at 9 units."""
    half, across, up = frame
    return {
        "type": "perspective",
        "fov": float(np.degrees(2 * np.arctan(half / DISTANCE))),
        "principal_point_offset_x": across / half / 2,
        "principal_point_offset_y": -up / half / 2,
        "to_world": look([0, -DISTANCE, 2.9], [0, 0, 0.9]),
        "film": {
            "type": "hdrfilm",
            "width": size,
            "height": size,
            "pixel_format": "rgba",
            "rfilter": {"type": "gaussian"},
        },
        "sampler": {"type": "multijitter", "sample_count": spp, "seed": seed},
    }


def lights():
    """A softbox from the left, a strip from the right, a bright room, two black cards at the sides."""
    black = matte((0.01, 0.01, 0.01))
    return {
        "fill": {"type": "constant", "radiance": 0.6},
        "softbox": {
            "type": "rectangle",
            "to_world": look([-5, -4, 7], [0, 0, 1]) @ mi.ScalarTransform4f().scale(2.4),
            "emitter": {"type": "area", "radiance": 5.0},
        },
        "strip": {
            "type": "rectangle",
            "to_world": look([5.5, -2.5, 3.5], [0, 0, 1]) @ mi.ScalarTransform4f().scale([0.6, 2.6, 1]),
            "emitter": {"type": "area", "radiance": 3.0},
        },
        **{
            f"card{side}": {
                "type": "rectangle",
                "to_world": look([side * 3.6, 1.2, 1.6], [0, 0, 1.2])
                @ mi.ScalarTransform4f().scale([0.9, 1.6, 1]),
                "bsdf": black,
            }
            for side in (-1, 1)
        },
        "floor": {
            "type": "rectangle",
            "to_world": mi.ScalarTransform4f().scale(60),
            "bsdf": matte((0.8, 0.8, 0.8)),
        },
    }


def exposed(parts, size, spp, frame, passes=PASSES):
    """Linear RGB as the mean of passes without each pixel's brightest one, which holds the fireflies."""
    shots = []
    for seed in range(passes):
        scene = {"type": "scene", **lights(), **parts}
        scene["integrator"] = {"type": "path", "max_depth": 10, "rr_depth": 4}
        scene["sensor"] = camera(size, max(spp // passes, 1), seed, frame)
        shots.append(np.array(mi.render(mi.load_dict(scene), seed=seed))[..., :3])
    return (np.sum(shots, axis=0) - np.max(shots, axis=0)) / (passes - 1)


def silhouette(parts, size, frame, spp=32):
    """How much of each pixel the product covers, 0..1."""
    scene = {"type": "scene", "integrator": {"type": "depth"}, **parts}
    scene["sensor"] = camera(size, spp, 0, frame)
    return np.clip(np.array(mi.render(mi.load_dict(scene)))[..., -1], 0, 1)


def framed(parts, fill=0.82):
    """The frame in which the product's longer side fills a share of the picture, in the middle."""
    wide = 2.4
    rows, columns = np.nonzero(silhouette(parts, 300, (wide, 0, 0), 8) > 0.3)
    left, right = (np.array([columns.min(), columns.max() + 1]) / 150 - 1) * wide
    top, bottom = (1 - np.array([rows.min(), rows.max() + 1]) / 150) * wide
    half = max(right - left, top - bottom) / 2 / fill
    return half, (left + right) / 2, (top + bottom) / 2


def photograph(name, size, spp):
    """The product on white paper and its silhouette, linear RGB in which 1 is white."""
    parts = PRODUCTS[name]()
    frame = framed(parts)
    full = exposed(parts, size, spp, frame)
    empty = exposed({}, size // 6, 96, frame)
    plate = cv2.GaussianBlur(cv2.resize(empty, (size, size)), (0, 0), size / 60)
    cover = silhouette(parts, size, frame)[..., None]
    ground = faded(full / plate * PAPER, PAPER)
    product = shoulder(full / np.median(plate) * 1.02)
    return product * cover + ground * (1 - cover), cover


def shoulder(linear, knee=0.62):
    """Highlights rolled off towards 1 from the knee up, as film does."""
    over = np.maximum(linear - knee, 0) / (1 - knee)
    return np.minimum(linear, knee) + (1 - knee) * (1 - np.exp(-over))


def faded(ground, paper):
    """The shadow dissolved into paper near the frame, as a retoucher would."""
    side = np.linspace(0, 1, ground.shape[0])
    near = np.clip(np.minimum(side, side[::-1]) / 0.12, 0, 1)
    ramp = near * near * (3 - 2 * near)
    return paper + np.outer(ramp, ramp)[..., None] * (ground - paper)


def encoded(linear):
    """Linear light to sRGB, 8 bits."""
    display = np.clip(linear, 0, 1)
    display = np.where(display <= 0.0031308, 12.92 * display, 1.055 * display ** (1 / 2.4) - 0.055)
    return np.rint(display * 255).astype(np.uint8)


def decoded(pixels):
    display = pixels / 255.0
    return np.where(display <= 0.04045, display / 12.92, ((display + 0.055) / 1.055) ** 2.4)


def denoised(linear, cover, strength=2):
    """The renderer's grain taken out, little on the product, much around it; paper stays above 1."""
    pixels = encoded(linear)
    fine = cv2.fastNlMeansDenoisingColored(pixels, None, strength, strength + 2, 5, 15)
    calm = cv2.GaussianBlur(cv2.fastNlMeansDenoisingColored(pixels, None, 9, 9, 7, 21), (0, 0), 1.5)
    near = cv2.dilate(np.float32(cover), np.ones((13, 13), np.uint8))
    near = cv2.GaussianBlur(near, (0, 0), 3)[..., None]
    calm = decoded(fine) * near + decoded(calm) * (1 - near)
    return np.where((linear >= 1) & (cover < 0.5), np.maximum(linear, calm), calm)


def save(pixels, path, quality=92):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("examples/photos"))
    parser.add_argument("--only", choices=sorted(PRODUCTS))
    parser.add_argument("--size", type=int, default=800)
    parser.add_argument("--spp", type=int, default=64)
    options = parser.parse_args()
    for name in [options.only] if options.only else PRODUCTS:
        linear, cover = photograph(name, options.size, options.spp)
        linear = denoised(linear, cover, GRAIN.get(name, 2))
        save(encoded(linear), options.out / f"{name}.jpg")
        for file, (source, spoil, quality) in DEFECTS.items():
            if source == name:
                save(spoil(linear, cover, encoded), options.out / file, quality)
        print(name, flush=True)


if __name__ == "__main__":
    main()
