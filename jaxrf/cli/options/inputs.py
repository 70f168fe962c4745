"""``--images``, ``--preprocess`` and ``--inputs``: inputs that are given, not drawn."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from jaxrf.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np

    from jaxrf.measure.recipes import Recipe
    from jaxrf.theory.analysis import Analysis

__all__ = ["PREPROCESSES", "InputOptions", "add_inputs", "given_inputs", "load_inputs"]

PREPROCESSES = "standardize, unit, bytes, symmetric, imagenet or caffe"


class InputOptions(argparse.Namespace):
    """Options of inputs that are given, not drawn.

    Attributes:
        images: a folder of photographs, or "skimage".
        preprocess: name of the preprocessing of the photographs.
        inputs: file of an array, which is used unchanged.
    """

    images: str | None
    preprocess: str | None
    inputs: str | None


def add_inputs(command: argparse.ArgumentParser) -> None:
    """``--images``, ``--preprocess`` and ``--inputs``."""
    command.add_argument(
        "--images",
        metavar="FOLDER",
        help="photographs as inputs; skimage: those that scikit-image ships",
    )
    command.add_argument(
        "--preprocess",
        metavar="NAME",
        help=f"what --images become: {PREPROCESSES} (standardize: each of mean 0, deviation 1)",
    )
    command.add_argument(
        "--inputs", metavar="FILE", help="inputs as they are: an array [N, ...], .npy or .npz"
    )


def given_inputs(
    options: InputOptions, analysis: Analysis, recipe: Recipe | None = None
) -> tuple[np.ndarray | None, Analysis]:
    """The given inputs, None for drawn ones, and the analysis with a note on them.

    Args:
        options: of the command line.
        analysis: of the model, which knows the layout of its input.
        recipe: a recipe that has its own preprocessing.

    Raises:
        InvalidInput: options that do not go together, or files that cannot be used.
    """
    if options.images is not None and options.inputs is not None:
        raise InvalidInput("--images: got --inputs too, need one of the two; leave one out")
    if options.preprocess is not None and options.images is None:
        raise InvalidInput(
            f"--preprocess: got {options.preprocess} without --images, need both; arrays of "
            "--inputs are taken as they are"
        )
    if options.preprocess is not None and recipe is not None:
        raise InvalidInput(
            f"--recipe {recipe.name}: got --preprocess too, which the recipe fixes; leave it out"
        )
    if options.inputs is not None:
        found = load_inputs(options.inputs)
        return found, _saying(analysis, f"inputs of {Path(options.inputs).name}: as they are")
    if options.images is None:
        return None, analysis
    from jaxrf.measure.images import load_images
    from jaxrf.measure.preprocess import STANDARDIZE, find_preprocess

    name = options.preprocess or STANDARDIZE
    images = load_images(
        options.images,
        analysis.shape,
        spatial_axes=analysis.spatial_axes,
        layout=analysis.traced.network.layout,
        preprocess=name,
        recipe=recipe,
    )
    made = find_preprocess(name)
    what = f"{name}, {'each of mean 0 and deviation 1' if made is None else made.what}"
    what = what if recipe is None else f"as {recipe.name} has them"
    source = Path(options.images).name or options.images
    return images, _saying(analysis, f"{len(images)} images of {source}: {what}")


def _saying(analysis: Analysis, line: str) -> Analysis:
    return replace(analysis, assumed=(*analysis.assumed, line))


def load_inputs(path: str | Path) -> np.ndarray:
    """The array of a file: ``.npy``, or ``.npz`` with one array.

    Raises:
        InvalidInput: no such file, or not exactly one array in it.
    """
    import numpy as np

    file = Path(path)
    if file.suffix not in (".npy", ".npz") or not file.is_file():
        problem = "no such file" if file.suffix in (".npy", ".npz") else "another kind of file"
        raise InvalidInput(f"--inputs: got {str(path)!r}, {problem}; need an array, .npy or .npz")
    try:
        with file.open("rb") as stream:
            found = np.load(stream, allow_pickle=False)
            if isinstance(found, np.ndarray):
                return found
            if len(found.files) == 1:
                only: np.ndarray = found[found.files[0]]
                return only
            names = ", ".join(found.files) or "none"
    except Exception as error:  # a damaged archive raises whatever it likes
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise InvalidInput(
            f"--inputs: {file} cannot be read ({first}), need an array, .npy or .npz"
        ) from error
    raise InvalidInput(f"--inputs: got {file} with arrays {names}, need one of one array")
