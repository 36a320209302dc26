"""Render the sample photos: a small studio with a softbox, products, and what goes wrong in practice.

Needs Mitsuba 3.9 in a virtual environment of its own:
``pip install mitsuba numpy opencv-python-headless``.

    python examples/studio/render.py --out examples/photos
    python examples/studio/render.py --only mug --size 240 --spp 16 --out build/trial
"""

import argparse
import tempfile
from pathlib import Path

import cv2
import mitsuba as mi
import numpy as np
from meshes import revolve, rounded_box, smooth, tube, write

mi.set_variant("scalar_rgb")
T = mi.ScalarTransform4f
FOLDER = Path(tempfile.mkdtemp())


def shape(name, mesh, material, place=None):
    """A mesh with a material, placed by a transform."""
    path = write(mesh, FOLDER / f"{name}.ply")
    return {"type": "ply", "filename": path, "bsdf": material, "to_world": place or T()}


def plastic(colour, roughness=0.15):
    return {
        "type": "roughplastic",
        "diffuse_reflectance": texture(colour),
        "alpha": roughness,
        "nonlinear": True,
    }


def matte(colour):
    return {"type": "twosided", "bsdf": {"type": "diffuse", "reflectance": texture(colour)}}


def metal(kind="Al", roughness=0.18):
    return {"type": "twosided", "bsdf": {"type": "roughconductor", "material": kind, "alpha": roughness}}


def texture(colour):
    """An RGB triple or an image as a reflectance."""
    if isinstance(colour, np.ndarray) and colour.ndim == 3:
        bitmap = mi.Bitmap(np.ascontiguousarray(colour.astype(np.float32)))
        return {"type": "bitmap", "bitmap": bitmap, "raw": True}
    return {"type": "rgb", "value": [float(c) for c in colour]}


def wood(seed, width=1024, height=512):
    """Fine grain along the first axis, in linear RGB."""
    generator = np.random.default_rng(seed)
    streaks = cv2.GaussianBlur(
        generator.normal(size=(height, width)).astype(np.float32), (0, 0), 60, sigmaY=1.2
    )
    pores = cv2.GaussianBlur(
        generator.normal(size=(height, width)).astype(np.float32), (0, 0), 9, sigmaY=0.6
    )
    grain = streaks / streaks.std() * 0.12 + pores / pores.std() * 0.08
    return np.clip(np.array([0.46, 0.25, 0.11]) * (1 + grain[..., None]), 0.02, 0.9)


def weave(colour, side=1024, threads=150):
    """A plain weave: threads over and under, in linear RGB."""
    y, x = np.mgrid[:side, :side] / side * threads * np.pi
    over = np.where(
        (np.floor(x / np.pi) + np.floor(y / np.pi)) % 2, np.abs(np.sin(x)), np.abs(np.sin(y))
    )
    noise = np.random.default_rng(4).normal(0, 0.05, (side, side))
    return np.clip(np.array(colour) * (0.45 + 0.6 * over + noise)[..., None], 0.01, 0.95)


def label(lines, ground, ink, place, rows, width=2048, height=1024):
    """Lettering for a label that wraps around; in linear RGB."""
    mask = np.zeros((height, width), np.uint8)
    for number, (text, size) in enumerate(lines):
        (across, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, size, 2)
        origin = (int(width * place - across / 2), int(height * rows[number]))
        cv2.putText(
            mask, text, origin, cv2.FONT_HERSHEY_DUPLEX, size, 255, max(2, int(size * 1.6)), cv2.LINE_AA
        )
    share = mask[::-1, :, None].astype(np.float32) / 255
    return np.array(ground) * (1 - share) + np.array(ink) * share


