"""Tables: the whole text at a fixed width; nothing cut off at any width.

Covers: text.table.
"""

import csv
import io
from textwrap import dedent

import jax
import jax.numpy as jnp
from hypothesis import given, settings
from hypothesis import strategies as st
from jax import lax
from jax.ad_checkpoint import checkpoint_name

import jaxrf
from jaxrf.text.table import TextTable, plain_text

TABLE = TextTable(
    "Lengths in metres",
    ("what | it is", "length", "standard error"),
    (("animals/mammals/whale", "33.6", "0.25"), ("hair, one", "7e-05", "nan")),
    ("measured by hand",),
)


def expected(text):
    return dedent(text).strip("\n")


def test_plain_text():
    assert plain_text(TABLE) == expected("""
        Lengths in metres

         what | it is           length  standard error
         ─────────────────────────────────────────────
         animals/mammals/whale    33.6            0.25
         hair, one               7e-05             nan

        measured by hand
        """)


def test_narrow_text_breaks_names_after_a_slash_and_words_at_a_blank():
    assert plain_text(TABLE, width=44) == expected("""
        Lengths in metres

         what | it is        length  standard error
         ──────────────────────────────────────────
         animals/mammals/      33.6            0.25
         whale
         hair, one            7e-05             nan

        measured by hand
        """)


def test_numbers_are_never_broken():
    text = plain_text(TABLE, width=10)
    assert "33.6            0.25" in text
    assert "standard error" in text


CELL = st.text("abcXYZ0189_-./:[]#|", min_size=1, max_size=30)
NUMBER = st.text("0123456789.,e-", min_size=1, max_size=9)


@given(
    st.lists(st.tuples(CELL, NUMBER, NUMBER, NUMBER), min_size=1, max_size=4),
    st.integers(60, 100),
)
@settings(max_examples=150, deadline=None)
def test_nothing_is_lost_and_no_line_is_too_long(rows, width):
    table = TextTable("title", ("name", "a", "b", "c"), tuple(rows))
    lines = plain_text(table, width=width).splitlines()
    assert max(map(len, lines)) <= width
    body = lines[4:]
    assert "".join(sorted("".join(body).replace(" ", ""))) == "".join(
        sorted("".join(sum(rows, ())))
    )
    for row in rows:
        assert any(line.split()[-3:] == list(row[1:]) for line in body)


def test_markup_is_shown_as_it_is():
    table = TextTable("[bold]title[/bold]", ("name",), (("[red]x[/red]",),), ("at a.py:100:3",))
    text = plain_text(table)
    assert all(part in text for part in ("[bold]title[/bold]", "[red]x[/red]", "at a.py:100:3"))


def test_csv_and_markdown():
    assert list(csv.reader(io.StringIO(TABLE.csv()))) == [
        list(TABLE.header),
        *map(list, TABLE.rows),
    ]
    assert (
        TextTable("t", ("a", "b"), (("x|y", "1"),), ("note", "other")).markdown()
        == expected("""
        | a | b |
        | --- | --: |
        | x\\|y | 1 |

        note
        other
        """)
        + "\n"
    )


def small(x):
    """Every other row; two of them; and these beside the first of them."""
    rows = x[:, ::2]
    pairs = lax.reduce_window(rows, 0.0, lax.add, (1, 2, 1, 1), (1,) * 4, "VALID")
    return {"rows": rows, "pairs": pairs, "sum": pairs + rows[:, :-1]}


def test_field_table():
    analysis = jaxrf.analyze(small, (1, 8, 6, 3))
    text = str(analysis)
    assert text.startswith(
        expected("""
        small, input 1x8x6x3; r, S, P in input pixels

         end-point  shape    r    S  P  aligned  GFLOP
         ─────────────────────────────────────────────
         rows       4x6x3    1  2,1  0      yes   0.00
         pairs      3x6x3  3,1  2,1  0      yes  1e-07
         sum        3x6x3  3,1  2,1  0       no  2e-07

        misaligned: add at
        """)
    )
    assert "1 input pixels from that of" in " ".join(text.split())
    only = analysis.table(only="pairs")
    assert [row[0] for row in only.rows] == ["pairs"]


def test_common_scope_phases_and_global_notes():
    def model(x):
        up = checkpoint_name(jnp.repeat(x, 2, 1) + jnp.repeat(jnp.roll(x, 1, 1), 2, 1), "net/up")
        return checkpoint_name(up.mean(1, keepdims=True), "net/mean")

    table = jaxrf.analyze(model, (1, 8, 2)).table()
    assert table.title.endswith("; names below net/")
    assert [row[0] for row in table.rows] == ["up", "mean"]
    assert table.rows[1][5] == "global"
    assert any(note.startswith("global: mean (at ") for note in table.notes)
    phased = jaxrf.analyze(lambda x: jnp.repeat(x, 2, 1), (1, 8, 2)).table()
    assert phased.notes == (
        "output: 2 phases, reaching [0, 0], [-0.5, -0.5] samples from S times the index",
    )


def chain(count, name):
    """As many end-points, each named by its number, each further on."""

    def model(x):
        for n in range(count):
            x = checkpoint_name(x[:, 1:], name(n))
        return x

    return jaxrf.analyze(model, (1, 200, 1))


def test_a_long_table_has_the_outermost_names_and_says_so():
    analysis = chain(150, lambda n: f"net/block{n // 10}" + (f"/layer{n % 10}" if n % 10 else ""))
    table = analysis.table(most=100)
    assert [row[0] for row in table.rows] == [f"block{n}" for n in range(15)] + ["block14/layer9"]
    assert table.notes[-1].startswith("16 of 150 end-points, the outermost by their")
    assert "16 of 150 end-points" in str(analysis)
    for whole in (analysis.table(), analysis.table(most=150)):
        assert len(whole.rows) == 150
        assert "of 150" not in " ".join(whole.notes)
    assert len(analysis.to_dict()["endpoints"]) == 150


def test_a_long_table_of_flat_names_has_both_ends():
    table = chain(150, lambda n: f"layer{n}").table(most=10)
    numbers = [*range(5), *range(145, 150)]
    assert [row[0] for row in table.rows] == [f"layer{n}" for n in numbers]
    assert "10 of 150 end-points, the first and the last" in table.notes[-1]


def test_notes_of_one_kind_are_counted():
    def model(x):
        for _ in range(7):
            x = jnp.repeat(x, 2, 1)
            checkpoint_name(x, "up")
            x = checkpoint_name(x - x.mean(1, keepdims=True), "centred")
        return x

    notes = jaxrf.analyze(model, (1, 4, 1)).table().notes
    assert len(notes) < 12
    assert any(note.startswith("(3 more end-points with phases") for note in notes)


def test_every_line_fits_eighty_columns():
    def model(x):
        y = jax.image.resize(x, (1, 8, 8, 2), "nearest")
        heads = {f"a/rather/long/name/of/head{n}": y[:, n:] for n in range(4)}
        return {**heads, "gate": y * y.mean((1, 2), keepdims=True)}

    text = str(jaxrf.analyze(model, (1, 32, 32, 2)))
    assert max(map(len, text.splitlines())) <= 80
