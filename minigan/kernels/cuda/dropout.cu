// Dropout, one thread an entry.

#include "common.cuh"

// Entry i is kept where bit i % 8 of byte i / 8 is set; bits count from the lowest.
extern "C" __global__ void dropout(const real* x, const unsigned char* bits, real* y, real factor, int n) {
    FOR_EACH(i, n) y[i] = x[i] * (bits[i / 8] >> i % 8 & 1 ? factor : 0);
}
