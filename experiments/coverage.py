"""How often standard errors and intervals cover what they should, and where ``precision`` stops.

Stacks of 3-wide layers with fresh He-normal weights, whose expected map is a power of a box, known
exactly. A pool of single-network maps is drawn by a sampler that shares nothing with jaxrf's; runs
of N of them go through jaxrf's accumulator, bootstrap and intervals. Coverage is the share of runs
whose value -+ 1 (2) standard errors, or whose interval, holds the number of the expected map. Where
sampling ends at a precision that was asked for, the error that it has is compared with that. Runs
that use inputs or networks several times are repeated with fresh ones: their stated error against
the scatter.
"""

from functools import cache, partial

import jax
import numpy as np
from jax import lax

from jaxrf import experiments, measure_erf
from jaxrf.geometry.interval import Interval
from jaxrf.measure.accumulator import Accumulator
from jaxrf.measure.bootstrap import Replicates
from jaxrf.measure.metrics import describe
from jaxrf.measure.moments import moments
from jaxrf.measure.plan import Plan
from jaxrf.measure.result import ERF
from jaxrf.measure.stopping import STEP, error_after, precise_enough
from jaxrf.plot import style
from jaxrf.text.table import TextTable

COUNTS = (2, 4, 8, 16, 32, 64, 128, 256)  # N
LEVELS = (0.6827, 0.9545)  # one and two standard errors of a normal distribution
SLACK = 0.05  # what an interval may fall short of what it says
RUNS = 120  # from N = 16 on; half of it below
PRECISIONS = (0.03, 0.015)  # relative standard errors of sigma that sampling stops at
MOST = 16384  # units that a run may take
# name: (layers, channels, spatial axes, activation, gain of a kernel, networks in the pool)
NETWORKS = {
    "linear, 5 layers, 2-D": (5, 16, 2, None, 1.0, 8000),
    "ReLU, 10 layers, 2-D": (10, 8, 2, jax.nn.relu, 2.0, 12000),
    "ReLU, 20 layers, 1-D": (20, 16, 1, jax.nn.relu, 2.0, 24000),
    "ReLU, 40 layers, 1-D": (40, 16, 1, jax.nn.relu, 2.0, 64000),
}
LEFT_OUT = ("covariance", "angle", "amplitude_fit", "size_share", "pixel_share")  # of others
_LAYOUTS = {1: ("NWC", "WIO", "NWC"), 2: ("NHWC", "HWIO", "NHWC")}


def expected(name):
    """The expected map: every layer spreads energy evenly over 3 pixels along each axis."""
    layers, _, rank, *_ = NETWORKS[name]
    line = np.ones(1)
    for _ in range(layers):
        line = np.convolve(line, np.ones(3) / 3)
    return line if rank == 1 else np.outer(line, line)


def _middle(name):
    """Its centre."""
    return tuple((n - 1) / 2 for n in expected(name).shape)


@cache
def pool(name, size):
    """Squared gradients [size, *spatial] of one feature, one network each, random signs."""
    layers, width, rank, activation, gain, _ = NETWORKS[name]
    side = 2 * layers + 1

    def one(key):
        keys = jax.random.split(key, layers + 2)
        deviation = np.sqrt(gain / (3**rank * width))
        kernels = [deviation * jax.random.normal(k, (*(3,) * rank, width, width)) for k in keys[2:]]

        def feature(x):
            for n, kernel in enumerate(kernels):
                x = activation(x) if n and activation else x
                x = lax.conv_general_dilated(
                    x, kernel, (1,) * rank, "VALID", None, None, _LAYOUTS[rank]
                )
            return x.reshape(width)

        x = jax.random.normal(keys[0], (1, *(side,) * rank, width))
        signs = jax.random.rademacher(keys[1], (width,), x.dtype)
        return jax.vjp(feature, x)[1](signs)[0][0]

    many = jax.jit(jax.vmap(one))
    keys = jax.random.split(jax.random.key(5), size)
    parts = [np.asarray(many(keys[n : n + 200]), np.float64) for n in range(0, size, 200)]
    return np.square(np.concatenate(parts)).sum(-1)


