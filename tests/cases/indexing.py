"""Gather, scatter and slices at positions: known ones, and those that the input itself computes."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.helpers.rulecase import Case

UNKNOWN = "which row an index computed beside a known one belongs to is not followed"


def brightest(x):
    """The place of the largest element of the first channel."""
    return jnp.argmax(x[0, :, 0])


def rows_at(x):
    """Two rows, at places computed from the first channel."""
    return jnp.stack([brightest(x), jnp.argmin(x[0, :, 0])])


def numbered(x):
    """The first channel as whole numbers, one index per pixel."""
    return jnp.clip(jnp.abs(x[0, :, 0]), 0, x.shape[1] - 1).astype(int)


def take_sorted(x):
    return jnp.take_along_axis(x[..., 1:], jnp.argsort(x[..., :1], 1), 1)


def windows_at(x, starts):
    """Windows of two pixels at each start."""
    return jax.vmap(lambda start: lax.dynamic_slice_in_dim(x, start, 2, 1))(starts)


def scatter_windows(x, starts):
    """Adds windows of two pixels of ones and of the input into zeros at each start."""
    numbers = lax.ScatterDimensionNumbers((0, 2, 3), (), (1,))
    updates = jnp.stack([x[..., 1:][:, :2]] * len(starts), 1)
    return lax.scatter_add(x[..., :1], starts[:, None], updates, numbers)


def gather(offset, collapsed, indexed, indices, sizes):
    """``lax.gather``, whose dimension numbers say more than numpy's indexing."""
    numbers = lax.GatherDimensionNumbers(offset, collapsed, indexed)

    def run(x):
        starts = indices(x) if callable(indices) else jnp.asarray(indices)
        return lax.gather(x, starts, numbers, sizes)

    return run


def scatter(window, inserted, indexed, indices, shape, how=lax.scatter):
    """``lax.scatter`` of updates that the whole input decides."""
    numbers = lax.ScatterDimensionNumbers(window, inserted, indexed)

    def run(x):
        starts = indices(x) if callable(indices) else jnp.asarray(indices)
        return how(x, starts, jnp.resize(jnp.sin(x), shape), numbers)

    return run


