"""The products: meshes with their surfaces, standing on z = 0, the camera on the side of -y."""

import tempfile
from pathlib import Path

import mitsuba as mi
import numpy as np
from materials import cloth, glass, matte, metal, plastic, printed, stoneware, wood
from meshes import block, revolve, seen_from_above, smooth, tube, write

FOLDER = Path(tempfile.mkdtemp())


def placed():
    return mi.ScalarTransform4f()


def part(name, mesh, material, place=None):
    """One mesh with its material, moved to its place."""
    path = write(mesh, FOLDER / f"{name}.ply")
    return {name: {"type": "ply", "filename": path, "bsdf": material, "to_world": place or placed()}}


def rounded(points):
    return revolve(smooth(points))


def perfume():
    paper = printed(
        (0.86, 0.83, 0.76),
        [
            ("AURELIA", 0.23, 0.5, 0.24, 0.22),
            ("EAU DE PARFUM", 0.095, 0.5, 0.5, 0.3),
            ("No. 7  neroli & cedar", 0.09, 0.5, 0.67, 0.06),
            ("50 ml e  1.7 fl. oz.", 0.085, 0.5, 0.85, 0.06),
        ],
        (0.05, 0.03, 0.02),
        width=1536,
    )
    label = {
        "type": "rectangle",
        "to_world": placed().translate([0, -0.4425, 0.72]).rotate([1, 0, 0], 90).scale([0.48, 0.32, 1]),
        "bsdf": matte(paper),
    }
    up = placed().translate
    return {
        **part("bottle", block(1.3, 0.88, 1.55, 0.16, 0.1), glass((0.98, 0.99, 1.0))),
        **part(
            "scent",
            block(1.08, 0.66, 1.12, 0.1, 0.08),
            plastic((0.8, 0.36, 0.1), 0.06),
            up([0, 0, 0.17]),
        ),
        **part(
            "collar",
            rounded([(0, 0), (0.3, 0), (0.3, 0.12), (0, 0.12)]),
            metal((0.83, 0.62, 0.34), 0.16),
            up([0, 0, 1.55]),
        ),
        **part(
            "cap",
            block(0.66, 0.66, 0.62, 0.07, 0.035),
            plastic((0.018, 0.018, 0.02), 0.09),
            up([0, 0, 1.66]),
        ),
        **part(
            "ring",
            block(0.675, 0.675, 0.05, 0.075, 0.01),
            metal((0.83, 0.62, 0.34), 0.16),
            up([0, 0, 1.7]),
        ),
        "label": label,
    }


def jar():
    text = printed(
        (0.74, 0.77, 0.74),
        [
            ("NORDLYS", 0.2, 0.5, 0.36, 0.25),
            ("DAY CREAM", 0.085, 0.5, 0.57, 0.3),
            ("birch water, oat oil, vitamin E", 0.062, 0.5, 0.69, 0.04),
            ("100 ml e  3.4 fl. oz.", 0.055, 0.5, 0.82, 0.08),
        ],
        (0.015, 0.06, 0.07),
        width=6144,
    )
    body = smooth([(0, 0), (0.94, 0), (1.0, 0.05), (1.0, 0.86), (0.96, 0.92), (0, 0.92)])
    side = smooth([(0.99, 0.9), (1.025, 0.93), (1.025, 1.36), (0.99, 1.42)])
    top = smooth([(1.0, 1.4), (0.97, 1.445), (0.9, 1.45), (0.88, 1.43), (0, 1.43)])
    lacquer = plastic((0.025, 0.11, 0.12), 0.2)
    return {
        **part("jar", revolve(body), plastic(text, 0.12)),
        **part("ridges", revolve(side, 2400, ridges=150, depth=0.022), lacquer),
        **part("top", revolve(top), lacquer),
    }


