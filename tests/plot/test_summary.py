"""The whole report of a map: three panels, no two texts over each other, the same bytes again."""

import itertools

import matplotlib
import numpy as np
import pytest
from matplotlib.text import Text

from jaxrf import plot

matplotlib.use("Agg")

CENTER = (30.0, 34.0)
BOX = ((14, 46), (16, 52))  # 33 x 37 pixels of 64 x 72


ROWS = [
    ("theoretical field", "33 × 37 px"),
    ("σ by moments, y", "4.01 ± 0.02 px"),
    *[(f"a rather long label of row {i}", f"{i}.000000 ± 0.000001 px") for i in range(12)],
]


@pytest.fixture(scope="module")
def report(field):
    return plot.summary(center=CENTER, rows=ROWS, title="a network", box=BOX, **field)


def test_summary_has_three_panels_on_a_double_column(report):
    assert report.get_size_inches()[0] == 6.75
    map_axes, section_axes, table_axes = report.axes[:3]
    assert map_axes.images
    assert section_axes.get_yscale() == "log"
    assert [t.get_text() for t in table_axes.texts] == list(itertools.chain(*ROWS))
    labels = [text.get_text() for text in report.legends[0].get_texts()]
    assert labels == [
        "measured",
        "±1 standard error",
        "theory: 33 × 37 px",
        "Gaussian fit (contour: 2σ)",
        "outside the support",
    ]


def drawn_texts(figure, monkeypatch):
    """Every text that is really drawn (tick labels beyond the view exist, too) and its extent."""
    drawn = []
    draw_text = Text.draw

    def record(text, renderer):
        if text.get_visible() and text.get_text():
            drawn.append(text)
        draw_text(text, renderer)

    monkeypatch.setattr(Text, "draw", record)
    figure.draw_without_rendering()
    return [(text.get_text(), text.get_window_extent()) for text in drawn]


def test_summary_text_does_not_overlap_and_stays_on_the_page(report, monkeypatch):
    tolerance = 1.0  # pixels of the canvas
    page = report.bbox
    boxes = drawn_texts(report, monkeypatch)
    assert len(boxes) > 40
    for name, box in boxes:
        assert box.x0 >= page.x0 - tolerance, name
        assert box.x1 <= page.x1 + tolerance, name
        assert box.y0 >= page.y0 - tolerance, name
        assert box.y1 <= page.y1 + tolerance, name
    for (one, a), (two, b) in itertools.combinations(boxes, 2):
        apart = (
            min(a.x1, b.x1) - max(a.x0, b.x0) <= tolerance
            or min(a.y1, b.y1) - max(a.y0, b.y0) <= tolerance
        )
        assert apart, f"{one!r} overlaps {two!r}"


def test_summary_of_one_dimension_without_extras():
    figure = plot.summary(np.ones(9), center=(4.0,), rows=[], title="flat")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["measured"]


@pytest.mark.parametrize("suffix", ["png", "pdf"])
def test_files_are_byte_identical_and_without_metadata(field, tmp_path, suffix):
    def write(name):
        figure = plot.summary(center=CENTER, rows=ROWS, title="a network", box=BOX, **field)
        return plot.save(figure, tmp_path / f"{name}.{suffix}").read_bytes()

    first = write("first")
    assert first == write("second")
    for word in (b"Software", b"CreationDate", b"Producer", b"Type 3"):
        assert word not in first
