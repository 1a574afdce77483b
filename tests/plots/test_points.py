"""Pictures of GANs of points: what D says where, which way the arrows point, and axes that stay."""

import numpy as np
import pytest

import minigan as mg
from minigan import plots
from minigan.data.points import Points
from minigan.data.toy import gaussian, moons
from minigan.errors import ConfigError, DataError, ShapeError
from minigan.layers import ConcatenateLabels, Dense
from minigan.plots import points

LOSS = mg.losses.get("non-saturating")


def make_gan(size: int, latent: int = 3, classes: int = 0) -> mg.GAN:
    """Two small networks."""

    def layers(*ends: Dense) -> list:
        labels = [ConcatenateLabels(classes, 4)] if classes else []
        return [*labels, Dense(8, activation="tanh"), *ends]

    generator = mg.Sequential(layers(Dense(size)), name="generator")
    discriminator = mg.Sequential(layers(Dense(1, activation="sigmoid")), name="discriminator")
    generator.build((latent,), seed=1)
    discriminator.build((size,), seed=2)
    return mg.GAN("points", generator, discriminator, None, classes)


# The plane


def test_a_square_holds_all_points_with_room_around():
    extent = plots.extent_of(np.array([[0.0, 1.0], [4.0, 2.0]]), margin=0.5)
    assert extent == (-1, 5, -1.5, 4.5)
    assert plots.extent_of(np.ones((3, 2))) == (0, 2, 0, 2)


def test_the_grid_goes_row_by_row_from_below():
    grid = plots.plane_grid((0, 4, 10, 12), size=2)
    assert grid.dtype == np.float32
    assert grid.tolist() == [[1, 10.5], [3, 10.5], [1, 11.5], [3, 11.5]]


def a_moment(count: int = 30) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(0)
    real, fake, gradient = rng.normal(size=(3, count, 2))
    return real, fake, np.linspace(0, 1, 12).reshape(4, 3), gradient


def test_the_plane_shows_points_and_d_and_arrows_against_the_gradient(drawn):
    real, fake, values, gradient = a_moment()
    gradient[3] *= 100
    figure = drawn(plots.save_plane, real, fake, values, gradient, (-3, 3, -2, 4), "step 7")
    axes = figure.axes[0]
    assert (axes.get_xlim(), axes.get_ylim(), axes.get_title()) == ((-3, 3), (-2, 4), "step 7")
    (ground,) = axes.images
    np.testing.assert_array_equal(ground.get_array(), values)
    assert (ground.origin, ground.get_extent(), ground.get_clim()) == ("lower", [-3, 3, -2, 4], (0, 1))
    scatters = [item for item in axes.collections if len(item.get_offsets()) == 30]
    np.testing.assert_allclose(scatters[0].get_offsets(), real)
    np.testing.assert_allclose(scatters[1].get_offsets(), fake)
    arrows = scatters[2]
    ways = np.stack([arrows.U, arrows.V], 1)
    np.testing.assert_allclose(
        ways / np.linalg.norm(ways, axis=1, keepdims=True), -gradient / np.linalg.norm(gradient, axis=1, keepdims=True)
    )
    lengths, before = np.linalg.norm(ways, axis=1), np.linalg.norm(gradient, axis=1)
    usual = np.quantile(before, 0.9)
    np.testing.assert_allclose(lengths, np.minimum(before, 2 * usual) / usual * 6 / 14)


def test_without_a_gradient_there_are_no_arrows(drawn):
    real, fake, values, gradient = a_moment()
    axes = drawn(plots.save_plane, real, fake, values, 0 * gradient, (-3, 3, -3, 3)).axes[0]
    assert not [item for item in axes.collections if hasattr(item, "U")]


@pytest.mark.parametrize(
    ("place", "shape", "message"),
    [
        (0, (5, 3), r"expected real points of shape \(N, 2\), got \(5, 3\)"),
        (1, (5,), r"expected fake points of shape \(N, 2\), got \(5,\)"),
        (2, (5,), r"expected probabilities of shape \(H, W\), got \(5,\)"),
        (3, (29, 2), r"expected a gradient for every generated point, \(30, 2\), got \(29, 2\)"),
    ],
)
def test_arrays_of_another_shape_are_refused(tmp_path, place, shape, message):
    moment = list(a_moment())
    moment[place] = np.zeros(shape)
    with pytest.raises(ShapeError, match=message):
        plots.save_plane(tmp_path / "a.png", *moment, (-3, 3, -3, 3))


def test_scores_have_a_scale_of_their_own(drawn):
    real, fake, values, gradient = a_moment()
    axes, scale = drawn(plots.save_plane, real, fake, values * 9 - 5, gradient, (-3, 3, -3, 3), limits=(-5, 4)).axes
    assert axes.images[0].get_clim() == (-5, 4)
    assert "score" in scale.get_ylabel()
    x = np.linspace(0, 1, 5)
    figure = drawn(plots.save_figure1, x, x, x, x * 9 - 5, limits=(-5, 4))
    low, high = figure.axes[1].get_ylim()
    assert (low, high > 4) == (-5, True)


