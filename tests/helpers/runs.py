"""A small network and one run of every kind: what its samples are of, and how they are taken."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxrf import Estimator, Perturbation

__all__ = ["RUNS", "SHAPE", "Net", "content"]

SHAPE = (1, 9, 2)


class Net:
    def init(self, key, x):
        return jax.random.normal(key, (3, x.shape[-1], 3))

    def apply(self, variables, x):
        return jnp.tanh(
            lax.conv_general_dilated(x, variables, (1,), "SAME", None, None, ("NWC", "WIO", "NWC"))
        )


IMAGES = np.random.default_rng(0).normal(size=(3, 9, 2)).astype(np.float32)
RUNS = {
    "networks": {"samples": 7},
    "inputs": {"samples": 11, "weight_seeds": 1},
    "both": {"samples": 13, "weight_seeds": 4, "inputs": IMAGES},
    "signed": {"samples": 9, "weight_seeds": 1, "estimator": Estimator("ones", "mean g")},
    "exact": {"samples": 6, "weight_seeds": 3, "input_seeds": 2, "estimator": Estimator("exact")},
    "channels": {"samples": 5, "estimator": Estimator("exact", channels=(0, 2))},
    "positions": {"samples": 6, "estimator": Estimator(positions=2)},
    "noise": {"samples": 3, "estimator": Perturbation(0.01, 2)},
}


def content(result, folder):
    """The bytes of a result in a file."""
    result.save(folder / "x.npz")
    return (folder / "x.npz").read_bytes()
