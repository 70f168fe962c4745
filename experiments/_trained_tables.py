"""Numbers, claims and tables of ``trained_imagenet.py``."""

import numpy as np
from _exact_fields import jackknifed, sigma
from _trained_nets import CASES, SUBJECTS

from jaxrf.experiments.claims import Claim, claims_table, decide
from jaxrf.experiments.evidence import Band, Estimate, exact
from jaxrf.tables import TextTable

KINDS = ("random", "trained", "shuffled", "random shuffled")
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
        "claims": decide(claims),
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
            stated[f"{one} / {other}"] = _change(
                lambda a, b: np.log(sigma(a) / sigma(b)),
                _units(network),
                numbers[one],
                numbers[other],
            )
    return stated


def _change(function, units, *numbers):
    """A number and its error, and the 95 % interval by Student's t."""
    value, error = jackknifed(function, *numbers)
    low, high = Estimate("change", value, error, len(numbers[0]), units).interval()
    return {"value": value, "error": error, "low": low, "high": high}


def _claims(stages):
    luo = "Luo et al. 2016"
    for network in dict.fromkeys(s["network"] for s in stages.values()):
        yield Claim(
            f"training enlarges the effective field ({CASES[network].title}, every stage)",
            f"{luo}, on how the effective field evolves during training",
            Band(_estimates(stages, network, "trained / random"), low=0.0),
            "σ of trained over random, logarithm",
        )
    inside = {k: s for k, s in stages.items() if s["r"] <= s["image"]}
    for kind in ("random", "trained"):
        yield Claim(
            f"the effective field of a {kind} network is a fraction (below 1/2) of the theoretical "
            "one (every stage whose field lies in the image)",
            f"{luo}, abstract",
            Band(
                [
                    _estimate(k, s, s[kind]["sigma"], s[kind]["error"], 12**0.5 / s["r"])
                    for k, s in inside.items()
                ],
                high=0.5,
            ),
            "σ√12/r",
        )
    yield Claim(
        "where the trained taps stand in their windows makes the field smaller "
        "(EfficientNet-Lite0, every stage measured)",
        "jaxrf",
        Band(_estimates(stages, "lite0", "trained / shuffled"), high=0.0),
        "σ of trained over its taps shuffled, logarithm",
    )
    yield Claim(
        "at initialisation it does not matter where the taps stand (within 10 %, every stage "
        "measured)",
        "jaxrf: control",
        Band(_estimates(stages, "lite0", "random / random shuffled"), *np.log([0.9, 1.1])),
        "σ of random over its taps shuffled, logarithm",
    )


def _estimates(stages, network, pair):
    return [
        _estimate(s["stage"], s, s[pair]["value"], s[pair]["error"])
        for s in stages.values()
        if s["network"] == network and pair in s
    ]


def _estimate(name, stage, value, error, factor=1.0):
    return Estimate(name, factor * value, factor * error, stage["units"], _units(stage["network"]))


def _units(network):
    return "tones" if network == "crepe" else "photographs"


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
        right = [
            exact(
                f"Lite{key[-1]}",
                sum(bool(set(b[:3]) & SUBJECTS[n].keys()) for n, b in found[kind].items()),
            )
            for key, found in guessed.items()
        ]
        yield Claim(
            f"EfficientNet-Lite0, -1 and -2 {said} what is on the photograph among their three "
            "likeliest classes",
            "jaxrf: sanity",
            Band(right, low=4.5) if kind == "trained" else Band(right, high=1.5),
            f"photographs of {len(SUBJECTS)}",
        )
    for kind in ("trained", "random"):
        cents = np.abs(results["pitches"][kind])
        share = exact("share of tones", float((cents < CENTS).mean()))
        yield Claim(
            f"CREPE {'hears' if kind == 'trained' else 'does not hear, at initialisation,'} the "
            f"pitch of a tone to {CENTS:.0f} cents",
            "jaxrf: sanity",
            Band([share], low=0.85) if kind == "trained" else Band([share], high=0.15),
            f"{len(cents)} tones, median error {np.median(cents):.1f} cents",
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
