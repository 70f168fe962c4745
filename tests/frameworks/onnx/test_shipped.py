"""Models in onnx's wheel that PyTorch exported, with the outputs that PyTorch computed."""

from pathlib import Path

import jax
import numpy as np
import onnx
import onnx.backend.test
import pytest
from onnx import numpy_helper

from tests.helpers.onnxnodes import run

DATA = Path(onnx.backend.test.__file__).parent / "data"
FOLDERS = [
    folder
    for kind in ("pytorch-converted", "pytorch-operator")
    for folder in sorted((DATA / kind).glob("*"))
]
FEW = (
    *("Conv1d_groups", "Conv2d_depthwise_strided", "Conv3d_dilated_strided", "ConvTranspose2d"),
    *("BatchNorm2d_eval", "MaxPool2d_stride_padding_dilation", "AvgPool3d_stride1_pad0_gpu_input"),
    *("PixelShuffle", "ReflectionPad2d", "PReLU_2d_multiparam", "Linear", "Softmax", "Embedding"),
)


def check(folder: Path) -> None:
    model = onnx.load(folder / "model.onnx")
    held = {tensor.name for tensor in model.graph.initializer}
    names = [value.name for value in model.graph.input if value.name not in held]
    files = sorted((folder / "test_data_set_0").glob("input_*.pb"))
    fed = {name: read(file) for name, file in zip(names, files, strict=False)}
    with jax.enable_x64(any(array.dtype == np.float64 for array in fed.values())):
        found = run(model, fed)
    for n, ours in enumerate(found):
        theirs = read(folder / "test_data_set_0" / f"output_{n}.pb")
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)


def read(file: Path) -> np.ndarray:
    tensor = onnx.TensorProto()
    tensor.ParseFromString(file.read_bytes())
    return numpy_helper.to_array(tensor)


@pytest.mark.parametrize("name", FEW)
def test_as_pytorch(name):
    check(DATA / "pytorch-converted" / f"test_{name}")


@pytest.mark.slow
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f.name)
def test_as_pytorch_in_all_of_them(folder):
    check(folder)
