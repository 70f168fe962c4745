"""What signs and equal channels save when a support is measured.

    python benchmarks/support_signs.py [--runs 3] [--quick] [--json FILE]

Per network the same measurement four ways, all of which must find the same set: with every channel
of every layer, by averages in float64 (as jaxrf did before) and by signs in float32; and with one
channel for all that are alike, by averages and by signs in float32 (as jaxrf does now). Then one
step back through a window, as a convolution of signs and as a Boolean dilation. CPU seconds of this
process, medians of interleaved runs; compilation, without a cache, is the first run's.
"""

import argparse
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

import jaxrf
from jaxrf import zoo
from jaxrf.files import write_whole
from jaxrf.measure.linearization import LINEAR, contractions
from jaxrf.measure.linearization.linearize import linearize

WAYS = {  # name -> (every channel, signs, dtype)
    "channels, float64": (True, False, "float64"),
    "channels, signs": (True, True, "float32"),
    "averages": (False, False, "float32"),
    "signs": (False, True, "float32"),
}
CASES = [  # network, its end-point, pixels
    ("resnet_v1_50", None, 512),
    ("resnet_v1_50", "resnet_v1_50/block2", 512),
    ("mobilenet_v1", None, 352),
    ("inception_resnet_v2", "Mixed_5b", 299),
]


def attention(x):
    """Two layers of causal attention within 32 tokens."""
    age = jnp.arange(x.shape[1])[:, None] - jnp.arange(x.shape[1])
    mask = (age >= 0) & (age < 32)
    for _ in range(2):
        scores = jnp.einsum("bqc,bkc->bqk", x, x)
        weights = jax.nn.softmax(jnp.where(mask, scores, -jnp.inf), -1)
        x = x + jnp.einsum("bqk,bkc->bqc", weights, x)
    return x


def fourier(x):
    """A long convolution by Fourier transforms."""
    taps = jnp.hanning(33)
    spectrum = jnp.fft.rfft(x, axis=1) * jnp.fft.rfft(taps, x.shape[1])[None, :, None]
    return jnp.fft.irfft(spectrum, x.shape[1], axis=1)


def analyses(quick: bool) -> Iterator[tuple[str, jaxrf.Analysis, str | None]]:
    """The networks of the table."""
    cases, width = ([("mobilenet_v1", "Conv2d_5_pointwise", 96)], 0.25) if quick else (CASES, 1)
    for name, endpoint, pixels in cases:
        shape = (1, pixels, pixels, 3)
        yield f"{name} {pixels}", jaxrf.analyze(zoo.load(name, width=width), shape), endpoint
    yield "attention", jaxrf.analyze(attention, (1, 256, 16)), None
    yield "fourier", jaxrf.analyze(fourier, (1, 4096, 4)), None


@contextmanager
def every_channel(wanted: bool) -> Iterator[None]:
    """Rules without equal channels."""
    if not wanted:
        yield
        return
    convolution = {"conv_general_dilated": lambda site: [contractions._with_all_channels(site)]}
    with (
        mock.patch.dict(LINEAR.rules, convolution),
        mock.patch("jaxrf.measure.linearization.apply.is_thin_rule", return_value=False),
    ):
        yield


def compiled(analysis: jaxrf.Analysis, endpoint: str, way: tuple[bool, bool, str]):
    """(the function of no argument that measures, CPU seconds to trace and compile it)."""
    channels, signs, dtype = way
    program, number = analysis.traced.program, analysis.traced.endpoints[endpoint]
    at = analysis.position(endpoint, None)
    cotangent = np.zeros(analysis.endpoint_shape(endpoint))
    grid = analysis.output_grid(endpoint)
    box = [slice(None)] * len(grid.shape)
    for dim, index in zip(grid.dims, at, strict=True):
        if dim is not None:
            box[dim] = index
    cotangent.reshape(grid.shape)[tuple(box)] = 1 if signs else 1e200 if dtype == "float64" else 1
    start = time.process_time()
    with jax.enable_x64(dtype == "float64"), every_channel(channels):
        network = linearize(program, [number], source=program.inputs[analysis.source], signs=signs)
        zeros = jnp.zeros(analysis.shape, dtype)
        charge = jnp.asarray(cotangent, dtype)
        function = jax.jit(lambda c: jax.vjp(lambda x: network(x)[0], zeros)[1](c)[0])
        ready = function.lower(charge).compile()
    seconds = time.process_time() - start

    def run() -> np.ndarray:
        with jax.enable_x64(dtype == "float64"):
            return np.asarray(ready(charge)) > 0

    return run, seconds