def measured(maps, seed):
    """What ``measure_erf`` would make of the maps of N networks."""
    shape = maps.shape[1:]
    state = Accumulator.empty(shape, seed=seed)
    state.add(maps)
    box = tuple(Interval(0, n - 1) for n in shape)
    return ERF(
        map=state.mean,
        stderr=state.stderr,
        replicates=Replicates.of(state),
        center=state.center,
        box=box,
        virtual=box,
        endpoint="output",
        at=(0,) * len(shape),
        plan=Plan(len(maps), len(maps), 0),
        inputs="normal",
    )


def covered(name, count, runs, size):
    """{number: shares of runs, errors and their scatter} at N units."""
    truth = expected(name)
    middle, shape = _middle(name), truth.shape
    exact_numbers = describe(truth, middle, size=shape, image=shape)
    right = _flat(exact_numbers, exact_numbers)
    maps, rng = pool(name, size), np.random.default_rng(count)
    found = {number: [] for number in right}
    stated, effective, largest = 0, [], []
    for run in range(runs):
        erf = measured(maps[rng.integers(0, size, count)], run)
        values, errors = (_flat(n, erf.numbers) for n in (erf.numbers, erf.errors))
        ends = [erf.intervals(level) for level in LEVELS]
        effective.append(erf.tails.effective)
        largest.append(erf.tails.largest)
        stated += ends[0] is not None
        inside = [None if e is None else _flat(e, erf.numbers) for e in ends]
        for number, exact in right.items():
            off = abs(values[number] - exact)
            row = [values[number], errors[number], off <= errors[number], off <= 2 * errors[number]]
            row += [None if i is None else i[number][0] - 1e-9 <= exact <= i[number][1] + 1e-9
                    for i in inside]  # fmt: skip
            found[number].append(row)
    return {
        "runs": runs,
        "stated": stated / runs,
        "effective": float(np.median(effective)),
        "largest share": float(np.median(largest)),
        "numbers": {k: _summary(rows, right[k]) for k, rows in found.items()},
    }


def _summary(rows, exact):
    values, errors, one, two, *inside = map(np.array, zip(*rows, strict=True))
    said = np.array([i is not None for i in inside[0]])
    scatter = values.std(ddof=1)
    return {
        "exact": exact,
        "bias": float(values.mean() - exact),
        "scatter": float(scatter),
        "error / scatter": float(np.sqrt(np.mean(errors**2)) / scatter) if scatter else None,
        "one": float(one.mean()),
        "two": float(two.mean()),
        "intervals": [float(i[said].astype(bool).mean()) for i in inside] if said.any() else None,
    }


def _flat(values, numbers):
    """{name or name of an axis: value} of numbers, or of their intervals; no repetitions."""
    flat = {}
    for name, value in values.items():
        if name in LEFT_OUT:
            continue
        if isinstance(numbers[name], tuple):
            axes = zip("yx"[-len(value) :], value, strict=True)
            flat |= {f"{name} {axis}": of_axis for axis, of_axis in axes}
        else:
            flat[name] = value
    return flat


def stopped(name, target, runs, size):
    """The error of sigma where sampling stops at a precision, over that precision.

    Runs that took all units without stopping are told that they did not get there; the error is
    that of the others.
    """
    maps = pool(name, size)
    truth = moments(expected(name), _middle(name)).sigma
    rng, off, counts, ended = np.random.default_rng(1), [], [], []
    for run in range(runs):
        state = Accumulator.empty(maps.shape[1:], seed=run)
        while not (enough := precise_enough(state, target, error_after)) and state.done < MOST:
            state.add(maps[rng.integers(0, size, STEP)])
        ended.append(enough)
        off.append(np.array(moments(state.mean, _middle(name)).sigma) / truth - 1)
        counts.append(state.done)
    squares = np.mean(np.square(off), axis=1)[ended]
    ratio = np.sqrt(squares.mean()) / target
    return {
        "ratio": float(ratio),
        "error": float(squares.std(ddof=1) / np.sqrt(len(squares)) / (2 * ratio * target**2)),
        "units": float(np.median(counts)),
        "ended": float(np.mean(ended)),
        "runs": runs,
    }