NOWHERE = np.zeros((3, 0), int)  # three index vectors that address nothing
COLLAPSED = {
    "first of a dimension": gather((1,), (0, 1), (1,), [[2], [0]], (1, 1, 2)),
    "first of two dimensions": gather((1,), (0, 2), (), NOWHERE, (1, 4, 1)),
    "windows in the first of a dimension": gather((1, 2), (0,), (1,), [[1], [0]], (1, 2, 2)),
    "computed, in the first of a dimension": gather(
        (1,), (0, 1), (1,), lambda x: brightest(x)[None, None], (1, 1, 2)
    ),
}
INSERTED = {
    "set": scatter((1,), (0, 1), (1,), [[2], [0]], (2, 2)),
    "add": scatter((1,), (0, 1), (1,), [[2], [0]], (2, 2), lax.scatter_add),
    "set in two dimensions": scatter((1,), (0, 2), (), NOWHERE[:1], (1, 4)),
    "computed": scatter(
        (1,), (0, 1), (1,), lambda x: brightest(x)[None, None], (1, 2), lax.scatter_add
    ),
}
GATHER = {
    "one axis": (lambda x: x[:, np.array([3, 0, 0, -1])], (1, 5, 2)),
    "two axes": (lambda x: x[:, jnp.arange(2)[:, None], jnp.array([2, 0])[None]], (1, 3, 3, 2)),
    "diagonal": (lambda x: x[:, jnp.arange(3), jnp.arange(3)], (1, 3, 3, 2)),
    "diagonal, channels last": (lambda x: jnp.diagonal(x, axis1=1, axis2=2), (2, 3, 3, 1)),
    "upper triangle": (lambda x: x[:, *jnp.triu_indices(3)], (1, 3, 3, 2)),
    "take, clipped": (lambda x: jnp.take(x, jnp.array([9, 1]), 1, mode="clip"), (1, 4, 1)),
    "take, wrapped": (lambda x: jnp.take(x, jnp.array([5, -1]), 1, mode="wrap"), (1, 4, 1)),
    "take, filled": (
        lambda x: jnp.take(x, jnp.array([9, 1]), 1, mode="fill", fill_value=0),
        (1, 4, 1),
    ),
    "take_along_axis": (
        lambda x: jnp.take_along_axis(x, jnp.array([[[1, 0], [0, 0]]]), 1),
        (1, 3, 2),
    ),
    "channel permutation": (lambda x: x[..., jnp.array([2, 0, 1])], (1, 2, 3)),
    "a mask of rows": (lambda x: x[:, np.array([True, False, True, True])], (1, 4, 1)),
    "windows": (lambda x: windows_at(x, jnp.array([2, 0])), (1, 5, 2)),
    "repeat": (
        lambda x: jnp.repeat(x, jnp.array([1, 0, 2]), 1, total_repeat_length=4),
        (1, 3, 1),
    ),
    "vmap of known indices": (
        lambda x: jax.vmap(lambda image, i: image[i])(x, jnp.array([[2, 0], [1, 1]])),
        (2, 3, 2),
    ),
    "shuffle": (lambda x: x.reshape(1, 3, 2, 2)[:, jnp.array([2, 0, 1])], (1, 6, 2)),
}
SCATTER = {
    "set": ("scatter", lambda x: x.at[:, jnp.array([2, 0])].set(x[:, 3:] * 2)),
    "set to a constant": ("scatter", lambda x: x.at[:, jnp.array([2, 0])].set(1)),
    "set outside": ("scatter", lambda x: x.at[:, jnp.array([2, 9])].set(x[:, 3:] * 2)),
    "set in zeros": (
        "scatter",
        lambda x: jnp.zeros((1, 7, 1), x.dtype).at[:, jnp.array([2, 0, 3, 1, 5])].set(x),
    ),
    "apply": ("scatter", lambda x: x.at[:, jnp.array([2, 0])].apply(jnp.sin)),
    "add": ("scatter-add", lambda x: x.at[:, jnp.array([2, 2])].add(x[:, 3:])),
    "subtract": ("scatter-sub", lambda x: x.at[:, jnp.array([2, 0])].subtract(x[:, 3:])),
    "multiply": ("scatter-mul", lambda x: x.at[:, jnp.array([2, 0])].multiply(x[:, 3:])),
    "min": ("scatter-min", lambda x: x.at[:, jnp.array([2, 0])].min(x[:, 3:])),
    "max": ("scatter-max", lambda x: x.at[:, jnp.array([2, 0])].max(x[:, 3:])),
    "windows": ("scatter-add", lambda x: scatter_windows(jnp.tile(x, 2), jnp.array([3, 0]))),
    "segment_sum": (
        "scatter-add",
        lambda x: jax.ops.segment_sum(x[0], jnp.array([0, 2, 0, 1, 2]), num_segments=4),
    ),
    "segment_max": (
        "scatter-max",
        lambda x: jax.ops.segment_max(x[0], jnp.array([0, 2, 0, 1, 2]), num_segments=3),
    ),
}
COMPUTED = {
    "gather": {
        "rows": (lambda x: jnp.take(x[..., 1:], rows_at(x), 1), (1, 4, 2)),
        "each its own": (lambda x: jnp.take(x[..., 1:], numbered(x), 1), (1, 3, 2)),
        "take_along_axis": (take_sorted, (2, 3, 2)),
        "windows": (lambda x: windows_at(x[..., 1:], numbered(x)[:2]), (1, 4, 2)),
        "into a constant": (lambda x: jnp.arange(4.0)[numbered(x)], (1, 4, 1)),
        "embedding": (lambda x: (jnp.ones((3, 2)) + jnp.arange(3.0)[:, None])[numbered(x)],
                      (1, 3, 1)),
        "one of a batch": (
            lambda x: jax.vmap(lambda image: image[jnp.argmax(image[:, 0])])(x), (2, 3, 2)
        ),
        "diagonal of computed rows": (
            lambda x: x[0][jnp.arange(3), numbered(x)], (1, 3, 3)
        ),
    },
    "scatter": {
        "one row": (lambda x: x.at[:, brightest(x)].set(x[:, 0] + 1), (1, 3, 2)),
        "apply": (lambda x: x.at[:, brightest(x)].apply(lambda v: v + 1), (1, 3, 1)),
    },
    "scatter-add": {
        "rows": (lambda x: x[..., 1:].at[:, rows_at(x)].add(x[:, :2, 1:] + 1), (1, 4, 2)),
        "histogram": (lambda x: jnp.zeros(3).at[numbered(x)].add(1), (1, 4, 1)),
        "windows": (lambda x: scatter_windows(x, numbered(x)[:2]), (1, 4, 2)),
        "batches apart": (
            lambda x: jax.vmap(
                lambda image: image.at[jnp.argmax(image[:, 0])].add(image[0] + 1)
            )(x),
            (2, 3, 2),
        ),
    },
    "dynamic_slice": {
        "one row": (lambda x: x[:, brightest(x)], (1, 3, 2)),
        "in a dimension of full length": (
            lambda x: lax.dynamic_slice(x, (0, jnp.arange(9)[1], brightest(x)), (1, 2, 2)),
            (1, 4, 2),
        ),
    },
    "dynamic_update_slice": {
        "what is always overwritten": (
            lambda x: lax.dynamic_update_slice_in_dim(
                x[..., 1:], x[:, 1:, 2:] + 1, brightest(x[:, 1:3]), 1
            ),
            (1, 4, 3),
        ),
        "in a dimension of full length": (
            lambda x: lax.dynamic_update_slice(
                x[..., 1:], x[:, :2, 1:] + 1, (0, jnp.arange(9)[1], brightest(x))
            ),
            (1, 4, 2),
        ),
        "start computed": (
            lambda x: lax.dynamic_update_slice_in_dim(
                x[..., 1:], x[:, :2, 1:] + 1, brightest(x), 1
            ),
            (1, 4, 2),
        ),
    },
}  # fmt: skip
LOOSE = {"diagonal of computed rows": UNKNOWN}
CASES = [
    *(Case(f"gather, {name}", f, shape, "gather") for name, (f, shape) in GATHER.items()),
    *(
        Case(f"scatter, {name}", f, (1, 5, 1), covers, perturb=True)
        for name, (covers, f) in SCATTER.items()
    ),
    *(
        Case(f"{covers} at computed places, {name}", f, shape, covers, perturb=True,
             over=LOOSE.get(name, ""), loose=LOOSE.get(name, ""))
        for covers, cases in COMPUTED.items()
        for name, (f, shape) in cases.items()
    ),
    *(
        Case(f"gather, {name}", f, (3, 4, 2), "gather", perturb=True)
        for name, f in COLLAPSED.items()
    ),
    *(
        Case(f"scatter into the first of a dimension, {name}", f, (3, 4, 2), "", perturb=True)
        for name, f in INSERTED.items()
    ),
    Case("trace", lambda x: jnp.trace(x, axis1=1, axis2=2), (1, 3, 3, 2), "select_n"),
    Case("roll by a known array", lambda x: jnp.roll(x, jnp.arange(3)[1] + 1, 1), (1, 4, 1),
         "dynamic_slice"),
    Case(
        "dynamic_update_slice, known start",
        lambda x: lax.dynamic_update_slice(x, x[:, 3:] * 2, (0, jnp.arange(4)[1], 0)),
        (1, 5, 2),
        "dynamic_update_slice",
    ),
    Case(
        "dynamic_update_slice, a constant",
        lambda x: lax.dynamic_update_slice(
            x, jnp.ones((1, 2, 1), x.dtype), (0, jnp.arange(9)[8], 0)
        ),
        (1, 5, 2),
        "dynamic_update_slice",
    ),
    Case(
        "dynamic_update_slice, into a constant",
        lambda x: lax.dynamic_update_slice_in_dim(jnp.zeros((1, 6, 1), x.dtype), x, 2, 1),
        (1, 3, 1),
        "dynamic_update_slice",
    ),
]  # fmt: skip
