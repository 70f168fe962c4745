"""A small experiment, its files, and what it has written."""

__all__ = ["FILES", "SCRIPT", "results"]

SCRIPT = '''"""Squares of a few numbers."""

import sys
import time
from functools import partial
from pathlib import Path

import numpy as np

from jaxrf import experiments
from jaxrf.plot import style
from jaxrf.text.table import TextTable

LOG = Path(__file__).parent / "log.txt"


def square(n):
    time.sleep(PAUSE)
    with LOG.open("a") as log:
        print(n, file=log)
    return {"square": n * n / 3, "row": np.arange(n), "pair": (n, n)}


def items(options):
    return {f"n/{n}": partial(square, n) for n in range(2 if options.quick else options.most)}


def figure(numbers):
    with style.context():
        drawn = style.new_figure()
        drawn.add_subplot().plot([v["square"] for v in numbers.values()])
    return drawn


def table(numbers):
    rows = tuple((k, f"{v['square']:.2f}") for k, v in numbers.items())
    return TextTable("squares", ("n", "square"), rows)


def arguments(parser):
    parser.add_argument("--most", type=int, default=6)


if __name__ == "__main__":
    experiments.run(__file__, items=items, figure=figure, table=table, arguments=arguments)
'''
FILES = {f"squares.{s}" for s in ("csv", "json", "md", "npz", "pdf", "png")}


def results(folder):
    """Contents of everything that must not differ between two runs."""
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}
