// The activations that multiply x by a gate, one thread an entry: the formulas of minigan/kernels/reference/gates.py.

#include "common.cuh"

// The numbers of the gates, as in gates.py.
enum Gate { SIGMOID = 0, NORMAL = 1, TANH = 2 };

// Beyond this the tanh is -1 or 1 to the last bit of a double, and nothing overflows up to here.
#define FAR real(8.5)
#define SLOPE real(0.79788456080286535588)  // sqrt(2 / pi)
#define CUBE real(0.044715)

__device__ __forceinline__ real sigmoid(real x) {
    real small = exp(-fabs(x));
    return (x >= 0 ? 1 : small) / (1 + small);
}

// x within the bounds; a NaN stays one.
__device__ __forceinline__ real near_zero(real x) { return x > FAR ? FAR : x < -FAR ? -FAR : x; }

__device__ __forceinline__ real tanh_of_u(real x) { return tanh(SLOPE * (x + CUBE * x * x * x)); }

// P(x), by the complement where P is small: 1 + erf has no digits left there.
__device__ __forceinline__ real part(real x, int gate) {
    if (gate == SIGMOID) return sigmoid(x);
    if (gate == NORMAL) return erfc(x * real(-0.70710678118654752440)) / 2;
    return (1 + tanh_of_u(near_zero(x))) / 2;
}

// P'(x) and P''(x).
__device__ __forceinline__ void derivatives(real x, int gate, real& first, real& second) {
    if (gate == SIGMOID) {
        real small = exp(-fabs(x));
        first = small / ((1 + small) * (1 + small));
        second = first * (1 - 2 * sigmoid(x));
    } else if (gate == NORMAL) {
        first = exp(-x * x / 2) * real(0.39894228040143267794);  // 1 / sqrt(2 pi)
        second = -x * first;
    } else {
        x = near_zero(x);
        real t = tanh_of_u(x), rise = SLOPE * (1 + 3 * CUBE * x * x), half = (1 - t * t) / 2;
        first = half * rise;
        second = half * (6 * SLOPE * CUBE * x - 2 * t * rise * rise);
    }
}

extern "C" __global__ void each_gated(const real* x, real* y, int gate, int n) {
    FOR_EACH(i, n) y[i] = x[i] * part(x[i], gate);
}

extern "C" __global__ void each_gated_grad(const real* dy, const real* x, real* dx, int gate, int n) {
    FOR_EACH(i, n) {
        real first, second;
        derivatives(x[i], gate, first, second);
        dx[i] = dy[i] * (part(x[i], gate) + x[i] * first);
    }
}

extern "C" __global__ void each_gated_second(const real* x, real* result, int gate, int n) {
    FOR_EACH(i, n) {
        real first, second;
        derivatives(x[i], gate, first, second);
        result[i] = 2 * first + x[i] * second;
    }
}
