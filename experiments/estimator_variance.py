"""Variance and bias of every estimator of an effective field, against one Rademacher pass.

Small networks whose full Jacobian is known: for every network and input the exact energy of all
channels of the central feature is there to compare with. Weights are fixed, as in a trained
network, and the input is either one or a fresh one for every pass. Variance is that of a map of one
pass, and of the mean of 16, summed over pixels, relative to Rademacher's; bias is of the total
energy and of sigma. Means and standard errors over random networks.
"""

import itertools
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxrf import Estimator, analyze, experiments
from jaxrf.experiments.claims import Claim, claims_table, decide
from jaxrf.experiments.evidence import Band, Estimate, Law
from jaxrf.measure.moments import moments
from jaxrf.measure.plan import Plan
from jaxrf.measure.sampler import Sampler
from jaxrf.plot import style
from jaxrf.text.table import TextTable

SIDE, DEPTH, COLORS, PASSES = 15, 5, 3, 16  # pixels, layers, input channels, passes of a mean
ROUNDING = 1e-6  # of float32, relative
UNBIASED = 0.1  # relative bias of the energy that is excluded where there is none
BIASED = 0.05  # and that is exceeded where there is one
ESTIMATORS = {
    "rademacher": Estimator(),
    "gaussian": Estimator("gaussian"),
    "hadamard": Estimator("hadamard"),
    "one-hot": Estimator("one-hot"),
    "ones": Estimator("ones"),
    "rademacher, normalized": Estimator(normalize=True),
}
# name: (width, activation, last weights are positive: its channels look at the same things)
NETWORKS = {
    "linear, 16 channels": (16, None, False),
    "ReLU, 16 channels": (16, jax.nn.relu, False),
    "ReLU, 4 channels": (4, jax.nn.relu, False),
    "ReLU, 16 alike": (16, jax.nn.relu, True),
}


class Net:
    """3x3 layers at constant width, He-normal."""

    def __init__(self, width, activation, alike):
        self.width, self.activation, self.alike = width, activation, alike

    def init(self, key, x):
        """Kernels."""
        widths = [COLORS] + [self.width] * DEPTH
        keys = jax.random.split(key, DEPTH)
        kernels = [
            jax.random.normal(k, (3, 3, a, b)) * np.sqrt(2 / (9 * a))
            for k, a, b in zip(keys, widths, widths[1:], strict=False)
        ]
        return [*kernels[:-1], jnp.abs(kernels[-1])] if self.alike else kernels

    def apply(self, kernels, x):
        """The last layer has no activation."""
        for n, kernel in enumerate(kernels):
            x = self.activation(x) if n and self.activation else x
            x = lax.conv_general_dilated(x, kernel, (1, 1), "SAME", None, None, _LAYOUT)
        return x


