"""Networks of one theoretical field and different effective ones, and a cue to be learned.

Signals of ``FIELD`` samples of white noise; the label is the sign of the sample ``d`` places before
the middle. Every network ends in one feature that has just this field, so that by theory each can
read each cue.
"""

from dataclasses import dataclass

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

FIELD = 33
WIDTH = 12


class Layer(nn.Module):
    """A convolution of one axis without padding, then ReLU; He's variance, spread over the taps.

    As products with slices, not as a convolution: those of many networks at once stay fast.
    """

    taps: tuple[float, ...]
    dilation: int = 1

    @nn.compact
    def __call__(self, x):
        count, cin = len(self.taps), x.shape[-1]
        shares = jnp.asarray(self.taps)[:, None, None] / sum(self.taps)

        def init(key):
            return jnp.sqrt(2 * shares / cin) * jax.random.normal(key, (count, cin, WIDTH))

        length = x.shape[1] - (count - 1) * self.dilation
        parts = [x[:, i * self.dilation : i * self.dilation + length] for i in range(count)]
        y = jnp.einsum("nlkc,kco->nlo", jnp.stack(parts, 2), self.param("kernel", init))
        return nn.relu(y + self.param("bias", nn.initializers.zeros, (WIDTH,)))


class Net(nn.Module):
    """Layers, and a logit of the one feature that is left: [n, FIELD, 1] -> [n, 1, 1]."""

    layers: tuple[tuple[tuple[float, ...], int], ...]

    @nn.compact
    def __call__(self, x):
        for number, (taps, dilation) in enumerate(self.layers):
            x = Layer(taps, dilation, name=f"layer{number}")(x)
        return nn.Dense(1, name="logit")(x)


def even(kernel, dilation=1):
    """A layer whose taps have equal variance."""
    return (1.0,) * kernel, dilation


NETS = {
    "16 x 3, heavy centre": Net((((1.0, 6.0, 1.0), 1),) * 16),
    "16 x 3": Net((even(3),) * 16),
    "16 x 3, light centre": Net((((4.0, 1.0, 4.0), 1),) * 16),
    "8 x 5": Net((even(5),) * 8),
    "4 x 9": Net((even(9),) * 4),
    "5 x 3, dilated": Net(tuple(even(3, d) for d in (1, 1, 2, 4, 8))),
    "2 x 17": Net((even(17),) * 2),
    "1 x 33": Net((even(33),)),
}


@dataclass(frozen=True)
class Training:
    """How a network is trained.

    Attributes:
        steps: of Adam.
        batch: fresh signals per step.
        rate: of learning.
        tests: fresh signals that the accuracy is taken over.
    """

    steps: int
    batch: int = 64
    rate: float = 3e-3
    tests: int = 1000


def cue(key, count, distance):
    """(signals [count, FIELD, 1], labels [count] of 0 and 1)."""
    x = jax.random.normal(key, (count, FIELD, 1))
    return x, (x[:, FIELD // 2 - distance, 0] > 0).astype(jnp.float32)


def accuracies(net, variables, distances, keys, plan):
    """Test accuracy [distances, seeds] of a network trained anew for every distance.

    Args:
        net: of ``NETS``.
        variables: of every seed, stacked.
        distances: of the cue, samples.
        keys: [seeds], of what is drawn while training.
        plan: how it is trained.
    """
    optimizer = optax.adam(plan.rate)

    def loss(variables, x, y):
        return optax.sigmoid_binary_cross_entropy(net.apply(variables, x)[:, 0, 0], y).mean()

    def one(variables, distance, key):
        def step(state, key):
            variables, moments = state
            slope = jax.grad(loss)(variables, *cue(key, plan.batch, distance))
            change, moments = optimizer.update(slope, moments)
            return (optax.apply_updates(variables, change), moments), None

        train, test = jax.random.split(key)
        state = variables, optimizer.init(variables)
        (variables, _), _ = jax.lax.scan(step, state, jax.random.split(train, plan.steps))
        x, y = cue(test, plan.tests, distance)
        return ((net.apply(variables, x)[:, 0, 0] > 0) == (y > 0.5)).mean()

    seeds = jax.vmap(one, in_axes=(0, None, 0))
    return jax.jit(jax.vmap(seeds, in_axes=(None, 0, None)))(
        variables, jnp.asarray(distances), keys
    )
