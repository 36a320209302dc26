"""Meshes of products, made from profiles and rounded boxes, written as PLY with smooth normals."""

from pathlib import Path

import numpy as np


def revolve(profile, segments=160):
    """Turn a profile, rows of (radius, height), around the z axis; UV goes around and along."""
    profile = np.asarray(profile, float)
    angles = np.linspace(0, 2 * np.pi, segments + 1)
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(profile, axis=0), axis=1))])
    rows, columns = len(profile), len(angles)
    vertices = np.empty((rows, columns, 3))
    vertices[..., 0] = profile[:, :1] * np.cos(angles)
    vertices[..., 1] = profile[:, :1] * np.sin(angles)
    vertices[..., 2] = profile[:, 1:]
    uv = np.stack(np.meshgrid(angles / (2 * np.pi), along / along[-1]), axis=-1)
    return grid(vertices, uv)


def grid(vertices, uv):
    """Triangles of a grid of vertices (R, C, 3)."""
    rows, columns = vertices.shape[:2]
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    faces = np.concatenate(
        [np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)]
    )
    return vertices.reshape(-1, 3), faces, uv.reshape(-1, 2)


def outward(mesh):
    """The mesh with its faces turned round: grids whose rows run down face inward."""
    vertices, faces, uv = mesh
    return vertices, faces[:, ::-1], uv


def smooth(points, steps=10):
    """A profile with its corners rounded by Chaikin's scheme; the ends stay."""
    points = np.asarray(points, float)
    for _ in range(min(steps, 4)):
        near = 0.75 * points[:-1] + 0.25 * points[1:]
        far = 0.25 * points[:-1] + 0.75 * points[1:]
        inner = np.stack([near, far], axis=1).reshape(-1, 2)
        points = np.concatenate([points[:1], inner[1:-1], points[-1:]])
    return points


def rounded_box(size, radius, detail=24):
    """A box with rounded edges, as a sphere pulled apart; UV by the longitude."""
    theta = np.linspace(0, np.pi, 2 * detail)
    phi = np.linspace(0, 2 * np.pi, 4 * detail + 1)
    x = np.sin(theta)[:, None] * np.cos(phi)
    y = np.sin(theta)[:, None] * np.sin(phi)
    z = np.cos(theta)[:, None] * np.ones_like(phi)
    sphere = np.stack([x, y, z], axis=-1)
    half = np.asarray(size, float) / 2 - radius
    vertices = sphere * radius + np.sign(np.round(sphere, 6)) * half
    uv = np.stack(np.meshgrid(phi / (2 * np.pi), theta / np.pi), axis=-1)
    return outward(grid(vertices, uv))


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
    return outward(grid(vertices, uv))


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
