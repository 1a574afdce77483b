"""Networks to other libraries, and weights from them.

=======================  ==============================  ======================================================
format                   files                           what is in it
=======================  ==============================  ======================================================
``safetensors``          ``.safetensors``                weights of every layer, with minigan's names
``keras``                ``.weights.h5``                 weights as Keras 3 saves them for the same Sequential
``pytorch``              ``.pt, .pth``                   the state dict of the same `torch.nn.Sequential`
``pytorch-safetensors``  ``.safetensors``                the same state dict without a pickle
``onnx``                 ``.onnx``, written only         the network itself, to be run anywhere
=======================  ==============================  ======================================================

The rest of minigan needs none of the packages that write them: ``pip install '.[interchange]'`` in a checkout brings
all but PyTorch.
"""

from minigan.interchange.onnx_file import Difference, export_onnx
from minigan.interchange.weights import export_weights, import_weights, source

__all__ = [
    "Difference",
    "export_onnx",
    "export_weights",
    "import_weights",
    "source",
]