def perfume():
    glass = smooth(
        [
            (0, 0.06),
            (0.62, 0.06),
            (0.78, 0.12),
            (0.8, 0.3),
            (0.8, 1.5),
            (0.62, 1.78),
            (0.26, 1.9),
            (0.26, 2.05),
        ]
    )
    liquid = smooth([(0, 0.14), (0.6, 0.14), (0.7, 0.2), (0.71, 0.35), (0.71, 1.18), (0.0, 1.18)])
    cap = smooth([(0, 2.0), (0.36, 2.0), (0.38, 2.05), (0.38, 2.62), (0.34, 2.68), (0, 2.68)])
    band = revolve([(0.805, 0.62), (0.805, 1.12)])
    return (
        {
            "glass": shape("glass", revolve(glass), plastic((0.55, 0.22, 0.28), 0.05)),
            "liquid": shape("liquid", revolve(liquid), plastic((0.6, 0.2, 0.2), 0.1)),
            "cap": shape("cap", revolve(cap), metal("Au", 0.12)),
            "band": shape(
                "band",
                band,
                matte(
                    label(
                        [("AURELIA", 6), ("eau de parfum", 2.6), ("50 ml", 2.2)],
                        (0.9, 0.87, 0.8),
                        (0.1, 0.06, 0.03),
                        0.75,
                        (0.42, 0.68, 0.88),
                        width=4096,
                        height=420,
                    )
                ),
            ),
        },
        1.36,
        1.6,
    )


def jar():
    body = smooth([(0, 0), (0.92, 0), (1.0, 0.08), (1.0, 0.85), (0.94, 0.92), (0, 0.92)])
    lid = smooth([(0, 0.94), (0.98, 0.94), (1.02, 1.0), (1.02, 1.4), (0.95, 1.46), (0, 1.46)])
    text = label(
        [("NORDLYS", 4), ("day cream", 2.8), ("100 ml  3.4 oz", 1.7)],
        (0.86, 0.9, 0.9),
        (0.02, 0.1, 0.16),
        0.75,
        (0.45, 0.52, 0.58),
    )
    return (
        {
            "body": shape("jar", revolve(body), plastic(text, 0.2)),
            "lid": shape("lid", revolve(lid), plastic((0.05, 0.2, 0.26), 0.12)),
        },
        0.74,
        2.1,
    )


def mug():
    wall = smooth(
        [
            (0, 0.05),
            (0.78, 0.05),
            (0.86, 0.12),
            (0.9, 1.9),
            (0.86, 1.96),
            (0.8, 1.9),
            (0.76, 0.2),
            (0, 0.2),
        ]
    )
    t = np.linspace(-1.25, 1.25, 60)
    handle = np.stack([0.82 + 0.62 * np.cos(t), np.zeros_like(t), 1.02 + 0.58 * np.sin(t)], axis=1)
    rings = label(
        [("GOOD", 4.5), ("MORNING", 4.5)], (0.1, 0.26, 0.36), (0.9, 0.88, 0.8), 0.72, (0.68, 0.77)
    )
    return (
        {
            "wall": shape("wall", revolve(wall), plastic(rings, 0.1), T().translate([-0.25, 0, 0])),
            "handle": shape(
                "handle",
                tube(handle, 0.11),
                plastic((0.1, 0.26, 0.36), 0.1),
                T().translate([-0.25, 0, 0]).rotate([0, 0, 1], -20),
            ),
        },
        1.0,
        2.4,
    )


def stool():
    seat = smooth([(0, 1.72), (1.0, 1.72), (1.08, 1.78), (1.08, 1.88), (1.0, 1.94), (0, 1.93)])
    parts = {"seat": shape("seat", revolve(seat), plastic(wood(1), 0.3))}
    for number in range(4):
        angle = np.pi / 4 + number * np.pi / 2
        top, foot = 0.62, 0.95
        leg = np.linspace(
            [top * np.cos(angle), top * np.sin(angle), 1.75],
            [foot * np.cos(angle), foot * np.sin(angle), 0.0],
            30,
        )
        parts[f"leg{number}"] = shape(
            f"leg{number}", tube(leg, np.linspace(0.1, 0.075, 30)), plastic(wood(2 + number), 0.3)
        )
        following = angle + np.pi / 2
        rung = np.linspace(
            [0.8 * np.cos(angle), 0.8 * np.sin(angle), 0.8],
            [0.8 * np.cos(following), 0.8 * np.sin(following), 0.8],
            20,
        )
        parts[f"rung{number}"] = shape(f"rung{number}", tube(rung, 0.05), plastic(wood(7), 0.3))
    return parts, 0.97, 2.3


