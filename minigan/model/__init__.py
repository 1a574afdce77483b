"""The network: layers in a row, its summary and its plan, and two passes side by side."""
