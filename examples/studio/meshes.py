"""Meshes of products, made from profiles and rounded boxes, written as PLY with smooth normals."""

from pathlib import Path

import numpy as np


def revolve(profile, segments=240, ridges=0, depth=0.0):
    """Turn a profile, rows of (radius, height), around the z axis.

    U starts at the back and is 0.5 in front of the camera; v is the height, 0 to 1 (0 below).
    `ridges` grooves of the given depth run upright around it, as on a screw cap.
    """
    profile = np.asarray(profile, float)
    turn = np.linspace(0, 1, segments + 1)
    angles = np.pi / 2 + 2 * np.pi * turn
    radius = profile[:, :1] * (1 - depth * (0.5 + 0.5 * np.cos(ridges * angles)))
    vertices = np.empty((len(profile), len(angles), 3))
    vertices[..., 0] = radius * np.cos(angles)
    vertices[..., 1] = radius * np.sin(angles)
    vertices[..., 2] = profile[:, 1:]
    low, high = profile[:, 1].min(), profile[:, 1].max()
    share = (profile[:, 1] - low) / max(high - low, 1e-9)
    return grid(vertices, np.stack(np.meshgrid(turn, share), axis=-1))


def block(width, depth, height, corner, edge, steps=12):
    """A box on z = 0 with upright corners of radius `corner` and edges of radius `edge`.

    U is the way around, 0 at the back and 0.5 in the middle of the front; v is the height, 0 to 1.
    """
    base, normal = rounded_rectangle(width, depth, corner, steps)
    turn = np.linspace(0, np.pi / 2, steps)
    below = np.stack([edge * (1 - np.sin(turn)), edge * (1 - np.cos(turn))], axis=1)
    above = np.stack([below[::-1, 0], height - below[::-1, 1]], axis=1)
    rows = np.concatenate([below, above])
    rings = base[None] - rows[:, :1, None] * normal[None]
    rings = np.concatenate([rings[:1] * 0, rings, rings[-1:] * 0])
    levels = np.concatenate([[0], rows[:, 1], [height]])
    vertices = np.dstack([rings, np.broadcast_to(levels[:, None], rings.shape[:2])])
    way = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(base, axis=0), axis=1))])
    return grid(vertices, np.stack(np.meshgrid(way / way[-1], levels / height), axis=-1))


def rounded_rectangle(width, depth, corner, steps=12):
    """Points around a rounded rectangle from the middle of its back, and their outward normals."""
    centres = np.array([[-1, 1], [-1, -1], [1, -1], [1, 1]]) * (np.array([width, depth]) / 2 - corner)
    points, normals = [[0.0, depth / 2]], [[0.0, 1.0]]
    for number, centre in enumerate(centres):
        for angle in np.linspace(0, np.pi / 2, steps) + np.pi / 2 * (number + 1):
            normals.append([np.cos(angle), np.sin(angle)])
            points.append(centre + corner * np.array(normals[-1]))
    return np.array([*points, points[0]]), np.array([*normals, normals[0]])


def seen_from_above(mesh, scale):
    """The mesh with UV taken from x and y: planks and boards."""
    vertices, faces, _ = mesh
    return vertices, faces, vertices[:, :2] / scale + 0.5


def grid(vertices, uv):
    """Triangles of a grid of vertices (R, C, 3)."""
    rows, columns = vertices.shape[:2]
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    faces = np.concatenate(
        [np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)]
    )
    return vertices.reshape(-1, 3), faces, uv.reshape(-1, 2)


def smooth(points, steps=10):
    """A profile with its corners rounded by Chaikin's scheme; the ends stay."""
    points = np.asarray(points, float)
    for _ in range(min(steps, 4)):
        near = 0.75 * points[:-1] + 0.25 * points[1:]
        far = 0.25 * points[:-1] + 0.75 * points[1:]
        inner = np.stack([near, far], axis=1).reshape(-1, 2)
        points = np.concatenate([points[:1], inner[1:-1], points[-1:]])
    return points


def tube(path, radius, sides=40):
    """A round tube along a path of points; radius may change along it."""
    path = np.asarray(path, float)
    radius = np.broadcast_to(radius, len(path))
    tangent = np.gradient(path, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    up = np.array([0.0, 1.0, 0.01])
    side = np.cross(tangent, up)
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    other = np.cross(side, tangent)
    angles = np.linspace(0, 2 * np.pi, sides + 1)
    ring = side[:, None] * np.cos(angles)[None, :, None] + other[:, None] * np.sin(angles)[None, :, None]
    vertices = path[:, None] + ring * radius[:, None, None]
    uv = np.stack(np.meshgrid(angles / (2 * np.pi), np.linspace(0, 1, len(path))), axis=-1)
    vertices, faces, uv = grid(vertices, uv)
    return vertices, faces[:, ::-1], uv.reshape(-1, 2)


def write(mesh, path):
    """Write (vertices, faces, uv) as binary PLY with smooth normals; returns the path."""
    vertices, faces, uv = mesh
    corners = vertices[faces]
    flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(normals, faces[:, corner], flat)
    # Vertices that coincide (seams, poles) share a normal.
    _, same = np.unique(np.round(vertices, 5), axis=0, return_inverse=True)
    shared = np.zeros((same.max() + 1, 3))
    np.add.at(shared, same.ravel(), normals)
    normals = shared[same.ravel()]
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    header = "\n".join(
        [
            "ply",
            "format binary_little_endian 1.0",
            f"element vertex {len(vertices)}",
            *(f"property float {name}" for name in ("x", "y", "z", "nx", "ny", "nz", "u", "v")),
            f"element face {len(faces)}",
            "property list uchar int vertex_indices",
            "end_header\n",
        ]
    )
    rows = np.concatenate([vertices, normals, uv], axis=1).astype("<f4")
    body = np.empty(len(faces), dtype=[("n", "u1"), ("i", "<i4", 3)])
    body["n"], body["i"] = 3, faces
    Path(path).write_bytes(header.encode() + rows.tobytes() + body.tobytes())
    return str(path)
