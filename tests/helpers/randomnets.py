"""Random networks as plain JAX functions, in two versions with the same dependencies.

The *model* is what jaxrf sees: weights of either sign, ReLU, max-pooling. The *open* version is for
the oracle: positive weights, softplus, means, so that its own gradient is positive wherever it
depends. A network is a list of steps; a step is a function ``(x, open) -> x`` with a readable name.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import strategies as st
from jax import lax

from tests.helpers.randomlayouts import LAYOUTS, layout_step
from tests.helpers.randomsteps import MORE, Step, more_step

__all__ = ["RandomNet", "networks"]

LARGEST = 20  # pixels per axis, so that the oracle's Jacobian stays small


@dataclass(frozen=True)
class RandomNet:
    """A network and the shape of its input; ``net(x)`` is the model."""

    shape: tuple[int, ...]
    steps: tuple[Step, ...]

    def __call__(self, x, *, open: bool = False):
        for step in self.steps:
            x = step.run(x, open)
        return x

    def opened(self, x):
        return self(x, open=True)


def _weights(shape, open: bool, dtype):
    w = np.random.default_rng(len(shape)).normal(size=shape)
    return jnp.asarray(np.abs(w) + 0.1 if open else w, dtype)


def _numbers(rank: int):
    letters = "HWD"[:rank]
    return f"N{letters}C", f"{letters}IO", f"N{letters}C"


def _conv(kernel, stride, pad, dilation, out, groups):
    def run(x, open):
        rank = x.ndim - 2
        w = _weights((*kernel, x.shape[-1] // groups, out * groups), open, x.dtype)
        return lax.conv_general_dilated(
            x, w, stride, pad, rhs_dilation=dilation, dimension_numbers=_numbers(rank),
            feature_group_count=groups,
        )  # fmt: skip

    label = f"conv(k{kernel} s{stride} p{pad} d{dilation} out{out} groups{groups})"
    return Step(label, run)


def _pool(kind, kernel, stride, pad):
    def run(x, open):
        init, combine = (-jnp.inf, lax.max) if kind == "max" and not open else (0.0, lax.add)
        window, strides = (1, *kernel, 1), (1, *stride, 1)
        return lax.reduce_window(x, np.asarray(init, x.dtype), combine, window, strides, pad)

    return Step(f"{kind}_pool(k{kernel} s{stride} {pad})", run)


def _conv_transpose(kernel, stride, pad):
    def run(x, open):
        w = _weights((*kernel, x.shape[-1], 2), open, x.dtype)
        return lax.conv_transpose(x, w, stride, pad, dimension_numbers=_numbers(x.ndim - 2))

    return Step(f"conv_transpose(k{kernel} s{stride} {pad})", run)


def _space_to_depth(x, open):
    n, *space, c = x.shape
    split = x.reshape(n, *(m for s in space for m in (s // 2, 2)), c)
    rank = len(space)
    outer, inner = range(1, 2 * rank, 2), range(2, 2 * rank + 1, 2)
    moved = split.transpose(0, *outer, *inner, 2 * rank + 1)
    return moved.reshape(n, *(s // 2 for s in space), 2**rank * c)


def _pixel_shuffle(x, open):
    n, *space, c = x.shape
    rank = len(space)
    split = x.reshape(n, *space, *(2,) * rank, c // 2**rank)
    order = [d for a in range(rank) for d in (1 + a, 1 + rank + a)]
    return split.transpose(0, *order, 2 * rank + 1).reshape(
        n, *(2 * s for s in space), c // 2**rank
    )


def _slices(starts, stops, steps):
    index = tuple(slice(a, b, s) for a, b, s in zip(starts, stops, steps, strict=True))
    return Step(f"slice{index}", lambda x, open: x[(slice(None), *index)])


def _cropped(x, space, anchor):
    """Cut to ``space``: from the left, or around the centre."""
    begin = [
        (n - m) // 2 if anchor == "center" else 0 for n, m in zip(x.shape[1:-1], space, strict=True)
    ]
    return x[(slice(None), *(slice(b, b + m) for b, m in zip(begin, space, strict=True)))]


def _branches(left, right, join, anchor):
    """Two branches, cropped to a common size and added or concatenated."""

    def run(x, open):
        parts = []
        for branch in (left, right):
            y = x
            for step in branch:
                y = step.run(y, open)
            parts.append(y)
        space = [min(sizes) for sizes in zip(*(p.shape[1:-1] for p in parts), strict=True)]
        a, b = (_cropped(p, space, anchor) for p in parts)
        if join == "concatenate":
            return jnp.concatenate([a, b], -1)
        return a.sum(-1, keepdims=True) + b

    return Step(f"{join}[{list(left)} | {list(right)}, {anchor}]", run)


@st.composite
def _step(draw, shape: tuple[int, ...], depth: int, layouts: bool) -> Step:
    """One step that fits a feature map of ``shape``."""
    space, rank = shape[1:-1], len(shape) - 2
    some = lambda low, high: draw(st.tuples(*[st.integers(low, high)] * rank))  # noqa: E731
    same = st.sampled_from(["SAME", "VALID"])
    kinds = ["conv", "conv", "conv", "pool", "relu", "slice", "flip", "reflect", "roll"]
    kinds += ["conv_transpose", "repeat"] * (max(space) <= LARGEST // 2)
    kinds += ["space_to_depth"] * (all(n % 2 == 0 for n in space) and shape[-1] <= 3)
    kinds += ["pixel_shuffle"] * (shape[-1] % 2**rank == 0 and max(space) <= LARGEST // 2)
    kinds += ["branches", "branches", "branches"] * (depth > 0)
    kind = draw(st.sampled_from([*kinds, *MORE, *(LAYOUTS * 2 if layouts else ())]))
    if kind in LAYOUTS:
        return draw(layout_step(kind, shape, LARGEST))
    if kind in MORE:
        return draw(more_step(kind, shape, LARGEST))
    if kind == "conv":
        sides = st.integers(-1, 3)
        pad = draw(same | st.tuples(*[st.tuples(sides, sides)] * rank))
        groups = draw(st.sampled_from([1, 1, shape[-1]]))
        dilation, out = some(1, 2), draw(st.sampled_from([1, 2, 4]))
        return _conv(some(1, 4), some(1, 3), pad, dilation, out, groups)
    if kind == "pool":
        kernel, stride = some(2, 3), some(1, 3)
        return _pool(draw(st.sampled_from(["max", "mean"])), kernel, stride, draw(same))
    if kind == "relu":
        return Step("relu", lambda x, open: jax.nn.softplus(x) if open else jax.nn.relu(x))
    if kind == "slice":
        starts = draw(st.tuples(*(st.integers(0, n // 3) for n in space)))
        stops = tuple(n - draw(st.integers(0, n // 3)) for n in space)
        return _slices(starts, stops, some(1, 2))
    if kind == "flip":
        axis = draw(st.integers(1, rank))
        return Step(f"flip({axis})", lambda x, open: jnp.flip(x, axis))
    if kind == "roll":
        axis, by = draw(st.integers(1, rank)), draw(st.integers(-2, 2))
        return Step(f"roll({by}, {axis})", lambda x, open: jnp.roll(x, by, axis))
    if kind == "reflect":
        widths = (
            (0, 0),
            *((draw(st.integers(0, 2)), draw(st.integers(0, 2))) for _ in space),
            (0, 0),
        )
        return Step(f"reflect{widths}", lambda x, open: jnp.pad(x, widths, mode="reflect"))
    if kind == "conv_transpose":
        return _conv_transpose(some(1, 4), some(1, 3), draw(same))
    if kind == "repeat":
        axis = draw(st.integers(1, rank))
        return Step(f"repeat({axis})", lambda x, open: jnp.repeat(x, 2, axis))
    if kind in ("space_to_depth", "pixel_shuffle"):
        return Step(kind, _space_to_depth if kind == "space_to_depth" else _pixel_shuffle)
    sides = [
        next(draw(_steps(shape, 0, n, layouts)) for n in [draw(st.integers(0, 2))]) for _ in "lr"
    ]
    join, anchor = (
        draw(st.sampled_from(["add", "concatenate"])),
        draw(st.sampled_from(["center", "left"])),
    )
    return _branches(*sides, join, anchor)


def _output_shape(step: Step, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """None where the step does not fit (a reflection wider than the image, nothing left)."""
    try:
        out = jax.eval_shape(lambda x: step.run(x, False), jax.ShapeDtypeStruct(shape, np.float32))
    except (ValueError, TypeError):
        return None
    fits = all(2 <= n <= LARGEST for n in out.shape[1:-1]) and out.shape[-1] <= 8
    return out.shape if fits else None


@st.composite
def _steps(draw, shape: tuple[int, ...], depth: int, count: int, layouts: bool) -> tuple[Step, ...]:
    steps = []
    for _ in range(count):
        step = draw(_step(shape, depth, layouts))
        after = _output_shape(step, shape)
        if after is not None:
            steps.append(step)
            shape = after
    return tuple(steps)


@st.composite
def networks(draw, *, layouts: bool = False) -> RandomNet:
    """1-D or 2-D, 6 to 20 pixels, 1 to 3 channels, two to six steps.

    With ``layouts``, steps of :mod:`randomlayouts` are among them.
    """
    rank = draw(st.sampled_from([1, 1, 2]))
    space = draw(st.tuples(*[st.integers(6, LARGEST if rank == 1 else 10)] * rank))
    shape = (1, *space, draw(st.integers(1, 3)))
    return RandomNet(shape, draw(_steps(shape, 1, draw(st.integers(2, 6)), layouts)))
