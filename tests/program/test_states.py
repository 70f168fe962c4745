"""What is changed in place, beyond the cases: effects, lost references, loops that stay.

Covers: program.execute, program.expansions.references.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from jax.ad_checkpoint import checkpoint_name
from jax.experimental import io_callback
from jax.experimental import pallas as pl
from jax.sharding import Mesh, PartitionSpec

from jaxrf.errors import NotExact
from jaxrf.measure.support import SupportMeter
from jaxrf.program.execute import endpoint_function
from jaxrf.program.expansions import loops
from jaxrf.program.trace import trace
from jaxrf.theory.analyze import analyze

ALL = list(range(6))
SHAPE = (1, 6, 1)
NUMBER = jax.ShapeDtypeStruct((), np.float32)


def touched(f, at=0):
    """The inputs that theory has, once the linearisation has the same, and what is approximate."""
    analysis = analyze(f, SHAPE)
    measured = SupportMeter(analysis).measure((at,), plain=False)
    assert measured.equal
    operations = [label.split()[0] for label in analysis.approximate]
    return np.flatnonzero(measured.support.mask).tolist(), operations


def outside(x):
    """A number from outside the program."""
    return io_callback(lambda: np.float32(0), NUMBER)


def to_outside(x):
    io_callback(lambda v: None, None, x)


def test_what_goes_out_may_come_back_in():
    def f(x):
        to_outside(x[:, 3:])
        return x + outside(x)

    assert touched(f) == ([0, 3, 4, 5], ["io_callback", "io_callback"])
    with pytest.raises(NotExact, match=r"^no rule for io_callback"):
        analyze(f, SHAPE, strict=True)


def test_what_goes_out_later_does_not():
    def f(x):
        y = x + outside(x)
        to_outside(x)
        return y

    assert touched(f) == ([0], [])


def test_effects_in_loops_and_branches_keep_their_order():
    def looped(x):
        def step(_, row):
            to_outside(row)
            return None, outside(row)

        return lax.scan(step, None, x[0])[1][None, :, None]

    def branched(x):
        lax.cond(x[0, 5, 0] > 0, lambda: to_outside(x[:, 1]), lambda: None)
        return x + outside(x)

    assert touched(looped, 2)[0] == [0, 1, 2]
    assert touched(branched)[0] == [0, 1, 5]


def test_printing_influences_nothing():
    def f(x):
        jax.debug.print("{}", x.mean())
        jax.debug.callback(lambda v: None, x, ordered=True)
        return x + outside(x)

    assert touched(f) == ([0], [])


def test_a_loop_that_the_data_stop_may_do_anything_to_its_references():
    def f(x):
        ref, other = jax.new_ref(jnp.zeros_like(x)), jax.new_ref(x)

        def turn(n):
            ref[...] += x
            return n * 2

        lax.while_loop(lambda n: n < 50, turn, x[0, 3, 0])
        return ref[...] + other[...]

    assert touched(f) == (ALL, ["while"])


def test_a_loop_too_long_to_be_written_out(monkeypatch):
    def f(x):
        ref = jax.new_ref(jnp.zeros(1))

        def step(_, row):
            ref[...] += row
            return None, None

        lax.scan(step, None, x[0])
        return x * ref[...]

    assert touched(f) == (ALL, [])
    monkeypatch.setattr(loops, "LONGEST", 6)
    assert touched(f) == (ALL, ["scan"])


def test_what_is_undone_was_not_done(monkeypatch):
    def f(x):
        ref = jax.new_ref(x)

        def turn(n):
            ref[...] = jnp.zeros_like(x)
            return n + 1

        lax.while_loop(lambda n: n < 9, turn, 0)  # too long: the first turns are taken back
        return ref[...] + x

    monkeypatch.setattr(loops, "LONGEST", 4)
    assert touched(f) == (ALL, ["while"])


def test_a_view_that_is_not_known():
    def f(x):
        ref = jax.new_ref(x)
        ref.bitcast(jnp.int32)[:, 1:] = jnp.ones((1, 5, 1), jnp.int32)
        return ref[...]

    assert touched(f) == (ALL, ["swap"])


def test_a_primitive_that_takes_references():
    def f(x):
        def body(refs):
            refs[1][...] = refs[0][...] * 2

        return pl.run_state(body)((x, jnp.zeros_like(x)))[1]

    assert touched(f) == (ALL, ["run_state"])


def test_references_of_devices():
    mesh, spec = Mesh(np.array(jax.devices()[:1]), ("d",)), PartitionSpec("d")

    def given(x):
        ref = jax.new_ref(x)

        def body(ref, x):
            ref[...] = x
            return x

        y = jax.shard_map(body, mesh=mesh, in_specs=(spec, spec), out_specs=spec)(ref, x[:, ::-1])
        return ref[...] + y

    def own(x):
        def body(x):
            ref = jax.new_ref(x)
            ref[:, 1:] = x[:, :-1]
            return ref[...]

        return jax.shard_map(body, mesh=mesh, in_specs=spec, out_specs=spec)(x)

    assert touched(given) == (ALL, ["shard_map"])
    assert touched(own, 2) == ([1], [])


def test_a_barrier_hands_references_on():
    def f(x):
        ref = jax.new_ref(x)
        y = lax.optimization_barrier((x, ref))[0]
        ref[:, 1:] = x[:, :-1]
        return ref[...] + y

    assert touched(f, 2) == ([1, 2], [])


def test_captured_references_hold_weights():
    ref = jax.new_ref(jnp.zeros(SHAPE))

    def f(x):
        y = x * ref[...]
        ref[:, :1] = x[:, 4:5]
        return y + ref[...]

    assert touched(f) == ([0, 4], [])
    assert touched(f, 1) == ([1], [])
    assert not np.asarray(ref[...]).any()  # tracing has changed nothing


def test_what_a_reference_started_without_is_not_known():
    def f(x):
        ref = jax.ref.empty_ref(jax.typeof(x))
        ref[:, :1] = x[:, :1]
        return x * ref[...]

    assert touched(f) == ([0], [])
    assert touched(f, 3) == ([3], [])


def test_whole_numbers_in_references_are_known():
    def f(x):
        place = jax.new_ref(jnp.arange(6)[2])
        place[...] += 1
        return lax.dynamic_slice_in_dim(x, place[...], 1, 1)

    assert touched(f) == ([3], [])


def test_marked_values_are_replayed_with_what_references_held():
    def f(x):
        ref = jax.new_ref(x)

        def turn(n):
            ref[...] += 1
            return n * 2

        lax.while_loop(lambda n: n < 5, turn, x[0, 0, 0])
        return checkpoint_name(ref[...] * 2, "twice") + 1

    traced = trace(f, SHAPE)
    x = jnp.arange(1.0, 7).reshape(SHAPE)
    np.testing.assert_array_equal(endpoint_function(traced, "twice")(None, [x]), (x + 3) * 2)


@pytest.mark.parametrize("collective", [lax.psum, lax.pmean, lax.pmax, lax.pmin])
def test_collectives_over_what_vmap_made_a_dimension(collective):
    def f(x):
        return jax.vmap(lambda v: v + collective(v[1:2], "b"), axis_name="b")(
            x.reshape(2, 3, 1)
        ).reshape(SHAPE)

    assert touched(f) == ([0, 1, 4], [])


def test_what_vmap_sends_is_where_it_was_sent():
    ring = [(i, (i + 1) % 6) for i in range(6)]
    f = lambda x: jax.vmap(lambda v: lax.ppermute(v, "b", ring), axis_name="b")(x[0])[None]  # noqa: E731
    assert touched(f, 2) == ([1], [])
