"""Random networks: what is said for every length is what ``analyze`` says at each of them.

Covers: theory.sizes.strategies.
"""

import jax.numpy as jnp
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from jax import lax

from jaxrf import analyze, analyze_sizes
from jaxrf.errors import InvalidInput, ModelError
from jaxrf.theory.sizes import AxisAnswer
from jaxrf.theory.sizes.strategies import LEAST_CHECKED

PADDINGS = st.sampled_from(["SAME", "SAME_LOWER", "VALID", ((1, 1),), ((2, 0),)])


def conv(kernel, stride, padding, dilation):
    def run(x):
        weights = jnp.ones((kernel, x.shape[-1], 2))
        return lax.conv_general_dilated(
            x, weights, (stride,), padding, rhs_dilation=(dilation,),
            dimension_numbers=("NWC", "WIO", "NWC"),
        )  # fmt: skip

    return run


def pool(kernel, stride, padding):
    def run(x):
        window, strides = (1, kernel, 1), (1, stride, 1)
        return lax.reduce_window(x, -jnp.inf, lax.max, window, strides, padding)

    return run


def up(kernel, factor):
    def run(x):
        weights = jnp.ones((kernel, x.shape[-1], 2))
        return lax.conv_transpose(
            x, weights, (factor,), "SAME", dimension_numbers=("NWC", "WIO", "NWC")
        )

    return run


def two_paths(left, right, join):
    def run(x):
        a, b = left(x), right(x)
        return a + b if join == "add" else jnp.concatenate([a, b], -1)

    return run


def even(x):
    return jnp.pad(x, ((0, 0), (1, 0), (0, 0))) if x.shape[1] % 2 else x


OTHERS = {
    "gate": lambda x: x * x.mean(1, keepdims=True),
    "even": even,
    "crop": lambda x: x[:, 1:-2],
    "reflect": lambda x: jnp.pad(x, ((0, 0), (2, 1), (0, 0)), "reflect"),
    "every second": lambda x: x[:, ::2],
    "split": lambda x: x.reshape(*x.shape[:2], 2, -1).sum(2),
    "stack": lambda x: jnp.repeat(x, 2, 1),
}
KERNELS, STRIDES = st.integers(1, 4), st.integers(1, 3)
CONVS = st.builds(conv, KERNELS, STRIDES, PADDINGS, st.integers(1, 2))
PATHS = st.one_of(
    st.builds(lambda s, p, q: (conv(1, s, p, 1), conv(3, s, q, 1)), STRIDES, PADDINGS, PADDINGS),
    st.builds(lambda k, s: (conv(k, s, "SAME", 1), pool(2, s, "SAME")), KERNELS, STRIDES),
)
STEPS = st.one_of(
    CONVS,
    CONVS,
    st.builds(pool, KERNELS, STRIDES, st.sampled_from(["SAME", "VALID"])),
    st.builds(up, st.integers(2, 4), st.just(2)),
    st.builds(lambda p, join: two_paths(*p, join), PATHS, st.sampled_from(["add", "concatenate"])),
    st.sampled_from(sorted(OTHERS)).map(OTHERS.get),
)


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(
    steps=st.lists(STEPS, min_size=1, max_size=4), lengths=st.sets(st.integers(2, 40), max_size=4)
)
def test_every_length_as_analysed(steps, lengths):
    def net(x):
        for step in steps:
            x = step(x)
        return x

    try:
        sizes = analyze_sizes(net, (1, None, 2))
    except ModelError:
        event("takes no length")
        return
    (found,) = sizes.output.axes
    event(", ".join(sorted({r.evidence for r in found.residues})))
    if found.only is not None:
        return
    # From here on no map is so short that the fields of its elements show no law.
    least = max((r.lengths[0] for r in found.residues if r.answer), default=0)
    least = max(LEAST_CHECKED, least + 4 * found.modulus)
    for n in {least, least + 1, *(least + more for more in lengths)}:
        entry = found.residues[n % found.modulus]
        if entry.evidence == "varies":
            continue
        if entry.evidence == "refused":
            try:
                analyze(net, (1, n, 2))
            except (ModelError, InvalidInput):
                continue
            raise AssertionError(f"{n} is taken, {entry}")
        (expected,) = analyze(net, (1, n, 2)).output.axes
        assert entry.answer == AxisAnswer.of(expected), n