# The line


def test_a_kernel_density_is_a_density_and_finds_that_of_normal_samples():
    x = np.linspace(-6, 6, 601)
    found = plots.kernel_density(np.random.default_rng(0).normal(size=5000), x)
    np.testing.assert_allclose(found.sum() * (x[1] - x[0]), 1, rtol=1e-3)
    np.testing.assert_allclose(found, np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi), atol=0.035)


def test_a_kernel_density_of_one_sample_is_normal():
    x = np.linspace(-1, 1, 5)
    np.testing.assert_allclose(
        plots.kernel_density(np.array([[0.5]]), x, 2.0), np.exp(-((x - 0.5) ** 2) / 8) / np.sqrt(8 * np.pi)
    )
    assert np.isfinite(plots.kernel_density(np.full(9, 0.5), x)).all(), "all in one place"
    with pytest.raises(ConfigError, match="bandwidth above 0, got 0"):
        plots.kernel_density(np.zeros(3), x, 0)


def test_figure_1_has_the_lines_and_the_arrows_of_the_paper(drawn):
    x, noise = np.linspace(0, 8, 9), np.linspace(-1, 1, 5)
    p_data, p_g, d = np.full(9, 0.2), np.full(9, 0.3), np.full(9, 0.75)
    made = np.array([1.0, 2, 3, 4, 99])
    figure = drawn(plots.save_figure1, x, p_data, p_g, d, noise[:, None], made[:, None], top=0.5, title="step 3")
    above, below, right = figure.axes
    (dotted, solid), (dashed, _) = above.get_lines(), right.get_lines()
    assert (dotted.get_linestyle(), solid.get_linestyle(), dashed.get_linestyle()) == (":", "-", "--")
    for line, values in ((dotted, p_data), (solid, p_g), (dashed, d)):
        np.testing.assert_array_equal(line.get_xydata(), np.stack([x, values], 1))
    assert (above.get_ylim(), above.get_xlim(), below.get_xlim()) == ((0, 0.5), (0, 8), (0, 8))
    arrows = [text for text in below.texts if text.arrow_patch is not None]
    starts = np.array([arrow.xyann for arrow in arrows])
    np.testing.assert_allclose(starts, np.stack([np.linspace(0.8, 7.2, 5), np.zeros(5)], 1))
    assert [arrow.xy for arrow in arrows] == [(1, 1), (2, 1), (3, 1), (4, 1), (8, 1)]
    heads = [type(arrow.arrow_patch.get_arrowstyle()).__name__ for arrow in arrows]
    assert heads == ["CurveFilledB"] * 4 + ["Curve"], "one leads out of the picture"


def test_figure_1_refuses_arrays_of_another_length(tmp_path):
    x = np.zeros(5)
    with pytest.raises(ShapeError, match=r"expected p_g at every x \(5,\), got \(4,\)"):
        plots.save_figure1(tmp_path / "a.png", x, x, x[:4], x)
    with pytest.raises(ShapeError, match=r"as many generated numbers as noise, got \(3,\) and \(2,\)"):
        plots.save_figure1(tmp_path / "a.png", x, x, x, x, np.zeros(3), np.zeros(2))


# Asked of the networks


def test_generator_gradients_are_those_of_g_s_loss():
    gan = make_gan(2)
    gan.discriminator.build((2,), seed=2, dtype=np.float64)
    fake = np.random.default_rng(0).normal(size=(6, 2))
    found = points.generator_gradients(gan, LOSS, fake)
    judge = gan.discriminator.logits

    def loss(x: np.ndarray) -> float:
        return float(LOSS.generator(judge.predict(x))[0])

    for place in np.ndindex(fake.shape):
        step = np.zeros_like(fake)
        step[place] = 1e-6
        np.testing.assert_allclose(found[place], (loss(fake + step) - loss(fake - step)) / 2e-6, atol=1e-8)
    assert (gan.discriminator.flat_grad == 0).all(), "D's own gradients are left alone"


def test_the_probability_is_d_s_output():
    gan = make_gan(2)
    x = np.random.default_rng(0).normal(size=(7, 2)).astype(np.float32)
    expected = gan.discriminator.predict(x).ravel()
    np.testing.assert_allclose(points.discriminator_outputs(gan, LOSS, x), expected, rtol=1e-6)


