"""Numbers, claims and tables of ``trained_imagenet.py``."""

import numpy as np
from _exact_fields import jackknifed, sigma
from _trained_nets import CASES, SUBJECTS
from scipy import stats

from jaxrf.experiments.claims import Claim, claims_table
from jaxrf.tables import TextTable

KINDS = ("random", "trained", "shuffled", "random shuffled")
LEVEL = 0.05
EQUAL = 0.1  # relative; what counts as no change
CENTS = 50.0  # a quarter-tone


def summarize(results):
    """Sigma by stage with its error, changes with 95 % intervals, claims."""
    stages = {
        f"{network} {stage}": _stage(network, stage, found)
        for network in CASES
        for stage, found in results.get(network, {}).items()
    }
    claims = [*_claims(stages), *_sane(results)]
    return {
        "stages": stages,
        "classes": {k: n for k, n in results.items() if k.startswith("classes")},
        "cents": results.get("pitches", {}),
        "claims": [c.to_dict() for c in claims],
    }


def _stage(network, stage, found):
    """One stage: the numbers of every unit, and what is said about them."""
    numbers = {k: np.array(found[k]["numbers"]) for k in KINDS if k in found}
    stated = {k: found[k] for k in ("r", "field", "center", "crop", "image")}
    stated |= {"network": network, "stage": stage, "units": len(numbers["trained"])}
    stated["limit"] = min(found["r"], found["image"]) / 12**0.5
    for kind, n in numbers.items():
        value, error = jackknifed(sigma, n)
        energy = n[:, 0]
        of_channels = np.array(found[kind]["channels"])
        stated[kind] = {
            "sigma": value,
            "error": error,
            "effective_units": float(energy.sum() ** 2 / np.square(energy).sum()),
            "channels": np.nanpercentile(of_channels, (0, 25, 50, 75, 100)).tolist(),
            "channel_count": len(of_channels),
            "map": found[kind]["map"],
        }
    pairs = [("trained", "random"), ("trained", "shuffled"), ("random", "random shuffled")]
    for one, other in pairs:
        if other in numbers:
            stated[f"{one} / {other}"] = _tested(
                lambda a, b: np.log(sigma(a) / sigma(b)), numbers[one], numbers[other]
            )
    for kind in ("trained", "random"):
        share = _tested(lambda n, r=found["r"]: np.log(sigma(n) * 12**0.5 / r / 0.5), numbers[kind])
        stated[kind]["half"] = share
    return stated


def _tested(function, *units):
    """A number that is nought under the null: its 95 % interval and two-sided p, by Student's t."""
    value, error = jackknifed(function, *units)
    degrees = len(units[0]) - 1
    half = float(stats.t.ppf(1 - LEVEL / 2, degrees)) * error
    p = 2 * float(stats.t.sf(abs(value) / error, degrees)) if error else float(value == 0)
    return {"value": value, "low": value - half, "high": value + half, "p": p}


def holm(tests):
    """Which of a family of tests are significant at 5 %: Holm's step-down rule.

    Source: Holm 1979, *A simple sequentially rejective multiple test procedure*.
    """
    order = sorted(tests, key=lambda name: tests[name]["p"])
    found = {}
    for rank, name in enumerate(order):
        before = all(found.values())
        found[name] = before and tests[name]["p"] <= LEVEL / (len(tests) - rank)
    return found


def _verdict(tests, sign):
    """Holds where all are significant with the sign; does not where one is against it."""
    found = holm(tests)
    if any(s and tests[n]["value"] * sign < 0 for n, s in found.items()):
        return False
    return True if all(found.values()) else None


def _claims(stages):
    luo = "Luo et al. 2016"
    for network in dict.fromkeys(s["network"] for s in stages.values()):
        tests = _family(stages, network, "trained / random")
        yield Claim(
            f"training enlarges the effective field ({CASES[network].title}, every stage)",
            f"{luo}, on how the ERF evolves during training",
            f"sigma of trained against random: {_listed(tests)}",
            _verdict(tests, 1),
        )
    for kind in ("trained", "random"):
        inside = {k: s for k, s in stages.items() if s["r"] <= s["image"]}
        tests = {k: s[kind]["half"] for k, s in inside.items()}
        shares = {k: s[kind]["sigma"] * 12**0.5 / s["r"] for k, s in inside.items()}
        yield Claim(
            "the effective field is a fraction (below 1/2) of the theoretical one "
            f"({kind} networks, stages whose field lies in the image)",
            f"{luo}, abstract",
            "sigma sqrt(12) / r: " + ", ".join(f"{k} {s:.3f}" for k, s in shares.items()),
            _verdict(tests, -1),
        )
    tests = _family(stages, "lite0", "trained / shuffled")
    yield Claim(
        "where the trained taps stand in their windows makes the field smaller "
        "(EfficientNet-Lite0, every stage measured)",
        "jaxrf",
        f"sigma of trained against its taps shuffled: {_listed(tests)}",
        _verdict(tests, -1),
    )
    tests = _family(stages, "lite0", "random / random shuffled")
    yield Claim(
        f"at initialisation it does not: shuffling changes sigma by less than {EQUAL:.0%} "
        "(95 % intervals, every stage measured)",
        "jaxrf: control",
        f"sigma of random against its taps shuffled: {_listed(tests, stars=False)}",
        _equal(tests),
    )


