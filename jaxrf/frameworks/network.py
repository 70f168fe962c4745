"""The one shape in which jaxrf sees a model."""

from __future__ import annotations

import inspect
import sys
import sysconfig
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from jaxrf.errors import InvalidInput, JaxrfError, ModelError
from jaxrf.frameworks.calls import called
from jaxrf.frameworks.keywords import Keywords, by_position
from jaxrf.frameworks.onnx import is_onnx_path, load_onnx
from jaxrf.frameworks.references import refers_to
from jaxrf.frameworks.reinit import Reinit, redrawing

__all__ = [
    "Layout",
    "Network",
    "argument_names",
    "as_network",
    "model_error",
    "named_leaves",
    "named_outputs",
    "zeros",
]

# Package, its types that are models, and the file here that adapts them. A package that is not
# loaded cannot have made the model, so none is ever imported for it.
_FRAMEWORKS = (
    ("flax.linen", ("Module",), "flax_linen"),
    ("flax.nnx", ("Module",), "flax_nnx"),
    ("haiku", ("Transformed", "TransformedWithState"), "haiku"),
    ("equinox", ("Module",), "equinox"),
    ("keras", ("Layer",), "keras"),
    ("onnx", ("ModelProto",), "onnx.network"),
    ("torch.nn", ("Module",), "torch.network"),
    ("torch.export", ("ExportedProgram",), "torch.network"),
)

Layout = Literal["channels_last", "channels_first", "unbatched_channels_first"]


@dataclass(frozen=True)
class Network:
    """A model as a pure function.

    Attributes:
        apply: ``(variables, *inputs) -> (output, {name: value})``. Named are the outputs, where
            there are several or they have names, as the model returns them, and what sub-modules
            made, under names that begin with :data:`~jaxrf.frameworks.endpoints.OF_MODULE`. Inputs
            and values are arrays or pytrees of arrays.
        init: ``key -> variables``; None where the weights are inside the callable.
        name: for messages.
        layout: which axes of an input count as spatial unless the user says so.
        arguments: names of the positional inputs, where the model has several.
        variables: abstract variables of a model that was built with its weights; ``init`` then
            returns those, whatever the key.
        call: keyword arguments of the model's own call, part of ``apply``.
        assumed: one line for everything that was chosen, such as a mode.
        given: weights of the user's, in the place of those of ``init``.
        source: where they come from, in words.
        redraw: ``key -> variables`` of the same model initialised anew, where it can be.
    """

    apply: Callable[..., tuple[Any, dict[str, Any]]]
    init: Callable[[Any], Any] | None
    name: str
    layout: Layout = "channels_last"
    arguments: tuple[str, ...] = ()
    variables: Any = None
    call: Mapping[str, Any] = field(default_factory=dict)
    assumed: tuple[str, ...] = ()
    given: Any = None
    source: str = ""
    redraw: Callable[[Any], Any] | None = None

    @property
    def random(self) -> bool:
        """Whether weights are drawn: another key, another network."""
        return self.init is not None and self.variables is None and self.given is None

    @property
    def weights(self) -> str:
        """Whether weights are drawn or given, and by what."""
        if self.random:
            return "drawn (by the model's initialiser)"
        own = "inside the function" if self.init is None else "the model's own"
        return f"given ({self.source or own})"


def as_network(
    model: Any,
    inputs: tuple[Any, ...],
    *,
    call: Mapping[str, Any] | None = None,
    variables: Any = None,
) -> Network:
    """Adapt a model: of a framework, anything with ``init`` and ``apply``, or a callable.

    Args:
        model: what the user passed; an ONNX model may be the path of one; with its weights as
            (model, variables).
        inputs: its positional arguments, pytrees of ``jax.ShapeDtypeStruct``.
        call: further keyword arguments of the model's own call.
        variables: weights in the place of drawn ones or of the model's own, or a file of them
            (:func:`jaxrf.frameworks.checkpoints.load_weights`), by its path or read already.

    Raises:
        InvalidInput: it is none of these; the call or the weights do not fit the model.
        ModelError: its framework refuses it.
    """
    if isinstance(model, Reinit):
        return redrawing(as_network(model.model, inputs, call=call, variables=variables))
    if is_onnx_path(model):
        model = load_onnx(model)
    source = "variables="
    if _is_pair(model) and _is_split(model):
        model = sys.modules["flax.nnx"].merge(*model)
    if _is_pair(model) and not _has_state(model):
        if variables is not None:
            raise InvalidInput("variables: got some beside those of (model, variables), need one")
        model, variables = model
        source = "model, variables"
    network = _adapted(model, inputs, call or {})
    return network if variables is None else _with_weights(network, variables, source)


