"""PyTorch, in three variants: ``eager`` (NCHW), ``channels_last`` memory, ``compile`` (channels_last, compiled).

Every model of the benchmark, by its description (`pytorch_networks`). PyTorch has its fastest forms: optimizers that
update all weights in one call ("fused"), no gradient that no update uses, no graph of images from which G does not
learn. A gradient penalty differentiates D twice, which torch.compile cannot do: there D is not compiled.

Difference from minigan: moving averages, which no loss reads, are updated more often: D's in G's step as well, and G's
in every step of D.
"""

import json

import torch
from pytorch_networks import network
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy


class CrossEntropy:
    """Binary cross-entropy from logits, in its non-saturating form for G."""

    def __init__(self, batch):
        self.ones, self.zeros = torch.ones(batch, 1), torch.zeros(batch, 1)

    def real(self, z):
        return cross_entropy(z, self.ones)

    def fake(self, z):
        return cross_entropy(z, self.zeros)


class Wasserstein:
    """The mean score: D raises it for real images and lowers it for others, which G raises."""

    def __init__(self, batch):
        pass

    def real(self, z):
        return -z.mean()

    def fake(self, z):
        return z.mean()


LOSSES = {"non-saturating": CrossEntropy, "wasserstein": Wasserstein}


def penalty(d, real, fake, mix, weight):
    """WGAN-GP's: D's slope between real and generated images should be 1."""
    mix = mix.view(-1, 1, 1, 1)
    points = (mix * real + (1 - mix) * fake).requires_grad_()
    (slopes,) = torch.autograd.grad(d(points).sum(), points, create_graph=True)
    return weight * (slopes.flatten(1).norm(dim=1) - 1).square().mean()


def optimizer_of(game, parameters, rate):
    """Adam, or momentum in PyTorch's form: at a constant rate it takes the same steps as Keras's."""
    if game["optimizer"] == "momentum":
        return torch.optim.SGD(parameters, lr=rate, momentum=game["momentum"], fused=True)
    return torch.optim.Adam(parameters, lr=rate, betas=(game["momentum"], game["beta_2"]), fused=True)


class Training:
    """Both networks, and a call for each round: steps of D, and one of G."""

    def __init__(self, problem, job):
        torch.set_num_threads(job["threads"])
        torch.manual_seed(0)
        self.game = game = json.loads(str(problem["game"]))
        self.channels_last = job["variant"] != "eager"
        self.g, self.d = (
            network(problem, name, self.channels_last, job["dropout"]) for name in ("generator", "discriminator")
        )
        self.g_optimizer = optimizer_of(game, self.g.parameters(), game["g_rate"])
        self.d_optimizer = optimizer_of(game, self.d.parameters(), game["d_rate"])
        self.loss = LOSSES[game["loss"]](problem["real"].shape[1] // game["d_steps"])
        self.round = self.simultaneous if game["simultaneous"] else self.alternating
        if job["variant"] == "compile":
            # Otherwise the first of two backwards through D gives away what the second one needs.
            torch._functorch.config.donated_buffer = not game["simultaneous"]
            self.g = torch.compile(self.g)
            self.d = self.d if game["penalty_weight"] else torch.compile(self.d)

    def __call__(self, *inputs):
        """A round on images (N, H, W, C) or points, noise, and what a penalty mixes; both losses."""
        real, noise, *mix = map(torch.from_numpy, inputs)
        if real.dim() == 4:
            real = real.permute(0, 3, 1, 2)
            real = real if self.channels_last else real.contiguous()
        d_loss, g_loss = self.round(real, noise, *mix)
        return d_loss.item(), g_loss.item()

    def alternating(self, *inputs):
        """Every step of D has images of its own; G learns from the last ones, by the new D."""
        *others, last = zip(*(part.chunk(self.game["d_steps"]) for part in inputs))
        for real, noise, *mix in others:
            with torch.no_grad():
                fake = self.g(noise)
            self.train_d(real, fake, *mix)
        real, noise, *mix = last
        fake = self.g(noise)
        d_loss = self.train_d(real, fake.detach(), *mix)

        self.d.requires_grad_(False)  # no gradients of D's weights in G's step
        g_loss = self.loss.real(self.d(fake))
        self.g_optimizer.zero_grad()
        g_loss.backward()
        self.update(self.g_optimizer)
        self.d.requires_grad_(True)
        return d_loss, g_loss

    def train_d(self, real, fake, *mix):
        """A step of D."""
        loss = self.loss.real(self.d(real)) + self.loss.fake(self.d(fake))
        if mix:
            loss = loss + penalty(self.d, real, fake, *mix, self.game["penalty_weight"])
        self.d_optimizer.zero_grad()
        loss.backward()
        self.update(self.d_optimizer)
        return loss

    def simultaneous(self, real, noise):
        """One forward of D for both, and gradients at the weights that both networks had before."""
        fake_logits = self.d(self.g(noise))
        d_loss = self.loss.real(self.d(real)) + self.loss.fake(fake_logits)
        g_loss = self.loss.real(fake_logits)
        for optimizer in (self.d_optimizer, self.g_optimizer):
            optimizer.zero_grad()
        d_loss.backward(inputs=list(self.d.parameters()), retain_graph=True)
        g_loss.backward(inputs=list(self.g.parameters()))
        self.update(self.d_optimizer)
        self.update(self.g_optimizer)
        return d_loss, g_loss

    def update(self, optimizer):
        """A step of an optimizer, with the epsilon for PyTorch's corrected root that is 1e-7 at the uncorrected one."""
        if self.game["optimizer"] == "adam":
            (group,) = optimizer.param_groups
            t = 1 + int(next(iter(optimizer.state.values()))["step"]) if optimizer.state else 1
            group["eps"] = 1e-7 / (1 - self.game["beta_2"] ** t) ** 0.5
        optimizer.step()


make = Training
