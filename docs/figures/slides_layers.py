"""The slides on backpropagation, layers and the gradient check."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

import minigan as mg
from docs.figures.slide import Deck, built, panels
from minigan.gradcheck import check
from minigan.layers import BatchNorm, Conv2D, Dense, Softmax, UpSampling2D
from minigan.learn import draw_arrays, draw_graph

SLIDES = Deck()
slide = SLIDES.slide

#: Small whole numbers: everyone can follow them.
X = np.array([[1.0, 2.0, 0.0], [-1.0, 0.0, 1.0]])
W = np.array([[1.0, 0.0], [-1.0, 2.0], [0.5, 1.0]])
B = np.array([0.5, -1.0])


def ones_like(y: np.ndarray) -> np.ndarray:
    """An upstream gradient whose numbers are easy to follow."""
    return np.resize([1.0, -1.0, 2.0], y.shape)


# Backpropagation


@slide("Every operation knows its own derivative, and passes the rest on.", "What is the gradient of x if z is 10?")
def graph() -> Figure:
    return draw_graph(
        {"q": ("+", "x", "y"), "f": ("*", "q", "z")},
        values={"x": -2, "y": 5, "z": -4, "q": 3, "f": -12},
        grads={"x": -4, "y": -4, "z": 3, "q": -4, "f": 1},
    )


@slide("A value that is used twice gets the sum of two gradients.", "Which part of the gradient of x comes from q?")
def shared() -> Figure:
    x, y = 3.0, 2.0
    return draw_graph(
        {"q": ("+", "x", "y"), "f": ("*", "q", "x")},
        values={"x": x, "y": y, "q": x + y, "f": (x + y) * x},
        grads={"f": 1, "q": x, "y": x, "x": 2 * x + y, ("x", "q"): x, ("x", "f"): x + y},
    )


@slide("Dense: one row of x times one column of w.", "Which numbers make y[0, 1]?")
def dense_forward() -> Figure:
    y, _ = built(Dense(2), X, kernel=W, bias=B).forward(X)
    return draw_arrays({"x": X, "w": W, "b": B, "y = x w + b": y})


@slide("Dense backward: two products and a sum.", "Which numbers make dw[0, 1]?")
def dense_backward() -> Figure:
    layer = built(Dense(2), X, kernel=W, bias=B)
    y, cache = layer.forward(X)
    dy = ones_like(y)
    dx = layer.backward(dy, cache)
    return draw_arrays({"dy": dy, "dw = x^T dy": layer.kernel.grad, "db": layer.bias.grad, "dx = dy w^T": dx})


# Layers of images

IMAGE = np.array([[0, 1, 2, 1], [1, 2, 0, 0], [0, 1, 1, 2], [2, 0, 1, 0.0]]).reshape(1, 4, 4, 1)
KERNEL = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1.0]]).reshape(3, 3, 1, 1)


def mark(figure: Figure, panel: int, place: tuple[int, int], size: int) -> None:
    """A thick frame around a window of one of the drawn arrays."""
    row, column = place
    frame = Rectangle((column - 0.5, row - 0.5), size, size, fill=False, edgecolor="black", linewidth=4, clip_on=False)
    figure.axes[panel].add_patch(frame)


@slide("A convolution moves one small window over the image.", "Where is the window for y[1, 1]?")
def convolution() -> Figure:
    y, _ = built(Conv2D(1, 3, use_bias=False), IMAGE, kernel=KERNEL).forward(IMAGE)
    figure = draw_arrays(x=IMAGE[0, ..., 0], w=KERNEL[..., 0, 0], y=y[0, ..., 0])
    mark(figure, 0, (0, 1), 3)
    mark(figure, 2, (0, 1), 1)
    return figure


@slide("One weight works at all places: its gradient is a sum.", "Which pixels make dw[0, 0]?")
def convolution_kernel() -> Figure:
    layer = built(Conv2D(1, 3, use_bias=False), IMAGE, kernel=KERNEL)
    y, cache = layer.forward(IMAGE)
    dy = np.array([1.0, -1, 0, 2]).reshape(y.shape)
    layer.backward(dy, cache)
    figure = draw_arrays(x=IMAGE[0, ..., 0], dy=dy[0, ..., 0], dw=layer.kernel.grad[..., 0, 0])
    mark(figure, 0, (1, 1), 2)
    mark(figure, 2, (1, 1), 1)
    return figure


@slide("The gradient of a copy is a sum: UpSampling adds up each block.", "What is dx if dy is 1 everywhere?")
def block_sums() -> Figure:
    x = np.array([[1.0, 2], [3, 4]]).reshape(1, 2, 2, 1)
    layer = built(UpSampling2D(2), x)
    y, cache = layer.forward(x)
    dy = np.arange(16.0).reshape(y.shape) % 5 - 1
    dx = layer.backward(dy, cache)
    figure = draw_arrays(x=x[0, ..., 0], y=y[0, ..., 0], dy=dy[0, ..., 0], dx=dx[0, ..., 0])
    for panel, size in ((0, 1), (1, 2), (2, 2), (3, 1)):
        mark(figure, panel, (0, 0), size)
    return figure


# Normalisation, activations, the check

COLUMN = np.array([[1.0], [2.0], [4.0], [5.0]])


@slide("BatchNorm: x reaches the output in three ways.", "Which arrows lead away from x, and which from c?")
def batch_norm_graph() -> Figure:
    x = np.array([1.0, 3.0])
    return draw_graph(
        {"mean": ("mean", "x"), "c": ("-", "x", "mean"), "v": ("mean²", "c"), "x_hat": ("/√v", "c", "v")},
        values={"x": x, "mean": x.mean(), "c": x - x.mean(), "v": x.var(), "x_hat": (x - x.mean()) / x.std()},
        digits=2,
    )


def normalized(g: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """x_hat of `COLUMN`, and dx for dy = g, by the layer."""
    layer = built(BatchNorm(epsilon=1e-12, center=False, scale=False), COLUMN)
    x_hat, cache = layer.forward(COLUMN, mg.layers.Context(training=True))
    return x_hat, layer.backward(g, cache).round(6) + 0.0


@slide("BatchNorm backward: three ways, three parts.", "Why is the third part the same number everywhere?")
def batch_norm_parts() -> Figure:
    g = np.array([[0.0], [1.0], [0.0], [3.0]])
    x_hat, dx = normalized(g)
    std = COLUMN.std()
    direct, through_v = g / std, -x_hat * (g * x_hat).mean() / std
    through_mean = np.full_like(g, -g.mean() / std)
    parts = {"x": COLUMN, "x_hat": x_hat, "dy": g, "1: dy / std": direct, "2: through v": through_v}
    parts |= {"3: through the mean": through_mean, "dx = 1 + 2 + 3": dx}
    return draw_arrays({name: part.T for name, part in parts.items()}, columns=4)


@slide("BatchNorm removes two directions from the gradient.", "Which two changes of x leave the output as it is?")
def batch_norm_geometry() -> Figure:
    g = np.array([[0.0], [1.0], [0.0], [3.0]])
    x_hat, dx = normalized(g)
    equal, along = np.full_like(g, g.mean()), x_hat * (g * x_hat).mean()
    parts = {
        "dy": g,
        "all equal": equal,
        "along x_hat": along,
        "what is left": (g - equal - along).round(6) + 0.0,
        "left / std = dx": dx,
    }
    return draw_arrays({name: part.T for name, part in parts.items()}, columns=3)


@slide("Softmax: every output depends on every input.", "Why is the sum of each row of J zero?")
def softmax() -> Figure:
    x = np.array([[2.0, 1.0, 0.0]])
    y, _ = built(Softmax(), x).forward(x)
    return draw_arrays({"x": x, "y = softmax(x)": y, "J": np.diag(y[0]) - np.outer(y[0], y[0])})


@slide("A kink has two slopes and no derivative.", "What does (f(h) - f(-h)) / 2h give for ReLU at 0?")
def kinks() -> Figure:
    figure, axes = panels(3, sharey=True)
    x = np.linspace(-2, 2, 401).reshape(1, -1)
    for panel, layer in zip(axes, (mg.layers.ReLU(), mg.layers.LeakyReLU(0.2), mg.layers.Tanh())):
        y, cache = built(layer, x).forward(x)
        panel.plot(x[0], y[0], color="black", label="y")
        panel.plot(x[0], layer.backward(np.ones_like(x), cache)[0], color="#7A3E9D", linestyle="--", label="dy/dx")
        panel.set(title=type(layer).__name__, xlabel="x")
        panel.grid(alpha=0.3)
    axes[0].legend()
    return figure


@slide("The error of a right gradient is a V over the step.", "Why is the error at the right a flat line?")
def v_curve() -> Figure:
    figure, axes = panels(2, sharey=True)
    rng = mg.Stream(0)
    x = rng.normal((3, 4), dtype=np.float64)
    for panel, factor, title in ((axes[0], 1.0, "a right gradient"), (axes[1], 1.01, "a gradient that is wrong by 1%")):
        right = factor * (1 - np.tanh(x) ** 2)
        steps = 10.0 ** np.arange(-12, 0.25, 0.25)
        errors = [abs((np.tanh(x + h) - np.tanh(x - h)) / (2 * h) - right).max() for h in steps]
        panel.loglog(steps, errors, color="black", marker="o", markersize=3)
        panel.set(title=title, xlabel="step h", ylim=(1e-13, 1))
        panel.grid(alpha=0.3)
    axes[0].set_ylabel("largest error")
    return figure


@slide("The checker reports a wrong gradient by place and factor.", "The layer forgot something. What?")
def report() -> Figure:
    def forward(x, w):
        return x @ w, (x, w)

    wrong = check(forward, (4, 3), (3, 2), backward=lambda dy, cache: (dy @ cache[1].T, cache[0].T @ dy / len(dy)))
    lines = str(wrong).splitlines()[:5]
    place = wrong.failures[0].detail.split("; ")
    figure = Figure(figsize=(9, 3.2), facecolor="white")
    figure.add_axes((0, 0, 1, 1)).axis("off")
    text = "\n".join([*(line.rstrip() for line in lines), "", f"w: {place[0].partition(':')[0]},", *place[1:]])
    figure.axes[0].text(0.02, 0.95, text, family="monospace", fontsize=11.5, va="top", linespacing=1.6)
    return figure
