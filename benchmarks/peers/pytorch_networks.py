"""Networks of PyTorch's layers, by the description that `benchmarks.description` makes of minigan's."""

import json

import protocol
import torch
from torch import nn


def network(problem, name, channels_last, part):
    """The problem's network of that name; each Dropout's rate is multiplied by `part`."""
    entries = json.loads(str(problem["layers"]))[name]
    return Builder(entries, protocol.layers(problem, name), channels_last, part).build()


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


class Largest(nn.Module):
    """The largest of every `pieces` neighbours along the second axis, which are maxout's pieces."""

    def __init__(self, pieces):
        super().__init__()
        self.pieces = pieces

    def forward(self, x):
        return x.unflatten(1, (-1, self.pieces)).max(2).values


class ChannelNorm(nn.Module):
    """Layer normalisation of images (N, C, H, W) over C: a LayerNorm with C as the last axis."""

    def __init__(self, norm):
        super().__init__()
        self.norm = norm

    def forward(self, x):
        return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


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

    def maxout(self, entry, others):
        """A Dense layer for all pieces, those of a unit side by side, and their maximum."""
        arrays = next(self.weights)
        kernel = arrays["kernel"]
        inputs, units, pieces = kernel.shape
        if self.flattened and not self.channels_last:
            kernel = protocol.nchw_rows(kernel, self.flattened)
        self.flattened = None
        layer = nn.Linear(inputs, units * pieces)
        return [
            self.filled(layer, weight=kernel.reshape(inputs, -1).T, bias=arrays["bias"].reshape(-1)),
            Largest(pieces),
        ]

    def channel_max(self, entry, others):
        return Largest(entry["pieces"])

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

    def layer_norm(self, entry, others):
        arrays = next(self.weights)
        layer = nn.LayerNorm(len(arrays["gamma"]), eps=entry["epsilon"])
        return ChannelNorm(self.filled(layer, weight=arrays["gamma"], bias=arrays["beta"]))

    def max_pooling(self, entry, others):
        """Pooling whose last windows may reach over the edge, below and at the right."""
        return nn.MaxPool2d(entry["size"], entry["strides"], ceil_mode=True)

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

    def sigmoid(self, entry, others):
        return nn.Sigmoid()

    def dropout(self, entry, others):
        return nn.Dropout(entry["rate"] * self.part)