def _with_weights(network: Network, variables: Any, source: str) -> Network:
    """The network with the user's weights.

    Raises:
        InvalidInput: it takes none, or others.
    """
    import jax

    from jaxrf.frameworks.checkpoints import Loaded, load_weights
    from jaxrf.frameworks.fit import fitted

    if network.init is None:
        raise InvalidInput(
            f"variables: got some, but the weights of {network.name} are inside the function; "
            "need a model of a framework, or lambda x: f(variables, x)"
        )
    if isinstance(variables, (str, Path)):
        variables = load_weights(variables)
    if isinstance(variables, Loaded):
        variables, source = variables
    expected = network.variables
    if expected is None:
        try:
            expected = jax.eval_shape(network.init, jax.random.key(0))
        except JaxrfError:
            raise
        except Exception as error:  # the user's model may raise anything
            raise model_error(error, f"initialising {network.name}") from error
    weights, notes = fitted(expected, variables, source)
    return replace(network, given=weights, source=source, assumed=(*network.assumed, *notes))


def _adapted(model: Any, inputs: tuple[Any, ...], call: Mapping[str, Any]) -> Network:
    """The network of a model without weights of the user's."""
    by_name = bool(inputs) and isinstance(inputs[-1], Keywords)
    for package, types, adapter in _FRAMEWORKS:
        loaded = sys.modules.get(package)
        kinds = tuple(filter(None, (getattr(loaded, name, None) for name in types)))
        if isinstance(model[0] if _is_pair(model) else model, kinds):
            if by_name and not adapter.startswith("torch"):
                return _placed(model, inputs, call)
            return _of_framework(model, inputs, adapter, call)
    if callable(getattr(model, "init", None)) and callable(getattr(model, "apply", None)):
        return _placed(model, inputs, call) if by_name else _init_apply(model, inputs, call)
    if callable(model):
        if _is_torch_function(model, inputs):
            return _of_framework(model, inputs, "torch.network", call)
        if by_name:
            return _placed(model, inputs, call)
        name = getattr(model, "__name__", type(model).__name__)
        how = called(model, call, len(inputs), name, modes=False)
        return Network(
            lambda variables, *xs: named_outputs(model(*xs, **how.arguments)),
            None,
            name,
            arguments=argument_names(model, len(inputs)),
            call=how.arguments,
        )
    raise InvalidInput(
        f"model: got {type(model).__name__}, need a callable f(x), a model of Flax, Haiku, "
        "Equinox or Keras, or an object with init(key, x) and apply(variables, x); "
        "did you mean to call a factory (--factory)?"
    )


def _of_framework(
    model: Any, inputs: tuple[Any, ...], adapter: str, call: Mapping[str, Any]
) -> Network:
    """The model as the adapter of its framework has it."""
    adapt = import_module(f"jaxrf.frameworks.{adapter}").network
    takes_call = "call" in inspect.signature(adapt).parameters
    if call and not takes_call:
        raise InvalidInput(
            f"call: got {', '.join(call)}, need none for {type(model).__name__}; set its "
            "mode on the model itself"
        )
    try:
        network: Network = adapt(model, inputs, **({"call": call} if takes_call else {}))
    except JaxrfError:
        raise
    except Exception as error:  # the framework may refuse what the user made
        raise model_error(error, f"reading {type(model).__name__}") from error
    return network


def _placed(model: Any, inputs: tuple[Any, ...], call: Mapping[str, Any]) -> Network:
    """Adapted for inputs that are all in their places, where some are given by name."""
    if callable(apply := getattr(model, "apply", None)) and not hasattr(model, "scope"):
        put = by_position(partial(apply, None), inputs)
    else:
        put = by_position(model[0] if _is_pair(model) else model, inputs)
    network = _adapted(model, put(inputs), call)
    return replace(
        network,
        apply=lambda variables, *xs: network.apply(variables, *put(xs)),
        arguments=network.arguments[: len(inputs) - 1],
    )


