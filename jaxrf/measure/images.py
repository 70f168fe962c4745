"""Photographs as network inputs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from jaxrf.errors import InvalidInput
from jaxrf.frameworks.network import Layout
from jaxrf.measure.preprocess import IMAGENET, STANDARDIZE, find_preprocess
from jaxrf.theory.axes import batch_axis, spatial_axes_of

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

    from jaxrf.measure.recipes import Recipe

__all__ = ["PHOTOGRAPHS", "load_images"]

# Photographs inside the wheel of scikit-image (the extra ``images``).
PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket")
CHANNELS = (1, 3)
NAMES = ("height", "width", "channels")
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")


def load_images(
    source: str | Path,
    shape: tuple[int, ...],
    *,
    spatial_axes: Sequence[int] | None = None,
    layout: Layout | None = None,
    preprocess: str = STANDARDIZE,
    recipe: Recipe | None = None,
) -> np.ndarray:
    """Photographs cropped to the input's aspect, resized, and prepared for a network.

    Args:
        source: a folder of images, or "skimage" for the photographs that scikit-image ships.
        shape: of the network's input: two spatial axes, 1 or 3 channels, a batch of 1 or none.
        spatial_axes: height and width; as the layout has them by default.
        layout: of the input; by default the one in which 1 or 3 channels can be last, or first.
        preprocess: name of a map of pixels in :data:`jaxrf.measure.preprocess.PREPROCESSES`;
            "standardize" gives each image mean 0 and standard deviation 1.
        recipe: prepare the images as a published script does instead.

    Returns:
        float32 [N, *shape without the batch axis].

    Raises:
        InvalidInput: no such folder, a folder without images, an image that cannot be read or has
            no known range of values, or an input that is not an image.
    """
    axes = _axes(tuple(shape), spatial_axes, layout)
    prepare = find_preprocess(preprocess)
    pictures = _skimage() if str(source) == "skimage" else _folder(Path(source))
    height, width = shape[axes["height"]], shape[axes["width"]]
    channels = shape[axes["channels"]] if "channels" in axes else 1
    size = (height, width, channels)
    if recipe is not None:
        made = [_as_published(p, recipe, size) for p in pictures]
    elif prepare is None:
        made = [_standardized(p, *size) for p in pictures]
    else:
        made = [prepare(_in_range(p, *size)) for p in pictures]
    images = np.stack(made)
    if "channels" not in axes:
        return images[..., 0]
    order = sorted(axes, key=lambda name: axes[name])
    return np.ascontiguousarray(images.transpose(0, *(1 + NAMES.index(name) for name in order)))


def _axes(
    shape: tuple[int, ...], axes: Sequence[int] | None, layout: Layout | None
) -> dict[str, int]:
    """Axis of height and width, and of channels where there are any.

    Raises:
        InvalidInput: the input is no image.
    """
    rank = len(shape)
    if axes is None and layout is None and rank in (3, 4):
        first = rank - 3 + (shape[-1] not in CHANNELS)  # 1 or 3 channels last, else first
        axes, layout = (first, first + 1), None if rank == 4 else "unbatched_channels_first"
    layout = layout or "channels_last"
    chosen = spatial_axes_of(shape, axes, layout)
    batch = batch_axis(shape, chosen, layout)
    others = [a for a in range(rank) if a not in (*chosen, batch)]
    fits = len(chosen) == 2 and len(others) <= 1 and all(shape[a] in CHANNELS for a in others)
    if not fits or (batch is not None and shape[batch] != 1):
        raise InvalidInput(
            f"--images: got input shape {shape} with spatial axes {chosen}, need "
            "(1, height, width, 1 or 3), with channels first or last, with or without the batch "
            "of 1 (--axes)"
        )
    return dict(zip(NAMES, (*chosen, *others), strict=False))


def _skimage() -> list[Picture]:
    from PIL import Image

    try:
        import skimage.data
    except ImportError:
        raise InvalidInput(
            "--images skimage: scikit-image is not installed; pip install 'jaxrf[images]'"
        ) from None
    return [Image.fromarray(getattr(skimage.data, name)()) for name in PHOTOGRAPHS]


def _folder(folder: Path) -> list[Picture]:
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


def _standardized(picture: Picture, height: int, width: int, channels: int) -> np.ndarray:
    """One picture, upright and standardised, so that its range of values does not matter."""
    from PIL import ImageOps

    picture = ImageOps.exif_transpose(picture)
    if picture.mode[0] in "IF":  # 16 or 32 bits per pixel, which a conversion would cut at 255
        picture = picture.convert("F")
    else:
        picture = picture.convert("L" if channels == 1 else "RGB")
    pixels = _fitted(picture, height, width)
    pixels = (pixels - pixels.mean()) / max(float(pixels.std()), 1e-6)
    return np.broadcast_to(pixels, (height, width, channels))


def _in_range(picture: Picture, height: int, width: int, channels: int) -> np.ndarray:
    """One picture, upright, in [0, 1].

    Raises:
        InvalidInput: the range of its pixels is not known.
    """
    from PIL import ImageOps

    picture = ImageOps.exif_transpose(picture)
    most = 255.0
    if picture.mode.startswith("I;16"):
        picture, most = picture.convert("F"), 65535.0
    elif picture.mode[0] in "IF":
        raise InvalidInput(
            f"--preprocess: got a picture of 32 bits per pixel (mode {picture.mode}), which has no "
            f"known range; need {STANDARDIZE}, or pictures of 8 or 16 bits"
        )
    else:
        picture = picture.convert("L" if channels == 1 else "RGB")
    pixels = np.clip(_fitted(picture, height, width) / np.float32(most), 0.0, 1.0)
    return np.broadcast_to(pixels, (height, width, channels))


def _fitted(picture: Picture, height: int, width: int) -> np.ndarray:
    """The middle of a picture in the aspect and size of the input, [height, width, channels]."""
    from PIL import Image, ImageOps

    fitted = ImageOps.fit(picture, (width, height), Image.Resampling.BICUBIC)
    return np.asarray(fitted, np.float32).reshape(height, width, -1)


def _as_published(picture: Picture, recipe: Recipe, shape: tuple[int, ...]) -> np.ndarray:
    """One picture, prepared as by the script of a recipe."""
    from PIL import Image, ImageOps

    height, width, channels = shape
    picture = ImageOps.exif_transpose(picture).convert("L" if channels == 1 else "RGB")
    if recipe.resize == "nearest":  # of a tensor: pixel i comes from floor(i * old / new)
        whole = np.asarray(picture, np.float32).reshape(picture.height, picture.width, channels)
        rows = np.arange(height) * picture.height // height
        columns = np.arange(width) * picture.width // width
        pixels: np.ndarray = whole[rows][:, columns]
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
