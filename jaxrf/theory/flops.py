"""Floating-point operations of one equation: 2 per multiply-add, all operations counted.

Convolutions and matrix products count every tap, padding included; pooling one operation per tap;
elementwise and reducing operations one per element; moving elements costs nothing.
"""

from __future__ import annotations

from math import prod

from jaxrf.program import primitives
from jaxrf.program.equation import Equation

__all__ = ["flops"]


def flops(eq: Equation) -> int:
    """Operations of one equation."""
    outputs = sum(prod(shape) for shape in eq.out_shapes)
    if eq.name == "conv_general_dilated":
        rhs = eq.params["dimension_numbers"].rhs_spec
        taps = prod(n for d, n in enumerate(eq.in_shapes[1]) if d != rhs[0])
        return 2 * outputs * taps
    if eq.name in primitives.products():
        (contracted, _), _ = primitives.dimension_numbers(eq.name, eq.params)
        products: int = prod(eq.in_shapes[0][d] for d in contracted)
        return 2 * outputs * products
    work = primitives.work(eq.name)
    if work == "window":
        taps = prod(eq.params["window_dimensions"])
        return outputs * taps
    if work == "operand":
        return prod(eq.in_shapes[0])
    return outputs if work == "result" else 0
