"""Functions over four devices, and a program that compares their supports with the oracle's.

A process has as many devices as it was started with: ``python devicecases.py`` sees to that by
itself and prints, as JSON, what theory missed and what it had too much of every case.
"""

import os

if __name__ == "__main__":
    os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=4"
    os.environ["JAX_PLATFORMS"] = "cpu"

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import Mesh, PartitionSpec

from tests.helpers.oracle import gradient_pattern, perturbation_pattern

__all__ = ["CASES", "UNKNOWN", "DeviceCase"]

P = PartitionSpec


ALONG = P(None, "d")  # the second dimension over all devices


@dataclass(frozen=True)
class DeviceCase:
    """A function on one device of a mesh, positive and smooth unless ``perturb``.

    Attributes:
        f: of the shard.
        shape: of the whole input.
        inputs: how it is split; one axis of the mesh, "d", unless ``two_axes``.
        outputs: how the outputs are put together.
        two_axes: a mesh of 2 x 2, "a" and "b".
        names: the axes that are written by hand; JAX sees to the others.
        checked: whether JAX checks which values differ between devices.
        perturb: whether elements are perturbed one at a time, where gradients do not speak.
        stand_in: the same thing for the oracle, where a processor cannot run ``f``.
    """

    f: Callable
    shape: tuple[int, ...] = (1, 8)
    inputs: PartitionSpec = ALONG
    outputs: PartitionSpec = ALONG
    two_axes: bool = False
    names: tuple[str, ...] = ()
    checked: bool = True
    perturb: bool = False
    stand_in: Callable | None = None

    def __call__(self, x):
        devices = np.array(jax.devices()[:4])
        mesh = Mesh(devices.reshape(2, 2), ("a", "b")) if self.two_axes else Mesh(devices, ("d",))
        run = jax.shard_map(
            self.f,
            mesh=mesh,
            in_specs=self.inputs,
            out_specs=self.outputs,
            axis_names=set(self.names or mesh.axis_names),
            check_vma=self.checked,
        )
        return run(x)


def halo(x, axis="d", count=4):
    """Three taps: one column from either neighbour, none beyond the ends."""
    left = lax.ppermute(x[:, -1:], axis, [(n, n + 1) for n in range(count - 1)])
    right = lax.ppermute(x[:, :1], axis, [(n + 1, n) for n in range(count - 1)])
    padded = jnp.concatenate([left, x, right], 1)
    return padded[:, :-2] + 2 * padded[:, 1:-1] + 3 * padded[:, 2:]


def own_quarter(x):
    """Everybody has everything, and reads the two columns where its own index says."""
    everything = lax.all_gather(x, "d", axis=1, tiled=True)
    return lax.dynamic_slice_in_dim(everything, 3 * (lax.axis_index("d") % 2), 2, 1)


def recurrent(x):
    """A scan on every device alone."""
    start = lax.pcast(jnp.zeros(x.shape[:1], x.dtype), "d", to="varying")
    step = lambda state, column: (state + column, state + column)  # noqa: E731
    return lax.scan(step, start, x.T)[1].T


def every_step(x):
    """A scan that asks the neighbour in every step."""

    def step(state, column):
        state = state + column + lax.ppermute(state, "d", [(0, 1)])
        return state, state

    return lax.scan(step, jnp.zeros_like(x[:, 0]), x.T)[1].T


