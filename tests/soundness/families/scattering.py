"""Gather and scatter as ``lax`` has them, with any dimension numbers that are allowed."""

from __future__ import annotations

from soundness.draw import Draw, Piece

__all__ = ["gathering", "scattering"]

_MODES = ("clip", "fill", "promise_in_bounds")


def _operand(d: Draw) -> tuple[str, list[int]]:
    """The variable x under another shape of two to four dimensions."""
    n, c = d.length, d.channels
    shapes = [[1, n, c], [n, c], [n, 1, c], [c, n], [c, 1, n]]
    if n % 2 == 0:
        shapes += [[2, n // 2, c], [n // 2, 2, c], [c, n // 2, 2], [1, n // 2, 2, c]]
    shape = d.pick(*shapes)
    return f"x.reshape({tuple(shape)})", list(shape)


def _subset(d: Draw, dims: list[int], least: int = 0) -> list[int]:
    """Some of the dimensions, in order."""
    chosen = [k for k in dims if d.chance(0.5)]
    return chosen if len(chosen) >= least else dims[:least]


def _indices(d: Draw, limits: list[int], batch: list[int], mode: str) -> str:
    """Text for indices [*batch, len(limits)], known or computed, some beyond the limits."""
    shape = (*batch, len(limits))
    beyond = 0 if mode == "promise_in_bounds" else d.pick(0, 0, 2)
    values = d.rng.integers(-beyond, [m + 1 + beyond for m in limits], shape)
    known = f"np.array({values.tolist()}, 'int32').reshape({shape})"
    if d.chance(0.3):
        moved = f"(x[0, 0, 0] > 0) + jnp.array({known})"
        top = f"jnp.array({limits}, 'int32')"
        return f"jnp.clip({moved}, 0, {top})" if beyond == 0 else f"({moved})"
    return f"jnp.array({known})" if d.chance(0.7) else f"jnp.array({known}) * 1"


def gathering(d: Draw) -> list[Piece]:
    """A gather: collapsed, offset and batching dimensions at random."""
    operand, shape = _operand(d)
    mode, dims = d.pick(*_MODES), list(range(len(shape)))
    batching = [k for k in dims if d.chance(0.15)][:1]
    free = [k for k in dims if k not in batching]
    indexed = _subset(d, free, 1)
    if d.chance(0.3):
        indexed = indexed[::-1]
    sizes = [1 if k in batching else d.pick(1, d.integer(1, shape[k]), shape[k]) for k in dims]
    collapsed = [k for k in free if sizes[k] == 1 and d.chance(0.6)]
    batch = [d.integer(1, 3) for _ in range(d.integer(0, 2))]
    places = []
    for k in batching:
        place = d.integer(0, len(batch))
        batch.insert(place, shape[k])
        places.append(place)
    offsets = len(free) - len(collapsed)
    rank = len(batch) + offsets
    at = sorted(d.rng.choice(rank, offsets, replace=False).tolist()) if offsets else []
    indices = _indices(d, [shape[k] - sizes[k] for k in indexed], batch, mode)
    numbers = (
        f"lax.GatherDimensionNumbers(offset_dims={tuple(at)}, "
        f"collapsed_slice_dims={tuple(collapsed)}, start_index_map={tuple(indexed)}, "
        f"operand_batching_dims={tuple(batching)}, "
        f"start_indices_batching_dims={tuple(places)})"
    )
    return [
        f"x = fit(lax.gather({operand}, {indices}, {numbers}, {tuple(sizes)}, mode={mode!r}), x)"
    ]


def scattering(d: Draw) -> list[Piece]:
    """A scatter: inserted, window and batching dimensions at random."""
    operand, shape = _operand(d)
    mode, dims = d.pick(*_MODES), list(range(len(shape)))
    batching = [k for k in dims if d.chance(0.15)][:1]
    free = [k for k in dims if k not in batching]
    indexed = _subset(d, free, 1)
    if d.chance(0.3):
        indexed = indexed[::-1]
    inserted = [k for k in free if d.chance(0.5)]
    window = [k for k in free if k not in inserted]
    sizes = {k: d.pick(1, d.integer(1, shape[k]), shape[k]) for k in window}
    batch = [d.integer(1, 3) for _ in range(d.integer(0, 2))]
    places = []
    for k in batching:
        place = d.integer(0, len(batch))
        batch.insert(place, shape[k])
        places.append(place)
    rank = len(batch) + len(window)
    at = sorted(d.rng.choice(rank, len(window), replace=False).tolist()) if window else []
    rest, lengths = iter(batch), []
    inside = dict(zip(at, window, strict=True))
    for place in range(rank):
        lengths.append(sizes[inside[place]] if place in inside else next(rest))
    limits = [shape[k] - sizes.get(k, 1) for k in indexed]
    indices = _indices(d, limits, batch, mode)
    count = 1
    for length in lengths:
        count *= length
    updates = f"jnp.tile(x.ravel()[::-1], {count})[:{count}].reshape({tuple(lengths)})"
    numbers = (
        f"lax.ScatterDimensionNumbers(update_window_dims={tuple(at)}, "
        f"inserted_window_dims={tuple(inserted)}, "
        f"scatter_dims_to_operand_dims={tuple(indexed)}, "
        f"operand_batching_dims={tuple(batching)}, "
        f"scatter_indices_batching_dims={tuple(places)})"
    )
    kind = d.pick("scatter", "scatter", "scatter_add", "scatter_mul", "scatter_min", "scatter_max")
    return [f"x = fit(lax.{kind}({operand}, {indices}, {updates}, {numbers}, mode={mode!r}), x)"]


def indexing(d: Draw) -> list[Piece]:
    """The same through NumPy's notation, at computed and at known places."""
    n = d.length
    i = d.pick(
        "jnp.argmax(x[0, :, 0])",
        f"jnp.argsort(x[0, :, 0])[:{d.integer(1, n)}]",
        f"(jnp.abs(x[0, :, 0]) * 2).astype('int32') % {n}",
        f"jnp.array({d.integers(-n, n - 1, n)})",
        f"jnp.clip((x[0, :, 0]).astype('int32') + jnp.arange({n}), 0, {n - 1})",
    )
    j = d.pick("0", str(d.integer(-n, n - 1)))
    mode = d.pick("'clip'", "'drop'", "None")
    kind = d.pick("set", "add", "multiply", "max", "min")
    return [
        d.pick(
            f"x = fit(x[:, {i}], x)",
            f"x = x + x[:, {i}].reshape(1, -1, {d.channels})[:, :1]",
            f"x = x.at[:, {i}].{kind}(x[:, {j}][:, None] if jnp.ndim({i}) else x[:, {j}], "
            f"mode={mode})",
            "x = jnp.take_along_axis(x, jnp.argsort(x, 1), 1)",
            f"x = lax.dynamic_update_slice(x, x[:, :2], (0, jnp.ravel({i})[0], 0))",
            f"x = fit(lax.dynamic_slice(x, (0, jnp.ravel({i})[-1], 0), (1, 2, {d.channels})), x)",
            f"x = jax.ops.segment_max(x[0], jnp.resize({i}, {n}), {n})[None].clip(-9, 9)",
            f"x = x.at[jnp.zeros({n}, int), jnp.arange({n})[::-1]].{kind}(x[0])",
            f"x = x.at[:, {d.integer(0, 1)}::2].{kind}(x[:, {j}][:, None])",
            f"x = x[jnp.zeros(({n}, 1), int), jnp.arange({n})[:, None], "
            f"jnp.array([{d.integer(0, d.channels - 1)}])][None, :, :] + x * 0.1",
        )
    ]
