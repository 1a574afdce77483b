"""Layers with an explicit forward and backward, one a file; `minigan.layers.base` has their contract."""

from minigan.layers.average_pooling1d import AveragePooling1D
from minigan.layers.average_pooling2d import AveragePooling2D
from minigan.layers.base import CacheStamp, Context, Layer, Shape
from minigan.layers.batch_norm import BatchNorm
from minigan.layers.channel_max import ChannelMax
from minigan.layers.concatenate_labels import ConcatenateLabels
from minigan.layers.conv1d import Conv1D
from minigan.layers.conv2d import Conv2D
from minigan.layers.conv2d_transpose import Conv2DTranspose
from minigan.layers.dense import Dense
from minigan.layers.dropout import Dropout
from minigan.layers.elu import ELU
from minigan.layers.flatten import Flatten
from minigan.layers.gaussian_noise import GaussianNoise
from minigan.layers.gelu import GELU
from minigan.layers.global_average_pooling2d import GlobalAveragePooling2D
from minigan.layers.group_normalization import GroupNormalization
from minigan.layers.identity import Identity
from minigan.layers.layer_norm import LayerNorm
from minigan.layers.leaky_relu import LeakyReLU
from minigan.layers.max_pooling1d import MaxPooling1D
from minigan.layers.max_pooling2d import MaxPooling2D
from minigan.layers.maxout import Maxout
from minigan.layers.minibatch_std_dev import MinibatchStdDev
from minigan.layers.parameter import Parameter
from minigan.layers.prelu import PReLU
from minigan.layers.projection_head import ProjectionHead
from minigan.layers.relu import ReLU
from minigan.layers.reshape import Reshape
from minigan.layers.residual import Residual
from minigan.layers.self_attention2d import SelfAttention2D
from minigan.layers.selu import SELU
from minigan.layers.sigmoid import Sigmoid
from minigan.layers.silu import SiLU
from minigan.layers.softmax import Softmax
from minigan.layers.softplus import Softplus
from minigan.layers.spectral_normalization import SpectralNormalization
from minigan.layers.tanh import Tanh
from minigan.layers.up_sampling1d import UpSampling1D
from minigan.layers.up_sampling2d import UpSampling2D
from minigan.layers.zero_padding2d import ZeroPadding2D

__all__ = [
    "ELU",
    "GELU",
    "SELU",
    "AveragePooling1D",
    "AveragePooling2D",
    "BatchNorm",
    "CacheStamp",
    "ChannelMax",
    "ConcatenateLabels",
    "Context",
    "Conv1D",
    "Conv2D",
    "Conv2DTranspose",
    "Dense",
    "Dropout",
    "Flatten",
    "GaussianNoise",
    "GlobalAveragePooling2D",
    "GroupNormalization",
    "Identity",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "MaxPooling1D",
    "MaxPooling2D",
    "Maxout",
    "MinibatchStdDev",
    "PReLU",
    "Parameter",
    "ProjectionHead",
    "ReLU",
    "Reshape",
    "Residual",
    "SelfAttention2D",
    "Shape",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "SpectralNormalization",
    "Tanh",
    "UpSampling1D",
    "UpSampling2D",
    "ZeroPadding2D",
]
