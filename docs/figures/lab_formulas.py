r"""The formulas of the lab, from TeX to MathML: ``python -m docs.figures.lab_formulas`` writes the file that it shows.

The lab itself needs no TeX. The names are those of `minigan.training.steps`: x real and fake generated examples, z
logits and dz the gradient by them; the subscript n is that of an example, of a batch of N.
"""

import json
from pathlib import Path

from docs.extensions.formulas import mathml
from minigan.io.atomic_write import write_text

#: The file in the package.
FILE = Path(__file__).resolve().parents[2] / "minigan" / "lab" / "formulas.json"

PROBABILITY = r"\text{probability of real: } \sigma(z) = \frac{1}{1 + e^{-z}}"
CROSS_ENTROPY = (
    r"L_D = -\frac{1}{N} \sum_n \log \sigma(D(x_n)) - \frac{1}{N} \sum_n \log (1 - \sigma(D(\text{fake}_n)))",
)
TARGETS = r"t_n = 1 \text{ for real examples and } 0 \text{ for generated ones}"
MEAN_SCORE = (r"L_G = -\frac{1}{N} \sum_n D(\text{fake}_n)", r"dz_n = -\frac{1}{N}")
SLOPE_ONE = r"P = \frac{\lambda}{N} \sum_n (\| \nabla D(\hat{x}_n) \| - 1)^2"
NORMALIZED = (
    r"\hat{x} = \frac{x - \mu}{\sqrt{v + \epsilon}}",
    r"y = \gamma \hat{x} + \beta",
    r"dx = \frac{g - \overline{g} - \hat{x} \, \overline{g \hat{x}}}{\sqrt{v + \epsilon}}, \quad g = \gamma \, dy",
    r"d\gamma = \sum dy \, \hat{x}, \quad d\beta = \sum dy",
)

