"""The monitor of a run: running statistics, and detectors of training problems that read them."""
