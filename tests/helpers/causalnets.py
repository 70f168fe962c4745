"""Random networks along time: causal ones, almost causal ones, and others, each written twice.

``net(x)`` is JAX for jaxrf. ``net.responses(n)`` is the truth: the same layers in numpy, fed with
one impulse after the other. They are linear with positive weights, so that nothing cancels and an
output depends on what it answers to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

__all__ = ["Net", "Step", "drawn"]


@dataclass(frozen=True)
class Step:
    """One layer.

    Attributes:
        name: readable.
        run: JAX, on [batch, time, 1].
        plain: numpy, on [batch, time].
        rate: input samples per output.
        state: whether it remembers everything.
    """

    name: str
    run: Callable
    plain: Callable
    rate: Fraction = Fraction(1)
    state: bool = False


@dataclass(frozen=True)
class Net:
    """Layers in a row."""

    steps: tuple[Step, ...]

    def __call__(self, x):
        for step in self.steps:
            x = step.run(x)
        return x

    def __repr__(self) -> str:
        return " > ".join(step.name for step in self.steps)

    def responses(self, length: int) -> np.ndarray:
        """Which output answers to which input, bool [outputs, inputs]."""
        x = np.eye(length)
        for step in self.steps:
            x = step.plain(x)
        return x.T != 0

    @property
    def stride(self) -> Fraction:
        """S, by multiplication."""
        rate = Fraction(1)
        for step in self.steps:
            rate *= step.rate
        return rate

    @property
    def has_state(self) -> bool:
        return any(step.state for step in self.steps)


def conv(kernel: int, stride: int, dilation: int, left: int, right: int, *, laid: bool) -> Step:
    """A convolution, its padding its own or ``laid`` beside the map as zeros."""
    span = (kernel - 1) * dilation + 1

    def run(x):
        pad = (left, right)
        if laid:
            zeros = [jnp.zeros((x.shape[0], n, 1)) for n in pad]
            x, pad = jnp.concatenate([zeros[0], x, zeros[1]], 1), (0, 0)
        return lax.conv_general_dilated(
            x, jnp.ones((kernel, 1, 1)), (stride,), [pad], rhs_dilation=(dilation,),
            dimension_numbers=("NHC", "HIO", "NHC"),
        )  # fmt: skip

    def plain(x):
        x = np.pad(x, ((0, 0), (left, right)))
        starts = range(0, x.shape[1] - span + 1, stride)
        return np.stack([x[:, i : i + span : dilation].sum(1) for i in starts], 1)

    name = f"conv(k{kernel} s{stride} d{dilation} p{left},{right}{' laid' * laid})"
    return Step(name, run, plain, Fraction(stride))


def up(kernel: int, stride: int, first: int) -> Step:
    """A transposed convolution, ``stride`` times as long, of which ``first`` samples are cut."""

    def run(x):
        n = x.shape[1]
        y = lax.conv_transpose(
            x, jnp.ones((kernel, 1, 1)), (stride,), "VALID", dimension_numbers=("NHC", "HIO", "NHC")
        )
        return y[:, first : first + n * stride]

    def plain(x):
        y = np.zeros((len(x), (x.shape[1] - 1) * stride + max(kernel, stride)))
        for i in range(x.shape[1]):
            y[:, i * stride : i * stride + kernel] += x[:, i : i + 1]
        return y[:, first : first + x.shape[1] * stride]

    return Step(f"up(k{kernel} s{stride} cut{first})", run, plain, Fraction(1, stride))


def repeat(times: int) -> Step:
    return Step(
        f"repeat({times})",
        lambda x: jnp.repeat(x, times, 1),
        lambda x: np.repeat(x, times, 1),
        Fraction(1, times),
    )


def every(step: int, start: int) -> Step:
    """Every ``step``-th sample, from ``start`` on."""
    return Step(
        f"every({step}, {start})",
        lambda x: x[:, start::step],
        lambda x: x[:, start::step],
        Fraction(step),
    )


def late(by: int) -> Step:
    """Everything later by some samples."""
    return Step(
        f"late({by})",
        lambda x: jnp.pad(x, ((0, 0), (by, 0), (0, 0)))[:, : x.shape[1]],
        lambda x: np.pad(x, ((0, 0), (by, 0)))[:, : x.shape[1]],
    )


def mirrored(kernel: int) -> Step:
    """A causal convolution on a map that is reflected at its beginning."""
    inner, width = conv(kernel, 1, 1, 0, 0, laid=False), kernel - 1
    return Step(
        f"mirrored(k{kernel})",
        lambda x: inner.run(jnp.pad(x, ((0, 0), (width, 0), (0, 0)), "reflect")),
        lambda x: inner.plain(np.pad(x, ((0, 0), (width, 0)), "reflect")),
    )


def residual(*steps: Step, from_end: bool) -> Step:
    """A block beside its input, both cut to one length, at their beginning or at their end."""

    def cut(a, b):
        n = min(a.shape[1], b.shape[1])
        return (a[:, -n:], b[:, -n:]) if from_end else (a[:, :n], b[:, :n])

    def run(x):
        y = x
        for step in steps:
            y = step.run(y)
        return sum(cut(x, y))

    def plain(x):
        y = x
        for step in steps:
            y = step.plain(y)
        return sum(cut(x, y))

    return Step(f"residual({Net(steps)}{', from the end' * from_end})", run, plain)


def running(kind: str) -> Step:
    """A state: a running sum, a recurrence, an associative scan, or a causal mask."""

    def mask(x):
        n = x.shape[1]
        seen = jnp.arange(n)[:, None] >= jnp.arange(n)
        scores = jnp.where(seen, x @ jnp.swapaxes(x, 1, 2), -jnp.inf)
        return jax.nn.softmax(scores, -1) @ x

    def recurrence(x):
        def step(state, here):
            return state / 2 + here, state / 2 + here

        return jnp.moveaxis(lax.scan(step, jnp.zeros_like(x[:, 0]), jnp.moveaxis(x, 1, 0))[1], 0, 1)

    run = {
        "sum": lambda x: jnp.cumsum(x, 1),
        "scan": lambda x: lax.associative_scan(jnp.add, x, axis=1),
        "recurrence": recurrence,
        "mask": mask,
    }[kind]
    return Step(kind, run, lambda x: np.cumsum(x, 1), state=True)


def mean() -> Step:
    """The mean of everything, taken away."""
    return Step(
        "mean",
        lambda x: x + x.mean(1, keepdims=True),
        lambda x: x + x.mean(1, keepdims=True),
        state=True,
    )


def drawn(seed: int, *, states: bool = False) -> Net:
    """A network by its number.

    By turns causal by construction, with one convolution that is a sample off, and with any padding
    at all.
    """
    rng = np.random.default_rng(seed)
    kind = ("causal", "almost", "any")[seed % 3]
    steps, rate, count = [], Fraction(1), int(rng.integers(1, 6))
    wrong = int(rng.integers(count)) if kind == "almost" else None
    for n in range(count):
        # What is upsampled again owns less than the hop that it waited for.
        once_down = kind != "any" and any(step.rate > 1 for step in steps)
        step = _step(rng, kind == "any", n == wrong, rate, grows=not once_down)
        steps.append(step)
        rate *= step.rate
    if states:
        kinds = ["sum", "scan", "recurrence", "mask", "mean"]
        chosen = kinds[int(rng.integers(len(kinds)))]
        step = mean() if chosen == "mean" else running(chosen)
        steps.insert(int(rng.integers(len(steps) + 1)), step)
    return Net(tuple(steps))


def _step(rng, free: bool, wrong: bool, rate: Fraction, *, grows: bool) -> Step:
    """One layer; causal unless ``free`` or ``wrong``, where a convolution is one sample off."""
    kinds = ["conv", "conv", "conv", "residual", "late"]
    kinds += ["down", "every"] * (rate < 4) + ["up", "up", "repeat"] * (
        grows and rate > Fraction(1, 6)
    )
    kind = "conv" if wrong else str(rng.choice(kinds))
    kernel, dilation = int(rng.integers(2, 6)), int(rng.integers(1, 4))
    span = (kernel - 1) * dilation
    if kind in ("conv", "down"):
        stride = int(rng.integers(2, 4)) if kind == "down" else 1
        # the newest sample of a hop is its last one: stride - 1 samples to the right
        right = int(rng.integers(0, span + 1)) if free else stride - 1 + wrong
        return conv(
            kernel, stride, dilation, max(0, span - right), right, laid=bool(rng.integers(2))
        )
    if kind == "up":
        stride = int(rng.integers(2, 4))
        kernel = stride * int(rng.integers(1, 3)) + int(rng.integers(2))
        return up(kernel, stride, int(rng.integers(0, kernel - stride + 1)) if free else 0)
    if kind == "repeat":
        return repeat(int(rng.integers(2, 4)))
    if kind == "every":
        step = int(rng.integers(2, 4))
        return every(step, int(rng.integers(step)))
    if kind == "late":
        return late(int(rng.integers(1, 4)))
    inner = [
        _step(rng, free, False, Fraction(10), grows=False) for _ in range(int(rng.integers(1, 3)))
    ]
    inner = [s if s.rate == 1 else late(1) for s in inner]
    return residual(*inner, from_end=bool(rng.integers(2)))