def test_with_classes_d_is_the_largest_and_the_gradient_that_of_the_own_class(drawn):
    gan = make_gan(2, classes=3)
    gan.discriminator.layers[0].embeddings.data[...] = 2 * np.eye(3, 4)
    x = np.random.default_rng(0).normal(0, 5, (20, 2)).astype(np.float32)
    each = np.stack([gan.discriminator.predict(x, labels=np.full(20, number)).ravel() for number in range(3)])
    assert len(set(each.argmax(axis=0))) > 1
    np.testing.assert_allclose(points.discriminator_outputs(gan, LOSS, x), each.max(axis=0), rtol=1e-6)
    labels = np.arange(20) % 3
    alone = [points.generator_gradients(gan, LOSS, x[[i]], labels[[i]])[0] / 20 for i in range(20)]
    np.testing.assert_allclose(points.generator_gradients(gan, LOSS, x, labels), alone, rtol=1e-4, atol=1e-7)
    view = points.PointsView(gan, LOSS, moons(100))
    assert np.bincount(np.asarray(view.labels)).tolist() == [200, 200, 200]
    fake = drawn(view.save, "a").axes[0].collections[-2].get_offsets()
    np.testing.assert_allclose(fake, gan.generator.predict(view.noise, labels=view.labels), rtol=1e-6)


def test_a_view_shows_the_present_networks_on_fixed_axes(drawn):
    gan, data = make_gan(2), moons(1000)
    view = points.PointsView(gan, LOSS, data)
    before = drawn(view.save, "a").axes[0]
    gan.generator.flat_data *= 3
    gan.generator.mark_updated()
    after = drawn(view.save, "b").axes[0]
    assert (before.get_xlim(), before.get_ylim()) == (after.get_xlim(), after.get_ylim())
    places = [axes.collections[-2].get_offsets() for axes in (before, after)]
    assert abs(places[0] - places[1]).max() > 0.1
    np.testing.assert_allclose(places[1], gan.generator.predict(view.noise))


@pytest.mark.parametrize("name", ["wasserstein", "hinge", "least-squares"])
def test_a_critic_s_scores_are_drawn_around_the_middle_of_both_means(drawn, name):
    gan, data, loss = make_gan(2), moons(500), mg.losses.get(name)
    view = points.PointsView(gan, loss, data)
    ground = drawn(view.save, "a").axes[0].images[0]
    scores = gan.discriminator.logits.predict(plots.plane_grid(view.extent))
    np.testing.assert_allclose(ground.get_array().ravel(), scores.ravel(), rtol=1e-5, atol=1e-6)
    both = [gan.discriminator.logits.predict(x) for x in (view.real, gan.generator.predict(view.noise))]
    np.testing.assert_allclose(np.mean(ground.get_clim()), (both[0].mean() + both[1].mean()) / 2, rtol=1e-4, atol=1e-6)


def test_flipped_labels_leave_d_a_probability():
    assert points.gives_probabilities(mg.losses.NoisyLabels(LOSS, 0.1, mg.Stream(0)))
    assert not points.gives_probabilities(mg.losses.NoisyLabels(mg.losses.get("hinge"), 0.1, mg.Stream(0)))


@pytest.mark.parametrize("noise", ["uniform", "normal"])
def test_a_view_of_numbers_is_figure_1_with_the_known_density_and_even_noise(drawn, noise):
    gan, data = make_gan(1, latent=1), gaussian(2000)
    figure = drawn(points.PointsView(gan, LOSS, data, noise).save, "step 0")
    above, below, _ = figure.axes
    x, p_data = above.get_lines()[0].get_xydata().T
    np.testing.assert_allclose(p_data, data.density(x), rtol=1e-6)
    arrows = np.array([text.xy[0] for text in below.texts if text.arrow_patch is not None])
    spread = points.noise_quantiles(noise, (np.arange(33) + 0.5) / 33)
    np.testing.assert_allclose(arrows, np.clip(gan.generator.predict(spread).ravel(), x[0], x[-1]), rtol=1e-6)
    steps = np.diff(spread.ravel())
    assert (steps > 0).all()
    assert np.allclose(steps, steps[0]) is (noise == "uniform")


def test_noise_of_several_numbers_has_no_arrows(drawn):
    figure = drawn(points.PointsView(make_gan(1, latent=3), LOSS, gaussian(500)).save, "step 0")
    assert len(figure.axes) == 2


def test_points_that_cannot_be_drawn_are_refused():
    cube = Points(np.zeros((9, 3)), name="cube")
    with pytest.raises(DataError, match="points of one or two coordinates"):
        points.PointsView(make_gan(3), LOSS, cube)
    with pytest.raises(DataError, match="points of one or two coordinates"):
        points.PointsView(make_gan(1), LOSS, moons(100))


def test_frames_of_one_view_have_one_size_and_the_same_bytes_again(tmp_path):
    view = points.PointsView(make_gan(2), LOSS, moons(200))
    for name in ("a", "b"):
        view.save(tmp_path / f"{name}.png", "step 1")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
