// Binary cross-entropy of logits, with its gradient.

#include "common.cuh"

// loss = mean(t softplus(-z) + (1 - t) softplus(z)) and dz = ((1 - t) sigma(z) - t sigma(-z)) / size, by one block:
// there is one logit for each image, so they are few.
//
// t is `targets`, or `target` for all where that is null. With small = exp(-|z|), which cannot overflow, softplus(z) is
// max(z, 0) + log(1 + small), and sigma(z) is 1 / (1 + small) above zero, small / (1 + small) below: no digit is lost
// where sigma is close to 0 or 1.
extern "C" __global__ void binary_crossentropy_from_logits(
    const real* __restrict__ z, const real* __restrict__ targets, real target, real* __restrict__ loss,
    real* __restrict__ dz, int size) {
    real sum = 0;
    FOR_EACH(i, size) {
        real t = targets ? targets[i] : target, small = exp(min(z[i], -z[i]));
        real tail = log1p(small), larger = 1 / (1 + small), smaller = small / (1 + small);
        sum += t * (max(-z[i], (real)0) + tail) + (1 - t) * (max(z[i], (real)0) + tail);
        real of_z = z[i] >= 0 ? larger : smaller, of_minus_z = z[i] <= 0 ? larger : smaller;
        dz[i] = ((1 - t) * of_z - t * of_minus_z) / size;
    }
    sum = block_sum(sum);
    if (threadIdx.x == 0) *loss = sum / size;
}
