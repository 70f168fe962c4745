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
from jaxrf.experiments.claims import Claim, claims_table
from jaxrf.measure.moments import moments
from jaxrf.measure.plan import Plan
from jaxrf.measure.sampling import Sampler
from jaxrf.plot import style
from jaxrf.tables import TextTable

SIDE, DEPTH, COLORS, PASSES = 15, 5, 3, 16  # pixels, layers, input channels, passes of a mean
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
    """{inputs: {estimator: variances and biases, one a weight seed}} of one kind of network."""
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
    """One a kind of network."""
    seeds, repetitions = (2, 3) if options.quick else (8, 16)
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
                    c: {
                        "mean": v.mean(),
                        "error": v.std(ddof=1) / np.sqrt(len(v)),
                        "lowest": v.min(),
                        "highest": v.max(),
                    }
                    for c, v in values.items()
                }
    return {"rows": rows, "claims": [c.to_dict() for c in claims(rows)]}


def within(bias):
    """Nought within 3 standard errors, or but for rounding."""
    return abs(bias["mean"]) < max(3 * bias["error"], 1e-6)


def _of(rows, name, inputs=None):
    return {
        k: v
        for k, v in rows.items()
        if k.split("; ")[2] == name and (inputs is None or k.split("; ")[1] == inputs)
    }


def _listed(rows, column):
    return "; ".join(
        f"{', '.join(k.split('; ')[:2])}: {r[column]['mean']:.3g} ± {r[column]['error']:.1g}"
        for k, r in rows.items()
    )


def claims(rows):
    """What is said of the estimators, against the numbers."""
    for name in ("rademacher", "gaussian", "hadamard", "one-hot"):
        found = _of(rows, name)
        yield Claim(
            f"{name} cotangents are unbiased: energy within 3 standard errors of the exact one",
            "jaxrf, docs/erf.md",
            _listed(found, "energy bias"),
            all(within(r["energy bias"]) for r in found.values()),
        )
    gaussian = _of(rows, "gaussian")
    yield Claim(
        "a Gaussian cotangent has at least the variance of a Rademacher one",
        "Hutchinson 1989: random signs have the least variance",
        _listed(gaussian, "one pass"),
        all(r["one pass"]["mean"] > 1 - 2 * r["one pass"]["error"] for r in gaussian.values()),
    )
    hot = _of(rows, "one-hot", "one input")
    yield Claim(
        "a random channel has more variance than random signs over all of them",
        "jaxrf, docs/erf.md",
        _listed(hot, "one pass"),
        all(r["one pass"]["mean"] - 2 * r["one pass"]["error"] > 1 for r in hot.values()),
    )
    cycle = _of(rows, "hadamard", "one input")
    wide = {k: r for k, r in cycle.items() if f"{PASSES} " in k or "4 " in k}
    yield Claim(
        f"at fixed weights and input {PASSES} Hadamard rows are exact: their mean has no variance",
        "jaxrf, docs/erf.md",
        _listed(wide, f"{PASSES} passes"),
        all(r[f"{PASSES} passes"]["highest"] < 1e-6 for r in wide.values()),
    )
    fresh = _of(rows, "hadamard", "fresh inputs")
    yield Claim(
        f"with fresh inputs {PASSES} Hadamard rows have less variance than {PASSES} random signs",
        "jaxrf, docs/erf.md",
        _listed(fresh, f"{PASSES} passes"),
        all(
            r[f"{PASSES} passes"]["mean"] + 2 * r[f"{PASSES} passes"]["error"] < 1
            for r in fresh.values()
        ),
    )
    ones = _of(rows, "ones")
    spread = "; ".join(
        f"{', '.join(k.split('; ')[:2])}: {r['energy bias']['lowest']:+.0%} to "
        f"{r['energy bias']['highest']:+.0%}"
        for k, r in ones.items()
    )
    yield Claim(
        "a sum over channels (all ones) is biased, by more than 10 % in some network of each kind",
        "jaxrf, docs/erf.md; what scripts of papers do",
        spread,
        all(
            max(abs(r["energy bias"]["lowest"]), abs(r["energy bias"]["highest"])) > 0.1
            for r in ones.values()
        ),
    )
    normal = _of(rows, "rademacher, normalized")
    yield Claim(
        "a map per sample over its sum has a biased sigma",
        "jaxrf, docs/erf.md",
        _listed(normal, "sigma bias"),
        any(not within(r["sigma bias"]) for r in normal.values()),
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


def figure(numbers):
    """Variances and biases of every estimator, a colour a network."""
    rows = numbers["rows"]
    networks = list(dict.fromkeys(k.split("; ")[0] for k in rows))
    with style.context():
        drawn = style.new_figure(style.DOUBLE_COLUMN, 2.8)
        axes = drawn.subplots(1, 3, sharey=True)
        for ax, (inputs, column, title) in zip(axes, PANELS, strict=True):
            for n, network in enumerate(networks):
                _points(ax, rows, network, inputs, column, n, len(networks))
            bias = "bias" in column
            ax.axvline(0 if bias else 1, color="0.6", linewidth=0.6, zorder=0)
            ax.set_title(title)
            if bias:
                ax.set_xscale("symlog", linthresh=0.1)
                ticks = (-1, -0.1, 0, 0.1, 1, 10)
                ax.set_xlim(-2, 30)
                ax.set_xlabel("energy / exact − 1 (thin: range)")
            else:
                ax.set_xscale("log")
                ticks = (0.03, 0.1, 0.3, 1, 3)
                ax.set_xlim(0.02, 5)
                ax.set_xlabel("variance / Rademacher's (◂: none)")
            ax.set_xticks(ticks, [f"{t:g}" for t in ticks])
            ax.minorticks_off()
        axes[0].set_yticks(range(len(ESTIMATORS)), list(ESTIMATORS))
        axes[0].invert_yaxis()
        handles, labels = axes[2].get_legend_handles_labels()
        drawn.legend(handles, labels, loc="outside lower center", ncols=4)
    return drawn


def _points(ax, rows, network, inputs, column, n, count):
    """One colour: a point an estimator, with two standard errors and the range of the biases."""
    color, label = style.CATEGORIES[n], network
    for place, name in enumerate(ESTIMATORS):
        found = rows[f"{network}; {inputs}; {name}"].get(column)
        if found is None:
            continue
        y = place + 0.6 * ((n + 0.5) / count - 0.5)
        if "bias" in column:
            ax.plot([found["lowest"], found["highest"]], [y, y], color=color, linewidth=0.5)
        elif found["mean"] < 1e-3:
            ax.plot(0.025, y, "<", color=color, markersize=3)
            continue
        ax.errorbar(
            found["mean"], y, xerr=2 * found["error"], fmt="o", color=color, markersize=2.5,
            linewidth=1.2, label=label,
        )  # fmt: skip
        label = None


if __name__ == "__main__":
    experiments.run(__file__, items=items, summarize=summarize, table=table, figure=figure)
