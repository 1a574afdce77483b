"""The algorithms of `minigan.kernels.cpu.algorithms` with compiled loops around their products."""

from minigan.kernels.compiled.algorithms.depthwise import Depthwise
from minigan.kernels.compiled.algorithms.gemm import Gemm
from minigan.kernels.compiled.algorithms.grouped import Grouped
from minigan.kernels.compiled.algorithms.im2col import Im2col
from minigan.kernels.compiled.algorithms.narrow import Narrow
from minigan.kernels.compiled.algorithms.pair_product import upsampled
from minigan.kernels.compiled.algorithms.split_gemm import SplitGemm
from minigan.kernels.compiled.algorithms.winograd import Winograd
from minigan.kernels.cpu.algorithms.choose import NUMPY

__all__ = ["COMPILED"]

#: The classes that are chosen from.
COMPILED = NUMPY._replace(
    depthwise=Depthwise,
    gemm=Gemm,
    grouped=Grouped,
    im2col=Im2col,
    narrow=Narrow,
    nine_product=upsampled,
    split_gemm=SplitGemm,
    winograd=Winograd,
)