def mug():
    glaze = stoneware((0.07, 0.2, 0.27), 3, width=4096, height=1400, specks=0.006)
    glaze = printed(
        glaze,
        [
            ("good", 0.23, 0.478, 0.36, 0.02),
            ("morning", 0.23, 0.478, 0.56, 0.02),
            ("SLOW COFFEE CLUB", 0.05, 0.478, 0.77, 0.3),
        ],
        (0.82, 0.79, 0.7),
        width=4096,
        height=1400,
    )
    outer = smooth([(0, 0), (0.74, 0), (0.86, 0.06), (0.89, 0.2), (0.9, 1.88), (0.895, 1.93)])
    inner = smooth([(0.895, 1.93), (0.87, 1.965), (0.83, 1.93), (0.81, 1.8), (0.78, 0.2), (0, 0.14)])
    t = np.linspace(-1.62, 1.62, 80)
    handle = np.stack([0.86 + 0.52 * np.cos(t), 0 * t, 1.0 + 0.52 * np.sin(t)], axis=1)
    turned = placed().rotate([0, 0, 1], -22)
    return {
        **part("mug", revolve(outer), plastic(glaze, 0.1)),
        **part(
            "inside",
            revolve(inner),
            plastic(stoneware((0.72, 0.69, 0.6), 5), 0.1),
            placed().rotate([0, 0, 1], 180),
        ),
        **part(
            "handle",
            tube(handle, 0.115),
            plastic(stoneware((0.07, 0.2, 0.27), 8, 512, 512), 0.1),
            turned,
        ),
    }


def stool():
    seat = smooth([(0, 1.74), (0.98, 1.74), (1.06, 1.78), (1.06, 1.87), (1.0, 1.92), (0, 1.91)])
    lacquer = 0.28
    parts = part(
        "seat",
        seen_from_above(revolve(seat), 2.2),
        plastic(wood(1), lacquer),
        placed().rotate([0, 0, 1], 68),
    )
    for number in range(4):
        angle, following = (np.pi / 4 + 0.24 + (number + k) * np.pi / 2 for k in (0, 1))
        out = np.array([np.cos(angle), np.sin(angle), 0])
        leg = np.linspace(0.6 * out + [0, 0, 1.78], 0.94 * out, 40)
        parts |= part(
            f"leg{number}",
            tube(leg, np.linspace(0.1, 0.068, 40)),
            plastic(wood(11 + number)[:, 700:1000], lacquer),
        )
        level = np.array([0, 0, 0.62 + 0.24 * (number % 2)])
        reach = 0.94 - 0.34 * level[2] / 1.78
        other = np.array([np.cos(following), np.sin(following), 0])
        rung = np.linspace(reach * out + level, reach * other + level, 40)
        waist = 0.042 + 0.016 * np.sin(np.linspace(0, np.pi, 40))
        parts |= part(
            f"rung{number}", tube(rung, waist), plastic(wood(21 + number)[:, 700:900], lacquer)
        )
    return parts


def speaker():
    turned = placed().rotate([0, 0, 1], 24)
    veneer = np.concatenate([wood(31, (0.3, 0.145, 0.062))] * 3, axis=1)
    front = turned @ placed().translate([0, -0.62, 0.04])
    parts = part("cabinet", block(1.5, 1.24, 2.3, 0.05, 0.04), plastic(veneer, 0.3))
    parts["cabinet"]["to_world"] = turned
    parts |= part(
        "baffle", block(1.42, 0.06, 2.22, 0.025, 0.02), plastic((0.03, 0.031, 0.034), 0.32), front
    )
    face = turned @ placed().translate([0, -0.65, 0]) @ placed().rotate([1, 0, 0], 90)
    for name, size, level in (("woofer", 0.56, 0.78), ("tweeter", 0.29, 1.72)):
        parts |= driver(name, size, face @ placed().translate([0, level, 0]))
    plate = printed(
        (0.03, 0.031, 0.034),
        [("HALDEN  M2", 0.6, 0.5, 0.5, 0.3)],
        (0.7, 0.68, 0.62),
        width=1536,
        height=128,
    )
    parts["plate"] = {
        "type": "rectangle",
        "to_world": face @ placed().translate([0, 0.13, 0.003]) @ placed().scale([0.5, 0.042, 1]),
        "bsdf": plastic(plate, 0.32),
    }
    return parts