class Stack:
    """Six 3-wide layers in one dimension with rectifiers, He-normal."""

    def init(self, key, x):
        """Kernels."""
        keys = jax.random.split(key, 6)
        counts = [x.shape[-1]] + [8] * 6
        return [
            jax.random.normal(k, (3, a, b)) * np.sqrt(2 / (3 * a))
            for k, a, b in zip(keys, counts, counts[1:], strict=False)
        ]

    def apply(self, kernels, x):
        """The first layer has no activation before it."""
        for n, kernel in enumerate(kernels):
            x = jax.nn.relu(x) if n else x
            x = lax.conv_general_dilated(x, kernel, (1,), "SAME", None, None, _LAYOUTS[1])
        return x


# design: (samples, weight seeds; None: given weights, input seeds, inputs given)
DESIGNS = {
    "64 networks, an input each": (64, 64, None, 0),
    "8 networks, 8 inputs each": (64, 8, None, 0),
    "given weights, 6 inputs, 16 times": (96, None, None, 6),
    "given weights, 6 inputs, 64 times": (384, None, None, 6),
    "64 networks, 8 inputs": (64, 64, None, 8),
    "64 networks, 8 input seeds": (64, 64, 8, 0),
    "8 networks x 8 inputs": (64, 8, None, 8),
}


def repeated(design, repeats):
    """Scatter of sigma over runs with fresh networks and inputs, and the error they state."""
    samples, networks, seeds, given = DESIGNS[design]
    model, shape = Stack(), (1, 33, 3)
    found, factors = [], None
    weights = None if networks else model.init(jax.random.key(3), np.zeros(shape))
    for seed in range(repeats):
        images = np.random.default_rng(seed).normal(size=(given, *shape[1:])).astype(np.float32)
        erf = measure_erf(
            model, shape, samples=samples, seed=seed, weight_seeds=networks, input_seeds=seeds,
            inputs=images if given else None, variables=weights, batch=32,
        )  # fmt: skip
        found.append((erf.sigma[0], erf.errors["sigma"][0]))
        factors = " and ".join(erf.plan.factors)
    values, errors = np.array(found).T
    scatter = values.std(ddof=1)
    return {
        "unit": factors,
        "scatter": float(scatter),
        "stated": float(np.sqrt(np.mean(errors**2))),
        # of a ratio to a scatter of so many repeats
        "error": float(1 / np.sqrt(2 * (repeats - 1))),
    }


def items(options):
    """One for every network and N, every precision, every design."""
    networks = list(NETWORKS)[2:3] if options.quick else list(NETWORKS)
    counts = (8, 32) if options.quick else COUNTS
    work = {}
    for name in networks:
        size = 1000 if options.quick else NETWORKS[name][-1]
        for count in counts:
            runs = 20 if options.quick else RUNS if count >= 16 else RUNS // 2
            work[f"{name}; {count}"] = partial(covered, name, count, runs, size)
        for target in PRECISIONS[:1] if options.quick else PRECISIONS:
            runs = 10 if options.quick else 2 * RUNS
            work[f"{name}; precision {target}"] = partial(stopped, name, target, runs, size)
    for design in list(DESIGNS)[3:4] if options.quick else DESIGNS:
        work[f"design; {design}"] = partial(repeated, design, 4 if options.quick else 40)
    return work


def summarize(results):
    """By kind."""
    kinds = {"cover": {}, "stop": {}, "designs": {}}
    for key, found in results.items():
        name, what = key.split("; ")
        if name == "design":
            kinds["designs"][what] = found
        elif what.startswith("precision"):
            kinds["stop"][key] = found
        else:
            kinds["cover"][key] = found
    return kinds


