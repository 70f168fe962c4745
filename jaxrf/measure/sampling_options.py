"""``Sampling``: the options of a measurement by samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from jaxrf.arguments.annotations import check_fields
from jaxrf.errors import InvalidInput

if TYPE_CHECKING:
    import jax

    from jaxrf.measure.estimator import Estimator
    from jaxrf.measure.perturbation import Perturbation

__all__ = ["Sampling", "sampling_of"]


@dataclass(frozen=True)
class Sampling:
    """The options that all functions which measure by samples share.

    Each but ``mesh`` is a keyword of those functions too, which wins over the field of that name:
    ``measure_erf(model, shape, sampling=often, seed=3)``.

    Attributes:
        samples: pairs of a network and an input; None leaves the number to the function.
        seed: of weights, inputs and signs: of everything that is drawn.
        weight_seeds: networks to draw, each with samples / weight_seeds inputs; a fresh one for
            every sample by default. 1 keeps one random network: the field over inputs alone.
        input_seeds: random inputs to draw, used in turn; a fresh one for every sample by default.
            1 keeps one random input: the field over weights alone.
        estimator: how one sample is taken; see :class:`~jaxrf.Estimator`,
            :class:`~jaxrf.Perturbation`.
        precision: stop once the relative standard error of sigma is below it; ``samples`` is then
            the most.
        batch: samples in one compiled pass, where they share their weights.
        mesh: a ``jax.sharding.Mesh`` of the devices that draw samples, each a batch at a time;
            None for all devices of each process. Sample i and all sums are the same on any number
            of devices, to the byte.

    Raises:
        InvalidInput: an option of another kind, or out of its range.
    """

    samples: int | None = None
    seed: int = 0
    weight_seeds: int | None = None
    input_seeds: int | None = None
    estimator: Estimator | Perturbation | None = None
    precision: float | None = None
    batch: int = 4
    mesh: jax.sharding.Mesh | None = None

    def __post_init__(self) -> None:
        check_fields(self)
        if self.mesh is not None and type(self.mesh).__name__ != "Mesh":
            raise InvalidInput(f"mesh: got {self.mesh!r}, need a jax.sharding.Mesh")
        if self.batch < 1:
            raise InvalidInput(f"batch: got {self.batch}, need at least 1")
        if self.precision is not None and not 0 < self.precision < 1:
            raise InvalidInput(
                f"precision: got {self.precision}, need a share between 0 and 1, e.g. 0.01"
            )


def sampling_of(
    sampling: Sampling | None,
    usual: int,
    /,
    *,
    without: Sequence[str] = (),
    why: str = "",
    **given: Any,
) -> Sampling:
    """The options of a call: its keywords, else the fields of ``sampling``.

    >>> often = Sampling(samples=8, seed=1)
    >>> found = sampling_of(often, 64, samples=None, seed=2)
    >>> found.samples, found.seed, sampling_of(None, 64).samples
    (8, 2, 64)

    Args:
        sampling: given by the user; None for all defaults.
        usual: number of samples where it is not given.
        without: fields that have no meaning for the function.
        why: they have none, for the error.
        given: keywords of the call by the names of the fields; None where they were left out.

    Raises:
        InvalidInput: a field without a meaning for the function.
    """
    chosen = Sampling() if sampling is None else sampling
    if given_too := [name for name in without if getattr(chosen, name) is not None]:
        raise InvalidInput(f"{given_too[0]}: got one in sampling, need none: {why}")
    chosen = replace(chosen, **{name: value for name, value in given.items() if value is not None})
    return chosen if chosen.samples is not None else replace(chosen, samples=usual)
