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

import json

import protocol
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy


class ToImages(nn.Module):
    """Rows (N, H*W*C) as images in channels-last memory."""

    def __init__(self, shape):
        super().__init__()
        self.shape = shape

    def forward(self, x):
        return x.unflatten(1, self.shape).permute(0, 3, 1, 2)


class ToRows(nn.Module):
    """Images as rows (N, H*W*C), without a copy in channels-last memory."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


def out(size, window, stride, before, after):
    """The number of windows along one axis."""
    return (size + before + after - window) // stride + 1


def next_kind(entries, kinds):
    """The first of the entries that is of one of these kinds."""
    return next((entry for entry in entries if entry["kind"] in kinds), {"kind": None})


class Builder:
    """A network of PyTorch's layers, with minigan's weights, by minigan's description.

    In NCHW an image becomes a row in another order: the weights of the layer before or behind are turned.
    """

    def __init__(self, entries, weights, channels_last, part):
        self.entries, self.weights = entries, iter(weights)
        self.channels_last, self.part = channels_last, part
        self.flattened = None  # the shape of the images before the last flatten

    def build(self):
        """The network."""
        modules = []
        for place, entry in enumerate(self.entries):
            made = getattr(self, entry["kind"])(entry, self.entries[place + 1 :])
            modules += made if isinstance(made, list) else [made]
        network = nn.Sequential(*modules)
        return network.to(memory_format=torch.channels_last) if self.channels_last else network

    def filled(self, layer, **values):
        """A layer with these arrays."""
        for name, value in values.items():
            if value is not None:
                getattr(layer, name).data.copy_(torch.from_numpy(value.copy()))
        return layer

    def dense(self, entry, others):
        arrays = next(self.weights)
        kernel, bias = arrays["kernel"], arrays.get("bias")
        if not self.channels_last:
            if self.flattened:
                kernel = protocol.nchw_rows(kernel, self.flattened)
            behind = next_kind(others, ("reshape", "dense"))
            if behind["kind"] == "reshape":
                kernel = protocol.nchw_rows(kernel.T, behind["shape"]).T
                bias = None if bias is None else protocol.nchw_rows(bias, behind["shape"])
        self.flattened = None
        return self.filled(nn.Linear(*kernel.shape, bias=bias is not None), weight=kernel.T, bias=bias)

    def convolution(self, entry, others):
        """A convolution; its padding is a separate layer unless it can be the same on both sides."""
        arrays = next(self.weights)
        kernel, bias = arrays["kernel"], arrays.get("bias")
        *window, channels, filters = kernel.shape
        (top, bottom), (left, right) = entry["pads"]
        sides = list(zip(entry["image"], window, entry["strides"], entry["pads"]))
        same = all(out(size, k, s, b, a) == out(size, k, s, b, b) for size, k, s, (b, a) in sides)
        frame = (top, left) if same else (0, 0)
        layer = nn.Conv2d(channels, filters, window, entry["strides"], frame, bias=bias is not None)
        layer = self.filled(layer, weight=kernel.transpose(3, 2, 0, 1), bias=bias)
        return layer if same else [nn.ZeroPad2d((left, right, top, bottom)), layer]

    def transposed(self, entry, others):
        arrays = next(self.weights)
        kernel, bias = arrays["kernel"], arrays.get("bias")
        kh, kw, filters, channels = kernel.shape
        before = tuple(pair[0] for pair in entry["pads"])
        more = tuple(first - last for first, last in entry["pads"])
        layer = nn.ConvTranspose2d(
            channels, filters, (kh, kw), entry["strides"], before, output_padding=more, bias=bias is not None
        )
        return self.filled(layer, weight=kernel.transpose(3, 2, 0, 1), bias=bias)

    def normalization(self, entry, others):
        arrays = next(self.weights)
        layer = nn.BatchNorm2d(len(arrays["gamma"]), eps=entry["epsilon"], momentum=1 - entry["momentum"])
        return self.filled(layer, weight=arrays["gamma"], bias=arrays["beta"])

    def upsampling(self, entry, others):
        return nn.Upsample(scale_factor=tuple(entry["size"]))

    def padding(self, entry, others):
        (top, bottom), (left, right) = entry["pads"]
        return nn.ZeroPad2d((left, right, top, bottom))

    def reshape(self, entry, others):
        height, width, channels = entry["shape"]
        if self.channels_last:
            return ToImages((height, width, channels))
        return nn.Unflatten(1, (channels, height, width))

    def flatten(self, entry, others):
        self.flattened = entry["shape"]
        return ToRows() if self.channels_last else nn.Flatten()

    def leaky_relu(self, entry, others):
        return nn.LeakyReLU(entry["slope"]) if entry["slope"] else nn.ReLU()

    def tanh(self, entry, others):
        return nn.Tanh()

    def dropout(self, entry, others):
        return nn.Dropout(entry["rate"] * self.part)


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
        layers = json.loads(str(problem["layers"]))
        self.g, self.d = (
            Builder(layers[name], protocol.layers(problem, name), self.channels_last, job["dropout"])
            .build()
            .to(self.device)
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