def speaker():
    front = T().translate([0, -0.01, 1.05])
    cloth = weave((0.16, 0.18, 0.22))
    cone = smooth([(0, 0.0), (0.3, 0.03), (0.42, 0.12), (0.46, 0.1), (0.5, 0.02)])
    face = T().translate([0, -0.52, 0]).rotate([1, 0, 0], 90)
    return (
        {
            "body": shape("box", rounded_box((1.5, 1.0, 2.1), 0.12), plastic(cloth, 0.5), front),
            "woofer": shape(
                "woofer", revolve(cone), metal("Al", 0.3), T().translate([0, 0, 0.8]) @ face
            ),
            "tweeter": shape(
                "tweeter", revolve(cone * 0.5), metal("Al", 0.2), T().translate([0, 0, 1.6]) @ face
            ),
        },
        1.05,
        1.6,
    )


def bowl():
    wall = smooth(
        [
            (0, 0.05),
            (0.45, 0.05),
            (0.5, 0.0),
            (0.55, 0.08),
            (1.05, 0.45),
            (1.22, 0.98),
            (1.18, 1.0),
            (0.98, 0.5),
            (0.5, 0.2),
            (0, 0.16),
        ]
    )
    glaze = np.clip(weave((0.7, 0.32, 0.16), threads=40) * 0.4 + np.array([0.35, 0.16, 0.08]), 0, 1)
    return {"bowl": shape("bowl", revolve(wall), plastic(glaze, 0.12))}, 0.5, 2.5


def lamp():
    foot = smooth(
        [(0, 0), (0.62, 0), (0.68, 0.05), (0.62, 0.12), (0.1, 0.17), (0.06, 0.25), (0.06, 1.6), (0, 1.6)]
    )
    shade = revolve([(0.95, 1.3), (0.55, 2.3), (0.53, 2.3), (0.93, 1.3)])
    return (
        {
            "foot": shape("foot", revolve(foot), metal("Cu", 0.2)),
            "shade": shape("shade", shade, matte(weave((0.75, 0.68, 0.52), threads=220))),
        },
        1.15,
        2.0,
    )


PRODUCTS = {
    "perfume-bottle": perfume,
    "cream-jar": jar,
    "mug": mug,
    "wooden-stool": stool,
    "speaker": speaker,
    "clay-bowl": bowl,
    "table-lamp": lamp,
}


def studio(parts, height, width, size, spp, fill=0.82):
    """Scene around parts on z = 0; `height` is that of their middle, `width` their whole extent."""
    reach = max(2.15 * height, width) / fill
    distance = 9.0
    fov = float(np.degrees(2 * np.arctan(reach / 2 / distance)))
    eye = T().look_at(origin=[0, -distance, height + 2.0], target=[0, 0, height * 0.96], up=[0, 0, 1])
    return {
        "type": "scene",
        "integrator": {"type": "path", "max_depth": 8},
        "sensor": {
            "type": "perspective",
            "fov": fov,
            "to_world": eye,
            "film": {"type": "hdrfilm", "width": size, "height": size, "rfilter": {"type": "gaussian"}},
            "sampler": {"type": "multijitter", "sample_count": spp},
        },
        "fill": {"type": "constant", "radiance": 0.55},
        "softbox": {
            "type": "rectangle",
            "to_world": T().look_at(origin=[-5, -4, 7], target=[0, 0, 1], up=[0, 0, 1]).scale(2.2),
            "emitter": {"type": "area", "radiance": 5.0},
        },
        "strip": {
            "type": "rectangle",
            "to_world": T()
            .look_at(origin=[5.5, -2.5, 3.5], target=[0, 0, 1], up=[0, 0, 1])
            .scale([0.6, 2.6, 1]),
            "emitter": {"type": "area", "radiance": 3.0},
        },
        "floor": {"type": "rectangle", "to_world": T().scale(60), "bsdf": matte((0.8, 0.8, 0.8))},
        **parts,
    }


