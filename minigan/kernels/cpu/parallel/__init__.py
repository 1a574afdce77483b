"""How the CPU twins use threads and memory: a batch is split into slabs, which are spread over a pool of threads."""
