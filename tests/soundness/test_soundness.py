"""Adversarial programs, thousands of them: theory misses nothing that perturbation finds."""

from __future__ import annotations

from collections import Counter

import pytest
from soundness.holding import hold, minimal
from soundness.programs import FAMILIES, draw_program

_SEED = 7


def check(numbers, report: int) -> None:
    """Hold the programs of these numbers; the first failures are shrunk and shown."""
    counts: Counter[str] = Counter()
    failed = []
    for n in numbers:
        program = draw_program(_SEED, n)
        try:
            verdict = hold(program)
        except Exception:  # JAX itself refuses it: a reference under vmap of a branch
            counts["refused by JAX"] += 1
            continue
        counts["programs"] += 1
        counts["exact"] += verdict.exact
        counts["approximate"] += verdict.approximate
        counts.update(f"of {name}" for name in set(program.family.split(" + ")))
        if verdict.fault:
            counts["faults"] += 1
            failed.append((program, verdict.fault))
        if n % report == report - 1:
            print(f"{n + 1}: {dict(counts)}", flush=True)
    shown = [f"{fault}\n{minimal(program)}" for program, fault in failed[:10]]
    assert not failed, f"{len(failed)} of {counts['programs']} fail\n\n" + "\n\n".join(shown)
    assert counts["refused by JAX"] <= 0.03 * len(numbers)
    assert all(counts[f"of {name}"] for name in FAMILIES)


def test_programs():
    check(range(80), report=80)


@pytest.mark.slow
def test_many_programs():
    check(range(5000), report=250)
