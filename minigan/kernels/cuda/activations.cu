// The activations and their derivatives, one thread an entry.
//
// Such a kernel does little arithmetic for each number that it reads, so the memory limits its speed: each number is
// read once and written once. The formulas are those of minigan/kernels/reference/activations.py; comparisons are
// written so that a NaN gives the same result as there: "x > 0" is false for it.

#include "common.cuh"

// exp(-|x|), which cannot overflow.
__device__ __forceinline__ real exp_minus_abs(real x) { return exp(-fabs(x)); }

__device__ __forceinline__ real sigmoid(real x) {
    real small = exp_minus_abs(x);
    return (x >= 0 ? 1 : small) / (1 + small);
}

// Rectifiers

extern "C" __global__ void each_relu(const real* x, real* y, real slope, real threshold, real most, int limited,
                                     int n) {
    FOR_EACH(i, n) {
        real below = slope != 0 ? slope * (x[i] - threshold) : 0;
        real value = x[i] <= threshold ? below : x[i];
        y[i] = limited && value > most ? most : value;
    }
}

extern "C" __global__ void each_relu_grad(const real* dy, const real* x, real* dx, real slope, real threshold,
                                          real most, int limited, int n) {
    FOR_EACH(i, n) {
        real below = slope != 0 ? slope * dy[i] : 0;
        real value = x[i] > threshold ? dy[i] : below;
        dx[i] = limited && !(x[i] < most) ? 0 : value;
    }
}

extern "C" __global__ void each_leaky_relu(const real* x, real* y, real slope, int n) {
    FOR_EACH(i, n) y[i] = x[i] > 0 ? x[i] : slope * x[i];
}

extern "C" __global__ void each_leaky_relu_grad(const real* dy, const real* x, real* dx, real slope, int n) {
    FOR_EACH(i, n) dx[i] = x[i] > 0 ? dy[i] : slope * dy[i];
}

// Smooth functions

extern "C" __global__ void each_elu(const real* x, real* y, real alpha, int n) {
    FOR_EACH(i, n) y[i] = x[i] > 0 ? x[i] : alpha * expm1(x[i]);
}

extern "C" __global__ void each_elu_grad(const real* dy, const real* x, real* dx, real alpha, int n) {
    FOR_EACH(i, n) dx[i] = x[i] > 0 ? dy[i] : alpha * exp(x[i]) * dy[i];
}

extern "C" __global__ void each_elu_second(const real* x, real* y, real alpha, int n) {
    FOR_EACH(i, n) y[i] = x[i] > 0 ? 0 : alpha * exp(x[i]);
}

extern "C" __global__ void each_sigmoid(const real* x, real* y, int n) {
    FOR_EACH(i, n) y[i] = sigmoid(x[i]);
}

extern "C" __global__ void each_sigmoid_grad(const real* dy, const real* y, real* dx, int n) {
    FOR_EACH(i, n) dx[i] = dy[i] * y[i] * (1 - y[i]);
}

extern "C" __global__ void each_sigmoid_second(const real* y, real* result, int n) {
    FOR_EACH(i, n) result[i] = y[i] * (1 - y[i]) * (1 - 2 * y[i]);
}

extern "C" __global__ void each_tanh(const real* x, real* y, int n) {
    FOR_EACH(i, n) y[i] = tanh(x[i]);
}

extern "C" __global__ void each_tanh_grad(const real* dy, const real* y, real* dx, int n) {
    FOR_EACH(i, n) dx[i] = dy[i] * (1 - y[i] * y[i]);
}

extern "C" __global__ void each_tanh_second(const real* y, real* result, int n) {
    FOR_EACH(i, n) result[i] = -2 * y[i] * (1 - y[i] * y[i]);
}

extern "C" __global__ void each_softplus(const real* x, real* y, int n) {
    FOR_EACH(i, n) y[i] = (x[i] > 0 ? x[i] : 0) + log1p(exp_minus_abs(x[i]));
}

extern "C" __global__ void each_softplus_grad(const real* dy, const real* x, real* dx, int n) {
    FOR_EACH(i, n) dx[i] = dy[i] * sigmoid(x[i]);
}

extern "C" __global__ void each_softplus_second(const real* x, real* y, int n) {
    FOR_EACH(i, n) {
        real small = exp_minus_abs(x[i]);
        y[i] = small / ((1 + small) * (1 + small));
    }
}
