"""Which layers can still add context, against networks counted by hand."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxrf import analyze, weighted_layers, zoo
from jaxrf.errors import InvalidInput


def layers_of(model, shape):
    return weighted_layers(analyze(model, shape))


class Plain(nn.Module):
    """r behind each layer: 3, 5 (pool: 6), dilated by 2 at stride 2: 14, 1x1: 14."""

    @nn.compact
    def __call__(self, x):
        x = nn.Conv(2, (3,), name="a")(x)
        x = nn.Conv(2, (3,), name="b")(x)
        x = nn.max_pool(x, (2,), (2,))
        x = nn.Conv(2, (3,), kernel_dilation=2, name="c")(x)
        x = nn.Conv(2, (1,), name="d")(x)
        return nn.Dense(1, name="e")(x)


def test_a_single_path_by_hand():
    layers = layers_of(Plain(), (1, 64, 1))
    assert [layer.name.rpartition("/")[2] for layer in layers] == list("abcde")
    assert [layer.incoming for layer in layers] == [(1,), (3,), (6,), (14,), (14,)]
    assert [layer.narrowest for layer in layers] == [layer.incoming for layer in layers]
    assert [layer.growth for layer in layers] == [(2,), (2,), (8,), (0,), (0,)]


def test_a_field_as_large_as_the_input_does_not_exceed_it():
    layers = layers_of(Plain(), (1, 64, 1))
    assert [layer.exceeds(14) for layer in layers] == [False] * 5
    assert [layer.exceeds(13) for layer in layers] == [False, False, False, True, True]
    assert sum(layer.is_unproductive(5) for layer in layers) == 3


class Residual(nn.Module):
    """Three blocks of a 5-tap and a 3-tap convolution beside the identity."""

    @nn.compact
    def __call__(self, x):
        for n in range(3):
            y = nn.Conv(1, (5,), name=f"{n}a")(x)
            x = x + nn.Conv(1, (3,), name=f"{n}b")(y)
        return x


def test_shortcuts_are_the_narrowest_paths():
    layers = layers_of(Residual(), (1, 64, 1))
    assert [layer.incoming for layer in layers] == [(1,), (5,), (7,), (11,), (13,), (17,)]
    # every block may be gone round: its first layer then sees 1 input, its second 5
    assert [layer.narrowest for layer in layers] == [(1,), (5,)] * 3
    assert [layer.exceeds(6) for layer in layers] == [False, False, True, True, True, True]
    assert not any(layer.is_unproductive(6) for layer in layers)
    assert [layer.is_unproductive(4) for layer in layers] == [False, True] * 3


def test_dense_blocks_concatenate_paths():
    class Dense(nn.Module):
        @nn.compact
        def __call__(self, x):
            for _ in range(3):
                x = jnp.concatenate([x, nn.Conv(1, (3,))(x)], -1)
            return nn.Conv(1, (3,))(x)

    layers = layers_of(Dense(), (1, 64, 1))
    assert [layer.incoming for layer in layers] == [(1,), (3,), (5,), (7,)]
    assert [layer.narrowest for layer in layers] == [(1,)] * 4


def test_every_axis_must_exceed_its_size():
    net = nn.Sequential([nn.Conv(1, (1, 9)), nn.Conv(1, (3, 3))])
    last = layers_of(net, (1, 16, 16, 1))[-1]
    assert last.incoming == (1, 9)
    assert not last.exceeds(8)
    assert last.exceeds((0, 8))
    assert not last.exceeds((0, 9))
    with pytest.raises(InvalidInput, match="size: got 3 values"):
        last.exceeds((8, 8, 8))


class Gated(nn.Module):
    """Squeeze-and-excitation, resizing, attention, and a classifier over the flattened map."""

    @nn.compact
    def __call__(self, x):
        x = nn.Conv(4, (3, 3), name="kept1")(x)
        gate = nn.Dense(2, name="squeeze")(x.mean((1, 2), keepdims=True))
        x = x * nn.sigmoid(nn.Conv(4, (1, 1), name="excite")(gate))
        x = jax.image.resize(x, (1, 16, 16, 4), "linear")
        x = nn.Conv(4, (3, 3), name="kept2")(x)
        flat = x.reshape(1, 256, 4)
        flat = jnp.einsum("bij,bjc->bic", nn.softmax(jnp.einsum("bic,bjc->bij", flat, flat)), flat)
        return nn.Dense(3, name="scores")(nn.Dense(8, name="flat")(x.reshape(1, -1)) + flat.sum())


def test_what_has_no_weights_or_sees_everything_is_left_out():
    layers = layers_of(Gated(), (1, 8, 8, 4))
    assert [layer.name.rpartition("/")[2] for layer in layers] == ["kept1", "kept2"]
    # 3, and resized to twice the size, where an output reads two inputs
    assert [layer.incoming for layer in layers] == [(1, 1), (4, 4)]


def test_fixed_kernels_count_only_where_they_have_no_zeros():
    def blurred(x):
        kernel = jnp.ones((3, 1, 1)) / 3
        return lax.conv_general_dilated(
            x, kernel, (1,), "SAME", dimension_numbers=("NWC", "WIO", "NWC")
        )

    def patches(x):
        return lax.conv_general_dilated_patches(
            x, (3,), (1,), "SAME", dimension_numbers=("NWC", "WIO", "NWC")
        )

    assert len(layers_of(blurred, (1, 8, 1))) == 1
    assert not layers_of(patches, (1, 8, 2))


def test_layers_that_the_output_does_not_need_are_left_out():
    class Unused(nn.Module):
        @nn.compact
        def __call__(self, x):
            x = nn.Conv(1, (3,), name="used")(x)
            first = nn.Conv(1, (3,), name="a")(x)
            return {"first": first, "second": nn.Conv(1, (1,), name="b")(x)}

    analysis = analyze(Unused(), (1, 8, 1))
    for endpoint, last in ((None, "b"), ("second", "b"), ("first", "a")):
        names = [layer.name for layer in weighted_layers(analysis, endpoint=endpoint)]
        assert names == ["Unused/used", f"Unused/{last}"]
    with pytest.raises(InvalidInput, match="none matches"):
        weighted_layers(analysis, endpoint="third")


def test_patches_by_reshape_are_a_layer_that_grows():
    class Patches(nn.Module):
        @nn.compact
        def __call__(self, x):
            x = x.reshape(1, 8, 4, 3).reshape(1, 8, 12)
            return nn.Conv(1, (3,), name="next")(nn.Dense(5, name="embed")(x))

    embed, following = layers_of(Patches(), (1, 32, 3))
    assert embed.name.endswith("embed")
    assert following.incoming == following.narrowest == (4,)
    assert following.growth == (8,)


def test_vgg_16_on_cifar_by_hand():
    # fields of what the 13 convolutions read, from eq 2 with pooling at 2, 4, 7, 10, 13
    fields = [1, 3, 6, 10, 16, 24, 32, 44, 60, 76, 100, 132, 164]
    layers = layers_of(zoo.vgg_16(width=0.05), (1, 224, 224, 3))
    assert [layer.incoming for layer in layers] == [(r, r) for r in fields]
    for size in (32, 64, 224):
        expected = sum(r > size for r in fields)
        assert sum(layer.exceeds(size) for layer in layers) == expected
        assert sum(layer.is_unproductive(size) for layer in layers) == expected


def test_brute_force_over_paths():
    """The narrowest field against every path written out, on random graphs of joins."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        kernels = rng.choice([1, 3, 5], size=5)
        skip = rng.random(5) < 0.5

        class Net(nn.Module):
            taps: tuple = tuple(int(k) for k in kernels)
            skips: tuple = tuple(map(bool, skip))

            @nn.compact
            def __call__(self, x):
                for k, s in zip(self.taps, self.skips, strict=True):
                    y = nn.Conv(1, (k,))(x)
                    x = x + y if s else y
                return nn.Conv(1, (1,), name="last")(x)

        paths = {1}
        for k, s in zip(kernels, skip, strict=True):
            paths = {r + k - 1 for r in paths} | (paths if s else set())
        last = layers_of(Net(), (1, 64, 1))[-1]
        assert (last.incoming, last.narrowest) == ((max(paths),), (min(paths),))
