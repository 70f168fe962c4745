"""predict_erf: closed forms, what it says of itself, what it refuses."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

import jaxrf
from jaxrf.errors import InvalidInput, ModelError

SLOW = pytest.mark.slow


class Stack(nn.Module):
    """Convolutions of one kernel size along one axis."""

    depth: int
    size: int = 3
    width: int = 8
    act: object = None

    @nn.compact
    def __call__(self, x):
        for _ in range(self.depth):
            x = nn.Conv(self.width, (self.size,))(x)
            x = x if self.act is None else self.act(x)
        return x


def test_linear_stacks_are_the_closed_form():
    depth = 6
    predicted = jaxrf.predict_erf(Stack(depth), (1, 2 * depth + 3, 2), draws=1)
    assert predicted.sigma[0] ** 2 == pytest.approx(2 * depth / 3, rel=1e-6)
    assert predicted.kurtosis[0] == pytest.approx(-1.5 / depth, rel=1e-6)
    line = np.ones(1)
    for _ in range(depth):
        line = np.convolve(line, np.ones(3) / 3)
    shape = predicted.map[predicted.crop] / predicted.map.sum()
    np.testing.assert_allclose(shape, line, rtol=1e-6)


@pytest.mark.slow
def test_activations_leave_the_shape_of_a_chain():
    wanted = jaxrf.predict_erf(Stack(2), (1, 15, 2), draws=1).map
    for act, calibrate in ((nn.relu, True), (nn.relu, False)):
        found = jaxrf.predict_erf(Stack(2, act=act), (1, 15, 2), draws=1, calibrate=calibrate)
        np.testing.assert_allclose(found.map / found.map.sum(), wanted / wanted.sum(), rtol=1e-6)
        assert not found.assumptions


@pytest.mark.parametrize(
    ("act", "rate"),
    [(nn.relu, 0.5), (lambda x: nn.leaky_relu(x, 0.2), 0.52)],
)
@pytest.mark.slow
def test_gate_rates_without_calibration(act, rate):
    """Gains at standard normal pre-activations: 1/2 for ReLU, (1 + a^2)/2 for a leaky one."""
    one, other = (
        jaxrf.predict_erf(Stack(1, act=a), (1, 101, 2), draws=1, calibrate=False).map
        for a in (act, None)
    )
    assert one.sum() / other.sum() == pytest.approx(rate, abs=0.01)


def test_given_weights_are_reported():
    kernel = jax.random.normal(jax.random.key(0), (3, 2, 8))

    def model(x):
        return jax.lax.conv_general_dilated(
            x, kernel, (1,), "SAME", dimension_numbers=("NWC", "WIO", "NWC")
        )

    (reported,) = jaxrf.predict_erf(model, (1, 9, 2), draws=1).assumptions
    assert "test_predict.py" in reported
    assert "given" in reported


@pytest.mark.slow
def test_variables_are_given_weights():
    net, shape = Stack(1), (1, 9, 2)
    variables = net.init(jax.random.key(3), jnp.zeros(shape))
    predicted = jaxrf.predict_erf(net, shape, variables=variables, draws=1)
    assert "given" in predicted.assumptions[0]
    assert predicted.sigma[0] ** 2 == pytest.approx(2 / 3, rel=1e-6)
    with pytest.raises(InvalidInput, match="variables: got 2 arrays, need"):
        jaxrf.predict_erf(Stack(1, width=4), shape, variables=variables)


def test_an_operation_without_a_rule_is_reported():
    predicted = jaxrf.predict_erf(lambda x: jnp.cumprod(x, 1), (1, 9, 1))
    assert any("cumprod" in a and "has no rule" in a for a in predicted.assumptions)
    assert (predicted.map > 0).all()


@pytest.mark.slow
def test_attention_is_reported():
    def model(x):
        return nn.softmax(x @ x.transpose(0, 2, 1)) @ x

    reported = jaxrf.predict_erf(model, (1, 6, 4), draws=1).assumptions
    assert any("multiplies values of the input" in a for a in reported)


@pytest.mark.parametrize(
    ("steps", "reported"),
    [
        ("apa", None),  # p: 1x1 weights between, which keep the map over places
        pytest.param("aca", "averages what was averaged before weights", marks=SLOW),  # c: 3 taps
        pytest.param("ama", "averages what was averaged before weights", marks=SLOW),
        pytest.param("mpm", "chooses among neighbours that are alike", marks=SLOW),
        pytest.param(
            "acc", None, marks=SLOW
        ),  # taps are independent: only what averages again is off
        pytest.param("dpd", None, marks=SLOW),  # d: windows beside each other share nothing
        pytest.param("mpc", None, marks=SLOW),
        pytest.param("rcpa", None, marks=SLOW),  # r: a residual's terms look at the same places
    ],
)
def test_places_that_share_ancestors_are_reported(steps, reported):
    """Weights between two overlapping pools are the same at every place: the pools add up."""

    class Net(nn.Module):
        @nn.compact
        def __call__(self, x):
            for step in "c" + steps:
                x = {
                    "a": lambda v: nn.avg_pool(v, (3,), (1,), "SAME"),
                    "d": lambda v: nn.avg_pool(v, (2,), (2,)),
                    "m": lambda v: nn.max_pool(v, (3,), (1,), "SAME"),
                    "p": lambda v: nn.Conv(4, (1,))(v),
                    "c": lambda v: nn.Conv(4, (3,))(v),
                    "r": lambda v: v + nn.Conv(4, (3,))(v),
                }[step](x)
            return x

    assumptions = jaxrf.predict_erf(Net(), (1, 16, 2), draws=1, calibrate=False).assumptions
    assert bool(assumptions) == bool(reported)
    assert reported is None or any(reported in line for line in assumptions)


def test_images_calibrate():
    """Where all is bright, a ReLU is open: the branch behind it weighs more."""

    def model(x):
        y = nn.relu(x - 1)
        return x[:, :-2] + y[:, 2:]

    maps = [
        jaxrf.predict_erf(model, (1, 9, 1), inputs=np.full((1, 9, 1), v)).map for v in (0.0, 5.0)
    ]
    assert np.count_nonzero(maps[0]) == 1
    assert np.count_nonzero(maps[1]) == 2


def test_refuses():
    net = Stack(1)
    with pytest.raises(InvalidInput, match="draws: got 0"):
        jaxrf.predict_erf(net, (1, 9, 2), draws=0)
    with pytest.raises(InvalidInput, match="inputs: got an array"):
        jaxrf.predict_erf(net, (1, 9, 2), inputs=np.zeros((1, 8, 2)))
    with pytest.raises(ModelError, match="need a finite gradient"):
        jaxrf.predict_erf(lambda x: jnp.round(x), (1, 9, 2))


@pytest.mark.slow
def test_masks_of_random_keys():
    """A dropout's mask that a fixed key makes is a mask like any other."""

    def model(x):
        kept = jax.random.bernoulli(jax.random.key(5), 0.5, x.shape)
        return jnp.where(kept, 2 * x, 0)

    wanted = np.asarray(model(jnp.ones((1, 40, 1))))[0, :, 0] ** 2
    at = int(np.flatnonzero(wanted)[0])
    assert jaxrf.predict_erf(model, (1, 40, 1), at=(at,)).map[at] == pytest.approx(4.0)


