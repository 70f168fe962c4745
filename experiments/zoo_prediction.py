"""Predicted effective fields of the article's networks at full width, from two networks each.

The images are those of ``zoo_erf``, which samples the same fields: docs/prediction.md has both.
"""

from functools import partial

import numpy as np
from _article import spacious

from jaxrf import experiments, predict_erf, zoo
from jaxrf.text.table import TextTable

LARGEST = 640  # pixels
DRAWS = 2
NETWORKS = (
    *("vgg_16", "alexnet_v2", "mobilenet_v1", "resnet_v1_50", "resnet_v1_101"),
    *("inception_v2", "inception_v3", "inception_v4"),
)


def predicted(name, *, width):
    """Sigma and its error."""
    pixels = min(spacious(name, width=1 / 16).shape[1], LARGEST)
    found = predict_erf(zoo.load(name, width=width), (1, pixels, pixels, 3), draws=DRAWS)
    return {
        "image": pixels,
        "width": width,
        "draws": DRAWS,
        "sigma": np.mean(found.sigma),
        "sigma_error": np.mean(found.errors["sigma"]),
    }


def items(options):
    """One item per network."""
    names, width = (NETWORKS[:2], 0.25) if options.quick else (NETWORKS, 1.0)
    return {name: partial(predicted, name, width=width) for name in names}


def table(numbers):
    """Sigma, and its error over the networks that gave the gains."""
    rows = tuple(
        (name, str(n["image"]), f"{n['sigma']:.2f} ± {n['sigma_error']:.2f}")
        for name, n in numbers.items()
    )
    notes = (
        f"central feature of the last map, σ in input pixels, ± standard error over {DRAWS} draws;",
        "of a chain the map does not depend on the draw.",
    )
    return TextTable("Predicted effective fields", ("network", "image", "σ"), rows, notes)


if __name__ == "__main__":
    experiments.run(__file__, items=items, table=table)
