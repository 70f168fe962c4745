"""``reproduce_erf``: a published recipe on any network, beside correct numbers of the same map."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from jaxrf.arguments.annotations import check_arguments
from jaxrf.errors import InvalidInput
from jaxrf.measure.checkpoint import Checkpoint
from jaxrf.measure.erf import measure_erf
from jaxrf.measure.metrics import GAUSSIAN_MASS, central_square
from jaxrf.measure.recipes import RECIPES, Recipe
from jaxrf.measure.result import ERF
from jaxrf.measure.sampling_options import Sampling, sampling_of
from jaxrf.text.result import Result
from jaxrf.theory.model_arguments import analysis_of

__all__ = ["Reproduction", "find_recipe", "first_half", "reproduce_erf"]


@dataclass(frozen=True, eq=False, repr=False)
class Reproduction(Result):
    """The result of a published recipe, and correct numbers of the same map.

    Attributes:
        recipe: how the result was published.
        erf: the map before it is shown, with its numbers about the theoretical centre.
    """

    REPORT: ClassVar[str] = "reproduction"

    recipe: Recipe
    erf: ERF

    @cached_property
    def shown(self) -> np.ndarray:
        """[*spatial], the map that the recipe draws."""
        return self.recipe.shown(self.erf.map.astype(np.float32))

    @property
    def middle(self) -> tuple[int, ...]:
        """The pixel that the recipe takes for the centre."""
        return tuple(n // 2 for n in self.erf.map.shape)

    @cached_property
    def published(self) -> dict[str, float | None]:
        """The recipe's numbers, as its script prints them; None where it fails."""
        numbers: dict[str, float | None] = {}
        for share in self.recipe.shares:
            half = first_half(self.shown, share)
            side = None if half is None else float(2 * half + 1)
            numbers[f"square_side_{share}"] = side
            area = None if side is None else side**2 / self.shown.size
            numbers[f"square_area_{share}"] = area
        if self.recipe.name == "luo2016":
            peak = self.shown[self.middle]
            numbers["luo_size"] = float(np.sqrt((self.shown > (1 - GAUSSIAN_MASS) * peak).sum()))
        for radius, share in _masses(self.shown, self.middle, self.recipe.radii).items():
            numbers[f"mass_within_{radius}"] = share
        return numbers

    @cached_property
    def right(self) -> dict[str, float]:
        """The recipe's numbers of the map before it is shown, about the theoretical centre."""
        numbers = {n: float(v) for n, v in self.erf.numbers.items() if n in self.published}
        for share in self.recipe.shares:
            side = central_square(self.erf.map, self.erf.center, share)
            numbers |= {
                f"square_side_{share}": side,
                f"square_area_{share}": side**2 / self.shown.size,
            }
        for radius, share in _masses(self.erf.map, self.erf.center, self.recipe.radii).items():
            numbers[f"mass_within_{radius}"] = share
        return {name: numbers[name] for name in self.published}

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """Differences from the script, and failures of the script."""
        return tuple(self._differences())

    def _differences(self) -> Iterator[str]:
        recipe, erf, side = self.recipe, self.erf, len(self.erf.map)
        if recipe.pixels not in (None, side):
            yield f"image: the script takes {recipe.pixels} pixels per side, got {side}"
        if erf.samples != recipe.samples:
            yield f"samples: the script takes {recipe.samples}, got {erf.samples}"
        if erf.inputs == "normal" and not recipe.fresh_weights:
            yield "inputs: the script takes photographs, got standard normal ones"
        if recipe.shares or recipe.radii:
            off = [m - c for m, c in zip(self.middle, erf.center, strict=True)]
            if any(off):
                shift = ", ".join(f"{o:+g}" for o in off)
                yield f"centre: the script counts about the middle of the image, {shift} pixels off"
        for share in recipe.shares:
            if self.published[f"square_side_{share}"] is None:
                yield (
                    f"share {share}: no square about the middle of the image, one pixel smaller "
                    "than it, holds more; the script stops with an exception"
                )