def _is_torch_function(model: Any, inputs: tuple[Any, ...]) -> bool:
    """Whether a callable is made of torch: it uses it, and JAX cannot trace it."""
    if "torch.nn" not in sys.modules or not refers_to(model, "torch"):
        return False
    if any(refers_to(model, package) for package in ("jax", "flax", "haiku", "equinox")):
        return False
    import jax

    try:
        jax.eval_shape(model, *inputs)
    except Exception:  # whatever torch makes of a tracer
        return True
    return False


def _is_pair(model: Any) -> bool:
    """(model, state), as Equinox makes them; not a named tuple, which is a model of its own."""
    return type(model) is tuple and len(model) == 2


def _is_split(pair: tuple[Any, Any]) -> bool:
    """Whether it is a module of NNX as ``nnx.split`` returns it."""
    nnx = sys.modules.get("flax.nnx")
    return nnx is not None and isinstance(pair[0], nnx.GraphDef)


def _has_state(pair: tuple[Any, Any]) -> bool:
    """Whether it is a module of Equinox with its state, as ``make_with_state`` returns them."""
    equinox = sys.modules.get("equinox")
    return equinox is not None and isinstance(pair[0], equinox.Module)


def _init_apply(model: Any, inputs: tuple[Any, ...], call: Mapping[str, Any]) -> Network:
    """Duck-typed pair of pure functions, as in Flax and Haiku."""
    name = getattr(model, "__name__", type(model).__name__)
    how = called(model.apply, call, 1 + len(inputs), name, modes=False)
    return Network(
        lambda variables, *xs: named_outputs(model.apply(variables, *xs, **how.arguments)),
        lambda key: model.init(key, *zeros(inputs)),
        name,
        call=how.arguments,
    )


def zeros(inputs: Any) -> Any:
    """Arrays of zeros in place of abstract ones, to initialise a model with."""
    import jax
    import jax.numpy as jnp

    return jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), inputs)


def argument_names(function: Callable, count: int) -> tuple[str, ...]:
    """Names of the first ``count`` positional parameters; () where they cannot be told."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return ()
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = tuple(p.name for p in parameters if p.kind in kinds)[:count]
    return names if len(names) == count else ()


def named_outputs(output) -> tuple[Any, dict[str, Any]]:
    """(the output, every named one): of a pytree the last array is the output.

    A dict names its arrays by its keys, anything else by position: ``output/0``.
    """
    if isinstance(output, dict):
        leaves = [leaf for key, value in output.items() for leaf in named_leaves(value, str(key))]
    else:
        leaves = named_leaves(output, "output")
    if len(leaves) == 1 and not isinstance(output, dict):
        return leaves[0][1], {}
    return (leaves[-1][1] if leaves else None), dict(leaves)


def named_leaves(tree: Any, name: str) -> list[tuple[str, Any]]:
    """(name, leaf) of a pytree: ``name`` for a single array, ``name/key/0`` inside it.

    >>> named_leaves({"a": 1, "b": [2, 3]}, "x")
    [('x/a', 1), ('x/b/0', 2), ('x/b/1', 3)]
    """
    import jax

    def part(entry) -> str:
        for attribute in ("key", "name", "idx"):
            if hasattr(entry, attribute):
                return str(getattr(entry, attribute))
        return str(entry)

    leaves, _ = jax.tree_util.tree_flatten_with_path(tree)
    return [("/".join([name, *map(part, path)]), leaf) for path, leaf in leaves]


def model_error(error: BaseException, doing: str) -> ModelError:
    """One line for whatever a model raised: the kind, its first line, where, and during what."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    what = f"{type(error).__name__}: {' '.join(lines[:1])}"
    return ModelError(f"{doing}: the model raised {what}{_place(error)}")


def _place(error: BaseException) -> str:
    """File and line of the last call that neither jaxrf nor an installed package made."""
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith(("<", _PACKAGE, *_INSTALLED))
    ]
    return f" (at {own[-1].filename}:{own[-1].lineno})" if own else ""


_PACKAGE = str(Path(__file__).parents[1])
_INSTALLED = tuple(sysconfig.get_paths()[name] for name in ("stdlib", "purelib", "platlib"))
