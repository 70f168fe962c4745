"""Arithmetic, comparisons, casts: one element of the output from one of every operand."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from jaxrf.frameworks.torch.ops.registry import alias, op

_SAME_NAME = """
abs acos acosh asin asinh atan atan2 atanh bitwise_and bitwise_not bitwise_or bitwise_xor ceil cos
cosh exp exp2 expm1 floor fmax fmin fmod isfinite isinf isnan log log10 log1p log2 logaddexp
logical_and logical_not logical_or logical_xor maximum minimum reciprocal remainder round sign
sin sinh sqrt square tan tanh hypot floor_divide trunc sinc signbit heaviside rad2deg deg2rad
""".split()

alias({name: getattr(jnp, name) for name in _SAME_NAME})
alias(
    {
        "eq": jnp.equal,
        "ne": jnp.not_equal,
        "lt": jnp.less,
        "le": jnp.less_equal,
        "gt": jnp.greater,
        "ge": jnp.greater_equal,
        "mul": jnp.multiply,
        "multiply": jnp.multiply,
        "true_divide": jnp.true_divide,
        "pow": jnp.power,
        "neg": jnp.negative,
        "negative": jnp.negative,
        "max.other": jnp.maximum,
        "min.other": jnp.minimum,
        "__and__": jnp.bitwise_and,
        "__or__": jnp.bitwise_or,
        "__xor__": jnp.bitwise_xor,
        "erf": jax.lax.erf,
        "erfc": jax.lax.erfc,
        "erfinv": jax.lax.erf_inv,
        "special_erf": jax.lax.erf,
        "special_expm1": jnp.expm1,
        "lgamma": jax.lax.lgamma,
        "digamma": jax.lax.digamma,
        "rsqrt": jax.lax.rsqrt,
        "frac": lambda x: x - jnp.trunc(x),
        "fix": jnp.trunc,
        "logit": lambda x, eps=None: jax.scipy.special.logit(
            x if eps is None else jnp.clip(x, eps, 1 - eps)
        ),
        "xlogy": jax.scipy.special.xlogy,
    }
)


@op("add")
def add(x, other, *, alpha=1):
    """``x + alpha other``; booleans are or-ed, as in PyTorch."""
    return jnp.add(x, other if alpha == 1 else jnp.multiply(other, alpha))


@op("sub", "subtract")
def sub(x, other, *, alpha=1):
    """``x - alpha other``."""
    return jnp.subtract(x, other if alpha == 1 else jnp.multiply(other, alpha))


@op("rsub")
def rsub(x, other, alpha=1):
    """``other - alpha x``."""
    return sub(other, x, alpha=alpha)


@op("div", "divide")
def div(x, other, *, rounding_mode=None):
    """A quotient: true, rounded down, or rounded to zero."""
    if rounding_mode == "floor":
        return jnp.floor_divide(x, other)
    quotient = jnp.true_divide(x, other)
    if rounding_mode is None:
        return quotient
    return jnp.trunc(quotient).astype(jnp.result_type(x, other))


@op("addcmul")
def addcmul(x, one, two, *, value=1):
    """``x + value one two``."""
    return x + value * one * two


@op("addcdiv")
def addcdiv(x, one, two, *, value=1):
    """``x + value one / two``."""
    return x + value * one / two


@op("lerp")
def lerp(x, end, weight):
    """``x + weight (end - x)``."""
    return x + weight * (end - x)


@op("clamp", "clip", "clamp_min")
def clamp(x, min=None, max=None):
    """Between bounds, each of which may be absent."""
    if min is not None:
        x = jnp.maximum(x, min)
    return x if max is None else jnp.minimum(x, max)


@op("clamp_max")
def clamp_max(x, max):
    """Below a bound."""
    return jnp.minimum(x, max)


@op("hardtanh")
def hardtanh(x, min_val=-1, max_val=1):
    """Between -1 and 1, or other bounds."""
    return jnp.clip(x, min_val, max_val)


@op("nan_to_num")
def nan_to_num(x, nan=None, posinf=None, neginf=None):
    """Finite values for those that are not."""
    return jnp.nan_to_num(x, nan=nan or 0.0, posinf=posinf, neginf=neginf)


@op("where")
def where(condition, x, other):
    """Element by element, one or the other."""
    return jnp.where(condition, x, other)


@op("masked_fill")
def masked_fill(x, mask, value):
    """A value where the mask is true."""
    return jnp.where(mask, jnp.asarray(value, x.dtype), x)


@op("fill")
def fill(x, value):
    """One value everywhere."""
    return jnp.broadcast_to(jnp.asarray(value, x.dtype), x.shape)


@op("copy")
def copy(x, source, non_blocking=False):
    """The source in the shape and dtype of ``x``."""
    return jnp.broadcast_to(cast(source, x.dtype), x.shape)


@op("_to_copy", "to", "to.dtype")
def to_copy(x, dtype=None, *args, **kwargs):
    """A cast; device, layout and memory format are no concern of ours."""
    return x if dtype is None else cast(x, dtype)


@op("type_as", "to.other")
def type_as(x, other, *args, **kwargs):
    """A cast to the dtype of another tensor."""
    return cast(x, other.dtype)


def cast(x, dtype):
    """A cast to ``dtype``; float64 stays where float32 is asked for.

    A model in float32 is measured in float64, so that deep paths do not underflow: its own casts
    to "the ordinary float" must not undo that.
    """
    ordinary = dtype == jnp.float32 and jnp.asarray(x).dtype == jnp.float64
    return x if ordinary else jnp.asarray(x).astype(dtype)


@op("clone", "detach", "contiguous", "alias", "lift_fresh_copy", "lift_fresh", "dropout")
@op("feature_dropout", "alpha_dropout", "feature_alpha_dropout", "positive")
@op("detach_copy", "alias_copy", "resolve_conj", "resolve_neg", "requires_grad_")
def identity(x, *args, **kwargs):
    """The operand itself: copies, and dropout at inference."""
    return x


@op("native_dropout")
def native_dropout(x, p, train):
    """The operand, and the mask that keeps all of it."""
    return x, jnp.ones(x.shape, bool)
