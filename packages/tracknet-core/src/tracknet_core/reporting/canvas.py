"""A figure and its PNG, drawn without any global state of matplotlib."""

from io import BytesIO

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


def new_axes() -> tuple[Figure, Axes]:
    """Open a figure of 768 x 432 px with one pair of axes."""
    figure = Figure(figsize=(6.4, 3.6), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.grid(visible=True, alpha=0.3)
    return figure, axes


def as_png(figure: Figure, *, legend: int = 0) -> bytes:
    """Encode a figure, with a legend of so many columns below it, or none."""
    if legend:
        figure.legend(loc="outside lower center", ncols=legend, frameon=False)
    png = BytesIO()
    figure.savefig(png, format="png")
    return png.getvalue()
