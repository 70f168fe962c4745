"""``as_network``: find the framework of a model and adapt the model to a :class:`Network`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from jaxrf.errors import InvalidInput, JaxrfError
from jaxrf.frameworks.calls import resolve_call
from jaxrf.frameworks.keywords import Keywords, by_position
from jaxrf.frameworks.network import Network, argument_names, model_error, named_outputs, zeros
from jaxrf.frameworks.onnx import is_onnx_path, load_onnx
from jaxrf.frameworks.references import refers_to
from jaxrf.frameworks.reinit import Reinit, redrawing

__all__ = ["as_network"]

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
        InvalidInput: no framework recognises it; the call or the weights do not fit the model.
        ModelError: the model's framework refuses it.
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
    """The network with the weights that the user gave.

    Raises:
        InvalidInput: the network takes no weights, or they do not fit.
    """
    import jax

    from jaxrf.frameworks.checkpoints import Loaded, load_weights
    from jaxrf.frameworks.weight_matching import match_weights

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
    weights, notes = match_weights(expected, variables, source)
    return replace(network, user_weights=weights, source=source, assumed=(*network.assumed, *notes))


def _adapted(model: Any, inputs: tuple[Any, ...], call: Mapping[str, Any]) -> Network:
    """The network of a model, without the weights that the user gave."""
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
        resolved = resolve_call(model, call, len(inputs), name, modes=False)
        return Network(
            lambda variables, *xs: named_outputs(model(*xs, **resolved.arguments)),
            None,
            name,
            arguments=argument_names(model, len(inputs)),
            call=resolved.arguments,
        )
    raise InvalidInput(
        f"model: got {type(model).__name__}, need a callable f(x), a model of Flax, Haiku, "
        "Equinox or Keras, or an object with init(key, x) and apply(variables, x); "
        "did you mean to call a factory (--factory)?"
    )


def _of_framework(
    model: Any, inputs: tuple[Any, ...], adapter: str, call: Mapping[str, Any]
) -> Network:
    """The network that the adapter of a model's framework makes of it."""
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
    resolved = resolve_call(model.apply, call, 1 + len(inputs), name, modes=False)
    return Network(
        lambda variables, *xs: named_outputs(model.apply(variables, *xs, **resolved.arguments)),
        lambda key: model.init(key, *zeros(inputs)),
        name,
        call=resolved.arguments,
    )
