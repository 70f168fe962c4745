"""``shard_map``, written out: the body once per device, in step, with what they send each other.

A collective is a sum, a slice or a concatenation of values of several devices, so that a halo
exchange or a sharded convolution has the field of the whole, to the pixel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxrf.program import compat
from jaxrf.program.writer import Writer

__all__ = ["WRITTEN_OUT", "shard_map"]

_SAME = """
pvary reduced_vary_cast reduced_vary_cast_p vary_unreduced_cast vary_unreduced_cast_p
""".split()
_JOINS: dict[str, Callable[..., Any]] = {
    "psum": jnp.add,
    "psum_invariant": jnp.add,
    "pmax": jnp.maximum,
    "pmin": jnp.minimum,
}


def shard_map(
    writer: Writer,
    eqn: compat.JaxprEqn,
    inputs: Sequence[int],
    place: str,
    sources: tuple[Any, ...],
) -> Sequence[int] | None:
    """The outputs of all devices, put together; None where the body does what is not known here."""
    if any(map(compat.is_reference, (atom.aval for atom in eqn.invars))):
        return None  # every device has one of its own
    mesh = dict(eqn.params["mesh"].shape)
    devices = _Devices(writer, mesh, place, sources)
    body, constants = compat.open_jaxpr(eqn.params["jaxpr"])
    shards = [
        devices.split(number, atom, inner.aval.shape, spec)
        for number, atom, inner, spec in zip(
            inputs, eqn.invars, body.invars, eqn.params["in_specs"], strict=True
        )
    ]
    frames = devices.write(body, constants, [list(column) for column in zip(*shards, strict=True)])
    if frames is None:
        return None
    return [
        devices.join([frame[n] for frame in frames], inner, spec)
        for n, (inner, spec) in enumerate(zip(body.outvars, eqn.params["out_specs"], strict=True))
    ]


@dataclass
class _Devices:
    """The devices of a mesh, in row-major order.

    Attributes:
        writer: where equations go.
        mesh: name of an axis -> its length.
        place: scope of the equation that is written out.
        sources: JAX's records of its line.
    """

    writer: Writer
    mesh: dict[str, int]
    place: str
    sources: tuple[Any, ...]

    @property
    def coordinates(self) -> list[dict[str, int]]:
        """Coordinates of every device in the mesh."""
        names = list(self.mesh)
        return [
            dict(zip(names, at, strict=True))
            for at in product(*(range(self.mesh[n]) for n in names))
        ]

    def trace(
        self, function: Callable[..., Any], atoms: Sequence[compat.Atom], numbers: Sequence[int]
    ) -> list[int]:
        """Trace a function of jaxrf itself into the program."""
        return self.writer.trace(function, atoms, numbers, self.place, self.sources)

    def split(self, number: int, atom: compat.Atom, shape: Sequence[int], spec: Any) -> list[int]:
        """The shard of every device."""
        shards = []
        for at in self.coordinates:
            starts = [
                self._index(at, _names(spec, d)) * n if n < whole else 0
                for d, (n, whole) in enumerate(zip(shape, atom.aval.shape, strict=True))
            ]
            stops = [start + n for start, n in zip(starts, shape, strict=True)]
            whole = tuple(shape) == tuple(atom.aval.shape)
            shards += [number] if whole else self.trace(
                lambda x, a=starts, b=stops: lax.slice(x, a, b), [atom], [number]
            )  # fmt: skip
        return shards

    def join(self, shards: list[int], inner: compat.Atom, spec: Any) -> int:
        """The whole array: one shard of every place, laid side by side."""
        rank = len(inner.aval.shape)
        grid = [self._count(_names(spec, d)) for d in range(rank)]
        if all(n == 1 for n in grid):
            return shards[0]
        chosen: dict[tuple[int, ...], int] = {}
        for at, shard in zip(self.coordinates, shards, strict=True):
            here = tuple(self._index(at, _names(spec, d)) for d in range(rank))
            chosen.setdefault(here, shard)
        places = sorted(chosen)

        def together(*pieces: jax.Array) -> jax.Array:
            blocks = dict(zip(places, pieces, strict=True))
            for d in reversed(range(rank)):
                heads = sorted({at[:d] for at in blocks})
                blocks = {
                    head: lax.concatenate([blocks[(*head, n)] for n in range(grid[d])], d)
                    for head in heads
                }
            return blocks[()]

        return self.trace(together, [inner] * len(places), [chosen[p] for p in places])[0]

    def write(
        self, jaxpr: compat.Jaxpr, constants: Sequence[Any], frames: list[list[int]]
    ) -> list[list[int]] | None:
        """One call frame per device, equation by equation."""
        values = []
        for arguments in frames:
            frame = dict(zip(jaxpr.invars, arguments, strict=True))
            captured = zip(jaxpr.constvars, constants, strict=True)
            values.append({**frame, **{v: self.writer.constant(c) for v, c in captured}})

        def numbers(frame: Mapping[Any, int], atoms: Sequence[compat.Atom]) -> list[int]:
            return [self.writer.literal(a) if compat.is_literal(a) else frame[a] for a in atoms]

        for eqn in jaxpr.eqns:
            inputs = [numbers(frame, eqn.invars) for frame in values]
            outputs = self._equation(eqn, inputs)
            if outputs is None:
                return None
            for frame, results in zip(values, outputs, strict=True):
                frame.update(zip(eqn.outvars, results, strict=True))
        return [numbers(frame, jaxpr.outvars) for frame in values]

    def _equation(
        self, eqn: compat.JaxprEqn, inputs: list[list[int]]
    ) -> Sequence[Sequence[int]] | None:
        name = eqn.primitive.name
        if name in _SAME:
            return inputs
        if name == "axis_index":
            axes = eqn.params["axis_name"]
            axes = (axes,) if isinstance(axes, str) else axes
            at = [np.asarray(self._index(c, axes), np.int32) for c in self.coordinates]
            return [[self.writer.value(index)] for index in at]
        if name in _COLLECTIVES and self._communicates(eqn):
            if eqn.params.get("axis_index_groups") is not None or self._is_mixed(eqn):
                return None
            columns = [
                _COLLECTIVES[name](self, eqn, atom, [row[n] for row in inputs])
                for n, atom in enumerate(eqn.invars)
            ]
            return list(zip(*columns, strict=True))
        inner = compat.body(eqn)
        if inner is not None:
            body, constants = inner
            return self.write(body, constants, inputs)
        if self._communicates(eqn):
            return None
        return [self.writer.equation(eqn, tuple(i), self.place, self.sources) for i in inputs]

    def _communicates(self, eqn: compat.JaxprEqn) -> bool:
        """Whether an equation may read what other devices have, or ask which one it is."""
        named = (eqn.params.get("axis_name", ()), eqn.params.get("axes", ()))
        axes = {axis for some in named for axis in (some if isinstance(some, tuple) else (some,))}
        if eqn.primitive.name == "shard_map" or not axes.isdisjoint(self.mesh):
            return True
        return any(self._communicates(e) for body in _bodies(eqn) for e in body.eqns)

    def _is_mixed(self, eqn: compat.JaxprEqn) -> bool:
        """Whether a collective also runs over dimensions, as it may inside ``vmap``."""
        axes = eqn.params.get("axes", ())
        return not self.mesh.keys() >= set(axes if isinstance(axes, tuple) else (axes,))

    def group(self, axes: str | Sequence[str]) -> list[list[int]]:
        """Per device, the devices that differ from it along ``axes`` alone, itself included."""
        axes = (axes,) if isinstance(axes, str) else tuple(axes)
        at = self.coordinates
        rest = [tuple(v for k, v in c.items() if k not in axes) for c in at]
        groups = []
        for own in rest:
            members = [n for n, other in enumerate(rest) if other == own]
            groups.append(sorted(members, key=lambda n: self._index(at[n], axes)))
        return groups

    def _index(self, at: dict[str, int], axes: Sequence[str]) -> int:
        """Row-major index along several axes of the mesh."""
        return reduce(lambda index, axis: index * self.mesh[axis] + at[axis], axes, 0)

    def _count(self, axes: Sequence[str]) -> int:
        return reduce(lambda n, axis: n * self.mesh[axis], axes, 1)


def _names(spec: Any, dim: int) -> tuple[str, ...]:
    """Axes of the mesh along which a dimension is split."""
    entry = spec[dim] if dim < len(spec) else None
    return () if entry is None else (entry,) if isinstance(entry, str) else tuple(entry)


def _bodies(eqn: compat.JaxprEqn) -> Iterator[compat.Jaxpr]:
    """Every jaxpr among the parameters of an equation."""
    for value in eqn.params.values():
        for part in value if isinstance(value, (tuple, list)) else (value,):
            jaxpr, _ = compat.open_jaxpr(part)
            if hasattr(jaxpr, "eqns"):
                yield jaxpr


def _joined(
    devices: _Devices, eqn: compat.JaxprEqn, atom: compat.Atom, column: list[int]
) -> list[int]:
    """Sum, maximum or minimum over a group; alone, nothing happens."""
    join, results = _JOINS[eqn.primitive.name], []
    for group in devices.group(eqn.params["axes"]):
        numbers = [column[n] for n in group]
        together = lambda *xs: reduce(join, xs)  # noqa: E731
        results += devices.trace(together, [atom] * len(group), numbers)
    return results


def _gathered(
    devices: _Devices, eqn: compat.JaxprEqn, atom: compat.Atom, column: list[int]
) -> list[int]:
    """The values of a group side by side, along a dimension or a new one."""
    axis, tiled, results = eqn.params["all_gather_dimension"], eqn.params["tiled"], []
    join = (lambda *xs: lax.concatenate(xs, axis)) if tiled else (lambda *xs: jnp.stack(xs, axis))
    for group in devices.group(eqn.params["axis_name"]):
        results += devices.trace(join, [atom] * len(group), [column[n] for n in group])
    return results


def _sent(
    devices: _Devices, eqn: compat.JaxprEqn, atom: compat.Atom, column: list[int]
) -> list[int]:
    """The value of the device that sends to each one; zeros where none does."""
    source = {to: start for start, to in eqn.params["perm"]}
    results = []
    for own, group in enumerate(devices.group(eqn.params["axis_name"])):
        start = source.get(group.index(own))
        if start is None:
            zeros = lambda x: jnp.zeros(x.shape, x.dtype)  # noqa: E731
            results += devices.trace(zeros, [atom], [column[own]])
        else:
            results.append(column[group[start]])
    return results


def _chosen(
    devices: _Devices, eqn: compat.JaxprEqn, atom: compat.Atom, column: list[int]
) -> list[int]:
    """The value of one device of the group."""
    groups = devices.group(eqn.params["axis_name"])
    return [column[group[eqn.params["source"]]] for group in groups]


def _scattered(
    devices: _Devices, eqn: compat.JaxprEqn, atom: compat.Atom, column: list[int]
) -> list[int]:
    """The own part of the sum over the group."""
    axis, tiled, results = eqn.params["scatter_dimension"], eqn.params["tiled"], []
    for own, group in enumerate(devices.group(eqn.params["axis_name"])):
        place, count = group.index(own), len(group)

        def part(*xs: jax.Array, place: int = place, count: int = count) -> jax.Array:
            total = reduce(jnp.add, xs)
            if not tiled:
                return lax.index_in_dim(total, place, axis, keepdims=False)
            size = total.shape[axis] // count
            return lax.slice_in_dim(total, place * size, (place + 1) * size, axis=axis)

        results += devices.trace(part, [atom] * count, [column[n] for n in group])
    return results


def _exchanged(
    devices: _Devices, eqn: compat.JaxprEqn, atom: compat.Atom, column: list[int]
) -> list[int]:
    """The own part of everybody's value, side by side."""
    split, concat, results = eqn.params["split_axis"], eqn.params["concat_axis"], []
    for own, group in enumerate(devices.group(eqn.params["axis_name"])):
        place, count = group.index(own), len(group)

        def parts(*xs: jax.Array, place: int = place, count: int = count) -> jax.Array:
            size = xs[0].shape[split] // count
            ends = place * size, (place + 1) * size
            return lax.concatenate([lax.slice_in_dim(x, *ends, axis=split) for x in xs], concat)

        results += devices.trace(parts, [atom] * count, [column[n] for n in group])
    return results


_COLLECTIVES: dict[str, Callable[..., list[int]]] = {
    **dict.fromkeys(_JOINS, _joined),
    "all_gather": _gathered,
    "all_gather_invariant": _gathered,
    "ppermute": _sent,
    "pbroadcast": _chosen,
    "reduce_scatter": _scattered,
    "all_to_all": _exchanged,
}
# Primitives that live inside shard_map alone.
WRITTEN_OUT = frozenset({*_SAME, *_COLLECTIVES, "axis_index"})
