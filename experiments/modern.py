"""Today's networks: parameters, FLOPs, r, S, P, alignment and global context of feature maps."""

from functools import partial

from _modern import NETWORKS, endpoints, parameters, without_place

from jaxrf import analyze, experiments
from jaxrf.text.table import TextTable

QUICK = ("EfficientNetV2-B0", "MobileNetV3-S", "RegNetY-400MF", "U-Net, same", "WaveNet")


def fields(title):
    """Every feature map of interest of one network."""
    net = NETWORKS[title]
    model = net.build(net.shape, False)
    analysis = analyze(model, net.shape)
    return {
        "parameters": parameters(net, model),
        "input": list(net.shape[1:]),
        "rows": [feature_map(analysis, name) for name in endpoints(net, analysis)],
    }


def feature_map(analysis, name):
    """One row; images are square, and so are all fields: the first axis speaks for both."""
    axis = analysis[name].axes[0]
    assert all((a.size, a.stride, a.padding) == (axis.size, axis.stride, axis.padding)
               for a in analysis[name].axes)  # fmt: skip
    return {
        "endpoint": name,
        "shape": list(analysis.endpoint_shape(name)[1:]),
        "flops": analysis.flops(name),
        "size": axis.size,
        "stride": axis.stride,
        "padding": axis.padding,
        "aligned": axis.aligned,
        "global_via": without_place(axis.global_via),
        "period": axis.period,
        "reach": [list(ends) for ends in axis.reach],
    }


def items(options):
    """One network per item."""
    return {title: partial(fields, title) for title in (QUICK if options.quick else NETWORKS)}


def table(numbers):
    """One line per feature map."""
    rows = []
    for title, net in numbers.items():
        for row in net["rows"]:
            sizes = sorted({int(high - low) + 1 for low, high in row["reach"]})
            phases = f"{row['period']}: {sizes[0]} to {sizes[-1]}" if row["period"] > 1 else ""
            rows.append(
                (
                    title,
                    f"{net['parameters']:,}",
                    "x".join(map(str, net["input"])),
                    row["endpoint"],
                    "x".join(map(str, row["shape"])),
                    f"{row['flops'] / 1e9:.2f}",
                    str(row["size"]),
                    row["stride"],
                    str(row["padding"]),
                    "yes" if row["aligned"] else "no",
                    row["global_via"],
                    phases,
                )
            )
    columns = (
        *("network", "parameters", "input", "end-point", "shape", "GFLOP"),
        *("r", "S", "P", "aligned", "global via", "phases: r"),
    )
    return TextTable(
        "today's networks; r, S, P in input pixels or samples, P at this input size", columns,
        tuple(rows), words=4,
    )  # fmt: skip


if __name__ == "__main__":
    experiments.run(__file__, items=items, table=table)
