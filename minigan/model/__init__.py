"""The network: layers in a row, its summary and its plan, two passes side by side, and a network that is watched."""
