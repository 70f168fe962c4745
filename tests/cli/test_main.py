"""The list of commands: one module each, whose options are what its ``run`` is told to read."""

import argparse
import ast
import inspect
import typing
from importlib import import_module
from pathlib import Path

import pytest

from jaxrf.cli import main as module
from jaxrf.cli.main import COMMANDS, main, make_parser
from jaxrf.cli.options.model import ModelOptions

NEEDED = {  # arguments without which a command does not start
    "field": ["zoo:vgg_16"],
    "support": ["zoo:vgg_16"],
    "erf": ["zoo:vgg_16"],
    "predict": ["zoo:vgg_16"],
    "compare": ["zoo:vgg_16"],
}
ADDED = {"debug", "run", "_given"}  # by the command line itself


def read(command):
    """Name -> annotation of the options that a command's function reads."""
    run = import_module(f"jaxrf.cli.{command}").run
    options = typing.get_type_hints(run)["options"]
    return {
        name: hint
        for kind in reversed(options.__mro__)
        for name, hint in inspect.get_annotations(kind).items()
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_what_a_command_reads_is_what_it_declares(command):
    options = make_parser().parse_args([command, *NEEDED.get(command, [])])
    assert set(vars(options)) - ADDED == set(read(command)) | {"command"}


@pytest.mark.parametrize("command", COMMANDS)
def test_defaults_are_of_the_type_that_is_read(command):
    options = make_parser().parse_args([command, *NEEDED.get(command, [])])
    for name, hint in read(command).items():
        value = getattr(options, name)
        kinds = [kind.strip().partition("[")[0] for kind in hint.split("|")]
        assert type(value).__name__.replace("NoneType", "None") in kinds, name


def test_every_command_is_listed_once_and_no_file_of_one_is_forgotten():
    assert tuple(make_parser().commands) == COMMANDS
    files = Path(module.__file__).parent.glob("*.py")
    assert {f.stem for f in files if "\ndef register(" in f.read_text()} == set(COMMANDS)


def test_a_command_is_a_file_and_a_line(monkeypatch, capsys):
    import sys
    import types

    greet = types.ModuleType("jaxrf.cli.greet")

    def register(commands):
        command = commands.add_parser("greet")
        command.add_argument("name")
        command.set_defaults(run=lambda options: len(options.name))

    greet.register = register
    monkeypatch.setitem(sys.modules, "jaxrf.cli.greet", greet)
    monkeypatch.setattr(module, "COMMANDS", (*COMMANDS, "greet"))
    assert main(["greet", "four"]) == 4
    assert capsys.readouterr() == ("", "")


def test_only_figures_needs_the_experiments():
    for file in Path(module.__file__).parent.rglob("*.py"):
        imported = {
            name
            for node in ast.walk(ast.parse(file.read_text()))
            for name in (
                [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else [alias.name for alias in getattr(node, "names", [])]
                if isinstance(node, ast.Import)
                else []
            )
        }
        uses = any(name.startswith("jaxrf.experiments") for name in imported)
        assert uses == (file.name == "figures.py"), file


def test_commands_on_a_model_take_the_same_options_of_it():
    shared = set(ModelOptions.__annotations__)
    parsers = make_parser().commands
    for command in NEEDED:
        assert shared <= set(read(command)), command
        for option in ("--shape", "--value", "--wrt", "--axes", "--call", "--variables"):
            assert option in parsers[command].option_names


def test_a_negative_index_is_a_value():
    options = make_parser().parse_args(["erf", "x", "--at", "-1,3", "--axes", "-2,-1"])
    assert (options.at, options.axes) == ((-1, 3), (-2, -1))
    assert isinstance(options, argparse.Namespace)
