"""Recipes of published figures, as their scripts compute them.

A recipe is data: the cotangent, the quantity, how the map is shown and what is counted in it. The
map before it is shown is a map of :func:`jaxrf.measure_erf` with the recipe's
:class:`~jaxrf.measure.estimator.Estimator`, which has numbers about the theoretical centre, free of
scale and with error bars. The scripts differ from it in three things:

* **scale**: log10(A + 1) is nearly linear where A is small and flat where it is large, so the
  squares depend on the unit of the output; A + 1 in float32 also drops what is below 6e-8;
* **centre**: they count about the middle of the image, which is not where the central feature
  looks (at 224 pixels a ResNet-50 with TF-Slim's strides looks at pixel 98, not 112);
* **thresholds**: a share that no centred square within the image exceeds is an exception there,
  and None with a note here.

All scripts have in common: index n // 2 of the feature map, all of its channels; one trained
network in evaluation mode; the mean over images.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from jaxrf.measure.estimator import Estimator

__all__ = ["RECIPES", "Recipe"]


@dataclass(frozen=True)
class Recipe:
    """The computation of a published figure.

    Attributes:
        name: of the recipe.
        source: paper, script and commit.
        estimator: cotangent and quantity of its map.
        samples: images it averages.
        pixels: side of its images; None where it is not fixed.
        resize: how its images are made of photographs: "squash" (both sides, bicubic), "crop"
            (shorter side, bicubic, then the centre) or "nearest" (both sides, nearest pixel).
        imagenet: images in [0, 1] are standardised by ImageNet's mean and deviation per channel.
        fresh_weights: a new random network for every sample.
        shown: (mean map in float32) -> the map that it draws.
        shares: of the shown map's sum, whose centred squares it prints.
        radii: in pixels about the middle of the image, within which it prints the share of the sum.
    """

    name: str
    source: str
    estimator: Estimator
    samples: int
    pixels: int | None
    resize: str
    imagenet: bool
    shown: Callable[[np.ndarray], np.ndarray]
    fresh_weights: bool = False
    shares: tuple[float, ...] = ()
    radii: tuple[int, ...] = ()


def _by_maximum(shown: np.ndarray) -> np.ndarray:
    """A map over its maximum; an all-zero map stays zero (the scripts divide by zero)."""
    largest = shown.max()
    return shown / largest if largest > 0 else shown


def _logarithm(scores: np.ndarray) -> np.ndarray:
    return _by_maximum(np.log10(scores + 1))


def _fifth_root(scores: np.ndarray) -> np.ndarray:
    return _by_maximum(np.power(scores, 0.2))


def _fourth_root(scores: np.ndarray) -> np.ndarray:
    return _by_maximum(np.power((scores + 1) - 1, 0.25))


def _by_sum(scores: np.ndarray) -> np.ndarray:
    scores = scores.astype(np.float64)
    total = scores.sum()
    return scores / total if total > 0 else scores


def _as_it_is(scores: np.ndarray) -> np.ndarray:
    return scores


_ALL = (
    Recipe(
        name="luo2016",
        source="Luo, Li, Urtasun, Zemel, NeurIPS 2016, arXiv:1701.04128, a paper without a script: "
        "a gradient of 1 at the centre of the output, zero elsewhere, random inputs and weights; "
        "what is averaged is the variance of the gradient that it derives, g^2; the number of "
        "runs (20) and the sum over output channels (it has one) are jaxrf's choice",
        estimator=Estimator("ones", "g^2"),
        samples=20,
        pixels=None,
        resize="crop",
        imagenet=False,
        shown=_as_it_is,
        fresh_weights=True,
    ),
    Recipe(
        name="replknet",
        source="Ding et al., CVPR 2022, arXiv:2203.06717; DingXiaoH/RepLKNet-pytorch, "
        "erf/visualize_erf.py at 82cf328 and erf/analyze_erf.py at 186ae32: ReLU of the feature, "
        "sum, gradient, ReLU, sum over colours, mean over images; log10(A + 1) / max",
        estimator=Estimator("active", "relu(g)"),
        samples=50,
        pixels=1024,
        resize="squash",
        imagenet=True,
        shown=_logarithm,
        shares=(0.2, 0.3, 0.5, 0.99),
    ),
    Recipe(
        name="vmamba",
        source="Liu et al., NeurIPS 2024, arXiv:2401.10166; MzeroMiko/VMamba, analyze/utils.py "
        "(EffectiveReceiptiveField) at e69ce8a: RepLKNet's map, shown as A^0.2 / max; it has "
        "RepLKNet's squares too, and prints none",
        estimator=Estimator("active", "relu(g)"),
        samples=50,
        pixels=1024,
        resize="crop",
        imagenet=True,
        shown=_fifth_root,
    ),
    Recipe(
        name="mambair",
        source="Guo et al., ECCV 2024, arXiv:2402.15648; csguoh/MambaIR, analysis/erf.py at "
        "8e7c203: no ReLU of the feature; low-resolution images in [0, 1], brought to 120 x 120 "
        "by nearest pixels; (A + 1 - 1)^0.25 / max in float32",
        estimator=Estimator("ones", "relu(g)"),
        samples=100,
        pixels=120,
        resize="nearest",
        imagenet=False,
        shown=_fourth_root,
    ),
    Recipe(
        name="openerf",
        source="Kim et al., BMVC 2023; kmbmjn/OpenERF, src/openerf (erf.py, feature_ops.py, "
        "metrics.py) at 196e022: mean over the feature's channels, gradient, mean over colours, "
        "then ReLU; sum over images over its total. The model's own input size and normalisation; "
        "for transformers it takes the upper left of the four central tokens (pass it as `at`)",
        estimator=Estimator("ones", "relu(mean g)"),
        samples=1000,
        pixels=None,
        resize="crop",
        imagenet=True,
        shown=_by_sum,
        radii=(5, 10, 20, 30, 40, 60, 80),
    ),
)
RECIPES: dict[str, Recipe] = {recipe.name: recipe for recipe in _ALL}
