"""ATen operations as JAX functions, one file per family; importing this package registers them all.

Nothing here imports torch, and nothing here knows of receptive fields: these are the formulas of
the operations, and what they read follows from JAX's own trace of them.
"""

from jaxrf.frameworks.torch.ops import (  # noqa: F401
    activations,
    adaptive,
    attention,
    complexes,
    convolution,
    elementwise,
    fourier,
    indexing,
    joining,
    linear,
    normalization,
    padding,
    pooling,
    quantization,
    recurrent,
    reductions,
    resize,
    scattering,
    shapes,
    sorting,
    unfolding,
)
from jaxrf.frameworks.torch.ops.registry import OPS

__all__ = ["OPS"]
