"""What networks build from primitives: resizing, padding, normalisation, patches, windows."""

import jax
import jax.numpy as jnp
from jax import lax

from tests.helpers.rulecase import Case

WEIGHTS = "numbers with a fraction that a model captures count as weights, not as known"


def resize(method, size, **options):
    """Resizes all spatial axes of [batch, space..., channels]."""
    return lambda x: jax.image.resize(x, (x.shape[0], *size, x.shape[-1]), method, **options)


def pad(mode, **options):
    return lambda x: jnp.pad(x, ((0, 0), (2, 1), (0, 0)), mode, **options)


def normalise(axes):
    def f(x):
        mean = x.mean(axes, keepdims=True)
        return (x - mean) * lax.rsqrt(((x - mean) ** 2).mean(axes, keepdims=True) + 1)

    return f


def group_norm(x):
    groups = x.reshape(*x.shape[:-1], 2, -1)
    return normalise((1, 3))(groups).reshape(x.shape)


def squeeze_excite(x):
    return x * jax.nn.sigmoid(x.mean(1, keepdims=True) @ jnp.full((2, 2), 0.5, x.dtype))


def spatial_transformer(x):
    """Bilinear sampling at places that the input computes."""
    places = [jnp.clip(jnp.abs(x[..., 0]), 0, 2)]
    return jax.scipy.ndimage.map_coordinates(x[0, :, 1], [places[0][0]], order=1)


def warp(x):
    """Bilinear sampling at known places."""
    places = jnp.arange(4) * 0.7
    return jax.scipy.ndimage.map_coordinates(x[0, :, 0], [places], order=1)


def mixture_of_experts(x):
    """Each token goes to the expert that its first channel chooses."""
    chosen = jax.nn.one_hot((x[..., 0] > 0).astype(int), 2, dtype=x.dtype)
    experts = jnp.stack([x * 2, x * 3], -1)
    return (experts * chosen[..., None, :]).sum(-1)


def embed(x):
    """Known tokens: the input is only added."""
    table = jnp.ones((5, 2), x.dtype)
    return table[jnp.array([[0, 4, 2]])] + x


def relative_bias(x):
    """Attention with a learned bias, looked up at known relative places."""
    where = jnp.arange(3)[:, None] - jnp.arange(3) + 2
    bias = jnp.ones(5, x.dtype)[where]
    return jax.nn.softmax(jnp.einsum("bqc,bkc->bqk", x, x) + bias) @ x


# No tap lies exactly on the edge or a zero of a kernel, where its weight is 0 or 1e-17 as the
# rounding falls: that takes sizes with equally many factors of two, like 5 and 13.
RESIZE = {
    "up": ((5,), (12,)),
    "up twice": ((4,), (8,)),
    "down": ((9,), (4,)),
    "down by half": ((8,), (4,)),
    "same": ((4,), (4,)),
}
METHODS = ("nearest", "linear", "cubic", "lanczos3", "lanczos5")


CASES = [
    *(
        Case(f"resize {method}, {name}", resize(method, after), (1, *before, 1), "")
        for method in METHODS
        for name, (before, after) in RESIZE.items()
    ),
    *(
        Case(f"resize {method}, down, not smoothed", resize(method, (3,), antialias=False),
             (1, 8, 1), "")
        for method in METHODS[1:]
    ),
    Case("resize linear, two axes", resize("linear", (4, 2)), (1, 2, 5, 1), ""),
    Case("resize nearest, two axes", resize("nearest", (4, 3)), (1, 2, 5, 1), ""),
    Case("scale and translate",
         lambda x: jax.image.scale_and_translate(
             x, (5,), (0,), jnp.array([1.5]), jnp.array([0.5]), "linear"),
         (4,), ""),
    *(
        Case(f"jnp.pad, {mode}", pad(mode, **options), (1, 4, 1), "")
        for mode, options in {
            "constant": {}, "edge": {}, "linear_ramp": {}, "mean": {}, "reflect": {},
            "symmetric": {}, "wrap": {}, "empty": {},
        }.items()
    ),
    *(Case(f"jnp.pad, {mode}", pad(mode), (1, 3, 1), "", perturb=True)
      for mode in ("maximum", "minimum", "median")),
    Case("jnp.pad, mean of the border", pad("mean", stat_length=2), (1, 5, 1), ""),
    Case("reflect twice around", lambda x: jnp.pad(x, ((0, 0), (4, 3), (0, 0)), "reflect"),
         (1, 3, 1), ""),
    Case("layer norm", normalise((-1,)), (1, 2, 3), ""),
    Case("instance norm", normalise((1,)), (1, 3, 2), ""),
    Case("group norm", group_norm, (2, 2, 4), ""),
    Case("batch norm in training", normalise((0, 1)), (2, 2, 2), ""),
    Case("squeeze and excite", squeeze_excite, (2, 3, 2), ""),
    Case("spatial transformer", spatial_transformer, (1, 3, 2), "", perturb=True),
    Case("warp", warp, (1, 4, 1), ""),
    Case("mixture of experts", mixture_of_experts, (1, 3, 2), "", perturb=True),
    Case("embedding", embed, (1, 3, 2), ""),
    Case("relative bias", relative_bias, (1, 3, 2), ""),
    Case("roll", lambda x: jnp.roll(x, (1, -1), (1, 2)), (1, 3, 4, 1), ""),
    Case("flip and rotate", lambda x: jnp.rot90(x[:, ::-1], axes=(1, 2)), (1, 2, 3, 1), ""),
    Case("tile", lambda x: jnp.tile(x, (1, 2, 3)), (1, 2, 1), "tile"),
    Case("interleave", lambda x: jnp.stack([x, 2 * x], 2).reshape(1, -1, 1), (1, 3, 1), ""),
    Case("stack", lambda x: jnp.stack([x, 2 * x, jnp.ones_like(x)], 1), (1, 3, 1), ""),
    Case("stack at the end", lambda x: jnp.stack([x, x[:, ::-1]], -1), (1, 3, 2), ""),
    Case("unstack", lambda x: jnp.unstack(x, axis=1)[1], (1, 3, 2), ""),
    Case("unstack and stack", lambda x: jnp.stack(jnp.unstack(x, axis=1)[::-1]), (1, 3, 2),
         ""),
    Case("bytes", lambda x: lax.bitcast_convert_type(x.astype(jnp.float32), jnp.uint8), (1, 3),
         "bitcast_convert_type", perturb=True),
    Case("bytes and back",
         lambda x: lax.bitcast_convert_type(
             lax.bitcast_convert_type(x.astype(jnp.float32), jnp.int16)[:, ::-1], jnp.float32),
         (3, 1), "bitcast_convert_type", perturb=True),
    Case("pad with a computed value, interior",
         lambda x: lax.pad(x[:, 1:], x[0, 0, 0], ((0, 0, 0), (1, -1, 1), (0, 0, 0))),
         (1, 4, 1), "pad"),
    Case("random numbers beside it",
         lambda x: x * jax.random.uniform(jax.random.key(0), x.shape, x.dtype, 0.5), (1, 3, 1), ""),
    Case("random numbers from the input",
         lambda x: jax.random.uniform(jax.random.key(jnp.abs(99 * x[0, 0, 0]).astype(int)), (2,)),
         (1, 2, 1), "", perturb=True, unknown=True),
    Case("numbers and counts", lambda x: x + jnp.arange(3)[:, None] + jnp.zeros_like(x), (1, 3, 1),
         ""),
]  # fmt: skip