def photograph(name, size, spp):
    """The product on white, linear RGB 0..1 and above; divided by the empty set, so paper is 1."""
    parts, height, width = PRODUCTS[name]()
    full = np.array(mi.render(mi.load_dict(studio(parts, height, width, size, spp))))[..., :3]
    empty = np.array(mi.render(mi.load_dict(studio({}, height, width, size // 4, max(spp, 32)))))[
        ..., :3
    ]
    plate = cv2.GaussianBlur(
        cv2.resize(empty, (size, size), interpolation=cv2.INTER_CUBIC), (0, 0), size / 20
    )
    return faded(full / plate * 1.06, 1.06)


def faded(image, paper):
    """The set's shadow dissolved into paper near the frame, as a retoucher would."""
    side = np.linspace(0, 1, image.shape[0])
    near = np.clip(np.minimum(side, side[::-1]) / 0.09, 0, 1)
    ramp = near * near * (3 - 2 * near)
    return paper + np.outer(ramp, ramp)[..., None] * (image - paper)


def developed(linear):
    """Linear light to sRGB 8 bits, grain of the renderer smoothed."""
    display = np.clip(linear, 0, 1)
    display = np.where(display <= 0.0031308, 12.92 * display, 1.055 * display ** (1 / 2.4) - 0.055)
    pixels = np.rint(display * 255).astype(np.uint8)
    smoothed = cv2.bilateralFilter(pixels, 5, 9, 1.6)
    return np.ascontiguousarray(smoothed)


def save(pixels, path, quality=92):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])


def low_light(linear):
    generator = np.random.default_rng(0)
    light = np.clip(linear, 0, 1.2) * 0.11
    return np.clip(light + generator.normal(size=light.shape) * np.sqrt(light / 1500 + 2e-5), 0, 1)


def small_and_off_centre(linear):
    side = linear.shape[0]
    canvas = np.full_like(linear, 1.06)
    shrunk = cv2.resize(linear, None, fx=0.38, fy=0.38, interpolation=cv2.INTER_AREA)
    ramp = np.clip(np.minimum(np.arange(len(shrunk)), np.arange(len(shrunk))[::-1]) / 40, 0, 1)
    blended = 1.06 + np.outer(ramp, ramp)[..., None] * (shrunk - 1.06)
    canvas[side // 2 : side // 2 + len(shrunk), side // 16 : side // 16 + len(shrunk)] = blended
    return canvas


def badge(pixels):
    marked = pixels.copy()
    side = len(marked)
    cv2.circle(
        marked, (int(side * 0.8), int(side * 0.2)), int(side * 0.13), (214, 30, 40), -1, cv2.LINE_AA
    )
    cv2.putText(
        marked,
        "-50%",
        (int(side * 0.695), int(side * 0.225)),
        1,
        side / 320,
        (255, 255, 255),
        5,
        cv2.LINE_AA,
    )
    return marked


def thumbnail(pixels):
    small = cv2.resize(pixels, (150, 150), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, pixels.shape[1::-1], interpolation=cv2.INTER_CUBIC)


def spoiled(name, linear, out):
    """What goes wrong with this product's photo, if anything."""
    if name == "mug":
        save(developed(linear * np.array([1.0, 0.8, 0.56])), out / "mug-warm-cast.jpg")
    if name == "wooden-stool":
        save(developed(low_light(linear)), out / "stool-low-light.jpg", 95)
    if name == "speaker":
        moved = cv2.filter2D(linear, -1, np.full((1, 19), 1 / 19))
        save(developed(moved), out / "speaker-motion-blur.jpg")
        save(badge(developed(linear)), out / "speaker-sale-badge.jpg")
    if name == "clay-bowl":
        save(developed(small_and_off_centre(linear)), out / "bowl-small-off-centre.jpg")
    if name == "perfume-bottle":
        save(thumbnail(developed(linear)), out / "perfume-enlarged-thumbnail.jpg")
    if name == "cream-jar":
        save(developed(linear), out / "jar-heavy-jpeg.jpg", 6)
    if name == "table-lamp":
        save(developed(linear * 1.5), out / "lamp-overexposed.jpg")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("examples/photos"))
    parser.add_argument("--only", choices=sorted(PRODUCTS))
    parser.add_argument("--size", type=int, default=900)
    parser.add_argument("--spp", type=int, default=64)
    options = parser.parse_args()
    for name in [options.only] if options.only else PRODUCTS:
        linear = photograph(name, options.size, options.spp)
        save(developed(linear), options.out / f"{name}.jpg")
        spoiled(name, linear, options.out)
        print(name, flush=True)


if __name__ == "__main__":
    main()
