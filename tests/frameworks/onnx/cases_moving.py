"""Cases of operators that move, read at indices, or resample."""

from __future__ import annotations

import numpy as np

from tests.helpers.onnxnodes import Fed, Kept, case, floats, ints

X = floats(1, 4, 7, 6)
MATRIX = floats(3, 5)

SHAPES = [
    case("Reshape", X, ints(0, -1, 2)),
    case("Flatten", X, axis=2),
    case("Transpose", X, perm=[0, 2, 3, 1]),
    case("Transpose", MATRIX),
    case("Squeeze", floats(1, 3, 1, 2), ints(0, -2)),
    case("Squeeze", floats(1, 3, 1, 2)),
    case("Squeeze", floats(1, 3, 1, 2), axes=[2], opset=11),
    case("Unsqueeze", MATRIX, ints(0, -1)),
    case("Expand", floats(3, 1), ints(2, 1, 4)),
    case("Tile", MATRIX, ints(2, 3)),
    case("Concat", X, floats(1, 2, 7, 6), axis=1),
    case("Split", X, ints(1, 3), axis=1, outputs=2),
    case("Split", X, axis=2, num_outputs=3, outputs=3),
    case("Split", X, axis=3, outputs=2, opset=13),
    case("DepthToSpace", floats(1, 8, 3, 2), blocksize=2),
    case("DepthToSpace", floats(1, 8, 3, 2), blocksize=2, mode="CRD"),
    case("SpaceToDepth", floats(1, 2, 6, 4), blocksize=2),
    case("Shape", X),
    case("Shape", X, start=1, end=3),
    case("Size", X),
    case("ConstantOfShape", ints(2, 3)),
    case("Range", ints(1).reshape(()), ints(9).reshape(()), ints(3).reshape(())),
    case("EyeLike", X[0, 0]),
    case("CenterCropPad", X, ints(4, 9), axes=[2, 3]),
]

INDEXING = [
    case("Slice", X, ints(1, -4), ints(1000, -1), ints(2, 3)),
    case("Slice", X, ints(-1), ints(-1000), ints(2), ints(-2)),
    case("Slice", X, starts=[1], ends=[3], axes=[1], opset=9),
    case("Gather", X, ints(2).reshape(()), axis=1),
    case("Gather", X, ints(0, 2, 4, 6), axis=2),
    case("Gather", X, np.array([[3, 0], [-1, 1]]), axis=2),
    case("Gather", X, ints(3, 3), axis=1),
    case("Gather", X, Fed(ints(3, -1)), axis=1, label="unknown"),
    case("Gather", Kept(floats(9, 4)), Fed(np.array([[1, 8, 0]])), label="embedding"),
    case("GatherElements", MATRIX, np.array([[0, -1], [2, 1], [4, 4]]), axis=1),
    case("GatherElements", MATRIX, Fed(np.array([[0, 2, 1, 0, 0]])), axis=0),
    case("GatherND", X, np.array([[0, 3], [0, 1]])),
    case("GatherND", floats(2, 3, 4), np.array([[2], [0]]), batch_dims=1),
    case("ScatterND", MATRIX, np.array([[1], [0]]), floats(2, 5)),
    case("ScatterND", MATRIX, np.array([[1, 2], [1, 2]]), floats(2), reduction="add"),
    case("ScatterElements", MATRIX, np.array([[1, 0], [-1, 2]]), floats(2, 2), axis=1),
    case("ScatterElements", MATRIX, np.array([[1, 1]]), floats(1, 2), axis=0, reduction="max"),
    case("OneHot", Fed(ints(1, -1, 0)), ints(4).reshape(()), floats(2)),
    case("OneHot", Fed(ints(1, 2)), ints(3).reshape(()), floats(2), axis=0),
    case("Pad", X, ints(0, 0, 1, 2, 0, 1, 0, 3), np.float32(1.5)),
    case("Pad", X, ints(2, 1, 3, 0), None, ints(2, 3), label="axes"),
    case("Pad", X, ints(0, 0, 2, 1, 0, 0, 3, 0), mode="reflect"),
    case("Pad", X, ints(0, 0, 2, 1, 0, 0, 0, 3), mode="edge"),
    case("Pad", X, ints(0, 0, 2, 1, 0, 0, 0, 3), mode="wrap", opset=19),
    case("Pad", MATRIX, pads=[1, 0, 0, 2], value=0.5, opset=2),
]