def reproduce_erf(
    model: Any,
    shape: Any = None,
    recipe: str = "",
    *,
    wrt: str | None = None,
    endpoint: str | None = None,
    at: int | Sequence[int] | None = None,
    spatial_axes: Sequence[int] | None = None,
    variables: Any = None,
    call: Mapping[str, Any] | None = None,
    dtype: str | None = None,
    inputs: np.ndarray | None = None,
    sampling: Sampling | None = None,
    samples: int | None = None,
    seed: int | None = None,
    batch: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    checkpoint: str | Path | Checkpoint | None = None,
) -> Reproduction:
    """Reproduce a published recipe on any network, beside correct numbers of the same map.

    >>> import numpy as np
    >>> image = np.ones((1, 16, 16, 1), np.float32)
    >>> found = reproduce_erf(lambda x: x[:, ::4, ::4], (1, 16, 16, 1), "replknet", inputs=image)
    >>> found.published["square_side_0.5"], found.right["square_side_0.5"]  # of a single pixel
    (3.0, 1.0)

    Args:
        model: or an :class:`~jaxrf.Analysis` in place of model and shape. What this argument and
            the eight after it mean stands in :mod:`jaxrf.theory.model_arguments`.
        shape: of the input, batch axis included; two spatial axes of the same length.
        recipe: a name of :data:`jaxrf.measure.recipes.RECIPES`.
        wrt: name of the input; the first one by default.
        endpoint: name of the feature map; the output by default.
        at: output index per spatial axis; n // 2 by default, as in the scripts.
        spatial_axes: of the input; all but the first and the last by default.
        variables: weights, in the place of drawn ones or of the model's own.
        call: keyword arguments of the model's own call.
        dtype: of inputs that do not say; float32 by default.
        inputs: [N, *shape without the batch axis], prepared as by the recipe's script
            (:func:`jaxrf.measure.images.load_images` with ``recipe=``); standard normal by default.
        sampling: the following three in one; each of them wins over its field.
        samples: the recipe's number by default.
        seed: of random weights and inputs; 0 by default.
        batch: samples in one compiled backward pass; 4 by default.
        progress: as for :func:`jaxrf.measure_erf`.
        checkpoint: as for :func:`jaxrf.measure_erf`.

    Raises:
        InvalidInput: no such recipe; an image that is not square; as :func:`jaxrf.measure_erf`.
    """
    check_arguments(reproduce_erf, locals())
    if not recipe:
        raise InvalidInput(
            f"recipe: got none, need one of {', '.join(RECIPES)}; with an Analysis, as recipe="
        )
    found = find_recipe(recipe)
    chosen = sampling_of(
        sampling,
        found.samples,
        without=("weight_seeds", "input_seeds", "estimator", "precision"),
        why=f"the recipe {found.name} says how a sample is drawn",
        samples=samples,
        seed=seed,
        batch=batch,
    )
    analysis = analysis_of(
        model,
        shape,
        wrt=wrt,
        spatial_axes=spatial_axes,
        variables=variables,
        call=call,
        dtype=dtype,
    )
    sides = tuple(analysis.shape[a] for a in analysis.spatial_axes)
    if len(sides) != 2 or sides[0] != sides[1]:
        raise InvalidInput(
            f"recipe {found.name}: got an image of {sides}, need two equal sides, as its script"
        )
    one_network = analysis.traced.network.random and not found.fresh_weights
    erf = measure_erf(
        analysis,
        endpoint=endpoint,
        at=at,
        inputs=inputs,
        sampling=chosen,
        weight_seeds=1 if one_network else None,
        estimator=found.estimator,
        progress=progress,
        checkpoint=checkpoint,
    )
    return Reproduction(found, erf)


def find_recipe(name: str) -> Recipe:
    """A recipe by its name.

    Raises:
        InvalidInput: there is none of that name.
    """
    if name not in RECIPES:
        raise InvalidInput(f"recipe: got {name!r}, need one of {', '.join(RECIPES)}")
    return RECIPES[name]


def first_half(shown: np.ndarray, share: float) -> int | None:
    """Half-width of the first square about the middle with more than a share of the sum.

    As in the script, squares have sides of 3 pixels and more, and sums are float32. None where no
    square inside the image has more than the share.
    """
    middle, total = len(shown) // 2, shown.sum()
    if not total > 0:
        return None
    for half in range(1, middle):
        inside = slice(middle - half, middle + half + 1)
        if shown[inside, inside].sum() / total > share:
            return half
    return None


def _masses(energy: np.ndarray, center: Sequence[float], radii: Sequence[int]) -> dict[int, float]:
    """The share of the sum within each radius of a centre."""
    rows, columns = np.indices(energy.shape)
    distance = np.hypot(rows - center[0], columns - center[1])
    return {r: float(energy[distance <= r].sum() / energy.sum()) for r in radii}
