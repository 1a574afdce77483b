"""The slides on GANs: a step, losses, failures, penalties."""

import numpy as np
from matplotlib.figure import Figure

import minigan as mg
from docs.figures.slide import Deck, built, panels
from minigan.layers import Dense
from minigan.learn import draw_arrays, draw_graph
from minigan.plots.style import DISCRIMINATOR, GENERATED, GENERATOR, REAL

SLIDES = Deck()
slide = SLIDES.slide

# A GAN


@slide("G sees no real image: it learns from the gradient of D.", "Which arrow carries the gradient to G?")
def players() -> Figure:
    figure = Figure(figsize=(9, 3.2), facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 9), ylim=(0, 3.2))
    axes.axis("off")
    boxes = {
        "noise": (0.7, 0.9, 0.5, "0.4"),
        "G": (2.5, 0.9, 0.35, GENERATOR),
        "generated": (4.5, 0.9, 0.75, GENERATED),
    }
    boxes |= {"real": (4.5, 2.5, 0.45, REAL), "D": (6.6, 1.7, 0.35, DISCRIMINATOR), "loss": (8.3, 1.7, 0.45, "0.4")}
    for name, (x, y, _, colour) in boxes.items():
        style = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": colour, "linewidth": 2.5}
        axes.text(x, y, name, ha="center", va="center", fontsize=13, bbox=style, zorder=3)
    for begin, end in [("noise", "G"), ("G", "generated"), ("generated", "D"), ("real", "D"), ("D", "loss")]:
        (x0, y0, half0, _), (x1, y1, half1, _) = boxes[begin], boxes[end]
        left, right = x0 + half0, x1 - half1
        arrow = {"arrowstyle": "-|>", "color": "black", "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", (right, y1 + 0.1), (left, y0 + 0.1), arrowprops=arrow)
        if begin in ("G", "generated", "D"):
            back = {**arrow, "color": "#7A3E9D", "linestyle": "--"}
            axes.annotate("", (left, y0 - 0.12), (right, y1 - 0.12), arrowprops=back)
    axes.text(3.5, 0.2, "dashed: the gradient of G's loss", color="#7A3E9D", ha="center", fontsize=10)
    return figure


REAL_NUMBERS, FAKE_NUMBERS = np.array([[3.0], [2.0]]), np.array([[1.0], [-1.0]])


@slide("D's step: z up for real numbers, down for generated ones.", "D(x) = x - 2. For which number is dz largest?")
def d_step() -> Figure:
    loss, layer = mg.losses.NonSaturating(), built(Dense(1), REAL_NUMBERS, kernel=[[1.0]], bias=[-2.0])
    logits, gradients = [], []
    for x, term in ((REAL_NUMBERS, loss.real), (FAKE_NUMBERS, loss.fake)):
        z, cache = layer.forward(x)
        logits.append(z)
        gradients.append(term(z)[1])
        layer.backward(gradients[-1], cache)
    shown = {"x: 2 real, 2 generated": np.concatenate([REAL_NUMBERS, FAKE_NUMBERS]).T}
    shown |= {"z = D(x)": np.concatenate(logits).T, "dz": np.concatenate(gradients).T}
    return draw_arrays({**shown, "dw, db": np.append(layer.kernel.grad, layer.bias.grad)}, columns=2)


@slide("G's step: the gradient goes through D to the generated numbers.", "Why do D's weights stay as they are?")
def g_step() -> Figure:
    layer = built(Dense(1), FAKE_NUMBERS, kernel=[[1.0]], bias=[-2.0])
    z, cache = layer.forward(FAKE_NUMBERS)
    _, dz = mg.losses.NonSaturating().generator(z)
    dx = layer.backward(dz, cache, param_grads=False)
    return draw_arrays({"generated x": FAKE_NUMBERS.T, "z": z.T, "dz": dz.T, "dx, to G": dx.T}, columns=2)


@slide("G learns from the gradient: minimax has none where G is bad.", "Which loss helps G most at z = -4?")
def losses() -> Figure:
    figure, (left, right) = panels(2)
    z = np.linspace(-5, 5, 201)
    styles = {"non-saturating": "-", "minimax": "--", "least-squares": ":", "wasserstein": "-."}
    for name, style in styles.items():
        found = [mg.losses.get(name).generator(np.array([[entry]])) for entry in z]
        left.plot(z, [float(value) for value, _ in found], color=GENERATOR, linestyle=style, label=name)
        right.plot(z, [float(dz[0, 0]) for _, dz in found], color=GENERATOR, linestyle=style)
    left.set(title="G's loss", xlabel="logit z of a generated image", ylim=(-6, 8))
    right.set(title="its gradient dz", xlabel="logit z of a generated image", ylim=(-3, 3))
    left.legend(fontsize=8)
    for panel in (left, right):
        panel.grid(alpha=0.3)
    return figure


