"""What TF-Slim collects, and in which shapes, as its own tests list it."""

RESNET_UNITS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3), 200: (3, 24, 36, 3)}
RESNETS = {
    f"resnet_{version}_{layers}": (version, units)
    for version in ("v1", "v2")
    for layers, units in RESNET_UNITS.items()
}
VGGS = {"vgg_a": (1, 1, 2, 2, 2), "vgg_16": (2, 2, 3, 3, 3)}

_INCEPTION_V2 = """
    Conv2d_1a_7x7:112x64 MaxPool_2a_3x3:56x64 Conv2d_2b_1x1:56x64 Conv2d_2c_3x3:56x192
    MaxPool_3a_3x3:28x192 Mixed_3b:28x256 Mixed_3c:28x320
    Mixed_4a:14x576 Mixed_4b:14x576 Mixed_4c:14x576 Mixed_4d:14x576 Mixed_4e:14x576
    Mixed_5a:7x1024 Mixed_5b:7x1024 Mixed_5c:7x1024"""
# Size of the image and height x channels: the test of each network's end-points in
# research/slim/nets/inception_*_test.py (with aligned feature maps, those end at PreAuxLogits).
INCEPTIONS = {
    "inception_v2": (224, _INCEPTION_V2),
    "inception_v2-no-separable-conv": (224, _INCEPTION_V2),
    "inception_v3": (
        299,
        """Conv2d_1a_3x3:149x32 Conv2d_2a_3x3:147x32 Conv2d_2b_3x3:147x64 MaxPool_3a_3x3:73x64
        Conv2d_3b_1x1:73x80 Conv2d_4a_3x3:71x192 MaxPool_5a_3x3:35x192
        Mixed_5b:35x256 Mixed_5c:35x288 Mixed_5d:35x288
        Mixed_6a:17x768 Mixed_6b:17x768 Mixed_6c:17x768 Mixed_6d:17x768 Mixed_6e:17x768
        Mixed_7a:8x1280 Mixed_7b:8x2048 Mixed_7c:8x2048""",
    ),
    "inception_v4": (
        299,
        """Conv2d_1a_3x3:149x32 Conv2d_2a_3x3:147x32 Conv2d_2b_3x3:147x64
        Mixed_3a:73x160 Mixed_4a:71x192 Mixed_5a:35x384
        Mixed_5b:35x384 Mixed_5c:35x384 Mixed_5d:35x384 Mixed_5e:35x384
        Mixed_6a:17x1024 Mixed_6b:17x1024 Mixed_6c:17x1024 Mixed_6d:17x1024 Mixed_6e:17x1024
        Mixed_6f:17x1024 Mixed_6g:17x1024 Mixed_6h:17x1024
        Mixed_7a:8x1536 Mixed_7b:8x1536 Mixed_7c:8x1536 Mixed_7d:8x1536""",
    ),
    "inception_resnet_v2": (
        299,
        """Conv2d_1a_3x3:149x32 Conv2d_2a_3x3:147x32 Conv2d_2b_3x3:147x64 MaxPool_3a_3x3:73x64
        Conv2d_3b_1x1:73x80 Conv2d_4a_3x3:71x192 MaxPool_5a_3x3:35x192 Mixed_5b:35x320
        Mixed_6a:17x1088 PreAuxLogits:17x1088 Mixed_7a:8x2080 Conv2d_7b_1x1:8x1536""",
    ),
    "inception_resnet_v2-same": (
        299,
        """Conv2d_1a_3x3:150x32 Conv2d_2a_3x3:150x32 Conv2d_2b_3x3:150x64 MaxPool_3a_3x3:75x64
        Conv2d_3b_1x1:75x80 Conv2d_4a_3x3:75x192 MaxPool_5a_3x3:38x192 Mixed_5b:38x320
        Mixed_6a:19x1088 PreAuxLogits:19x1088 Mixed_7a:10x2080 Conv2d_7b_1x1:10x1536""",
    ),
}
MOBILENETS = ("mobilenet_v1", "mobilenet_v1_075")

NAMES = (  # in the order of the article's comprehensive table
    *("alexnet_v2", *VGGS),
    *INCEPTIONS,
    *MOBILENETS,
    *RESNETS,
)


def inception_shapes(name: str) -> tuple[int, list[tuple[str, tuple[int, ...]]]]:
    """Size of the image, and name and shape of every end-point."""
    size, listed = INCEPTIONS[name]
    found = []
    for entry in listed.split():
        endpoint, shape = entry.split(":")
        height, channels = map(int, shape.split("x"))
        found.append((endpoint, (1, height, height, channels)))
    return size, found


def endpoints(name: str) -> list[str]:
    """Names of the end-points; of ResNet v2 also "postnorm", which TF-Slim computes unnamed."""
    if name in INCEPTIONS:
        return [endpoint for endpoint, _ in inception_shapes(name)[1]]
    if name == "alexnet_v2":
        layers = "conv1 pool1 conv2 pool2 conv3 conv4 conv5 pool5".split()
        return [f"alexnet_v2/{layer}" for layer in layers]
    if name in VGGS:
        return [
            f"{name}/{layer}"
            for group, depth in enumerate(VGGS[name], start=1)
            for layer in (
                *(f"conv{group}/conv{group}_{i}" for i in range(1, depth + 1)),
                f"pool{group}",
            )
        ]
    if name in MOBILENETS:
        pairs = [f"Conv2d_{i}_{kind}" for i in range(1, 14) for kind in ("depthwise", "pointwise")]
        return ["Conv2d_0", *pairs]
    version, units = RESNETS[name]
    found = [f"{name}/conv1"]
    for block, count in enumerate(units, start=1):
        for unit in range(1, count + 1):
            scope = f"{name}/block{block}/unit_{unit}/bottleneck_{version}"
            projection = ["shortcut"] if unit == 1 else []
            found += [f"{scope}/{layer}" for layer in (*projection, "conv1", "conv2", "conv3")]
            found.append(scope)
        found.append(f"{name}/block{block}")
    return found + [f"{name}/postnorm"] * (version == "v2")
