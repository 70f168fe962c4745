"""Every primitive of the installed JAX is ruled, inlined, or listed as conservative, and why."""

import gc
import importlib
import warnings

import pytest
from jax.extend.core import Primitive

from jaxrf.measure.linear import RULES as LINEAR
from jaxrf.trace import compat
from jaxrf.trace.control import CONTROL
from jaxrf.trace.rules import RULES
from jaxrf.trace.rules.conservative import CONSERVATIVE

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
    found = [o for o in gc.get_objects() if isinstance(o, Primitive)]
    return {p.name for p in found if _is_theirs(p)}


def _is_theirs(primitive) -> bool:
    """Whether a module of JAX or Flax holds it or its class; other tests may make their own."""
    holders = (h for h in gc.get_referrers(primitive) if isinstance(h, dict))
    names = [str(h.get("__name__", "")) for h in holders]
    if type(primitive) is not Primitive:
        names.append(type(primitive).__module__)
    return any(name.startswith(("jax", "flax")) for name in names)


@pytest.fixture(scope="module")
def names() -> set[str]:
    return primitives()


def test_the_census_finds_them(names):
    assert len(names) > 300
    assert {"add", "conv_general_dilated", "pallas_call", "threefry2x32", "scatter-add"} <= names


def test_every_primitive_has_been_looked_at(names):
    known = {*RULES, *compat.CALLS, *CONTROL, *CONSERVATIVE}
    assert sorted(names - known) == [], "rule them, or list them as conservative with a reason"


def test_nothing_is_both_ruled_and_conservative():
    assert sorted(set(CONSERVATIVE) & {*RULES, *compat.CALLS, *CONTROL}) == []


def test_what_theory_knows_the_measurement_knows_as_well():
    assert sorted(set(RULES) - set(LINEAR)) == []