def table(numbers):
    """Coverage of every number, where sampling stops, and designs."""
    rows = tuple(
        (
            *key.split("; "),
            number,
            f"{found['effective']:.1f}",
            f"{found['stated']:.0%}",
            *(f"{n[level]:.2f}" for level in ("one", "two")),
            *("-" if n["intervals"] is None else f"{i:.2f}" for i in n["intervals"] or (0, 0)),
            "-" if n["error / scatter"] is None else f"{n['error / scatter']:.2f}",
        )
        for key, found in numbers["cover"].items()
        for number, n in found["numbers"].items()
    )
    header = (
        "network", "N", "number", "effective", "stated", "1 s.e.", "2 s.e.", "68 %", "95 %",
        "s.e. / scatter",
    )  # fmt: skip
    notes = (
        "share of runs whose value -+ 1, 2 standard errors, or whose stated interval of 68.27 and",
        "95.45 %, holds the exact number; stated: runs with enough units for an interval.",
    )
    stops = tuple(
        (
            *key.split("; precision "),
            f"{s['units']:.0f}",
            f"{s['ended']:.0%}",
            f"{s['ratio']:.2f} ± {s['error']:.2f}",
        )
        for key, s in numbers["stop"].items()
    )
    designs = tuple(
        (name, d["unit"], f"{d['scatter']:.4f}", f"{d['stated']:.4f}",
         f"{d['stated'] / d['scatter']:.2f} ± {d['error'] * d['stated'] / d['scatter']:.2f}")
        for name, d in numbers["designs"].items()
    )  # fmt: skip
    return {
        "numbers": TextTable("coverage", header, rows, notes, words=3),
        "precision": TextTable(
            "where sampling stops",
            ("network", "precision", "median N", "stopped", "error / precision"), stops,
            (f"stopped: share of runs that did within {MOST:,} networks; the error is theirs.",),
        ),
        "designs": TextTable(
            "errors of designs", ("design", "unit", "scatter", "stated", "stated / scatter"),
            designs, words=2,
        ),
    }  # fmt: skip


SHOWN = ("sigma x", "centroid x", "kurtosis x", "r2", "energy_radius_0.9", "square_side_0.5",
         "luo_size")  # fmt: skip


def figure(numbers):
    """Coverage against N, by number: of two plain standard errors, and of the stated interval."""
    networks = list(dict.fromkeys(key.split("; ")[0] for key in numbers["cover"]))
    with style.context():
        drawn = style.new_figure(style.DOUBLE_COLUMN, 1.2 + 1.5 * len(networks))
        rows = drawn.subplots(len(networks), 2, sharex=True, sharey=True, squeeze=False)
        for network, (plain, stated) in zip(networks, rows, strict=True):
            found = {int(k.split("; ")[1]): v for k, v in numbers["cover"].items()
                     if k.startswith(f"{network}; ")}  # fmt: skip
            for n, number in enumerate(SHOWN):
                look = {
                    "color": style.CATEGORIES[n % len(style.CATEGORIES)],
                    "marker": "os^vDP*"[n],
                    "markersize": 3,
                    "linewidth": 0.8,
                    "label": number.replace("_", " "),
                }
                of = {c: v["numbers"][number] for c, v in found.items()}
                plain.plot(list(of), [v["two"] for v in of.values()], **look)
                some = {c: v["intervals"][1] for c, v in of.items() if v["intervals"]}
                stated.plot(list(some), list(some.values()), **look)
            titles = ("2 standard errors", "95 % interval, where stated")
            for ax, title in zip((plain, stated), titles, strict=True):
                ax.axhspan(LEVELS[1] - SLACK, 1.0, color="0.93", zorder=0)
                ax.axhline(LEVELS[1], color="0.5", linewidth=0.6, zorder=0)
                ax.set_xscale("log", base=2)
                ax.set_xticks(list(found), [str(c) for c in found])
                ax.set_title(f"{network}: {title}")
                ax.set_ylim(0.4, 1.02)
            plain.set_ylabel("coverage")
        for ax in rows[-1]:
            ax.set_xlabel("networks N")
        handles, labels = rows[0][0].get_legend_handles_labels()
        drawn.legend(handles, labels, loc="outside lower center", ncols=4)
    return drawn


if __name__ == "__main__":
    experiments.run(__file__, items=items, summarize=summarize, table=table, figure=figure)
