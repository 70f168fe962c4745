"""What is equal is one object; what is not, is not."""

from dataclasses import replace

import numpy as np

from jaxrf.geometry.node import Node
from jaxrf.geometry.words import Concatenate, Read
from jaxrf.theory.solve.memo import Memo
from tests.helpers.nodefields import steady

READ = Read.elementwise(1)


def node(dependence=(READ,), name="n"):
    return Node(name, "op", (0,), dependence, (3,))


def test_equal_fields_are_one_object():
    memo = Memo()
    one, same = (steady(3, first=(0, 2)) for _ in range(2))
    assert one is not same
    assert memo.interned(one) is memo.interned(same)
    kept = memo.interned(one)
    assert memo.interned(replace(same, exact=same.exact.copy())).virtual is kept.virtual


def test_every_attribute_tells_fields_apart():
    memo, base = Memo(), steady(3, first=(0, 2))
    others = [
        {"exact": base.exact + 1}, {"virtual": base.virtual + 1}, {"laws": (None,)},
        {"carriers": frozenset()}, {"seen": 1}, {"unknown": 1}, {"misaligned": 1},
        {"growing": True}, {"lost": 1}, {"pieces": (0, (0, 2))},
    ]  # fmt: skip
    found = [memo.interned(base), *(memo.interned(replace(base, **other)) for other in others)]
    assert len({id(field) for field in found}) == 11


def test_shapes_tell_equal_bytes_apart():
    memo, array = Memo(), np.zeros((2, 1, 3), np.int64)
    base = replace(steady(3, first=(0, 0)), exact=array, virtual=array)
    turned = array.reshape(2, 3, 1)
    assert memo.interned(base) is not memo.interned(replace(base, exact=turned, virtual=turned))


def test_long_arrays_are_compared_as_objects():
    memo, long = Memo(), steady(2000, first=(0, 0))
    copy = replace(long, exact=long.exact.copy(), virtual=long.exact.copy())
    assert memo.interned(long) is memo.interned(long)
    assert memo.interned(long) is not memo.interned(copy)


def test_a_step_is_known_by_operands_reads_and_shapes():
    memo = Memo()
    field, other = memo.interned(steady(3, first=(0, 2))), memo.interned(steady(3, first=(1, 2)))
    key = memo.key(node(), [(field, (3,))], (3,))
    assert memo.known(key) is None
    memo.remember(key, other)
    assert memo.known(memo.key(node(name="m"), [(field, (3,))], (3,))) is other
    different = [
        memo.key(node((Read.elementwise(1),)), [(field, (3,))], (3,)),
        memo.key(node(), [(other, (3,))], (3,)),
        memo.key(node(), [(field, (3,))], (4,)),
        memo.key(node(), [(field, (4,))], (3,)),
        memo.key(node(Concatenate(0)), [(field, (3,))], (3,)),
    ]
    assert all(memo.known(k) is None for k in different)
    assert memo.key(node(Concatenate(0)), [], ()) == memo.key(node(Concatenate(0)), [], ())
