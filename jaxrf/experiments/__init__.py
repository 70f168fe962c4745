"""The frame of a script that computes a figure, and what runs such scripts.

:func:`run` is the whole of a script in ``experiments/``: its items are computed and kept one by
one, then drawn and written. :func:`run_scripts` is ``jaxrf figures``: every script as a process of
its own, skipping what is complete.
"""

from jaxrf.experiments.experiment import run
from jaxrf.experiments.runner import find_folder, run_scripts, scripts

__all__ = ["find_folder", "run", "run_scripts", "scripts"]
