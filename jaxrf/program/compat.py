"""Everything that differs between versions of JAX, and nothing else. No private modules.

Supported: jax 0.10.2 (the last one for Python 3.11) to the newest. Primitives are matched by name.
"""

from __future__ import annotations

import os
import re
import sysconfig
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeAlias

import jax
import jax.core
import jax.ref
from jax.extend import source_info_util

# What a jaxpr is made of. JAX's own classes say neither that the aval of an array has a shape nor
# that a closed jaxpr may be an open one (since 0.11 it is): these names say what is meant instead.
JaxprEqn: TypeAlias = Any  # jax.extend.core.JaxprEqn
Jaxpr: TypeAlias = Any  # jax.extend.core.Jaxpr, or ClosedJaxpr
Atom: TypeAlias = Any  # jax.extend.core.Var, or Literal
Aval: TypeAlias = Any  # jax.core.ShapedArray, or that of a token, box or reference

_PACKAGE = Path(__file__).parents[1]
_ADAPTERS = f"{_PACKAGE / 'frameworks'}{os.sep}"  # run a model for its framework: no user wrote it
_MODELS = f"{_PACKAGE / 'zoo'}{os.sep}"  # as a user would write them
_STDLIB = sysconfig.get_path("stdlib")
_INSTALLED = re.compile(r"[/\\](site|dist)-packages[/\\]")

# Call-like primitives -> the parameter that holds their body. 0.10: pjit became jit;
# custom_vjp_call_jaxpr became custom_vjp_call.
CALLS = {
    "jit": "jaxpr",
    "pjit": "jaxpr",
    "closed_call": "call_jaxpr",
    "core_call": "call_jaxpr",
    "remat": "jaxpr",
    "remat2": "jaxpr",
    "checkpoint": "jaxpr",
    "custom_jvp_call": "call_jaxpr",
    "custom_vjp_call": "call_jaxpr",
    "custom_vjp_call_jaxpr": "fun_jaxpr",
}


# Calls of functions that bring derivatives of their own.
OWN_DERIVATIVES = frozenset(name for name in CALLS if name.startswith("custom_"))


def body(equation: JaxprEqn) -> tuple[Jaxpr, tuple[Any, ...]] | None:
    """(jaxpr, constants) of a call-like equation, None for any other.

    Since 0.11 a jaxpr carries its own constants and ``ClosedJaxpr`` is another name for it.
    """
    parameter = CALLS.get(equation.primitive.name)
    inner = equation.params.get(parameter) if parameter else None
    return None if inner is None else open_jaxpr(inner)


def called(equation: Any) -> Jaxpr:
    """The closed jaxpr of a call-like equation."""
    return equation.params[CALLS[equation.primitive.name]]


def open_jaxpr(closed: Jaxpr) -> tuple[Jaxpr, tuple[Any, ...]]:
    """(jaxpr, constants) of a closed or open jaxpr."""
    return getattr(closed, "jaxpr", closed), tuple(getattr(closed, "consts", ()))


def live(closed: Jaxpr) -> Jaxpr:
    """A closed jaxpr without the top-level equations that no output needs."""
    jaxpr = closed.jaxpr
    needed = {atom for atom in jaxpr.outvars if not is_literal(atom)}
    kept = []
    for equation in reversed(jaxpr.eqns):
        if not needed.isdisjoint(equation.outvars):
            needed.update(atom for atom in equation.invars if not is_literal(atom))
            kept.append(equation)
    return closed.replace(jaxpr=jaxpr.replace(eqns=kept[::-1]))


def words_of_callback(equation: JaxprEqn) -> str | None:
    """The description of a callback (its attribute ``words``); None for other equations."""
    function = getattr(equation.params.get("callback"), "callback_func", None)
    return getattr(function, "words", None)


def is_literal(atom: Atom) -> bool:
    """Whether an operand of an equation is a literal value."""
    return isinstance(atom, jax.extend.core.Literal)


def source_lines(source_info: Any) -> list[str]:
    """file:line of every call behind JAX's record of an operation, the innermost first.

    Ends where jaxrf itself begins: who called it is no part of the model.
    """
    frames = source_info_util.summarize(source_info, num_frames=_DEPTH).splitlines()
    places = []
    for frame in reversed(frames):  # JAX has the innermost last
        place = frame.rpartition(" (")[0]
        if place.startswith(_MODELS) or not place.startswith(f"{_PACKAGE}{os.sep}"):
            places.append(place)
        elif not place.startswith(_ADAPTERS):
            break
    return [place for place in places if place]


_DEPTH = 1000  # frames of a deep model, with a framework's own between any two of its modules


def is_library(place: str) -> bool:
    """Whether a line is that of an installed package, or of Python itself."""
    if place.startswith(_MODELS):
        return False
    return bool(_INSTALLED.search(place)) or place.startswith(f"{_STDLIB}{os.sep}")


def scope(equation: JaxprEqn) -> str:
    """Name scope of the equation, relative to the jaxpr that it stands in."""
    return str(equation.source_info.name_stack)


def bind(equation: Any, *operands: Any) -> list[Any]:
    """Run an equation's primitive on other operands; returns a list of results.

    The states of an opaque equation (see :class:`jaxrf.program.equation.Equation`) are put into
    references while it runs; the world outside stays what it is.
    """
    count = len(operands) - len(equation.states)
    given, states = list(operands[:count]), operands[count:]
    for position, state in zip(equation.states, states, strict=True):
        if position is not None:
            given[position] = jax.new_ref(state)
    params = equation.primitive.get_bind_params(equation.params)
    results = equation.primitive.bind(*given, **params)
    after = [
        state if position is None else given[position][...]
        for position, state in zip(equation.states, states, strict=True)
    ]
    return [*(results if equation.primitive.multiple_results else [results]), *after]


def is_reference(aval: Aval) -> bool:
    """Whether a value is a mutable reference to an array (``jax.new_ref``)."""
    return isinstance(aval, jax.ref.AbstractRef)


def is_array(aval: Aval) -> bool:
    """Whether a value is an array, of random keys too: no reference, token, box or the like."""
    return isinstance(aval, jax.core.ShapedArray)


# Effects that no value of the program can depend on, and those of references, which are operands.
_HARMLESS = frozenset(
    """
    AccumEffect DebugEffect ErrorEffect InternalMutableArrayEffect NamedAxisEffect
    OrderedDebugEffect ReadEffect ShapeAssertionEffect WriteEffect
    """.split()
)


def has_effects(equation: JaxprEqn) -> bool:
    """Whether an equation may do what some value outside its operands and results depends on."""
    return any(type(effect).__name__ not in _HARMLESS for effect in equation.effects)


def float64() -> AbstractContextManager[None]:
    """Context in which JAX computes in float64."""
    context: AbstractContextManager[None] = jax.enable_x64(True)
    return context


def float32() -> AbstractContextManager[None]:
    """Context in which JAX computes as it does by default, inside :func:`float64` too."""
    context: AbstractContextManager[None] = jax.enable_x64(False)
    return context