def driver(name, size, place):
    """A loudspeaker's driver in its frame: rubber surround, woven cone, dust cap, screws."""
    weave = cloth((0.12, 0.11, 0.085), 170, 26, width=4096, height=512)
    sized = place @ placed().scale(size)
    frame = smooth([(0.98, 0.0), (1.0, 0.05), (0.9, 0.06), (0.86, 0.02)])
    rubber = smooth([(0.88, 0.01), (0.84, 0.09), (0.76, 0.09), (0.72, 0.0)])
    cone = revolve([(0.73, 0.005), (0.5, 0.002), (0.3, 0.001), (0.27, 0.0)])
    cone = (*cone[:2], np.stack([cone[2][:, 0], np.hypot(*cone[0][:, :2].T)], axis=1))
    cap = smooth([(0.29, 0.0), (0.27, 0.07), (0.16, 0.15), (0.0, 0.16)])
    parts = {
        **part(f"{name}-frame", revolve(frame), metal((0.62, 0.62, 0.63), 0.25), sized),
        **part(f"{name}-rubber", revolve(rubber), plastic((0.02, 0.02, 0.021), 0.3), sized),
        **part(f"{name}-cone", cone, matte(weave), sized),
        **part(f"{name}-cap", revolve(cap), metal((0.72, 0.7, 0.66), 0.3), sized),
    }
    screw = revolve(smooth([(0.045, 0), (0.045, 0.07), (0.022, 0.075), (0.02, 0.05), (0, 0.05)]), 48)
    for number in range(6):
        angle = np.pi / 6 + number * np.pi / 3
        spot = placed().translate([0.935 * np.cos(angle), 0.935 * np.sin(angle), 0])
        parts |= part(f"{name}-screw{number}", screw, metal((0.5, 0.5, 0.52), 0.3), sized @ spot)
    return parts


def bowl():
    outer = smooth([(0, 0), (0.5, 0), (0.53, 0.03), (0.5, 0.1), (0.9, 0.3), (1.14, 0.62), (1.24, 0.95)])
    inner = smooth([(1.24, 0.95), (1.23, 0.985), (1.19, 0.96), (1.08, 0.62), (0.8, 0.3), (0, 0.14)])
    clay = stoneware((0.5, 0.27, 0.15), 41, 4096, 1024, specks=0.006)
    grooves = np.sin(np.linspace(0, 190, 1024)) * 0.07
    clay = clay * (1 + grooves)[:, None, None]
    glaze = stoneware((0.18, 0.36, 0.33), 44, 4096, 1024)
    way = np.linspace(0, 2 * np.pi, 4096)
    rim = 0.5 + 0.035 * np.sin(3 * way + 1) + 0.02 * np.sin(8 * way) + 0.008 * np.sin(23 * way)
    share = np.clip((rim[None] - np.linspace(0, 1, 1024)[:, None]) / 0.006 + 0.5, 0, 1)[..., None]
    dipped = clay * (1 - share) + glaze * share
    return {
        **part("bowl", revolve(outer), plastic(dipped, 0.13)),
        **part(
            "inside",
            revolve(inner),
            plastic(stoneware((0.18, 0.36, 0.33), 47, 4096, 1024), 0.1),
            placed().rotate([0, 0, 1], 180),
        ),
    }


def lamp():
    foot = [(0, 0), (0.6, 0), (0.66, 0.04), (0.62, 0.1), (0.14, 0.17), (0.09, 0.24), (0.09, 0.3)]
    turned = [(0.09, 0.3), (0.09, 0.36), (0.16, 0.42), (0.16, 0.5), (0.08, 0.56), (0.06, 0.7)]
    brass = metal((0.8, 0.56, 0.28), 0.22)
    linen = cloth((0.6, 0.5, 0.36), 520, 150, width=8192, height=2048)
    trim = matte((0.3, 0.2, 0.12))
    return {
        **part("foot", rounded(foot + turned[1:] + [(0.06, 1.5), (0, 1.5)]), brass),
        **part("shade", revolve([(0.92, 1.25), (0.56, 2.3)]), matte(linen)),
        **part("hem", rounded([(0.918, 1.24), (0.936, 1.24), (0.922, 1.29), (0.905, 1.29)]), trim),
        **part("rim", rounded([(0.572, 2.26), (0.582, 2.26), (0.568, 2.31), (0.55, 2.31)]), trim),
    }


PRODUCTS = {
    "perfume-bottle": perfume,
    "cream-jar": jar,
    "mug": mug,
    "wooden-stool": stool,
    "speaker": speaker,
    "clay-bowl": bowl,
    "table-lamp": lamp,
}
