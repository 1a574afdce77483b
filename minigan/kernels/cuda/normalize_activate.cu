// Batch normalisation with scale and shift, an activation, and dropout; and the gradients.
//
// An array is a matrix here, laid over the blocks as rows.cuh says: a row for each position of each image, a column for
// each channel. As in normalization.cu, each block writes the sums over its part of the rows, and `join_sums` adds them
// up.

#include "common.cuh"
#include "fused_activation.cuh"
#include "rows.cuh"
#include "row_sums.cuh"

// What dropout multiplies entry i by. bits is null without dropout. Otherwise bit i of it, the lowest of each byte
// first, says whether the entry is kept.
__device__ __forceinline__ real dropout_factor(int i, const unsigned char* __restrict__ bits, real keep) {
    return bits ? (bits[i / 8] >> i % 8 & 1) * (1 / keep) : 1;
}

// y = f(gamma (x - mean) / std + beta), with dropout.
extern "C" __global__ void normalize_activate(
    const real* __restrict__ x, const real* __restrict__ mean, const real* __restrict__ variance,
    const real* __restrict__ gamma, const real* __restrict__ beta, const unsigned char* __restrict__ bits,
    real* __restrict__ y, real epsilon, int name, real slope, real keep, int rows, int channels) {
    int channel = column_of_thread();
    if (channel >= channels) return;
    real centre = mean[channel], inverse = 1 / sqrt(variance[channel] + epsilon);
    real scale = gamma[channel], shift = beta[channel];
#pragma unroll 4
    FOR_EACH_ROW(row, i, rows, channels) {
        real u = (x[i] - centre) * inverse * scale + shift;
        y[i] = activation(name, slope, u) * dropout_factor(i, bits, keep);
    }
}

// The gradient at f's input. Dropout made y of f(u) / keep, or of nothing; then the gradient is 0.
__device__ __forceinline__ real gradient(
    int i, const real* __restrict__ dy, const real* __restrict__ y, const unsigned char* __restrict__ bits, int name,
    real slope, real keep) {
    real kept = dy[i] * dropout_factor(i, bits, keep);
    return name == LINEAR ? kept : activation_grad(name, slope, kept, y[i] * keep);
}

// With g the gradient at u: the sums of g x_hat and of g over each part of the rows; parts is (2, gridDim.y, channels).
// Over all rows they are the gradients with respect to gamma and beta.
extern "C" __global__ void normalize_activate_grad_sums(
    const real* __restrict__ dy, const real* __restrict__ y, const unsigned char* __restrict__ bits,
    const real* __restrict__ x, const real* __restrict__ mean, const real* __restrict__ variance,
    real* __restrict__ parts, real epsilon, int name, real slope, real keep, int rows, int channels) {
    int channel = column_of_thread();
    real of_product = 0, of_g = 0;
    if (channel < channels) {
        real centre = mean[channel], inverse = 1 / sqrt(variance[channel] + epsilon);
#pragma unroll 4
        FOR_EACH_ROW(row, i, rows, channels) {
            real g = gradient(i, dy, y, bits, name, slope, keep);
            of_product += g * ((x[i] - centre) * inverse);
            of_g += g;
        }
    }
    leave(parts, lane_sum(of_product), channels);
    leave(parts + gridDim.y * channels, lane_sum(of_g), channels);
}

// dx = gamma / std (g - dbeta / M - x_hat dgamma / M) over M rows; where mean and variance are not the batch's own but
// constants, sums is null, and only the term with g is left.
extern "C" __global__ void normalize_activate_grad(
    const real* __restrict__ dy, const real* __restrict__ y, const unsigned char* __restrict__ bits,
    const real* __restrict__ x, const real* __restrict__ mean, const real* __restrict__ variance,
    const real* __restrict__ gamma, const real* __restrict__ sums, real* __restrict__ dx, real epsilon, int name,
    real slope, real keep, int rows, int channels) {
    int channel = column_of_thread();
    if (channel >= channels) return;
    real centre = mean[channel], inverse = 1 / sqrt(variance[channel] + epsilon), scale = gamma[channel] * inverse;
    if (!sums) {
#pragma unroll 4
        FOR_EACH_ROW(row, i, rows, channels) dx[i] = gradient(i, dy, y, bits, name, slope, keep) * scale;
        return;
    }
    real mean_product = sums[channel] / rows, mean_g = sums[channels + channel] / rows;
#pragma unroll 4
    FOR_EACH_ROW(row, i, rows, channels) {
        real x_hat = (x[i] - centre) * inverse;
        dx[i] = (gradient(i, dy, y, bits, name, slope, keep) - mean_g - x_hat * mean_product) * scale;
    }
}