# What goes wrong


@slide("Mode collapse: all noise gives nearly the same point.", "Would the losses show it?")
def collapse() -> Figure:
    gan = mg.models.build("mlp2d", seed=0, generator_units=(64, 64), discriminator_units=(64, 64))
    ring = mg.data.load("ring")
    fast, slow = mg.optimizers.Adam(0.005, beta_1=0.9), mg.optimizers.Adam(0.001, beta_1=0.9)
    options = {"batch_size": 128, "noise": "normal", "g_optimizer": fast, "d_optimizer": slow}
    trainer = mg.Trainer(gan, ring, **options)
    noise = mg.models.draw_noise(mg.Stream(0, "look"), 300, gan.latent_size, "normal")
    figure, axes = panels(3, height=3.4, sharey=True)
    for panel, more in zip(axes, (600, 100, 100)):
        for _ in trainer.train(steps=more):
            pass
        panel.scatter(*ring.points[:400].T, s=12, color=REAL, label="real")
        panel.scatter(*gan.generator.predict(noise).T, s=12, color=GENERATED, label="generated")
        panel.set(title=f"round {trainer.step}", aspect="equal", xlim=(-2.4, 2.4), ylim=(-2.4, 2.4))
    axes[0].legend(fontsize=7, loc="upper right")
    return figure


def dirac(gamma: float, steps: int = 200, rate: float = 0.1) -> np.ndarray:
    """The path of D's weight and G's number where all data are 0, with R1 of this weight."""
    w, b, path = 1.0, 1.0, []
    for _ in range(steps):
        path.append((w, b))
        s = 1 / (1 + np.exp(-w * b))
        w, b = w - rate * (s * b + gamma * w), b + rate * s * w
    return np.array(path)


@slide("Two players run in circles; a penalty on the slope ends it.", "What does R1 take away from w?")
def circles() -> Figure:
    figure, axes = panels(2, height=3.8)
    for panel, gamma, title in zip(axes, (0, 1), ("no penalty", "R1")):
        path = dirac(gamma)
        panel.plot(*path.T, color="0.4", marker=".", markersize=3, linewidth=0.8)
        panel.plot(*path[0], "o", color="black", markersize=5)
        panel.plot(0, 0, "*", color="black", markersize=10)
        panel.set(title=title, xlabel="w of D", ylabel="b of G", aspect="equal", xlim=(-2.2, 2.2), ylim=(-2.2, 2.2))
    return figure


@slide("The gradient of a gradient: one tangent pass, one reverse pass.", "Where is the second derivative of tanh?")
def tangent() -> Figure:
    x, w, a = np.array([1.0, -2.0]), np.array([0.5, -0.25]), 3.0
    z = w @ x
    h = np.tanh(z)
    v = 2 * a * (1 - h**2) * w
    z_dot = w @ v
    h_dot = (1 - h**2) * z_dot
    dh, dz_dot = -2 * h * z_dot * a, (1 - h**2) * a
    dz = (1 - h**2) * dh
    return draw_graph(
        {
            "z": ("x·w", "x", "w"),
            "h": ("tanh", "z"),
            "z_dot": ("v·w", "v", "w"),
            "h_dot": ("f'·", "h", "z_dot"),
            "y_dot": ("*", "a", "h_dot"),
        },
        values={"x": x, "w": w, "v": v, "z": z, "h": h, "z_dot": z_dot, "h_dot": h_dot, "a": a, "y_dot": a * h_dot},
        grads={"y_dot": 1, "a": h_dot, "h_dot": a, "z_dot": dz_dot, "h": dh, "z": dz, "w": x * dz + v * dz_dot},
        digits=2,
    )


@slide("R1 asks for a slope of 0, WGAN-GP for a slope of 1.", "Which of the two lets D be flat?")
def penalties() -> Figure:
    figure, axes = panels(2)
    slopes = np.linspace(0, 2.5, 251)
    for panel, name, title in zip(axes, ("r1", "wgan-gp"), ("R1", "WGAN-GP")):
        penalty = mg.penalties.get(name, 1.0)
        values = [float(penalty.value(np.array([[slope]]))[0]) for slope in slopes]
        panel.plot(slopes, values, color=DISCRIMINATOR)
        panel.set(title=title, xlabel="slope of D at a point", ylabel="penalty of weight 1")
        panel.grid(alpha=0.3)
    return figure