def _equal(tests):
    """Holds where all intervals lie within the bounds; does not where one lies outside."""
    low, high = np.log(1 - EQUAL), np.log(1 + EQUAL)
    if any(t["low"] > high or t["high"] < low for t in tests.values()):
        return False
    return True if all(low < t["low"] and t["high"] < high for t in tests.values()) else None


def _family(stages, network, pair):
    of = [s for s in stages.values() if s["network"] == network and pair in s]
    return {s["stage"]: s[pair] for s in of}


def _listed(tests, stars=True):
    found = holm(tests) if stars else dict.fromkeys(tests, True)
    return ", ".join(f"{n} {percent(t)}{'' if found[n] else ' (n.s.)'}" for n, t in tests.items())


def percent(tested):
    """A change with its 95 % interval."""
    value, low, high = (100 * np.expm1(tested[k]) for k in ("value", "low", "high"))
    return f"{value:+.0f} % [{low:+.0f}, {high:+.0f}]"


def _sane(results):
    """The weights are the trained ones; a random network knows nothing."""
    guessed = {k: n for k, n in results.items() if k.startswith("classes")}
    for kind, said in (("trained", "name"), ("random", "do not name, at initialisation,")):
        if not guessed:
            return
        right = {
            key: sum(bool(set(best[:3]) & SUBJECTS[n].keys()) for n, best in found[kind].items())
            for key, found in guessed.items()
        }
        found = sum(right.values())
        counted = len(SUBJECTS) * len(right)
        yield Claim(
            f"EfficientNet-Lite0, -1 and -2 {said} what is on the photograph among their three "
            "likeliest classes (five of six)",
            "jaxrf: sanity",
            ", ".join(f"{key} {n} of {len(SUBJECTS)}" for key, n in right.items()),
            found >= 5 * counted / 6 if kind == "trained" else found <= counted / 6,
        )
    for kind in ("trained", "random"):
        cents = np.abs(results["pitches"][kind])
        close = int((cents < CENTS).sum())
        yield Claim(
            f"CREPE {'hears' if kind == 'trained' else 'does not hear, at initialisation,'} the "
            f"pitch of a tone to {CENTS:.0f} cents (nine of ten tones)",
            "jaxrf: sanity",
            f"{close} of {len(cents)} tones, median error {np.median(cents):.1f} cents",
            close >= 0.9 * len(cents) if kind == "trained" else close <= 0.1 * len(cents),
        )


def table(numbers):
    """One line per stage; the claims."""
    rows = tuple(
        (
            CASES[s["network"]].title,
            s["stage"],
            str(s["r"]),
            f"{s['limit']:.1f}",
            *(f"{s[k]['sigma']:.2f} ± {s[k]['error']:.2f}" if k in s else "" for k in KINDS[:3]),
            percent(s["trained / random"]),
            f"{s['trained']['channels'][0]:.1f} .. {s['trained']['channels'][-1]:.1f}",
            f"{s['trained']['effective_units']:.1f} of {s['units']}",
        )
        for s in numbers["stages"].values()
    )
    header = (
        "network", "stage", "r", "flat", *(f"σ {k}" for k in KINDS[:3]), "trained / random",
        "σ of channels", "units",
    )  # fmt: skip
    notes = (
        "exact sum over channels; σ of E g² pooled over units (photographs, tones), about the",
        "theoretical centre, ± standard error over units; flat: σ of an even field, of r or of the",
        "image where that is smaller; change with its 95 % interval; narrowest and widest channel",
        "of the trained network; effective number of units by their energy. Pixels, or samples.",
    )
    return {
        "stages": TextTable("exact effective fields of trained networks", header, rows, notes),
        "claims": claims_table(numbers["claims"]),
    }
