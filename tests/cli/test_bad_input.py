"""A user's mistakes: one clear line on standard error, exit code 2, never a traceback."""

import pytest

from tests.helpers.commands import refused

IMAGE = ("--shape", "1,16,16,3")
FEW = ("--samples", "2")


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ("16", ("got 1 axes (16,)", "need at least 3")),
        ("1,16", ("got 2 axes (1, 16)", "--axes")),
        ("1,16,16", ("tracing blur on shape (1, 16, 16)", "TypeError")),
        ("1,16,16,3,3", ("tracing blur on shape (1, 16, 16, 3, 3)",)),
        ("1,0,16,3", ("got (1, 0, 16, 3)", "need positive integers")),
        ("1,-4,16,3", ("got (1, -4, 16, 3)", "need positive integers")),
        ("-1,16,16,3", ("got (-1, 16, 16, 3)", "need positive integers")),
        ("1,4.5,16,3", ("--shape: got '1,4.5,16,3'", "integers separated by commas")),
        ("1,16,sixteen,3", ("--shape: got", "integers separated by commas")),
        ("1,,16,3", ("--shape: got", "integers separated by commas")),
        ("", ("--shape: got ''",)),
        ("1,100000000000000,16,3", ("GiB of memory", "need a shorter input")),
    ],
)
@pytest.mark.parametrize("command", ["field", "erf"])
def test_shape(command, shape, words, jaxrf):
    refused(jaxrf(command, "@blur", "--shape", shape), *words)


@pytest.mark.parametrize(
    ("axes", "words"),
    [
        ("7", ("got (7,)", "from 0 to 3")),
        ("1,1", ("got (1, 1)", "distinct")),
        ("-9,1", ("got (-9, 1)",)),
        ("x", ("--axes: got 'x'",)),
    ],
)
def test_axes(axes, words, jaxrf):
    refused(jaxrf("field", "@blur", *IMAGE, "--axes", axes), *words)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("blur", ("got 'blur'", "need zoo:NAME")),
        (":blur", ("got ':blur'", "file.py:attribute")),
        ("zoo:", ("got 'zoo:'",)),
        ("zoo:vgg_17", ("'vgg_17'", "available:", "vgg_16")),
        ("nowhere.py:blur", ("'nowhere.py'", "no such file")),
        ("no_such_module:blur", ("importing no_such_module", "ModuleNotFoundError")),
        ("broken.py:model", ("importing broken.py", "ValueError: at import")),
        ("syntax.py:model", ("importing syntax.py", "SyntaxError", "line 1")),
        ("quits.py:model", ("importing quits.py", "SystemExit")),
        ("@no_such_name", ("has no attribute 'no_such_name'", "it has:")),
        ("@Namespace.nothing", ("has no attribute 'Namespace.nothing'", "inner")),
        ("@number", ("got int", "need a callable")),
        ("@np", ("got module", "need a callable")),
        ("@Net", ("is a class", "need an instance", "--factory")),
        ("@Namespace", ("is a class", "--factory")),
        ("@make", ("model raised TypeError", "0 positional arguments")),
    ],
)
def test_target(target, words, jaxrf, tmp_path):
    (tmp_path / "broken.py").write_text("raise ValueError('at import\\nsecond line')")
    (tmp_path / "syntax.py").write_text("def model(x:")
    (tmp_path / "quits.py").write_text("raise SystemExit(0)")
    refused(jaxrf("field", target, *IMAGE), *words)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("@number", ("--factory: got", "of type int", "leave --factory out")),
        ("@make_number", ("got int", "need a callable")),
        ("@make_wrongly", ("missing a required argument: 'size'", "--init NAME=VALUE")),
        ("@broken_factory", ("calling", "ValueError: no weights here")),
    ],
)
def test_factory(target, words, jaxrf):
    refused(jaxrf("field", target, *IMAGE, "--factory"), *words)


@pytest.mark.parametrize("width", ["0", "-1", "nan", "inf", "wide"])
def test_width(width, jaxrf):
    refused(jaxrf("field", "zoo:vgg_16", "--shape", "1,32,32,3", "--width", width), "width")
    refused(jaxrf("field", "@blur", *IMAGE, "--width", "0.5"), "--width", "zoo:NAME")


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("@raises", ("raises on shape (1, 16, 16, 3)", "RuntimeError: first line")),
        ("@branches", ("the model raised", "boolean")),
        ("@empty", ("the output is empty, shape (1, 0, 16, 3)", "need a larger input")),
        ("@nothing", ("got 0 outputs", "need one array")),
        ("@constant", ("does not depend on the input",)),
        ("@stride_zero", ("stride", "got (0, 0)", "need a positive")),
        ("@pool_negative", ("strictly positive", "-2")),
        ("@text", ("str",)),
        ("@stride_negative", ("stride", "got (-1, -1)", "need a positive")),
        ("@exits", ("the model raised SystemExit",)),
    ],
)
@pytest.mark.parametrize("command", ["field", "support", "compare"])
def test_model(command, target, words, jaxrf):
    refused(jaxrf(command, target, *IMAGE), *words)


def test_an_image_too_small_for_a_network_of_the_zoo(jaxrf):
    refused(jaxrf("field", "zoo:alexnet_v2", "--shape", "1,8,8,3"), "conv1", "larger image")


@pytest.mark.parametrize("command", ["erf", "compare"])
@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("@complex_valued", ("complex64", "real floating")),
        ("@index", ("int32", "real floating")),
        ("@whole", ("int32", "real floating")),
        ("@infinite", ("not finite", "initialisation")),
        ("@dead", ("all zeros",)),
        ("@unknown", ("differentiating unknown", "ValueError")),
    ],
)
def test_models_without_a_gradient(command, target, words, jaxrf):
    result = jaxrf(command, target, *IMAGE, *FEW)
    refused(result._replace(err=_last_line(result.err)), *words)


@pytest.mark.parametrize("command", ["erf", "compare"])
def test_inputs_that_no_gradient_reaches(command, jaxrf):
    two = ("--shape", "1,6,3", "--shape", "1,4:int32", "--wrt", "tokens")
    result = jaxrf(command, "@captioned", *two, *FEW)
    refused(result, "gradient by tokens", "int32", "real floating", "--wrt")


def _last_line(err: str) -> str:
    """The error below the warnings, if any, about operations without a rule."""
    *above, last = err.splitlines(keepends=True)
    assert all("warning" in line for line in above), err
    return last


@pytest.mark.parametrize("command", ["erf", "support"])
def test_not_a_number(command, jaxrf):
    refused(jaxrf(command, "@not_a_number", *IMAGE), "not finite")


def test_resume_needs_a_state(jaxrf, tmp_path):
    command = ("erf", "@blur", *IMAGE, *FEW, "--resume")
    refused(jaxrf(*command), "got no -o FILE")
    refused(jaxrf(*command, "-o", "out.npz"), "out.npz.partial.npz", "without --resume")
    (tmp_path / "out.npz.partial.npz").write_text("no state")
    refused(jaxrf(*command, "-o", "out.npz"), "out.npz.partial.npz", "delete it")


def test_stride_zero_in_a_real_process(process):
    child = process("field", "@stride_zero", *IMAGE)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 2
    assert err.count("\n") == 1


def test_an_error_in_a_real_process(process):
    child = process("support", "@blur", *IMAGE, "--at", "99,0")
    out, err = child.communicate(timeout=60)
    assert (child.returncode, out, err.count("\n")) == (2, "", 1)
    assert "out of range" in err