def cpu(function) -> float:
    """CPU seconds of a call."""
    start = time.process_time()
    jax.block_until_ready(function())
    return time.process_time() - start


def networks(runs: int, quick: bool) -> list[dict]:
    """One row per network and way."""
    rows = []
    for label, analysis, endpoint in analyses(quick):
        name = analysis.find(endpoint)
        ready = {way: compiled(analysis, name, how) for way, how in WAYS.items()}
        sets = {way: run() for way, (run, _) in ready.items()}
        taken = {way: [] for way in WAYS}
        for _ in range(runs):
            for way, (run, _) in ready.items():
                taken[way].append(cpu(run))
        for way, (_, seconds) in ready.items():
            rows.append(
                {
                    "network": f"{label}, {name}",
                    "way": way,
                    "compile_s": seconds,
                    "run_s": median(taken[way]),
                    "missing": int((sets["signs"] & ~sets[way]).sum()),
                    "beyond": int((sets[way] & ~sets["signs"]).sum()),
                }
            )
    return rows


def steps(runs: int) -> list[dict]:
    """One step back through a window of stride 1: a convolution of signs, a Boolean dilation."""
    rows, numbers = [], ("NHWC", "HWIO", "NHWC")
    for pixels, taps in ((128, 3), (512, 3), (512, 7)):
        mark = np.zeros((1, pixels, pixels, 1), bool)
        mark[0, ::5, ::5] = True
        kernel = jnp.full((taps, taps, 1, 1), 1 / taps**2)
        conv = jax.jit(
            lambda x, k=kernel: lax.conv_general_dilated(
                (x > 0).astype(jnp.float32), k, (1, 1), "SAME", dimension_numbers=numbers
            )
        )
        window = (1, taps, taps, 1)
        dilate = jax.jit(
            lambda x, w=window: lax.reduce_window(x, False, lax.bitwise_or, w, (1,) * 4, "SAME")
        )
        calls = {"signs": (conv, jnp.asarray(mark, jnp.float32)), "Boolean": (dilate, mark)}
        first = {way: cpu(lambda f=f, x=x: f(x)) for way, (f, x) in calls.items()}
        taken = {way: [] for way in calls}
        for _ in range(5 * runs):
            for way, (f, x) in calls.items():
                taken[way].append(cpu(lambda f=f, x=x: f(x)))
        assert ((np.asarray(conv(calls["signs"][1])) > 0) == np.asarray(dilate(mark))).all()
        rows += [
            {
                "window": f"{taps} x {taps} on {pixels} px",
                "way": way,
                "first_s": first[way],
                "run_s": median(taken[way]),
            }
            for way in calls
        ]
    return rows


def measure(*, runs: int = 3, quick: bool = False) -> dict:
    """Both tables."""
    return {"networks": networks(runs, quick), "steps": steps(runs)}


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3, help="runs of each way")
    parser.add_argument("--quick", action="store_true", help="small networks only")
    parser.add_argument("--json", help="write the numbers to this file")
    options = parser.parse_args()
    result = measure(runs=options.runs, quick=options.quick)
    print(f"{'network':44} {'way':18} {'compile s':>9} {'run s':>8} {'missing':>8} {'beyond':>7}")
    for row in result["networks"]:
        print(
            f"{row['network'][:44]:44} {row['way']:18} {row['compile_s']:9.2f} "
            f"{row['run_s']:8.4f} {row['missing']:8d} {row['beyond']:7d}"
        )
    print(f"\n{'window':22} {'way':10} {'first s':>9} {'run s':>9}")
    for row in result["steps"]:
        print(f"{row['window']:22} {row['way']:10} {row['first_s']:9.3f} {row['run_s']:9.5f}")
    if options.json:
        write_whole(options.json, json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
