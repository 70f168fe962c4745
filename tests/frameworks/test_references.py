"""What a function refers to, wherever it got it from."""

import functools
import json

from jaxrf.frameworks.references import references, refers_to

TABLE = {"a": 1}


def helper(x):
    return json.dumps(TABLE) + x


class Holder:
    def __init__(self):
        self.held = [1, 2]

    def method(self, x):
        return helper(x)

    def __call__(self, x):
        return self.method(x)


def named(function):
    return {name for name, _ in references(function)}


def test_globals_and_those_of_what_is_called():
    assert named(lambda x: helper(x)) == {"helper", "json", "dumps", "TABLE"}


def test_closures_defaults_and_inner_functions():
    scale, later = 2, None

    def outer(x, offset=TABLE, *, name=3):
        return [scale * y + later for y in x]

    assert {"scale", "later", "offset", "name"} <= named(outer)


def test_objects_methods_and_partials():
    assert {"held", "helper"} <= named(Holder())
    assert {"self", "helper"} <= named(Holder().method)
    assert {"function", "argument0", "key", "json"} <= named(functools.partial(helper, 1, key=2))
    assert named(abs) == named(3) == set()


def test_what_calls_itself_ends():
    def again(x):
        return again(x - 1) if x else helper

    assert "again" in named(again)


def test_packages():
    assert refers_to(lambda x: helper(x), "json")
    assert not refers_to(lambda x: x, "json")
    decoder = json.JSONDecoder()
    assert refers_to(lambda x: decoder.decode(x), "json")
