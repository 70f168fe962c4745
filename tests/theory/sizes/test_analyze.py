"""Small models by hand: what depends on the length, what is refused, what is only checked.

Covers: theory.sizes.concrete, theory.sizes.free_shapes, theory.sizes.symbolic.
"""

from fractions import Fraction

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxrf import analyze_sizes
from jaxrf.errors import InvalidInput, ModelError, NotExact
from jaxrf.examples import unet
from jaxrf.program.inputs import OpenInput


def conv(x, kernel, stride=1, padding="SAME", dilation=1):
    weights = jnp.ones((kernel, x.shape[-1], x.shape[-1]))
    return lax.conv_general_dilated(
        x, weights, (stride,), padding, rhs_dilation=(dilation,),
        dimension_numbers=("NWC", "WIO", "NWC"),
    )  # fmt: skip


def axis(model, shape=(1, None, 2), **options):
    (found,) = analyze_sizes(model, shape, **options).output.axes
    return found


def test_same_convolution_of_stride_two():
    found = axis(lambda x: conv(x, 3, 2))
    assert (found.modulus, found.size, found.stride, found.padding) == (2, 3, 2, None)
    assert [r.answer.padding for r in found.residues] == [0, 1]
    assert found.depends == ("padding",)
    assert found.proved
    assert found.at(64).padding == 0
    assert found.at(65).padding == 1


def test_valid_convolutions_do_not_depend_on_the_length():
    found = axis(lambda x: conv(conv(x, 5, 2, "VALID"), 3, 2, "VALID"))
    assert (found.size, found.stride, found.padding) == (9, 4, 0)
    assert found.depends == ()
    assert found.proved
    assert found.least == 9
    with pytest.raises(InvalidInput, match="got 8 on axis 1, need 9 or more"):
        found.at(8)


def test_causal_dilated_stack():
    def tcn(x):
        for dilation in (1, 2, 4, 8):
            x = x + conv(x, 2, 1, [(dilation, 0)], dilation)
        return x

    found = axis(tcn)
    assert (found.size, found.stride, found.padding) == (16, 1, 15)
    assert found.depends == ()
    assert found.proved
    assert found.aligned
    assert (found.causal, found.look_back, found.look_ahead) == (True, 15, 0)


