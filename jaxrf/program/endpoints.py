"""The end-points of a program: which of its values they are, and their names.

All outputs of the model are, whatever else there is. So are the values that the model marks
(``jax.ad_checkpoint.checkpoint_name``) and, where it marks none or they are asked for, what its
sub-modules made. A value that no input can influence has no field: it is kept apart, by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import jax

from jaxrf.frameworks.endpoints import OF_MODULE, OF_SHAPE
from jaxrf.program.program import Program
from jaxrf.program.value_kinds import is_mark

__all__ = ["Endpoints", "Origin", "choose", "marked_values", "returned_values", "unknown_shapes"]

Kind = Literal["output", "captured", "module", "mark"]


class Origin(NamedTuple):
    """The origin of an end-point.

    Attributes:
        kind: an output of the model; what its framework returned beside it; or a value that was
            marked inside the model, by the framework or by the user.
        name: at its origin; the end-point is numbered where two values have the same name.
    """

    kind: Kind
    name: str


@dataclass(frozen=True)
class Endpoints:
    """The end-points of a program.

    Attributes:
        numbers: name -> value number: in order of execution, then the outputs, the output last.
        origins: name -> where it comes from.
        outputs: names of the model's outputs, as it returns them, that some input can influence.
        independent: names of outputs and marked values that no input can influence.
    """

    numbers: dict[str, int]
    origins: dict[str, Origin]
    outputs: tuple[str, ...]
    independent: tuple[str, ...]

    @staticmethod
    def only(name: str, number: int) -> Endpoints:
        """A single value of the program, as if it were the model's output."""
        return Endpoints({name: number}, {name: Origin("mark", name)}, (name,), ())


def returned_values(output: Any, named: Mapping[str, Any]) -> dict[Origin, Any]:
    """Every array that a :class:`~jaxrf.frameworks.network.Network` returns."""
    values: dict[Origin, Any] = {}
    taken: dict[Kind, dict[str, Any]] = {"output": {}, "captured": {}}
    for name, value in named.items():
        kind: Kind = "captured" if name.startswith(OF_MODULE) else "output"
        for leaf in jax.tree.leaves(value):
            own = _unused(taken[kind], name.removeprefix(OF_MODULE))
            taken[kind][own] = values[Origin(kind, own)] = leaf
    return values if taken["output"] else {**values, Origin("output", "output"): output}


def marked_values(program: Program) -> dict[Origin, int]:
    """Value numbers of what the model marks (``checkpoint_name``), and of its sub-modules.

    The latter are those that :mod:`jaxrf.frameworks.endpoints` put there.
    """
    found: dict[Origin, int] = {}
    taken: dict[Kind, dict[str, Any]] = {"mark": {}, "module": {}}
    for equation in program.equations:
        if equation.name == "name" and not is_mark(equation):
            name: str = equation.params["name"]
            if name.startswith(OF_SHAPE):
                continue
            kind: Kind = "module" if name.startswith(OF_MODULE) else "mark"
            own = _unused(taken[kind], name.removeprefix(OF_MODULE))
            taken[kind][own] = found[Origin(kind, own)] = equation.outputs[0]
    return found


def unknown_shapes(program: Program, endpoints: Mapping[str, int]) -> dict[str, str]:
    """Name -> shape in words of every end-point of which a length is not known, "4x?"."""
    found = {
        equation.outputs[0]: equation.params["name"].removeprefix(OF_SHAPE)
        for equation in program.equations
        if equation.name == "name" and equation.params["name"].startswith(OF_SHAPE)
    }
    return {name: found[number] for name, number in endpoints.items() if number in found}


def choose(program: Program, returned: Mapping[Origin, int], *, all_endpoints: bool) -> Endpoints:
    """Choose and name the end-points of a program.

    An output has its name in the dict or its place in the tuple that the model returns; an only
    one has that of the part of the model that made it.

    Args:
        program: the model, flat.
        returned: value number of everything that it returns.
        all_endpoints: also what sub-modules made, where the model marks values.
    """
    outputs = {o: number for o, number in returned.items() if o.kind == "output"}
    inside = dict(_inside(program, returned, all_endpoints))
    only = list(outputs) == [Origin("output", "output")]
    if only:
        number = outputs[Origin("output", "output")]
        made = [o for o in inside if inside[o] == number]
        names = {Origin("output", "output"): made[-1].name if made else "output"}
    else:
        names = {origin: origin.name for origin in outputs}
    taken: dict[str, Any] = {names[origin]: number for origin, number in outputs.items()}
    for origin, number in inside.items():
        if taken.get(origin.name) != number:
            names[origin] = _unused(taken, origin.name)
            taken[names[origin]] = number
    order = {number: i for i, eq in enumerate(program.equations) for number in eq.outputs}
    reached = dict.fromkeys(o for o in names if taken[names[o]] in program.dependent)
    kept = tuple(names[o] for o in reached if o in outputs)
    in_order = sorted(
        reached,
        key=lambda o: (
            o in outputs,
            names[o] == kept[-1] if kept else False,
            order.get(taken[names[o]], -1),
        ),
    )
    return Endpoints(
        {names[o]: taken[names[o]] for o in in_order},
        {names[o]: o for o in in_order},
        kept,
        tuple(names[o] for o in names if o not in reached and o.kind in ("output", "mark")),
    )


def _inside(
    program: Program, returned: Mapping[Origin, int], all_endpoints: bool
) -> Iterator[tuple[Origin, int]]:
    """Values inside the model, in order of execution; of one, what the user marked comes last."""
    marked = marked_values(program)
    captured = {o: number for o, number in returned.items() if o.kind == "captured"}
    found = {**{o: n for o, n in marked.items() if o.kind == "module"}, **captured}
    own = {o: n for o, n in marked.items() if o.kind == "mark"}
    chosen = {**found, **own} if all_endpoints or not own else own
    order = {number: i for i, eq in enumerate(program.equations) for number in eq.outputs}
    yield from sorted(chosen.items(), key=lambda item: order.get(item[1], -1))


def _unused(names: Mapping[str, Any], name: str) -> str:
    """The name, numbered where a shared part of the model has it again."""
    if name not in names:
        return name
    return next(f"{name}#{n}" for n in range(2, len(names) + 3) if f"{name}#{n}" not in names)