_LINE, _GRID = floats(1, 1, 7), floats(1, 2, 5, 6)
MODES = "half_pixel pytorch_half_pixel align_corners asymmetric half_pixel_symmetric".split()
ROUNDING = ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")


def scaled(x, *scales: float, **attributes):
    held = Kept(np.array(scales, np.float32))
    label = ",".join(map(str, [*scales, *attributes.values()]))
    return case("Resize", x, None, held, label=label, tolerance=1e-4, **attributes)


def sized(x, *sizes: int, **attributes):
    label = ",".join(map(str, ["to", *sizes, *attributes.values()]))
    return case("Resize", x, None, None, ints(*sizes), label=label, tolerance=1e-4, **attributes)


RESIZING = [
    *(
        scaled(_LINE, 1, 1, scale, mode="linear", coordinate_transformation_mode=mode)
        for mode in MODES
        for scale in (2.0, 1.3, 0.6)
    ),
    *(
        sized(_LINE, 1, 1, n, mode="cubic", coordinate_transformation_mode=mode)
        for mode in MODES
        for n in (14, 4)
    ),
    *(
        scaled(_LINE, 1, 1, scale, coordinate_transformation_mode=mode, nearest_mode=nearest)
        for mode in MODES[:4]
        for nearest in ROUNDING
        for scale in (2.0, 0.6)
    ),
    scaled(_GRID, 1, 1, 2, 3),
    scaled(_GRID, 1, 1, 2, 2, coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
    scaled(_GRID, 1, 1, 2, 0.5, mode="linear"),
    scaled(_GRID, 1, 1, 0.5, 0.6, mode="linear", antialias=1),
    scaled(_GRID, 1, 1, 0.5, 0.6, mode="cubic", antialias=1),
    scaled(_GRID, 1, 1, 1.5, 1.5, mode="cubic", cubic_coeff_a=-0.5, exclude_outside=1),
    scaled(_GRID, 2, 2, mode="linear", axes=[2, 3]),
    sized(_GRID, 9, 9, axes=[2, 3], keep_aspect_ratio_policy="not_larger"),
    sized(_GRID, 9, 9, axes=[2, 3], keep_aspect_ratio_policy="not_smaller", mode="linear"),
    case(
        "Resize",
        _GRID,
        Kept(np.array([0, 0, 0.2, 0.1, 1, 1, 0.8, 0.9], np.float32)),
        None,
        ints(1, 2, 4, 5),
        mode="linear",
        coordinate_transformation_mode="tf_crop_and_resize",
        tolerance=1e-4,
    ),
    case("Upsample", _GRID, Kept(np.array([1, 1, 2, 3], np.float32)), opset=9),
]

FOURIER = [
    case("STFT", floats(1, 32, 1), np.int64(4), None, np.int64(8), onesided=1),
    case("STFT", floats(1, 32, 1), np.int64(4), None, np.int64(8), label="default"),
    case("STFT", floats(2, 30, 1), np.int64(5), Kept(np.hanning(8).astype(np.float32)),
         label="window"),
    case("STFT", floats(1, 32, 2), np.int64(4), None, np.int64(8), onesided=0, label="complex"),
    case("DFT", floats(1, 12, 1), opset=17, axis=1, onesided=1),
    case("DFT", floats(1, 12, 1), np.int64(16), opset=17, axis=1, label="padded"),
    case("DFT", floats(1, 12, 2), opset=17, axis=1, inverse=1),
    case("DFT", floats(2, 5, 6, 1), None, np.int64(2), opset=20, label="axis 2"),
]  # fmt: skip

MOVING = [*SHAPES, *INDEXING, *RESIZING, *FOURIER]
