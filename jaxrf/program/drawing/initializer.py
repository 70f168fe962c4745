"""``Initializer``: draws the variables of a model without compiling every leaf's random bits anew.

A compiled initialiser holds the generator once per leaf and is compiled for seconds, for what runs
in a tenth of that. Here the program of the initialiser is read leaf by leaf:

* constants are filled in by numpy;
* what a chain of elementwise operations makes of random bits (:mod:`jaxrf.program.drawing.chain`)
  is drawn in blocks of one length, by kernels that leaves of all shapes and all models share;
* all other leaves are computed by the compiled initialiser, as far as they need it.

The numbers are the same to the bit as those of the compiled initialiser on a CPU, which tests hold.
On other devices, whose compilers were not tried, and with other generators or settings of JAX the
initialiser is compiled as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Any

import jax
import numpy as np

from jaxrf.program import compat
from jaxrf.program.compile_once import compile_once
from jaxrf.program.drawing.bits import BLOCK, block_of_bits
from jaxrf.program.drawing.chain import Drawn, drawn_leaf, kernel
from jaxrf.program.evaluate import evaluate
from jaxrf.program.flatten import flatten
from jaxrf.program.program import Program
from jaxrf.program.reading import interpret
from jaxrf.program.replay import replayed
from jaxrf.program.slices import backward_slice

__all__ = ["Initializer"]

_FILLS = frozenset("broadcast_in_dim reshape squeeze copy".split())  # numpy does just the same


class Initializer:
    """``key -> variables`` of an initialiser; whatever it raises comes through.

    Args:
        init: the initialiser, a pure function.
    """

    def __init__(self, init: Callable[[jax.Array], Any]) -> None:
        self._init = init
        self._plans: dict[Any, _Plan | None] = {}
        self._compiled = compile_once(init)

    def __call__(self, key: jax.Array) -> Any:
        """The variables that a key draws."""
        if isinstance(key, jax.core.Tracer) or not _as_tried():
            return self._compiled(key)
        context = (jax.typeof(key), _option("jax_enable_x64"))
        if context not in self._plans:
            self._plans[context] = _plan(self._init, key)
        plan = self._plans[context]
        return self._compiled(key) if plan is None else plan.draw(key)


def _as_tried() -> bool:
    """Whether device and generator are those that the drawing in blocks was tried on."""
    return jax.default_backend() == "cpu" and _option("jax_threefry_partitionable")


def _option(name: str) -> bool:
    return bool(getattr(jax.config, name))


@dataclass(frozen=True, eq=False)
class _Plan:
    """How each leaf of an initialiser is made.

    Attributes:
        program: of the initialiser.
        structure: the pytree of its result.
        filled: position of a leaf -> the leaf, the same for every key.
        drawn: position of a leaf -> the chain that makes it.
        factors: value number -> factor of a chain.
        others: positions of the other leaves.
        compiled: the function of the key that makes these.
    """

    program: Program
    structure: Any
    filled: dict[int, jax.Array]
    drawn: dict[int, Drawn]
    factors: dict[int, np.ndarray]
    others: tuple[int, ...]
    compiled: Callable[[jax.Array], Sequence[jax.Array]]

    def draw(self, key: jax.Array) -> Any:
        """The variables that a key draws."""
        leaves: dict[int, Any] = dict(self.filled)
        if self.others:
            leaves.update(zip(self.others, self.compiled(key), strict=True))
        keys = self._keys(key)
        for n, leaf in self.drawn.items():
            factor = None if leaf.factor is None else self.factors[leaf.factor]
            leaves[n] = _drawn(leaf, keys[leaf.key], factor)
        return jax.tree.unflatten(self.structure, [leaves[n] for n in range(len(leaves))])

    def _keys(self, key: jax.Array) -> dict[int, np.ndarray]:
        """The words of all keys that leaves are drawn with: whole numbers, so one by one."""
        program, wanted = self.program, {leaf.key for leaf in self.drawn.values()}
        values = {**program.constants, program.arguments[0]: key}
        found = replayed(program.equations, values, wanted)
        return {number: np.asarray(jax.random.key_data(found[number])) for number in wanted}


def _drawn(leaf: Drawn, key: np.ndarray, factor: np.ndarray | None) -> jax.Array:
    """A leaf, block by block."""
    run, size = kernel(leaf.chain), prod(leaf.shape)
    blocks = [run(block_of_bits(key, start), factor) for start in range(0, size, BLOCK)]
    flat = np.empty(len(blocks) * BLOCK, leaf.chain.dtype)
    for n, block in enumerate(blocks):
        flat[n * BLOCK : (n + 1) * BLOCK] = np.asarray(block)
    found: jax.Array = jax.device_put(flat[:size].reshape(leaf.shape))  # compiles nothing
    return found


def _plan(init: Callable[[jax.Array], Any], key: jax.Array) -> _Plan | None:
    """The plan of an initialiser; None where it has to be run as it is."""
    closed, shape = jax.make_jaxpr(init, return_shape=True)(key)
    if any(map(compat.has_effects, compat.open_jaxpr(closed)[0].eqns)):
        return None
    program = flatten(compat.live(closed), inputs=[])
    abstract, structure = jax.tree.flatten(shape)
    filled: dict[int, jax.Array] = {}
    drawn: dict[int, Drawn] = {}
    for n, (number, leaf) in enumerate(zip(program.outputs, abstract, strict=True)):
        if leaf.weak_type or jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.extended):
            continue
        if (value := _filled(program, number)) is not None:
            filled[n] = jax.device_put(value)
        elif (made := drawn_leaf(program, number)) is not None:
            drawn[n] = made
    if not drawn:
        return None
    keys = backward_slice(program.equations, {leaf.key for leaf in drawn.values()})
    if not all(_is_whole(program, number) for eq in keys for number in eq.outputs):
        return None
    others = tuple(n for n in range(len(abstract)) if n not in filled and n not in drawn)
    rest = compile_once(lambda key: [jax.tree.leaves(init(key))[n] for n in others])
    return _Plan(program, structure, filled, drawn, _factors(program, drawn), others, rest)


def _filled(program: Program, number: int) -> np.ndarray | None:
    """A leaf that is the same for every key, and only filled in; None for any other."""
    equations = backward_slice(program.equations, [number])
    if not all(eq.name in _FILLS for eq in equations):
        return None
    read = {number, *(i for eq in equations for i in eq.inputs)}
    if not read.isdisjoint(program.arguments):
        return None
    values = {i: np.asarray(program.constants[i]) for i in read & program.constants.keys()}
    return interpret(equations, values, lambda eq, operands: evaluate(eq, operands) or ())[number]


def _is_whole(program: Program, number: int) -> bool:
    """Whether a value is a key or a whole number, which no compiler rounds."""
    dtype = program.dtype(number)
    kinds = (jax.dtypes.prng_key, np.integer, np.bool_)
    return dtype is not None and any(jax.dtypes.issubdtype(dtype, kind) for kind in kinds)


def _factors(program: Program, drawn: dict[int, Drawn]) -> dict[int, np.ndarray]:
    """The factors of chains, computed by compiled code from their constants, as in the whole."""
    wanted = sorted({leaf.factor for leaf in drawn.values() if leaf.factor is not None})
    made = [i for i in wanted if i not in program.constants]
    found = {i: np.asarray(program.constants[i]) for i in wanted if i in program.constants}
    if made:
        run = compile_once(partial(replayed, program.equations, program.constants, made))
        found.update({i: np.asarray(value) for i, value in run().items()})
    return {i: value.reshape(()) for i, value in found.items()}
