"""``jaxrf field zoo:NAME``: the published fields under the names of TF-Slim, as JSON and table."""

import json
import re

import pytest

from jaxrf.report.analysis import SCREEN
from tests.helpers.commands import unfolded
from tests.helpers.slow import some_slow

PUBLISHED = {  # r, S, P: Araujo, Norris and Sim, Distill 2019; and the units of every block
    "alexnet_v2": (195, 32, 64, ()),
    "vgg_16": (212, 32, 90, ()),
    "mobilenet_v1": (315, 32, 126, ()),
    "resnet_v1_50": (483, 32, 239, (3, 4, 6, 3)),
    "resnet_v1_101": (1027, 32, 511, (3, 4, 23, 3)),
    "resnet_v1_152": (1507, 32, 751, (3, 8, 36, 3)),
}
CONVS = {"alexnet_v2": "conv1 pool1 conv2 pool2 conv3 conv4 conv5 pool5".split()}
CONVS["vgg_16"] = [
    name
    for block, count in enumerate((2, 2, 3, 3, 3), 1)
    for name in [f"conv{block}/conv{block}_{i}" for i in range(1, count + 1)] + [f"pool{block}"]
]
CONVS["mobilenet_v1"] = ["Conv2d_0"] + [
    f"Conv2d_{i}_{kind}" for i in range(1, 14) for kind in ("depthwise", "pointwise")
]


def endpoints(name, units):
    """TF-Slim's names, in order of execution."""
    if name == "mobilenet_v1":  # without a scope there
        return CONVS[name]
    if not units:
        return [f"{name}/{n}" for n in CONVS[name]]
    found = ["conv1"]
    for block, count in enumerate(units, 1):
        for unit in range(1, count + 1):
            path = f"block{block}/unit_{unit}/bottleneck_v1"
            found += [f"{path}/shortcut"] * (unit == 1)
            found += [f"{path}/conv{i}" for i in (1, 2, 3)] + [path]
        found.append(f"block{block}")
    return [f"{name}/{n}" for n in found]


SLOW = {"resnet_v1_101", "resnet_v1_152"}


@pytest.mark.parametrize("name", some_slow(PUBLISHED, SLOW))
def test_zoo(name, jaxrf):
    size, stride, padding, units = PUBLISHED[name]
    code, out, err = jaxrf("field", f"zoo:{name}", "--shape", "1,224,224,3", "-f", "json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    listed = document["endpoints"]
    assert [e["name"] for e in listed] == endpoints(name, units)
    assert document["output"] == listed[-1]["name"]
    for axis in listed[-1]["axes"]:
        assert (axis["size"], axis["stride"], axis["padding"]) == (size, str(stride), padding)
        assert axis["aligned"]
        assert not axis["global"]
        assert axis["period"] == 1

    table = jaxrf("field", f"zoo:{name}", "--shape", "1,224,224,3").out
    assert max(map(len, table.splitlines())) <= 80
    if len(listed) > SCREEN:
        assert re.search(rf"(rows for|of) {len(listed)} end-points", " ".join(table.split()))
        return
    rows = unfolded(table)
    assert [r[0] for r in rows] == [e["name"].removeprefix(f"{name}/") for e in listed]
    for (_, shape, *numbers), e in zip(rows, listed, strict=True):
        axis = e["axes"][0]
        assert shape == "x".join(map(str, e["shape"][1:]))
        assert numbers[:4] == [*(str(axis[k]) for k in ("size", "stride", "padding")), "yes"]
        assert numbers[4] == f"{e['flops'] / 1e9:.2f}"
