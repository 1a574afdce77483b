"""Programs that measure minigan: ``python -m benchmarks`` lists them."""
