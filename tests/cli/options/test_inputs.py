"""``--images``, ``--preprocess`` and ``--inputs``: inputs that the user gives."""

import json

import numpy as np
from PIL import Image

from jaxrf.cli.options.inputs import PREPROCESSES as NAMED
from jaxrf.measure.preprocess import PREPROCESSES
from tests.helpers.commands import refused

IMAGE = ("--shape", "1,16,16,3")
FEW = ("--samples", "2")


def document(result):
    assert result.code == 0, result.err
    return json.loads(result.out)


def test_inputs(jaxrf, tmp_path):
    array = np.random.default_rng(0).standard_normal((3, 16, 16, 3))
    np.save(tmp_path / "x.npy", array)
    np.savez(tmp_path / "x.npz", images=array)
    np.savez(tmp_path / "two.npz", a=array, b=array)
    np.save(tmp_path / "first.npy", np.moveaxis(array, -1, 1))
    np.save(tmp_path / "one.npy", array[0])
    (tmp_path / "bad.npy").write_text("no array")

    def run(file, command="erf", *more):
        return jaxrf(command, "@blur", *IMAGE, *FEW, "--inputs", file, "-f", "json", *more)

    for file in ("x.npy", "x.npz"):
        found = document(run(file))
        assert found["inputs"] == "given"
        assert found["distinct_inputs"] == 2
        assert f"inputs of {file}: as they are" in found["model"]["assumed"]
    assert document(run("x.npy", "compare"))["erf"]["inputs"] == "given"
    predict = ("predict", "@blur", *IMAGE, "--inputs", "x.npy", "-f", "json")
    assert "inputs of x.npy: as they are" in document(jaxrf(*predict))["model"]["assumed"]
    refused(run("two.npz"), "a, b", "need one of one array")
    refused(run("first.npy"), "(3, 3, 16, 16)", "np.moveaxis(x, 1, -1)")
    refused(run("one.npy"), "(16, 16, 3)", "x[None]")
    refused(run("bad.npy"), "bad.npy cannot be read")
    refused(run("none.npy"), "no such file")
    refused(run("x.txt"), "need an array")
    refused(run("x.npy", "erf", "--images", "skimage"), "--images: got --inputs too")
    refused(run("x.npy", "erf", "--preprocess", "unit"), "--preprocess: got unit without --images")


def test_images_of_channels_first(jaxrf, tmp_path):
    (tmp_path / "photos").mkdir()
    pixels = np.random.default_rng(0).integers(0, 255, (16, 16, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photos" / "a.png")
    first = ("--shape", "1,3,16,16", "--axes", "2,3", *FEW, "--images", "photos", "-f", "json")
    found = document(jaxrf("erf", "@channels_first", *first))
    assert found["inputs"] == "given"
    assert (
        "1 images of photos: standardize, each of mean 0 and deviation 1"
        in (found["model"]["assumed"])
    )
    for name in PREPROCESSES:
        found = document(jaxrf("erf", "@channels_first", *first, "--preprocess", name))
        assert any(f"photos: {name}, " in line for line in found["model"]["assumed"])
    wrong = jaxrf("erf", "@channels_first", *first, "--preprocess", "tf")
    refused(wrong, "preprocess: got 'tf', need one of standardize")
    recipe = ("--recipe", "replknet", "--preprocess", "unit")
    refused(jaxrf("erf", "@channels_first", *first, *recipe), "which the recipe fixes")


def test_the_help_names_every_preprocessing():
    assert NAMED.replace(" or ", ", ").split(", ") == list(PREPROCESSES)