#: Of the stations, and of the layers by their class: the lines of each. After a slash is the loss, the penalty, the
#: optimizer or the noise.
FORMULAS = {
    "noise/normal": (r"\text{noise} \sim \mathcal{N}(0, I)",),
    "noise/uniform": (r"\text{noise} \sim \mathcal{U}[-1, 1)",),
    "noise/unit-uniform": (r"\text{noise} \sim \mathcal{U}[-\sqrt{3}, \sqrt{3})",),
    "g_forward": (r"\text{fake} = G(\text{noise})",),
    "d_real": (r"z = D(x)",),
    "d_real/non-saturating": (r"z = D(x)", PROBABILITY),
    "d_real/minimax": (r"z = D(x)", PROBABILITY),
    "d_fake": (r"z = D(\text{fake})",),
    "d_fake/non-saturating": (r"z = D(\text{fake})", PROBABILITY),
    "d_fake/minimax": (r"z = D(\text{fake})", PROBABILITY),
    "losses/non-saturating": CROSS_ENTROPY,
    "losses/minimax": CROSS_ENTROPY,
    "losses/least-squares": (r"L_D = \frac{1}{2N} \sum_n (D(x_n) - 1)^2 + \frac{1}{2N} \sum_n D(\text{fake}_n)^2",),
    "losses/hinge": (
        r"L_D = \frac{1}{N} \sum_n \max(0, 1 - D(x_n)) + \frac{1}{N} \sum_n \max(0, 1 + D(\text{fake}_n))",
    ),
    "losses/wasserstein": (r"L_D = -\frac{1}{N} \sum_n D(x_n) + \frac{1}{N} \sum_n D(\text{fake}_n)",),
    "dz/non-saturating": (r"dz_n = \frac{\sigma(z_n) - t_n}{N}", TARGETS),
    "dz/minimax": (r"dz_n = \frac{\sigma(z_n) - t_n}{N}", TARGETS),
    "dz/least-squares": (r"dz_n = \frac{z_n - t_n}{N}", TARGETS),
    "dz/hinge": (
        r"dz_n = -\frac{1}{N} \text{ for a real example with } z_n < 1",
        r"dz_n = \frac{1}{N} \text{ for a generated one with } z_n > -1",
        r"dz_n = 0 \text{ for all others}",
    ),
    "dz/wasserstein": (
        r"dz_n = -\frac{1}{N} \text{ for real examples}",
        r"dz_n = \frac{1}{N} \text{ for generated ones}",
    ),
    "d_backward": (
        r"\frac{\partial L_D}{\partial w_D} = J_D(x)^T dz_{\text{real}} + J_D(\text{fake})^T dz_{\text{fake}}",
    ),
    "penalty/wgan-gp": (SLOPE_ONE, r"\hat{x} = e x + (1 - e) \text{fake}, \quad 0 \le e < 1"),
    "penalty/dragan": (SLOPE_ONE, r"\hat{x} = x + \text{noise}"),
    "penalty/r1": (r"P = \frac{\lambda}{2N} \sum_n \| \nabla D(x_n) \|^2",),
    "penalty/r2": (r"P = \frac{\lambda}{2N} \sum_n \| \nabla D(\text{fake}_n) \|^2",),
    "update/sgd": (r"w \leftarrow w - \eta g",),
    "update/momentum": (r"v \leftarrow \mu v - \eta g", r"w \leftarrow w + v"),
    "update/rmsprop": (
        r"s \leftarrow \rho s + (1 - \rho) g^2",
        r"w \leftarrow w - \frac{\eta g}{\sqrt{s + \epsilon}}",
    ),
    "update/adam": (
        r"m \leftarrow \beta_1 m + (1 - \beta_1) g",
        r"v \leftarrow \beta_2 v + (1 - \beta_2) g^2",
        r"w \leftarrow w - \eta \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t} \frac{m}{\sqrt{v} + \epsilon}",
    ),
    "d_again/non-saturating": (
        r"L_G = -\frac{1}{N} \sum_n \log \sigma(D(\text{fake}_n))",
        r"dz_n = \frac{\sigma(z_n) - 1}{N}",
    ),
    "d_again/minimax": (
        r"L_G = \frac{1}{N} \sum_n \log (1 - \sigma(D(\text{fake}_n)))",
        r"dz_n = -\frac{\sigma(z_n)}{N}",
    ),
    "d_again/least-squares": (
        r"L_G = \frac{1}{2N} \sum_n (D(\text{fake}_n) - 1)^2",
        r"dz_n = \frac{z_n - 1}{N}",
    ),
    "d_again/hinge": MEAN_SCORE,
    "d_again/wasserstein": MEAN_SCORE,
    "through_d": (r"d\text{fake} = \left( \frac{\partial D}{\partial \text{fake}} \right)^T dz",),
    "into_g": (r"\frac{\partial L_G}{\partial w_G} = J_G(\text{noise})^T d\text{fake}",),
    # The layers
    "Dense": (
        r"z = x W + b, \quad y = a(z)",
        r"dz = a'(z) \, dy",
        r"dW = x^T dz, \quad db = \sum_n dz_n",
        r"dx = dz \, W^T",
    ),
    "Conv2D": (
        r"z_{npqf} = b_f + \sum_{ijc} x_{n, ps + i, qs + j, c} \, w_{ijcf}, \quad y = a(z)",
        r"dz = a'(z) \, dy",
        r"dw_{ijcf} = \sum_{npq} x_{n, ps + i, qs + j, c} \, dz_{npqf}",
        r"dx_{nhwc} = \sum_{ps + i = h, \, qs + j = w, \, f} dz_{npqf} \, w_{ijcf}",
    ),
    "Conv2DTranspose": (
        r"z_{nhwf} = b_f + \sum_{ps + i = h, \, qs + j = w, \, c} x_{npqc} \, w_{ijfc}, \quad y = a(z)",
        r"dz = a'(z) \, dy",
        r"dw_{ijfc} = \sum_{npq} x_{npqc} \, dz_{n, ps + i, qs + j, f}",
        r"dx_{npqc} = \sum_{ijf} dz_{n, ps + i, qs + j, f} \, w_{ijfc}",
    ),
    "UpSampling2D": (r"y_{n, hs + i, ws + j, c} = x_{nhwc}", r"dx_{nhwc} = \sum_{ij} dy_{n, hs + i, ws + j, c}"),
    "BatchNorm": NORMALIZED,
    "LayerNorm": NORMALIZED,
    "GroupNormalization": NORMALIZED,
    "ReLU": (r"y = \max(x, 0)", r"dx = dy \text{ where } x > 0, \text{ else } 0"),
    "LeakyReLU": (r"y = \max(x, 0) + a \min(x, 0)", r"dx = dy \text{ where } x > 0, \text{ else } a \, dy"),
    "PReLU": (r"y = \max(x, 0) + a \min(x, 0)", r"da = \sum dy \min(x, 0)"),
    "ELU": (r"y = x \text{ where } x > 0, \text{ else } a (e^x - 1)",),
    "SELU": (r"y = \lambda x \text{ where } x > 0, \text{ else } \lambda a (e^x - 1)",),
    "GELU": (r"y = x \, \Phi(x)",),
    "SiLU": (r"y = x \, \sigma(x)", r"dx = dy \, (\sigma(x) + y (1 - \sigma(x)))"),
    "Softplus": (r"y = \log(1 + e^x)", r"dx = dy \, \sigma(x)"),
    "Tanh": (r"y = \tanh x", r"dx = dy \, (1 - y^2)"),
    "Sigmoid": (r"y = \frac{1}{1 + e^{-x}}", r"dx = dy \, y (1 - y)"),
    "Softmax": (r"y_i = \frac{e^{x_i}}{\sum_j e^{x_j}}", r"dx_j = y_j \left( dy_j - \sum_i y_i \, dy_i \right)"),
    "Dropout": (
        r"y = \frac{m x}{1 - p}, \quad m = 0 \text{ with probability } p, \text{ else } 1",
        r"dx = \frac{m \, dy}{1 - p}",
    ),
    "GaussianNoise": (r"y = x + \varepsilon, \quad \varepsilon \sim \mathcal{N}(0, s^2)", r"dx = dy"),
    "MaxPooling2D": (
        r"y_{npqc} = \max_{ij} x_{n, ps + i, qs + j, c}",
        r"dx_{nhwc} = \text{sum of the } dy \text{ whose maximum is at } (h, w)",
    ),
    "AveragePooling2D": (
        r"y_{npqc} = \frac{1}{K} \sum_{ij} x_{n, ps + i, qs + j, c}",
        r"dx_{nhwc} = \sum_{ps + i = h, \, qs + j = w} \frac{dy_{npqc}}{K}",
    ),
    "GlobalAveragePooling2D": (
        r"y_{nc} = \frac{1}{HW} \sum_{hw} x_{nhwc}",
        r"dx_{nhwc} = \frac{dy_{nc}}{HW}",
    ),
    "Maxout": (
        r"z_{nuk} = \sum_d x_{nd} \, w_{duk} + b_{uk}, \quad y_{nu} = \max_k z_{nuk}",
        r"dz_{nuk} = dy_{nu} \text{ for the largest } z_{nuk}, \text{ else } 0",
    ),
    "Flatten": (r"y_{n, (hW + w)C + c} = x_{nhwc}",),
    "Reshape": (r"y = x \text{ in another shape}", r"dx = dy \text{ in the shape of } x"),
    "ZeroPadding2D": (r"y_{n, h + t, w + l, c} = x_{nhwc}", r"dx_{nhwc} = dy_{n, h + t, w + l, c}"),
    "Identity": (r"y = x", r"dx = dy"),
    "MinibatchStdDev": (
        r"t = \frac{1}{D} \sum_d s_d, \quad s_d = \sqrt{v_d + \epsilon}",
        r"dx_{nd} = dy_{nd} + \frac{(x_{nd} - \mu_d) \, dt}{G D s_d}",
    ),
    "SelfAttention2D": (
        r"A = \text{softmax}(Q K^T), \quad Q = X W_q, \quad K = X W_k, \quad V = X W_v",
        r"Y = X + \gamma A V W_o",
    ),
    "ChannelMax": (
        r"y_c = \max_k x_{cK + k}",
        r"dx_{cK + k} = dy_c \text{ for the largest } x_{cK + k}, \text{ else } 0",
    ),
    "ConcatenateLabels": (r"y = (x, e_c)", r"de_c = \text{sum of the } dy \text{ beside } x"),
    "ProjectionHead": (r"y = x \cdot w + b + x \cdot e_c", r"dx = dy \, (w + e_c)"),
    "Residual": (r"y = x + F(x)", r"dx = dy + J_F^T dy"),
    "SpectralNormalization": (r"\overline{W} = \frac{W}{\sigma(W)}, \quad \sigma(W) = v^T W u",),
}


#: Layers of sequences, whose formulas are those of images of one row.
ONE_ROW = ("Conv1D", "UpSampling1D", "MaxPooling1D", "AveragePooling1D")
FORMULAS |= {name: FORMULAS[name.replace("1D", "2D")] for name in ONE_ROW}


def text() -> str:
    """The content of the file: each line a formula of its own, so that they fit on a phone."""
    converted = {name: "".join(mathml(line, display=True) for line in lines) for name, lines in FORMULAS.items()}
    return json.dumps(converted, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    write_text(FILE, text())
