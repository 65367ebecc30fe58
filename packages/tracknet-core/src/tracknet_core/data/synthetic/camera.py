"""A pinhole camera that turns about its own centre.

World coordinates are metres: x along the net, y along the court, z up, the origin on the floor
under the middle of the net. Camera coordinates are x right, y down, z into the scene. Picture
coordinates are pixel indices: the centre of the first pixel is 0.
"""

import math

import numpy as np
from attrs import evolve, frozen
from numpy.typing import ArrayLike, NDArray

from tracknet_core.data.synthetic.arrays import Floats


@frozen(kw_only=True, eq=False)
class Camera:
    """Position, attitude and focal length.

    Attributes:
        position: Optical centre in the world, [3], m.
        yaw: Heading of the optical axis, rad; 0 looks along +y, positive turns to +x.
        pitch: Elevation of the optical axis, rad; negative looks down.
        roll: Turn about the optical axis, rad.
        focal: Focal length, px.
        centre: Principal point, px.
    """

    position: Floats
    yaw: float
    pitch: float
    roll: float
    focal: float
    centre: tuple[float, float]

    @property
    def rotation(self) -> Floats:
        """World to camera axes, [3, 3]."""
        cy, sy, cp, sp = math.cos(self.yaw), math.sin(self.yaw), math.cos(self.pitch), math.sin(self.pitch)
        forward = np.array([sy * cp, cy * cp, sp])
        right = np.array([cy, -sy, 0.0])
        axes = np.stack([right, np.cross(forward, right), forward])
        cr, sr = math.cos(self.roll), math.sin(self.roll)
        turned: Floats = np.array([[cr, sr, 0.0], [-sr, cr, 0.0], [0.0, 0.0, 1.0]]) @ axes
        return turned

    @property
    def intrinsics(self) -> Floats:
        """The matrix K, [3, 3]: camera axes to homogeneous picture coordinates."""
        return np.array(
            [[self.focal, 0.0, self.centre[0]], [0.0, self.focal, self.centre[1]], [0.0, 0.0, 1.0]]
        )

    def to_camera(self, points: ArrayLike) -> Floats:
        """World points [..., 3] in camera axes, m; the last one is the depth."""
        moved: Floats = (np.asarray(points, np.float64) - self.position) @ self.rotation.T
        return moved

    def project(self, points: ArrayLike) -> tuple[Floats, Floats]:
        """Picture coordinates [..., 2] and depths [...] of world points [..., 3].

        Points behind the camera have a depth of 0 or less, and no meaningful coordinates.
        """
        seen = self.to_camera(points)
        depth = seen[..., 2]
        safe = np.where(np.abs(depth) < 1e-6, 1e-6, depth)
        return seen[..., :2] / safe[..., None] * self.focal + np.asarray(self.centre), depth

    def ground(self, size: tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """World x and y, [H, W] each, where the ray of each pixel of a picture meets the floor.

        Rays that rise, and meet it behind the camera, get the place that is furthest on.
        """
        u = (np.arange(size[0]) - self.centre[0]) / self.focal
        v = (np.arange(size[1]) - self.centre[1]) / self.focal
        axes = self.rotation
        x, y, z = (
            (u[None, :] * axes[0, i] + v[:, None] * axes[1, i] + axes[2, i]).astype(np.float32)
            for i in range(3)
        )
        along = np.float32(-self.position[2]) / np.minimum(z, np.float32(-1e-3))
        return np.float32(self.position[0]) + x * along, np.float32(self.position[1]) + y * along

    def turned(self, yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0, zoom: float = 1.0) -> "Camera":
        """This camera turned by small angles about its centre, and zoomed."""
        return evolve(
            self,
            yaw=self.yaw + yaw,
            pitch=self.pitch + pitch,
            roll=self.roll + roll,
            focal=self.focal * zoom,
        )

    def to_pose(self, other: "Camera") -> Floats:
        """The homography [3, 3] from this camera's picture to another's with the same centre.

        Exact for anything at any depth, since a turn about the centre has no parallax:
        K' R' Rᵀ K⁻¹ (Hartley and Zisserman, Multiple View Geometry, 2nd ed., 8.4).
        """
        mapping = other.intrinsics @ other.rotation @ self.rotation.T @ np.linalg.inv(self.intrinsics)
        return np.asarray(mapping / mapping[2, 2], np.float64)


def look_at(
    position: ArrayLike, target: ArrayLike, *, focal: float, size: tuple[int, int], roll: float = 0.0
) -> Camera:
    """A camera at ``position`` whose optical axis passes through ``target``."""
    position = np.asarray(position, np.float64)
    x, y, z = np.asarray(target, np.float64) - position
    return Camera(
        position=position,
        yaw=math.atan2(x, y),
        pitch=math.atan2(z, math.hypot(x, y)),
        roll=roll,
        focal=focal,
        centre=((size[0] - 1) / 2, (size[1] - 1) / 2),
    )


def in_front(corners: Floats, camera: Camera, near: float = 0.3) -> Floats:
    """The part [M, 3] of a convex world polygon [N, 3] that lies before the camera; may be empty.

    Sutherland–Hodgman against the plane at depth ``near``, in m.
    """
    depth = camera.to_camera(corners)[:, 2] - near
    kept: list[Floats] = []
    for i in range(len(corners)):
        j = (i + 1) % len(corners)
        if depth[i] >= 0:
            kept.append(corners[i])
        if (depth[i] >= 0) != (depth[j] >= 0):
            kept.append(corners[i] + (corners[j] - corners[i]) * depth[i] / (depth[i] - depth[j]))
    return np.array(kept).reshape(-1, 3)