def test_to_dict():
    numbers = jaxrf.predict_erf(Stack(2), (1, 15, 2), draws=1).to_dict()
    assert numbers["map"] == "g^2"
    assert numbers["at"] == [7]
    assert numbers["assumptions"] == []
    assert numbers["sigma"][0] == pytest.approx(np.sqrt(4 / 3))
    assert numbers["draws"] == 1
    assert np.isnan(numbers["stderr"]["sigma"][0])


def test_numbers_are_those_of_a_measurement():
    """Flatness needs the theoretical size, areas the image: 5 of 15 pixels."""
    net, shape = Stack(2), (1, 15, 2)
    predicted, measured = jaxrf.predict_erf(net, shape), jaxrf.measure_erf(net, shape, samples=2)
    assert predicted.size == measured.size == (5,)
    assert predicted.numbers.keys() == measured.numbers.keys() == predicted.errors.keys()
    assert predicted.numbers["square_area_0.99"] == pytest.approx(5 / 15)
    assert predicted.numbers["flatness"][0] == pytest.approx(predicted.sigma[0] * 12**0.5 / 5)


def test_a_chain_needs_two_draws_and_has_no_error():
    predicted = jaxrf.predict_erf(Stack(2), (1, 15, 2))
    assert predicted.draws == 2
    assert predicted.errors["sigma"][0] == pytest.approx(0, abs=1e-6)


class Uneven(nn.Module):
    """A skip and branches of few channels, whose gains differ from draw to draw."""

    @nn.compact
    def __call__(self, x):
        for _ in range(2):
            x = x + nn.Conv(2, (3,))(nn.relu(nn.Conv(2, (3,))(x)))
        return x


def test_errors_are_the_scatter_of_predictions():
    shape, draws = (1, 21, 2), 4
    made = [jaxrf.predict_erf(Uneven(), shape, draws=draws, seed=s) for s in range(12)]
    scatter = np.std([p.sigma[0] for p in made], ddof=1)
    stated = np.sqrt(np.mean([p.errors["sigma"][0] ** 2 for p in made]))
    assert 0.4 < stated / scatter < 2.0


def test_draws_go_on_until_sigma_is_known():
    predicted = jaxrf.predict_erf(Uneven(), (1, 21, 2))
    error = predicted.errors["sigma"][0] / predicted.sigma[0]
    assert predicted.draws in (8, 16, 32, 64)
    assert error <= 0.01 or predicted.draws == 64


def test_assumptions_have_a_size():
    predicted = jaxrf.predict_erf(lambda x: jnp.cumprod(x, 1), (1, 9, 1), draws=1)
    assert predicted.sizes == (np.inf,)
    assert "not known: measure" in predicted.assumptions[0]


class Transformer(nn.Module):
    """Patches and pre-norm blocks: attention over everything, an MLP."""

    depth: int
    width: int = 192
    heads: int = 3

    @nn.compact
    def __call__(self, x):
        x = nn.Conv(self.width, (16, 16), (16, 16))(x)
        n, height, wide, c = x.shape
        x = x.reshape(n, height * wide, c)
        for _ in range(self.depth):
            x = x + nn.MultiHeadDotProductAttention(num_heads=self.heads)(nn.LayerNorm()(x))
            x = x + nn.Dense(c)(nn.gelu(nn.Dense(4 * c)(nn.LayerNorm()(x))))
        return x.reshape(n, height, wide, c)


@pytest.mark.slow
def test_a_transformer_of_six_blocks():
    """What all tokens share passes every later attention unchanged."""
    net, shape = Transformer(6), (1, 112, 112, 3)
    predicted = jaxrf.predict_erf(net, shape, draws=8)
    measured = jaxrf.measure_erf(net, shape, samples=96)
    assert predicted.sigma == pytest.approx(measured.sigma, rel=0.05)
