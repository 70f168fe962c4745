"""A user's mistakes in options, files and images: one clear line, exit code 2."""

import numpy as np
import pytest
from PIL import Image

from tests.helpers.commands import refused

IMAGE = ("--shape", "1,16,16,3")
FEW = ("--samples", "2")


@pytest.mark.parametrize(
    ("command", "options", "words"),
    [
        ("support", ("--at", "16,0"), ("got (16, 0)", "out of range", "0 to 15,15")),
        ("support", ("--at", "-1,0"), ("got (-1, 0)", "out of range", "0 to 15,15")),
        ("erf", ("--at", "0,99"), ("got (0, 99)", "out of range")),
        ("support", ("--at", "3"), ("(3,)", "need 2 for output")),
        ("erf", ("--at", "3,3,3"), ("(3, 3, 3)", "need 2 for output")),
        ("erf", ("--at", "a,b"), ("--at: got 'a,b'",)),
        ("field", ("--at", "conv9"), ("got 'conv9'", "need one of output")),
        ("support", ("--endpoint", "conv9"), ("got 'conv9'", "need one of output")),
        ("erf", ("--endpoint", "conv9"), ("got 'conv9'", "need one of output")),
        ("compare", ("--endpoint", "conv9"), ("got 'conv9'", "need one of output")),
        ("field", ("--expect", "size"), ("got 'size'", "NAME=VALUE")),
        ("field", ("--expect", "size="), ("size: got ''", "whole number")),
        ("field", ("--expect", "area=5"), ("got 'area'", "padding")),
        ("field", ("-f", "xml"), ("'xml'", "csv")),
        ("erf", ("--samples", "0"), ("got 0", "at least 1")),
        ("erf", ("--samples", "-3"), ("got -3", "at least 1")),
        ("erf", ("--samples", "few"), ("'few'",)),
        ("erf", ("--batch", "0"), ("got 0", "at least 1")),
        ("compare", ("--samples", "-1"), ("got -1",)),
        ("erf", ("--weight-seeds", "3"), ("got 3", "weights of this model are given")),
        ("erf", ("--seed", "-1"), ("got '-1'", "from 0 to")),
        ("compare", ("--seed", "99999999999999999999"), ("from 0 to",)),
        ("support", ("--seed", "1.5"), ("got '1.5'",)),
        ("compare", ("--samples", "0", "-o", "a.png"), ("--samples 0", "need 1 or more")),
    ],
)
def test_options(command, options, words, jaxrf):
    refused(jaxrf(command, "@blur", *IMAGE, *options), *words)


@pytest.mark.parametrize("seeds", ["0", "3", "-1"])
def test_weight_seeds(seeds, jaxrf):
    result = jaxrf("erf", "@net", *IMAGE, *FEW, "--weight-seeds", seeds)
    refused(result, f"weight seeds: got {seeds}", "1 to the number of samples 2")


@pytest.mark.parametrize("arguments", [(), ("draw",), ("field",), ("field", "@blur"), ("zoo", "x")])
def test_usage(arguments, jaxrf):
    refused(jaxrf(*arguments), "--help")


@pytest.mark.parametrize("command", ["field", "support", "erf", "compare"])
@pytest.mark.parametrize("place", ["missing/out.npz", "/proc/out.npz", "folder.npz"])
def test_unwritable_output(command, place, jaxrf, tmp_path):
    (tmp_path / "folder.npz").mkdir()
    (tmp_path / "folder.png").mkdir()
    place = place.replace(".npz", ".png") if command == "compare" else place
    refused(jaxrf(command, "@blur", *IMAGE, "-o", place), "-o: got", "cannot be written")


@pytest.mark.parametrize(
    ("command", "wrong", "right"),
    [("support", "a.jpg", ".npz"), ("erf", "a.jpg", ".npz, .txt"), ("compare", "a.xyz", ".png")],
)
def test_wrong_suffix(command, wrong, right, jaxrf, tmp_path):
    refused(jaxrf(command, "@blur", *IMAGE, "-o", wrong), f"got '{wrong}'", right)
    assert not list(tmp_path.iterdir())


def test_a_refused_run_leaves_the_old_file(jaxrf, tmp_path):
    old = tmp_path / "out.npz"
    old.write_bytes(b"results of yesterday")
    refused(jaxrf("erf", "@blur", *IMAGE, "--at", "99,0", "-o", old), "out of range")
    assert old.read_bytes() == b"results of yesterday"


@pytest.mark.parametrize("command", ["erf", "compare"])
def test_images(command, jaxrf, tmp_path):
    for name in ("empty", "texts", "broken", "cut"):
        (tmp_path / name).mkdir()
    (tmp_path / "texts" / "a.txt").write_text("no image")
    (tmp_path / "broken" / "a.png").write_text("no image")
    whole = tmp_path / "cut" / "whole.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)).save(whole)

    def run(folder, shape="1,16,16,3"):
        return jaxrf(command, "@blur", "--shape", shape, *FEW, "--images", folder)

    refused(run("nowhere"), "'nowhere'", "need a folder", "skimage")
    refused(run(whole), "need a folder")
    refused(run("empty"), "no image in empty", ".png")
    refused(run("texts"), "no image in texts")
    refused(run("broken"), "broken/a.png cannot be read", "remove it")
    refused(run("cut", "1,16,16,5"), "(1, 16, 16, 5)", "1 or 3")
    refused(run("cut", "2,16,16,3"), "(2, 16, 16, 3)", "(1, height, width")
    refused(run("cut", "1,16,3"), "(1, 16, 3)")
    whole.write_bytes(whole.read_bytes()[:900])
    refused(run("cut"), "whole.png cannot be read")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--wrt", "text"), ("got 'text'", "need one of image, tokens")),
        (("--shape", "1,2"), ("got 3 shapes", "takes 2 (image, tokens)")),
        (("--shape", ":int32"), ("--shape: got ''", "separated by commas")),
        (("--axes", "3"), ("axes: got (3,)", "from 0 to 2")),
    ],
)
def test_several_inputs(options, words, jaxrf):
    two = ("--shape", "1,6,3", "--shape", "1,4:int32")
    refused(jaxrf("field", "@captioned", *two, *options), *words)


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        (("1,6,3",), ("captioned", "'tokens'")),
        (("1,6,3", "1,4:int33"), ("dtype: got 'int33'", "float32")),
        (("1,6,3", "1,4"), ("captioned", "((1, 6, 3), (1, 4))", "integer")),
    ],
)
def test_wrong_inputs(shapes, words, jaxrf):
    options = [o for shape in shapes for o in ("--shape", shape)]
    refused(jaxrf("field", "@captioned", *options), *words)
