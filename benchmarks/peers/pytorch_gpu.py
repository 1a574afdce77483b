"""PyTorch on a GPU, in four variants.

=================  ===============================================================================================
``eager``          NCHW, as most code is written
``channels-last``  images and weights in channels-last memory, for which cuDNN has its fastest kernels
``compile``        channels-last, both networks by ``torch.compile(mode="reduce-overhead")``, which uses CUDA graphs
``graph``          channels-last, the whole step captured once as a CUDA graph and replayed
=================  ===============================================================================================

cuDNN selects its fastest kernels (``benchmark``), and Adam is the fused one. Images, noise and masks are drawn on the
device. Differences from minigan: Adam's epsilon is added elsewhere (except in the steps that are compared), and D's
moving averages, which no loss reads, are updated in G's step as well.
"""

import torch
from pytorch_networks import network
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy


class Steps:
    """Both networks and their training steps."""

    def __init__(self, problem, job):
        self.device, self.variant, self.batch = torch.device(job["device"]), job["variant"], job["batch"]
        torch.set_num_threads(job["threads"])
        torch.manual_seed(0)
        fast = job["precision"] == "tf32"
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = fast
        torch.backends.cudnn.benchmark = True
        self.channels_last = job["variant"] != "eager"
        self.g, self.d = (
            network(problem, name, self.channels_last, job["dropout"]).to(self.device)
            for name in ("generator", "discriminator")
        )
        # Within a graph the step number is in device memory.
        options = {"lr": 2e-4, "betas": (0.5, 0.999), "eps": 1e-7, "capturable": self.variant == "graph"}
        self.g_optimizer, self.d_optimizer = (
            torch.optim.Adam(network.parameters(), fused=True, **options) for network in (self.g, self.d)
        )
        if self.variant == "compile":
            self.g, self.d = (torch.compile(network, mode="reduce-overhead") for network in (self.g, self.d))
        self.latent = problem["noise"].shape[-1]
        self.checked = problem["real"], problem["noise"]
        self.pixels = torch.from_numpy(problem["pixels"]).to(self.device)
        self.graph = None

    def step(self, real, noise):
        """A step of D and one of G, on images (N, H, W, C) in device memory; the losses."""
        real = real.permute(0, 3, 1, 2)
        real = real if self.channels_last else real.contiguous()
        ones, zeros = (make(len(real), 1, device=self.device) for make in (torch.ones, torch.zeros))
        if self.variant == "compile":
            torch.compiler.cudagraph_mark_step_begin()
        fake = self.g(noise)
        if self.variant == "compile":
            fake = fake.clone()  # the graph of G will overwrite its own output

        d_loss = cross_entropy(self.d(real), ones) + cross_entropy(self.d(fake.detach()), zeros)
        self.d_optimizer.zero_grad()
        d_loss.backward()
        self.d_optimizer.step()

        self.d.requires_grad_(False)  # no gradients of D's weights in G's step
        g_loss = cross_entropy(self.d(fake), ones)
        self.g_optimizer.zero_grad()
        g_loss.backward()
        self.g_optimizer.step()
        self.d.requires_grad_(True)
        return d_loss.detach(), g_loss.detach()

    def check(self, count):
        """The losses of steps on the problem's images and noise."""
        losses = []
        for t, (real, noise) in enumerate(zip(*(array[:count] for array in self.checked)), 1):
            for optimizer in (self.d_optimizer, self.g_optimizer):
                for group in optimizer.param_groups:  # so that 1e-7 is added to the uncorrected root, as in minigan
                    group["eps"] = 1e-7 / (1 - 0.999**t) ** 0.5
            losses.append(self.step(*(torch.from_numpy(array).to(self.device) for array in (real, noise))))
            losses[-1] = tuple(map(float, losses[-1]))
        return losses

    def drawn_step(self):
        """A step on images and noise that are drawn on the device."""
        places = torch.randint(len(self.pixels), (self.batch,), device=self.device)
        real = self.pixels[places].float() / 127.5 - 1
        return self.step(real, 2 * torch.rand(self.batch, self.latent, device=self.device) - 1)

    def block(self, count):
        """Run `count` steps; the losses of the last."""
        if self.variant == "graph" and self.graph is None:
            self.capture()
        for _ in range(count):
            if self.graph is None:
                losses = self.drawn_step()
            else:
                self.graph.replay()
                losses = self.losses
        return tuple(map(float, losses))

    def capture(self):
        """Capture a step, after some on a side stream, as in PyTorch's documentation."""
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self.drawn_step()
        torch.cuda.current_stream().wait_stream(stream)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.losses = self.drawn_step()


make = Steps
