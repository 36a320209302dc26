"""What goes wrong with product photos in practice.

Each defect takes the photo in linear RGB, the silhouette of the product (H, W, 1) and the encoder to
sRGB, and returns sRGB pixels.
"""

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont


def warm_cast(linear, cover, encoded):
    """Tungsten light with the white balance left at daylight."""
    return encoded(np.clip(linear, 0, 1) * np.array([0.98, 0.76, 0.47]))


def low_light(linear, cover, encoded):
    """Three stops too little light: shot and read noise in linear light, blotchy colour noise."""
    generator = np.random.default_rng(0)
    height, width = linear.shape[:2]
    x, y = np.linspace(-1, 1, width), np.linspace(-1, 1, height)[:, None]
    light = np.clip(linear, 0, 1.1) * 0.125 * (1 - 0.22 * (x * x + y * y))[..., None]
    grain = generator.normal(size=light.shape) * np.sqrt(light / 900 + 4e-5)
    blotches = cv2.GaussianBlur(generator.normal(size=light.shape), (0, 0), 1.3)
    return encoded(light + grain + blotches * np.sqrt(light / 500 + 4e-5))


def motion(linear, cover, encoded):
    """The camera moved while the shutter was open: a slightly bent path in linear light."""
    kernel = np.zeros((33, 33), np.float32)
    for t in np.linspace(-1, 1, 400):
        kernel[round(16 + 3.2 * t + 2 * t * t), round(16 + 14 * t)] += 1
    kernel = cv2.GaussianBlur(kernel / kernel.sum(), (0, 0), 0.6)
    return encoded(cv2.filter2D(linear, -1, kernel, borderType=cv2.BORDER_REPLICATE))


def small_and_off_centre(linear, cover, encoded):
    """The product far away, in the lower left."""
    side = linear.shape[0]
    canvas = np.full_like(linear, linear.max())
    shrunk = cv2.resize(linear, None, fx=0.36, fy=0.36, interpolation=cv2.INTER_AREA)
    top, left = int(side * 0.56), int(side * 0.05)
    canvas[top : top + len(shrunk), left : left + len(shrunk)] = shrunk
    return encoded(canvas)


def badge(linear, cover, encoded):
    """A red badge with a price cut and a line of text, laid over the photo."""
    side = linear.shape[0]
    scale = 4
    layer = Image.new("RGBA", (side * scale, side * scale))
    draw = ImageDraw.Draw(layer)
    unit = side * scale / 100
    draw.ellipse([unit * 67, unit * 5, unit * 95, unit * 33], (214, 30, 40, 255))
    bold = {"fill": (255, 255, 255, 255), "anchor": "mm", "stroke_fill": (255, 255, 255, 255)}
    draw.text(
        (unit * 81, unit * 17.5),
        "-50%",
        font=ImageFont.load_default(unit * 9.5),
        stroke_width=int(unit * 0.35),
        **bold,
    )
    draw.text(
        (unit * 81, unit * 25),
        "TODAY ONLY",
        font=ImageFont.load_default(unit * 3),
        stroke_width=int(unit * 0.08),
        **bold,
    )
    draw.rectangle([0, unit * 90, unit * 100, unit * 100], (20, 22, 28, 255))
    draw.text(
        (unit * 50, unit * 95),
        "FREE SHIPPING FROM 29.90",
        stroke_width=int(unit * 0.08),
        font=ImageFont.load_default(unit * 4.6),
        **bold,
    )
    layer = np.asarray(layer.resize((side, side), Image.Resampling.LANCZOS), float)
    share = layer[..., 3:] / 255
    return np.rint(encoded(linear) * (1 - share) + layer[..., :3] * share).astype(np.uint8)


def thumbnail(linear, cover, encoded):
    """Saved at 150 pixels for a list, then enlarged for the page."""
    small = cv2.resize(encoded(linear), (150, 150), interpolation=cv2.INTER_AREA)
    _, stored = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 85])
    small = cv2.imdecode(stored, cv2.IMREAD_COLOR)
    return cv2.resize(small, linear.shape[1::-1], interpolation=cv2.INTER_CUBIC)


def plain(linear, cover, encoded):
    """The photo as it is; the damage comes from how it is saved."""
    return encoded(linear)


def burnt(linear, cover, encoded):
    """A stop and a half too much light; what the film's shoulder held back is cut off."""
    return encoded(linear * 2.8)


DEFECTS = {
    "mug-warm-cast.jpg": ("mug", warm_cast, 92),
    "stool-low-light.jpg": ("wooden-stool", low_light, 90),
    "speaker-motion-blur.jpg": ("speaker", motion, 92),
    "speaker-sale-badge.jpg": ("speaker", badge, 92),
    "bowl-small-off-centre.jpg": ("clay-bowl", small_and_off_centre, 92),
    "perfume-enlarged-thumbnail.jpg": ("perfume-bottle", thumbnail, 92),
    "jar-heavy-jpeg.jpg": ("cream-jar", plain, 8),
    "lamp-overexposed.jpg": ("table-lamp", burnt, 92),
}
