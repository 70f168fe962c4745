"""Every primitive of the installed JAX is ruled, inlined, or listed as conservative, and why.

Covers: measure.energy.unruled, program.compat, program.opaque, restriction.unruled,
theory.rules.conservative.
"""

import gc
import importlib
import sys
import warnings

import pytest
from jax.extend.core import Primitive

from jaxrf.measure.energy.site import ENERGY
from jaxrf.measure.energy.unruled import UNRULED
from jaxrf.measure.linearization import LINEAR
from jaxrf.program import compat
from jaxrf.program.expansions import EXPANSIONS
from jaxrf.program.expansions.shard_map import WRITTEN_OUT
from jaxrf.program.primitives import PRIMITIVES, reasons
from jaxrf.restriction.rules import RESTRICTION
from jaxrf.restriction.unruled import UNRULED as RUN_WHOLE
from jaxrf.theory.rules import THEORY
from jaxrf.theory.rules.conservative import CONSERVATIVE

MODULES = """
jax jax.custom_batching jax.custom_derivatives jax.debug jax.dlpack jax.export jax.ffi jax.image
jax.lax jax.nn jax.numpy jax.numpy.fft jax.numpy.linalg jax.random jax.scipy jax.scipy.cluster.vq
jax.scipy.fft jax.scipy.integrate jax.scipy.interpolate jax.scipy.linalg jax.scipy.ndimage
jax.scipy.optimize jax.scipy.signal jax.scipy.sparse.linalg jax.scipy.spatial.transform
jax.scipy.special jax.scipy.stats jax.sharding jax.experimental.checkify
jax.experimental.custom_partitioning jax.experimental.multihost_utils jax.experimental.ode
jax.experimental.pallas jax.experimental.pallas.mosaic_gpu jax.experimental.pallas.tpu
jax.experimental.rnn jax.experimental.sparse flax.linen flax.nnx
""".split()


def primitives() -> set[str]:
    """Names of all primitives that exist once everything above is imported."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated modules say so
        for module in MODULES:
            try:
                importlib.import_module(module)
            except ImportError:  # another version of JAX, or a device library is missing
                continue
    theirs = {
        id(value)
        for name, module in list(sys.modules.items())
        if name.startswith(("jax", "flax"))
        for value in vars(module).values()
        if isinstance(value, Primitive)
    }
    found = [o for o in gc.get_objects() if isinstance(o, Primitive)]
    names = {p.name for p in found if id(p) in theirs or _is_theirs(p)}
    # vjp_node[scan] and the like are gone again when JAX has differentiated a function
    return {name for name in names if not name.startswith("vjp_node[")}


def _is_theirs(primitive) -> bool:
    """Whether JAX or Flax made a class for it; other tests may make primitives of their own."""
    made = type(primitive)
    return made is not Primitive and made.__module__.startswith(("jax", "flax"))


INLINED = {*compat.CALLS, *EXPANSIONS, *WRITTEN_OUT}
RULED = {*THEORY.rules, *INLINED}
# Reading -> what it deliberately has no rule for: primitive -> reason.
READINGS = {
    "theory": (THEORY, CONSERVATIVE),
    "linearization": (LINEAR, CONSERVATIVE),
    "energy": (ENERGY, CONSERVATIVE | UNRULED),
    "restriction": (RESTRICTION, CONSERVATIVE | RUN_WHOLE),
}


@pytest.fixture(scope="module")
def names() -> set[str]:
    return primitives()


def test_the_census_finds_them(names):
    assert len(names) > 300
    assert {"add", "conv_general_dilated", "pallas_call", "threefry2x32", "scatter-add"} <= names


@pytest.mark.parametrize(("reading", "listed"), READINGS.values(), ids=READINGS)
def test_every_primitive_has_been_looked_at(names, reading, listed):
    assert sorted((names | set(THEORY.rules)) - {*reading.rules, *INLINED} - set(listed)) == [], (
        f"rule them for {reading.name}, or list them with a reason"
    )


@pytest.mark.parametrize(("reading", "listed"), READINGS.values(), ids=READINGS)
def test_nothing_is_both_ruled_and_listed(reading, listed):
    assert sorted(set(listed) & set(reading.rules)) == []


def test_every_primitive_is_in_the_table(names):
    assert sorted((names | RULED | set(CONSERVATIVE)) - set(PRIMITIVES)) == [], (
        "add them to jaxrf/program/primitive_data.py, or to jaxrf/program/opaque.py with a reason"
    )


def test_the_table_has_nothing_that_is_treated_nowhere(names):
    assert sorted(set(PRIMITIVES) - RULED - set(reasons())) == []


def test_nothing_is_both_inlined_and_conservative():
    assert sorted(set(CONSERVATIVE) & INLINED) == []


def test_what_is_written_out_needs_no_rule():
    assert sorted(WRITTEN_OUT & {*THEORY.rules, *LINEAR.rules, *ENERGY.rules}) == []


def test_what_theory_knows_the_measurement_knows_as_well():
    assert sorted(set(THEORY.rules) - set(LINEAR.rules)) == []
