"""Photographs as network inputs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from jaxrf.errors import InvalidInput

if TYPE_CHECKING:
    from jaxrf.measure.recipes import Recipe

__all__ = ["PHOTOGRAPHS", "load_images"]

# Photographs inside the wheel of scikit-image (the extra ``images``).
PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket")
IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # mean, deviation of RGB in [0, 1]
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")


def load_images(
    source: str | Path, shape: tuple[int, ...], *, recipe: Recipe | None = None
) -> np.ndarray:
    """Photographs cropped to the input's aspect, resized, and standardised one by one.

    Args:
        source: a folder of images, or "skimage" for the photographs that scikit-image ships.
        shape: of the network's input, (1, height, width, 1 or 3).
        recipe: prepare them as a published script does instead.

    Returns:
        float32 [N, height, width, channels], each of mean 0 and standard deviation 1 unless a
        recipe has it otherwise.

    Raises:
        InvalidInput: no such folder, no image in it, one that cannot be read, or an input that is
            not an image.
    """
    if len(shape) != 4 or shape[0] != 1 or shape[3] not in (1, 3):
        raise InvalidInput(f"--images: got input shape {shape}, need (1, height, width, 1 or 3)")
    pictures = _skimage() if str(source) == "skimage" else _folder(Path(source))
    if recipe is not None:
        return np.stack([_as_published(p, recipe, shape[1:]) for p in pictures])
    return np.stack([_prepared(p, shape[1], shape[2], shape[3]) for p in pictures])


def _skimage():
    from PIL import Image

    try:
        import skimage.data
    except ImportError:
        raise InvalidInput(
            "--images skimage: scikit-image is not installed; pip install 'jaxrf[images]'"
        ) from None
    return [Image.fromarray(getattr(skimage.data, name)()) for name in PHOTOGRAPHS]


def _folder(folder: Path):
    from PIL import Image

    if not folder.is_dir():
        raise InvalidInput(f"--images: got {str(folder)!r}, need a folder of images, or skimage")
    files = sorted(f for f in folder.iterdir() if f.suffix.lower() in SUFFIXES)
    if not files:
        raise InvalidInput(f"--images: no image in {folder}; need {', '.join(SUFFIXES)}")
    pictures = []
    for file in files:
        try:
            with Image.open(file) as picture:
                picture.load()
                pictures.append(picture.copy())
        except Exception as error:  # decoders raise whatever they like
            raise InvalidInput(
                f"--images: {file} cannot be read ({_first_line(error)}), need an image; "
                "repair or remove it"
            ) from error
    return pictures


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _prepared(picture, height: int, width: int, channels: int) -> np.ndarray:
    """One picture, upright; its own range of values does not matter, since it is standardised."""
    from PIL import Image, ImageOps

    picture = ImageOps.exif_transpose(picture)
    if picture.mode[0] in "IF":  # 16 or 32 bits a pixel, which a conversion would cut at 255
        picture = picture.convert("F")
    else:
        picture = picture.convert("L" if channels == 1 else "RGB")
    fitted = ImageOps.fit(picture, (width, height), Image.Resampling.BICUBIC)
    pixels = np.asarray(fitted, np.float32).reshape(height, width, -1)
    pixels = (pixels - pixels.mean()) / max(float(pixels.std()), 1e-6)
    return np.broadcast_to(pixels, (height, width, channels))


def _as_published(picture, recipe: Recipe, shape: tuple[int, ...]) -> np.ndarray:
    """One picture as the script of a recipe makes its input of it."""
    from PIL import Image, ImageOps

    height, width, channels = shape
    picture = ImageOps.exif_transpose(picture).convert("L" if channels == 1 else "RGB")
    if recipe.resize == "nearest":  # of a tensor: pixel i comes from floor(i * old / new)
        whole = np.asarray(picture, np.float32).reshape(picture.height, picture.width, channels)
        rows = np.arange(height) * picture.height // height
        columns = np.arange(width) * picture.width // width
        pixels = whole[rows][:, columns]
    else:
        target = (width, height)
        if recipe.resize == "crop":  # the shorter side fits, then the middle is cut out
            scale = max(width / picture.width, height / picture.height)
            target = (
                max(width, int(scale * picture.width)),
                max(height, int(scale * picture.height)),
            )
        fitted = picture.resize(target, Image.Resampling.BICUBIC)
        left, top = round((fitted.width - width) / 2), round((fitted.height - height) / 2)
        fitted = fitted.crop((left, top, left + width, top + height))
        pixels = np.asarray(fitted, np.float32).reshape(height, width, channels)
    pixels = pixels / 255
    if recipe.imagenet:
        mean, deviation = (np.array(v[:channels], np.float32) for v in IMAGENET)
        pixels = (pixels - mean) / deviation
    return pixels
