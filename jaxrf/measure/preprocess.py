"""Maps from the pixels of photographs to the inputs of networks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jaxrf.errors import InvalidInput

__all__ = ["IMAGENET", "PREPROCESSES", "STANDARDIZE", "Preprocess", "find_preprocess"]

IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # mean, deviation of RGB in [0, 1]
_CAFFE = (103.939, 116.779, 123.68)  # mean of BGR in [0, 255]


@dataclass(frozen=True)
class Preprocess:
    """A map from pixels in [0, 1] to the input of a network: ``(scale x - mean) / deviation``.

    Attributes:
        what: description.
        scale: factor of the pixels.
        mean: subtracted from every channel.
        deviation: divisor of every channel.
        blue_first: channels in the order blue, green, red.
    """

    what: str
    scale: float = 1.0
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    deviation: tuple[float, ...] = (1.0, 1.0, 1.0)
    blue_first: bool = False

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """Float32 [height, width, channels] of pixels in [0, 1]."""
        pixels = pixels[..., ::-1] if self.blue_first else pixels
        mean, deviation = (np.array(v, np.float32) for v in (self.mean, self.deviation))
        if pixels.shape[-1] == 1:  # grey: as the mean of the channels
            mean, deviation = mean.mean(keepdims=True), deviation.mean(keepdims=True)
        return ((self.scale * pixels - mean) / deviation).astype(np.float32)


# Each picture by its own mean and deviation: needs no range of pixels, and is no Preprocess.
STANDARDIZE = "standardize"

PREPROCESSES = {
    STANDARDIZE: None,
    "unit": Preprocess("in [0, 1]"),
    "bytes": Preprocess("in [0, 255]", 255.0),
    "symmetric": Preprocess("in [-1, 1]", 2.0, (1.0, 1.0, 1.0)),
    "imagenet": Preprocess("ImageNet's mean and deviation", 1.0, *IMAGENET),
    "caffe": Preprocess("BGR in [0, 255] less ImageNet's mean", 255.0, _CAFFE, blue_first=True),
}


def find_preprocess(name: str) -> Preprocess | None:
    """A map of pixels by its name; None for "standardize", which has no map for all.

    Raises:
        InvalidInput: there is none of that name.
    """
    if name not in PREPROCESSES:
        raise InvalidInput(f"preprocess: got {name!r}, need one of {', '.join(PREPROCESSES)}")
    return PREPROCESSES[name]
