"""Numbers, claims and tables of ``trained_imagenet.py``."""

import numpy as np
from _exact_fields import jackknifed, sigma
from _trained_nets import CASES, SUBJECTS

from jaxrf.experiments.claims import Claim, claims_table, decide
from jaxrf.experiments.evidence import Band, Estimate, exact
from jaxrf.text.table import TextTable

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
    stated["limit"] = _flat(found["crop"], found["center"])
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
            fewer = min(stated[k]["effective_units"] for k in (one, other))
            stated[f"{one} / {other}"] = _change(numbers[one], numbers[other], fewer)
    return stated


def _flat(crop, center):
    """Sigma of an even map over what lies in the image, about the theoretical centre."""
    squares = [
        ((high - low + 1) ** 2 - 1) / 12 + ((low + high) / 2 - c) ** 2
        for (low, high), c in zip(crop, center, strict=True)
    ]
    return float(np.sqrt(np.mean(squares)))


def _change(numbers, others, effective):
    """The logarithm of a ratio of sigmas, its error, and the 95 % interval by Student's t."""
    value, error = jackknifed(lambda a, b: np.log(sigma(a) / sigma(b)), numbers, others)
    low, high = Estimate("change", value, error, _whole(effective)).interval()
    return {"value": value, "error": error, "low": low, "high": high, "effective_units": effective}


def _whole(effective):
    """Units that count: as many as equal ones would, of which an error needs two."""
    return max(2, int(effective))


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
                    _estimate(k, s["network"], s[kind], s[kind]["sigma"], 12**0.5 / s["r"])
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
        _estimate(s["stage"], network, s[pair], s[pair]["value"])
        for s in stages.values()
        if s["network"] == network and pair in s
    ]


def _estimate(name, network, found, value, factor=1.0):
    units = "tones" if network == "crepe" else "photographs"
    count = _whole(found["effective_units"])
    return Estimate(name, factor * value, factor * found["error"], count, f"effective {units}")


def _percent(change):
    """With its 95 % interval."""
    value, low, high = (100 * np.expm1(change[k]) for k in ("value", "low", "high"))
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
            _percent(s["trained / random"]),
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
        "theoretical centre, ± standard error over units; flat: that of an even map over what lies",
        "in the image; change with its 95 % interval (Student's t of the effective number of",
        "units, 1 / Σ share² of the energy); narrowest and widest channel of the trained network.",
        "Lengths in pixels, or samples.",
    )
    return {
        "stages": TextTable("exact effective fields of trained networks", header, rows, notes),
        "claims": claims_table(numbers["claims"]),
    }