def test_strides_that_are_not_powers_of_two():
    found = axis(lambda x: conv(conv(x, 3, 3), 5, 2))
    assert found.modulus == 6
    assert found.proved
    for n in range(60, 72):
        middle = -(-n // 3)
        left = (-(-n // 3) * 3 - n) // 2 + 3 * ((-(-middle // 2) * 2 - 2 + 5 - middle) // 2)
        assert found.at(n).padding == left


def test_axes_of_different_strides():
    def model(x):
        kernel = jnp.ones((3, 3, 1, 1))
        numbers = ("NHWC", "HWIO", "NHWC")
        return lax.conv_general_dilated(x, kernel, (2, 3), "SAME", dimension_numbers=numbers)

    rows, columns = analyze_sizes(model, (1, None, None, 1)).output.axes
    assert [r.answer.padding for r in rows.residues] == [0, 1]
    assert [r.answer.padding for r in columns.residues] == [0, 1, 0]
    assert rows.proved
    assert columns.proved


def test_a_unet_needs_even_lengths():
    sizes = analyze_sizes(unet, (1, None, None, 1))
    for found in sizes.output.axes:
        even, odd = found.residues
        assert even.evidence == "proved"
        assert odd.evidence == "refused"
        assert (found.size, found.stride, found.padding) == (18, 1, 8)
        assert [(p.low, p.high) for p in even.answer.phases] == [(-8, 9), (-8, 9)]
        with pytest.raises(InvalidInput, match="got 33 on axis .*Cannot concatenate"):
            found.at(33)
    assert "needs a length that is a multiple of 2 (n % 2 = 0)" in str(sizes)


def test_a_deep_unet_needs_multiples_of_sixteen():
    def deep(x, level=4):
        if not level:
            return x
        inner = deep(conv(x, 2, 2, "VALID"), level - 1)
        up = jnp.repeat(inner, 2, 1)
        return conv(jnp.concatenate([up, x], -1), 3)[..., : x.shape[-1]]

    sizes = analyze_sizes(deep, (1, None, 1))
    (found,) = sizes.output.axes
    taken = [r.residue for r in found.residues if r.evidence != "refused"]
    assert taken == [0]
    assert found.modulus == 16
    assert "a multiple of 16 (n % 16 = 0)" in str(sizes)


def test_one_free_axis_beside_a_given_one():
    rows, columns = analyze_sizes(unet, (1, 64, None, 1)).output.axes
    assert rows.only == 64
    assert rows.modulus == 1
    assert columns.modulus == 2
    assert columns.only is None
    with pytest.raises(InvalidInput, match="got 32 on axis 1; only 64 is known"):
        rows.at(32)


def test_global_pooling_is_proved_too():
    def gated(x):
        x = conv(x, 3, 2)
        return x * jax.nn.sigmoid(x.mean(1, keepdims=True))

    sizes = analyze_sizes(gated, (1, None, 2))
    answers = sizes.output.axes[0].answers
    assert all(a.is_global and a.size == 3 and a.via.startswith("mean (") for a in answers)
    assert sizes.output.proved
    pooled = axis(lambda x: conv(x, 3, 2).mean(1))
    assert all(a.is_global and a.size is None for a in pooled.answers)
    assert pooled.proved


def test_groupnorm_by_reshape_is_followed():
    model = nn.Sequential([nn.Conv(4, (3,), strides=2), nn.GroupNorm(2)])
    found = axis(model)
    assert found.proved
    assert found.values("is_global") == (True,)
    assert found.values("size") == (3,)


def test_flattened_head_sees_everything():
    found = axis(lambda x: conv(x, 3).reshape(1, -1).sum(-1))
    assert found.values("is_global") == (True,)
    assert found.proved


def test_a_branch_on_the_parity_is_not_taken_for_all_lengths():
    """A symbolic trace would take one side of this for every n, without a word."""

    def even(x):
        if x.shape[1] % 2:
            x = jnp.pad(x, ((0, 0), (1, 0), (0, 0)))
        return conv(x, 2, 2, "VALID")

    found = axis(even)
    assert [r.answer.padding for r in found.residues] == [0, 1]
    assert found.proved  # by a trace for each residue


def test_a_special_length_is_never_proved_away():
    def special(x):
        return conv(x, 3, 1, "VALID") if x.shape[1] == 224 else conv(x, 5)

    sizes = analyze_sizes(special, (1, None, 2), start=64)
    assert not sizes.output.proved
    assert sizes.output.size == (5,)
    assert any("the model compares a length at" in note for note in sizes.notes)


def test_lengths_too_complex_for_one_trace_are_taken_by_residue():
    def pools(x):
        for kernel, stride, pad in (
            (4, 3, "VALID"),
            (4, 3, "SAME"),
            (3, 2, "SAME"),
            (2, 3, "SAME"),
        ):
            window, strides = (1, kernel, 1), (1, stride, 1)
            x = lax.reduce_window(x, -jnp.inf, lax.max, window, strides, pad)
        return x

    found = axis(pools)
    assert found.proved
    assert (found.modulus, found.size, found.stride) == (54, 49, 54)


def test_what_varies_with_the_length_itself():
    def adaptive(x):
        window = x.shape[1] // 4
        return lax.reduce_window(x, 0.0, lax.add, (1, window, 1), (1, 1, 1), "VALID")

    sizes = analyze_sizes(adaptive, (1, None, 2), start=32)
    (found,) = sizes.output.axes
    assert found.size is None
    assert not found.proved
    assert {r.evidence for r in found.residues} == {"varies"}
    assert "r depends on the length itself: " in str(sizes)


def test_irregular_fields_are_checked_at_lengths():
    found = axis(lambda x: conv(jnp.pad(x, ((0, 0), (2, 2), (0, 0)), "reflect"), 5, 1, "VALID"))
    assert {r.evidence for r in found.residues} == {"checked"}
    assert found.size == 5
    assert not found.proved
    assert found.least is None


def test_a_model_of_one_size():
    embedding = jnp.ones((1, 28, 28, 2))
    sizes = analyze_sizes(lambda x: x + embedding, (1, None, None, 2))
    assert [a.only for a in sizes.output.axes] == [28, 28]
    assert sizes.notes == ("the model takes no other size than 28x28 of those tried",)
    assert sizes.output.at(28)[0].size == 1
    with pytest.raises(InvalidInput, match="only 28 is known"):
        sizes.output.at(56)


def test_a_model_of_one_height():
    embedding = jnp.ones((1, 64, 1, 2))
    sizes = analyze_sizes(lambda x: x + embedding, (1, None, None, 2))
    rows, columns = sizes.output.axes
    assert rows.only == 64
    assert columns.only is None
    assert columns.proved


def test_a_free_batch():
    sizes = analyze_sizes(lambda x: conv(x, 3), (None, 32, 2))
    assert sizes.output.size == (3,)
    assert sizes.output.axes[0].only == 32


def test_several_inputs_share_their_lengths():
    def masked(x, mask):
        return conv(x, 3, 2) * mask[:, : -(-x.shape[1] // 2), None]

    shapes = [(1, None, 2), (1, None)]
    sizes = analyze_sizes(masked, shapes)
    assert sizes.input == "x"
    assert sizes.output.size == (3,)
    typed = [OpenInput((1, None, 2), "float32"), jax.ShapeDtypeStruct((1, 128), "int32")]
    assert analyze_sizes(lambda x, t: conv(x, 3) + t.sum(), typed).output.size == (3,)


def test_progress_counts_residues():
    told = []
    axis(lambda x: conv(conv(x, 3, 2), 3, 2), progress=lambda *args: told.append(args))
    assert told == [(n, 4) for n in range(1, 5)]


def test_an_interruption_comes_through():
    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        axis(lambda x: conv(x, 3, 2), progress=stop)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((1, 32, 2), "without a free length"),
        ((1, None, -2), "need positive integers"),
        ((1, "?", 2), "need positive integers"),
        ((None,), "at least 3"),
    ],
)
def test_bad_shapes(shape, message):
    with pytest.raises(InvalidInput, match=message):
        analyze_sizes(lambda x: x, shape)


def test_a_model_that_takes_nothing():
    def broken(x):
        raise ValueError("no good\nat all")

    with pytest.raises(ModelError, match="none of the lengths 256, .* at 256: .*no good \\(at .*"):
        analyze_sizes(broken, (1, None, 2))


def test_a_length_to_start_from():
    only = lambda x: x + np.ones((1, 77, 1), np.float32)  # noqa: E731
    with pytest.raises(ModelError, match="start="):
        analyze_sizes(only, (1, None, 2))
    assert axis(only, start=77).only == 77


def test_independent_output():
    with pytest.raises(InvalidInput, match="does not depend"):
        analyze_sizes(lambda x: jnp.ones((1, 4, 2)), (1, None, 2))


def test_strict():
    def unknown(x):
        return jax.pure_callback(lambda a: a, jax.ShapeDtypeStruct(x.shape, x.dtype), x)

    assert any("bounded only" in note for note in analyze_sizes(unknown, (1, None, 2)).notes)
    with pytest.raises(NotExact, match="pure_callback"):
        analyze_sizes(unknown, (1, None, 2), strict=True)


def test_names_are_found_by_their_end():
    sizes = analyze_sizes(unet, (1, None, None, 1))
    assert list(sizes) == [e.name for e in sizes.endpoints]
    assert len(sizes) == 8
    assert sizes["up"].stride == (Fraction(1), Fraction(1))
    with pytest.raises(InvalidInput, match="none matches"):
        sizes["nowhere"]
    with pytest.raises(InvalidInput, match="got 3, need 2"):
        sizes["up"].at((1, 2, 3))


def test_how_far_a_network_looks_may_depend_on_the_length():
    found = axis(lambda x: conv(x, 3, 2, "SAME"))
    assert found.look_back is found.look_ahead is found.causal is None
    # an even length is padded on the right, an odd one on both sides
    assert [(a.look_back, a.look_ahead, a.causal) for a in found.answers] == [
        (0, 1, False),
        (1, 0, True),
    ]


def test_states_look_back_without_a_bound():
    found = axis(lambda x: jnp.cumsum(conv(x, 3, 1, [(2, 0)]), 1))
    assert (found.causal, found.look_back, found.look_ahead) == (True, None, 0)
