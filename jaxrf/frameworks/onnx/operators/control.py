"""If, Loop and Scan, unrolled: their conditions and counts must be known while tracing."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxrf.frameworks.onnx.registry import NodeView, Unmapped, operator
from jaxrf.frameworks.onnx.unknown import Shapeless

_MOST = 10_000  # steps that a loop may be unrolled to
_LISTED = 32  # steps of a loop whose feature maps are end-points


@operator("If")
def if_(node: NodeView, condition):
    """The branch where the condition is known; else both, and a choice between equal shapes."""
    branches = [node.get(name) for name in ("then_branch", "else_branch")]
    if isinstance(condition, np.ndarray):
        return tuple(node.subgraph(branches[0 if condition.reshape(()) else 1]))
    both = [node.subgraph(branch) for branch in branches]
    if any(isinstance(value, Shapeless) for branch in both for value in branch):
        raise Unmapped("If around a value of unknown shape")
    if any(np.shape(a) != np.shape(b) for a, b in zip(*both, strict=True)):
        raise Unmapped("If, with branches of different shapes and a condition from the input")
    return tuple(jnp.where(jnp.reshape(condition, ()), a, b) for a, b in zip(*both, strict=True))


@operator("Loop", known=(0, 1))
def loop(node: NodeView, count, condition, *state):
    """``count`` times, or until the body says stop."""
    body = node.get("body")
    values, made, step = list(state), [], 0
    going = True if condition is None else bool(condition.reshape(()))
    most = None if count is None else int(count.reshape(()))
    while going and (most is None or step < most):
        if step == _MOST:
            raise Unmapped(f"Loop of more than {_MOST} steps")
        going_on, *results = node.subgraph(
            body, np.asarray(step), np.asarray(going), *values, listed=step < _LISTED
        )
        if not isinstance(going_on, np.ndarray):
            raise Unmapped("Loop that ends on a condition from the input")
        values, going = results[: len(values)], bool(going_on.reshape(()))
        made.append(results[len(values) :])
        step += 1
    if not made and node.outputs > len(values):
        raise Unmapped("Loop of no steps")
    return (*values, *(jnp.stack(piece) for piece in zip(*made, strict=True)))


@operator("Scan")
def scan(node: NodeView, *operands):
    """Unrolled along the scanned axes."""
    if node.version < 9:
        raise Unmapped("Scan before opset 9")
    body, scanned = node.get("body"), node.get("num_scan_inputs")
    state, inputs = list(operands[:-scanned]), operands[-scanned:]
    axes = node.get("scan_input_axes", (0,) * scanned)
    back = node.get("scan_input_directions", (0,) * scanned)
    made, length = [], inputs[0].shape[axes[0]]
    for step in range(length):
        slices = [
            lax.index_in_dim(jnp.asarray(x), length - 1 - step if b else step, a, keepdims=False)
            for x, a, b in zip(inputs, axes, back, strict=True)
        ]
        results = node.subgraph(body, *state, *slices, listed=step < _LISTED)
        state = results[: len(state)]
        made.append(results[len(state) :])
    pieces = list(zip(*made, strict=True))
    out_axes = node.get("scan_output_axes", (0,) * len(pieces))
    reverse = node.get("scan_output_directions", (0,) * len(pieces))
    stacked = [
        jnp.stack(piece[::-1] if r else piece, a)
        for piece, a, r in zip(pieces, out_axes, reverse, strict=True)
    ]
    return (*state, *stacked)
