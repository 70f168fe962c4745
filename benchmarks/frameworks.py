"""Cost of the theory against JAX's own tracing, over collections of four frameworks.

    python benchmarks/frameworks.py [keras haiku nnx equinox] [--only NAME] [--json FILE]

Every network of keras.applications (with and without its head) and of haiku.nets, and the eight
families of examples/nnx_nets.py and examples/equinox_nets.py. Printed are CPU seconds of this
process: *adapt*, the framework's own split of the model into weights and structure; *trace*, inside
``jax.make_jaxpr`` and ``jax.eval_shape``; *solve*, everything that ``analyze`` does after that
(flattening, the graph, the fields along all spatial axes); solve over trace. *First* is the first
analysis of the model, as a user meets it; *again* the smallest of four more, when JAX finds in its
caches what it has traced before. Then the size of the graph, and the operations whose dependencies
could only be bounded.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from jaxrf.files import write_whole

os.environ.setdefault("KERAS_BACKEND", "jax")

COLLECTIONS = ("keras", "haiku", "nnx", "equinox")
Build = Callable[[], tuple[Any, tuple[int, ...]]]


def networks(collection: str, *, size: int = 96) -> dict[str, Build]:
    """Name -> builder of (model, input shape).

    Args:
        collection: one of ``COLLECTIONS``.
        size: of the images of keras and haiku; the others have their own.
    """
    if collection == "keras":
        return _keras(size)
    if collection == "haiku":
        return _haiku(size)
    examples = str(Path(__file__).parent.parent / "examples")
    if examples not in sys.path:
        sys.path.insert(0, examples)
    nets = import_module(f"{collection}_nets")
    return {name: lambda name=name: nets.build(name) for name in nets.NETWORKS}


def _keras(size: int) -> dict[str, Build]:
    from keras import applications

    def build(name, top):
        import keras

        keras.backend.clear_session()
        with weightless():
            model = getattr(applications, name)(
                weights=None, include_top=top, input_shape=(size, size, 3)
            )
        return model, (1, size, size, 3)

    names = [n for n in dir(applications) if n[0].isupper()]
    return {
        f"{name}{'+top' if top else ''}": lambda name=name, top=top: build(name, top)
        for name in names
        for top in (False, True)
    }


@contextmanager
def weightless() -> Iterator[None]:
    """Keras draws no random weights while it is open: theory needs none, and zeros are cheap."""
    import keras
    import numpy as np

    cls = keras.initializers.VarianceScaling
    original = cls.__call__
    cls.__call__ = lambda self, shape, dtype=None: np.zeros(shape, dtype or "float32")
    try:
        yield
    finally:
        cls.__call__ = original


def _haiku(size: int) -> dict[str, Build]:
    import haiku as hk

    image, row = (1, size, size, 3), (1, 12, 8)

    def trained(name, *arguments):
        def forward(x, is_training):
            return getattr(hk.nets, name)(*arguments)(x, is_training)

        return lambda: (hk.transform_with_state(forward), image)

    def quantizer(name, *arguments):
        def forward(x, is_training):
            return getattr(hk.nets, name)(*arguments)(x, is_training)["quantize"]

        return lambda: (hk.transform_with_state(forward), row)

    resnets = [n for n in dir(hk.nets) if n.startswith("ResNet") and n[6:].isdigit()]
    return {
        **{name: trained(name, 1000) for name in resnets},
        "MobileNetV1": trained("MobileNetV1"),
        "MLP": lambda: (hk.transform(lambda x: hk.nets.MLP([16, 16, 4])(x)), row),
        "VectorQuantizer": quantizer("VectorQuantizer", 8, 32, 0.25),
        "VectorQuantizerEMA": quantizer("VectorQuantizerEMA", 8, 32, 0.25, 0.99),
    }


class Stopwatch:
    """CPU seconds inside JAX's own tracing, whoever calls it."""

    def __init__(self):
        self.seconds, self._depth = 0.0, 0

    def timed(self, function: Callable) -> Callable:
        """The function, its time counted once however it nests."""

        def run(*arguments, **options):
            start = time.process_time()
            self._depth += 1
            try:
                return function(*arguments, **options)
            finally:
                self._depth -= 1
                self.seconds += 0 if self._depth else time.process_time() - start

        return run

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Time ``jax.eval_shape`` and the functions that ``jax.make_jaxpr`` returns."""
        import jax

        originals = jax.make_jaxpr, jax.eval_shape
        jax.make_jaxpr = lambda *a, **options: self.timed(originals[0](*a, **options))
        jax.eval_shape = self.timed(originals[1])
        try:
            yield
        finally:
            jax.make_jaxpr, jax.eval_shape = originals


def measure(model: Any, shape: tuple[int, ...], *, runs: int = 5) -> dict:
    """CPU seconds of adapter, trace and solve: the first run, and the smallest of the others."""
    from jaxrf import analyze
    from jaxrf.frameworks import as_network
    from jaxrf.program.inputs import abstract_inputs

    adapts, traces, solves = [], [], []
    for _ in range(runs):
        watch, start = Stopwatch(), time.process_time()
        as_network(model, abstract_inputs(shape, "float32"))
        adapts.append(time.process_time() - start)
        start = time.process_time()
        with watch.watching():
            analysis = analyze(model, shape)
        traces.append(watch.seconds)
        solves.append(time.process_time() - start - watch.seconds)
    first, again = solves[0] - min(adapts), min(solves[1:]) - min(adapts)
    return {
        "adapt_s": min(adapts),
        "first_trace_s": traces[0],
        "first_solve_s": first,
        "first_ratio": first / traces[0],
        "trace_s": min(traces[1:]),
        "solve_s": again,
        "ratio": again / min(traces[1:]),
        "nodes": len(analysis.graph),
        "approximate": list(analysis.approximate),
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("collections", nargs="*", help=f"some of {', '.join(COLLECTIONS)}")
    parser.add_argument("--only", default="", help="names that contain this")
    parser.add_argument("--json", help="write the numbers to this file")
    options = parser.parse_args()
    print(f"{'':26}{'':7} {'---- first ----':^20} {'---- again ----':^20}")
    columns = ("adapt", *("trace", "solve", "ratio") * 2, "nodes")
    print(f"{'network':26}", *(f"{c:>6}" for c in columns), " approximate")
    rows = {}
    for collection in options.collections or COLLECTIONS:
        for name, build in networks(collection).items():
            if options.only not in name:
                continue
            row = rows[f"{collection}/{name}"] = measure(*build())
            *numbers, nodes, approximate = row.values()
            texts = [*(f"{n:6.3f}" for n in numbers), f"{nodes:6d}"]
            print(f"{collection + '/' + name:26}", *texts, "", "; ".join(approximate), flush=True)
    if options.json:
        write_whole(options.json, json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
