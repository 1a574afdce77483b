"""What training does on a GPU only: rounds recorded as CUDA graphs, events read in blocks, and snapshots."""