CASES = {
    "nothing in common": DeviceCase(lambda x: jnp.flip(x, 1) * 2),
    "halo exchange": DeviceCase(halo),
    "halo exchange, in jitted functions": DeviceCase(jax.jit(lambda x: halo(jax.jit(halo)(x)))),
    "round about": DeviceCase(
        lambda x: x + lax.ppermute(x, "d", [(n, (n + 1) % 4) for n in range(4)])
    ),
    "all_gather": DeviceCase(own_quarter),
    "all_gather, a new dimension": DeviceCase(
        lambda x: lax.all_gather(x, "d", axis=1)[:, :2].sum(1) + x, (1, 8)
    ),
    "psum": DeviceCase(lambda x: x + 0.1 * lax.psum(x[:, :1], "d")),
    "psum, replicated output": DeviceCase(lambda x: lax.psum(x, "d"), outputs=P()),
    "pmean of several": DeviceCase(
        lambda x: sum(lax.pmean({"first": x[:, :1], "last": x[:, 1:]}, "d").values()) + x
    ),
    "pmax": DeviceCase(lambda x: lax.pmax(x, "d"), outputs=P(), perturb=True),
    "pmin": DeviceCase(lambda x: lax.pmin(x, "d") + x, perturb=True),
    "psum_scatter": DeviceCase(
        lambda x: lax.psum_scatter(x, "d", scatter_dimension=0, tiled=True), (4, 8),
        outputs=P("d"),
    ),
    "psum_scatter, a dimension less": DeviceCase(
        lambda x: lax.psum_scatter(x, "d", scatter_dimension=0), (4, 8), outputs=P("d")
    ),
    "all_to_all": DeviceCase(
        lambda x: lax.all_to_all(x, "d", 2, 1, tiled=True), (1, 4, 8), P(None, "d"),
        P(None, None, "d"),
    ),
    "all_to_all, to the front": DeviceCase(
        lambda x: lax.all_to_all(x, "d", 2, 0), (2, 4, 4), P(None, "d"), P("d"), perturb=True
    ),
    "all_to_all, to the back": DeviceCase(
        lambda x: lax.all_to_all(x, "d", 0, 2), (4, 4, 3), P(None, "d"), P(None, "d"), perturb=True
    ),
    "pbroadcast": DeviceCase(
        lambda x: x + lax.pbroadcast(x, "d", 1), stand_in=lambda x: x + lax.all_gather(x, "d")[1]
    ),
    "axis_index": DeviceCase(
        lambda x: jnp.where(lax.axis_index("d") == 2, x, jnp.flip(x, 1)) + lax.axis_index("d")
    ),
    "replicated input": DeviceCase(
        lambda x: lax.dynamic_slice_in_dim(x, lax.axis_index("d"), 2, 1), (1, 5), P()
    ),
    "a scan on every device": DeviceCase(recurrent),
    "two axes, halo along one": DeviceCase(
        lambda x: halo(x, "a", 2), (4, 8), P("b", "a"), P("b", "a"), two_axes=True
    ),
    "two axes, sums along each": DeviceCase(
        lambda x: x + lax.psum(x[:1], "a") + lax.psum(x[:, :1], "b"), (4, 8), P("a", "b"),
        P("a", "b"), two_axes=True,
    ),
    "two axes on one dimension": DeviceCase(
        lambda x: x + lax.psum(x, "b") + lax.axis_index(("a", "b")), (1, 8), P(None, ("a", "b")),
        P(None, ("a", "b")), two_axes=True,
    ),
    "two axes, sum over both": DeviceCase(
        lambda x: x + lax.psum(x, ("a", "b")), (1, 8), P(None, ("b", "a")), P(None, ("b", "a")),
        two_axes=True,
    ),
    "two axes, gathered along the inner one": DeviceCase(
        lambda x: lax.all_gather(x, "b", axis=1, tiled=True)[:, 1:3], (1, 8), P(None, ("a", "b")),
        P(None, ("a", "b")), two_axes=True, checked=False,
    ),
}  # fmt: skip
UNKNOWN = {
    "a scan with a collective inside": DeviceCase(every_step, checked=False),
    "groups of an axis": DeviceCase(
        lambda x: x + lax.psum(x, "d", axis_index_groups=[[0, 1], [2, 3]]), checked=False
    ),
    "a shard_map inside another": DeviceCase(
        lambda x: jax.shard_map(
            lambda x: halo(x, "b", 2), in_specs=P(None, "b"), out_specs=P(None, "b"),
            axis_names={"b"},
        )(x),
        inputs=P(None, "a"), outputs=P(None, "a"), two_axes=True, names=("a",),
    ),
    "a collective without a rule": DeviceCase(
        lambda x: lax.ragged_all_to_all(x, x, *(jnp.zeros(4, int),) * 4, axis_name="d"),
        checked=False,
    ),
}  # fmt: skip


def supports(case: DeviceCase) -> tuple[np.ndarray, list[str]]:
    """Theory, bool [*output, *input], and what it says it does not know."""
    from jaxrf.theory.analyze import analyze
    from jaxrf.theory.solve.support import solve_support

    analysis = analyze(case, case.shape, spatial_axes=range(len(case.shape)))
    graph, node = analysis.graph, analysis.node("output")
    size = int(np.prod(analysis.endpoint_shape("output")))
    masks = np.eye(size, dtype=bool).reshape(size, *analysis.endpoint_shape("output"))
    found = np.stack([solve_support(graph, node, mask) for mask in masks])
    return found.reshape(*masks.shape[1:], *case.shape), list(analysis.approximate)


def compared(case: DeviceCase) -> dict:
    """How theory differs from the oracle."""
    found, unknown = supports(case)
    oracle = perturbation_pattern if case.perturb else gradient_pattern
    truth = oracle(replace(case, f=case.stand_in or case.f), case.shape)
    assert truth.shape == found.shape
    missed, excess = (truth & ~found), (found & ~truth)
    return {"missed": int(missed.sum()), "excess": int(excess.sum()), "unknown": unknown}


def bounded(case: DeviceCase) -> dict:
    """Whether theory says that everything depends on everything."""
    found, unknown = supports(case)
    return {"everything": bool(found.all()), "unknown": unknown}


if __name__ == "__main__":
    exact = {name: compared(case) for name, case in CASES.items()}
    print(json.dumps({**exact, **{name: bounded(case) for name, case in UNKNOWN.items()}}))