_LAYOUT = ("NHWC", "HWIO", "NHWC")
SHAPE = (1, SIDE, SIDE, COLORS)
MIDDLE = (SIDE // 2,) * 2


def exact_energy(net):
    """(kernels, image) -> [H, W], the energy of all channels of the central feature."""

    @jax.jit
    def energy(kernels, x):
        jacobian = jax.jacrev(lambda v: net.apply(kernels, v[None])[0, MIDDLE[0], MIDDLE[1]])(x)
        return jnp.square(jacobian).sum((0, 3))

    return energy


def compared(network, seeds, repetitions):
    """{inputs: {estimator: variances and biases, one per weight seed}} of one kind of network."""
    net = Net(*NETWORKS[network])
    analysis = analyze(net, SHAPE)
    count = repetitions * PASSES
    samplers = {
        name: Sampler(
            analysis, "output", MIDDLE, Plan(count, 0, 0), np.zeros(SHAPE, np.float32), None,
            4 * PASSES, estimator,
        )
        for name, estimator in ESTIMATORS.items()
    }  # fmt: skip
    energy = exact_energy(net)
    found = {inputs: {name: [] for name in ESTIMATORS} for inputs in ("one input", "fresh inputs")}
    for seed in _alive(net, seeds):
        kernels, images = _drawn(net, seed, count)
        for inputs, used in (("one input", images[:1]), ("fresh inputs", images)):
            truth = np.mean([np.asarray(energy(kernels, x), np.float64) for x in used], axis=0)
            for name, sampler in samplers.items():
                sampler.inputs = used
                maps = sampler.energies(kernels, range(seed * count, (seed + 1) * count))
                statistics = _statistics(maps, truth)
                if ESTIMATORS[name].normalize:  # its map has another unit
                    del statistics["energy bias"]
                found[inputs][name].append(statistics)
            base = found[inputs]["rademacher"][-1]
            for rows in found[inputs].values():
                rows[-1]["one pass"] = rows[-1]["one"] / base["one"]
                rows[-1][f"{PASSES} passes"] = rows[-1]["mean"] / base["mean"]
    return found


def _drawn(net, seed, count):
    """Weights of a network, and its inputs."""
    images = np.random.default_rng(seed).normal(size=(count, *SHAPE[1:])).astype(np.float32)
    return net.init(jax.random.key(seed), None), images


def _alive(net, count):
    """The first seeds whose central feature is not dead at the first input."""
    energy, found = exact_energy(net), []
    for seed in itertools.count():
        kernels, images = _drawn(net, seed, 1)
        if float(energy(kernels, images[0]).sum()) > 0:
            found.append(seed)
        if len(found) == count:
            return found


def _statistics(maps, truth):
    """Relative variances, and the biases of energy and sigma."""
    scale = maps.mean(0).sum()
    means = maps.reshape(-1, PASSES, *maps.shape[1:]).mean(1)
    sigma, expected = (np.mean(moments(m, MIDDLE).sigma) for m in (maps.mean(0), truth))
    return {
        "one": maps.var(0, ddof=1).sum() / scale**2,
        "mean": means.var(0, ddof=1).sum() / scale**2,
        "energy bias": scale / truth.sum() - 1,
        "sigma bias": sigma / expected - 1,
    }


def items(options):
    """One item per kind of network."""
    seeds, repetitions = (2, 3) if options.quick else (16, 16)
    networks = list(NETWORKS)[2:3] if options.quick else list(NETWORKS)
    return {network: partial(compared, network, seeds, repetitions) for network in networks}


COLUMNS = ("one pass", f"{PASSES} passes", "energy bias", "sigma bias")


def summarize(results):
    """Means over networks, with standard errors; spreads; claims."""
    rows = {}
    for network, found in results.items():
        for inputs, of_inputs in found.items():
            for name, drawn in of_inputs.items():
                columns = [c for c in COLUMNS if c in drawn[0]]
                values = {c: np.array([d[c] for d in drawn]) for c in columns}
                rows[f"{network}; {inputs}; {name}"] = {
                    c: spread(v) | {"lowest": v.min(), "highest": v.max()}
                    for c, v in values.items()
                }
                if "energy bias" in values:
                    rows[f"{network}; {inputs}; {name}"]["size of bias"] = spread(
                        np.abs(values["energy bias"])
                    )
    return {"rows": rows, "claims": decide(claims(rows))}


def spread(values):
    """Mean, standard error and number of networks."""
    error = values.std(ddof=1) / np.sqrt(len(values))
    return {"mean": values.mean(), "error": error, "count": len(values)}


def _of(rows, name, column, inputs=None):
    """Estimates of an estimator, one per kind of network and inputs."""
    found = []
    for key, row in rows.items():
        network, its, estimator = key.split("; ")
        if estimator == name and inputs in (None, its):
            label = f"{network}, {its}" if inputs is None else network
            entry = row[column]
            error = (
                float(np.hypot(entry["error"], ROUNDING)) if "bias" in column else entry["error"]
            )
            found.append(Estimate(label, entry["mean"], error, entry["count"]))
    return found


def claims(rows):
    """What is said of the estimators, against the numbers."""
    for name in ("rademacher", "gaussian", "hadamard", "one-hot"):
        fresh = _of(rows, name, "energy bias", "fresh inputs")
        yield Claim(
            f"{name} cotangents are unbiased: the energy is the exact one",
            "jaxrf, docs/erf.md",
            (
                Law(fresh, [0.0] * len(fresh), UNBIASED),
                Band(_of(rows, name, "energy bias", "one input"), -UNBIASED, UNBIASED),
            ),
            "relative bias with fresh inputs, and with one input",
        )
    yield Claim(
        "a Gaussian cotangent has more variance than a Rademacher one, in every kind of network",
        "Hutchinson 1989: random signs have the least variance",
        Band(_of(rows, "gaussian", "one pass", "one input"), low=1.0),
        "variance over Rademacher's, one input",
    )
    yield Claim(
        "a random channel has more variance than random signs over all of them, in every kind of "
        "network",
        "jaxrf, docs/erf.md",
        Band(_of(rows, "one-hot", "one pass", "one input"), low=1.0),
        "variance over Rademacher's, one input",
    )
    mean = f"{PASSES} passes"
    yield Claim(
        f"at fixed weights and input {PASSES} Hadamard rows are exact: their mean has no variance",
        "jaxrf, docs/erf.md",
        Band(_of(rows, "hadamard", mean, "one input"), high=ROUNDING),
        "variance over Rademacher's",
    )
    yield Claim(
        f"with fresh inputs {PASSES} Hadamard rows have less variance than {PASSES} random signs, "
        "in every kind of network",
        "jaxrf, docs/erf.md",
        Band(_of(rows, "hadamard", mean, "fresh inputs"), high=1.0),
        "variance over Rademacher's",
    )
    yield Claim(
        f"a sum over channels (all ones) is biased: by more than {BIASED:.0%} in the mean over "
        "networks of the size of the bias, in every kind of network",
        "jaxrf, docs/erf.md; what scripts of papers do",
        Band(_of(rows, "ones", "size of bias"), low=BIASED),
        "relative bias of the energy, without its sign",
    )
    yield Claim(
        "a map per sample over its sum has too large a sigma, in every kind of network",
        "jaxrf, docs/erf.md",
        Band(_of(rows, "rademacher, normalized", "sigma bias", "fresh inputs"), low=0.0),
        "relative bias of sigma, fresh inputs",
    )


def table(numbers):
    """Variances and biases; claims."""
    rows = tuple(
        (
            *key.split("; "),
            *(f"{r[c]['mean']:.2f} ± {r[c]['error']:.2f}" for c in COLUMNS[:2]),
            *(f"{r[c]['mean']:+.1%} ± {r[c]['error']:.1%}" if c in r else "-" for c in COLUMNS[2:]),
        )
        for key, r in numbers["rows"].items()
    )
    header = ("network", "inputs", "estimator", *COLUMNS)
    notes = (
        "variance of the map over that of Rademacher cotangents, for one pass and for a mean of",
        f"{PASSES}; bias against the exact energy of all channels; normalized maps have no energy.",
    )
    main = TextTable("estimators of the effective field", header, rows, notes, words=3)
    return {"numbers": main, "claims": claims_table(numbers["claims"], "estimators")}


PANELS = (
    ("one input", "one pass", "one input, one pass"),
    ("fresh inputs", f"{PASSES} passes", f"fresh inputs, mean of {PASSES}"),
    ("fresh inputs", "energy bias", "fresh inputs, bias"),
)


NONE = 0.03  # where a variance of 0 stands on the logarithmic axis, behind a break
FARTHEST = 0.6  # of the biases that are drawn


def figure(numbers):
    """Variances and biases of every estimator, a colour and a mark per network."""
    rows = numbers["rows"]
    networks = list(dict.fromkeys(k.split("; ")[0] for k in rows))
    with style.context():
        drawn = style.new_figure(style.DOUBLE_COLUMN, 2.9)
        axes = drawn.subplots(1, 3, sharey=True)
        for ax, (inputs, column, title) in zip(axes, PANELS, strict=True):
            for n, network in enumerate(networks):
                _points(ax, rows, network, inputs, column, n, len(networks))
            ax.set_title(title)
            for place in range(1, len(ESTIMATORS)):
                ax.axhline(place - 0.5, color="0.9", linewidth=0.5, zorder=0)
            if "bias" in column:
                ax.axvline(0, color="0.6", linewidth=0.6, zorder=0)
                ax.set(xlim=(-FARTHEST, FARTHEST), xlabel="energy / exact − 1\n(thin: range)")
            else:
                ax.axvline(1, color="0.6", linewidth=0.6, zorder=0)
                ax.axvline(0.055, color="0.6", linewidth=0.6, linestyle=":", zorder=0)
                ax.set(xscale="log", xlim=(0.02, 5), xlabel="variance / Rademacher's\n(±2 errors)")
                ax.set_xticks((NONE, 0.1, 0.3, 1, 3), ("none", "0.1", "0.3", "1", "3"))
            ax.minorticks_off()
        axes[0].set_yticks(range(len(ESTIMATORS)), list(ESTIMATORS))
        axes[0].invert_yaxis()
        handles, labels = axes[2].get_legend_handles_labels()
        drawn.legend(handles, labels, loc="outside lower center", ncols=4)
    return drawn


def _points(ax, rows, network, inputs, column, n, count):
    """One kind of network: one point per estimator, with two errors and the range of the biases."""
    color, mark, label = style.CATEGORIES[n], "os^D"[n], network
    options = {"color": color, "markersize": 3, "linewidth": 1.2}
    for place, name in enumerate(ESTIMATORS):
        found = rows[f"{network}; {inputs}; {name}"].get(column)
        if found is None:
            continue
        y = place + 0.7 * ((n + 0.5) / count - 0.5)
        mean = found["mean"]
        if "bias" in column and mean > FARTHEST:
            ax.annotate(
                f"{mean:+.0%}", (FARTHEST, y), (0.25 * FARTHEST, y), color=color, fontsize=6.0,
                va="center", arrowprops={"arrowstyle": "->", "color": color, "linewidth": 0.8},
            )  # fmt: skip
            continue
        if "bias" in column:
            ax.plot([found["lowest"], found["highest"]], [y, y], color=color, linewidth=0.5)
        if "bias" not in column and mean < 1e-3:
            ax.plot(NONE, y, mark, color=color, markersize=3, markerfacecolor="white")
            continue
        ax.errorbar(mean, y, xerr=2 * found["error"], fmt=mark, label=label, **options)
        label = None


if __name__ == "__main__":
    experiments.run(__file__, items=items, summarize=summarize, table=table, figure=figure)
