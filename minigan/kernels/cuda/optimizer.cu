// The optimizers' updates: all weights of a network at once, in place.
//
// A network's weights are one vector, and so are its gradients and each slot of an optimizer: one launch updates all of
// them, and each number is read and written once.
//
// The scalars of a step are in device memory, in double: the step's number, the learning rate, the momentum, and then
// the optimizer's own constants. A recorded graph of launches keeps its arguments forever, but the memory that they
// point to may change from replay to replay.

#include "common.cuh"

#define STEP numbers[0]
#define LEARNING_RATE numbers[1]
#define MOMENTUM numbers[2]
#define OWN(k) numbers[3 + (k)]

// After a step: the number of the next one. It has a launch of its own: in the update's launch some block would read
// the number too late.
extern "C" __global__ void count_step(double* numbers) { STEP += 1; }

// w <- w - learning_rate g
extern "C" __global__ void sgd(
    real* __restrict__ w, const real* __restrict__ g, const double* __restrict__ numbers, int size) {
    real rate = LEARNING_RATE;
    FOR_EACH(i, size) w[i] -= rate * g[i];
}

// v <- momentum v - learning_rate g,  w <- w + v
extern "C" __global__ void momentum(
    real* __restrict__ w, const real* __restrict__ g, real* __restrict__ velocity, const double* __restrict__ numbers,
    int size) {
    real rate = LEARNING_RATE, past = MOMENTUM;
    FOR_EACH(i, size) {
        real v = past * velocity[i] - rate * g[i];
        velocity[i] = v;
        w[i] += v;
    }
}

// s <- rho s + (1 - rho) g^2,  w <- w - learning_rate g / sqrt(s + epsilon); rho and epsilon are its own constants.
extern "C" __global__ void rmsprop(
    real* __restrict__ w, const real* __restrict__ g, real* __restrict__ square, const double* __restrict__ numbers,
    int size) {
    real rate = LEARNING_RATE, share = 1 - OWN(0), epsilon = OWN(1);
    FOR_EACH(i, size) {
        real s = square[i] + share * (g[i] * g[i] - square[i]);
        square[i] = s;
        w[i] -= rate * (g[i] / sqrt(s + epsilon));
    }
}

// m <- beta_1 m + (1 - beta_1) g,  v <- beta_2 v + (1 - beta_2) g^2,  w <- w - alpha m / (sqrt(v) + epsilon)
// with alpha = learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t) at step t. beta_1 is the momentum; beta_2 and epsilon
// are its own constants.
extern "C" __global__ void adam(
    real* __restrict__ w, const real* __restrict__ g, real* __restrict__ mean, real* __restrict__ square,
    const double* __restrict__ numbers, int size) {
    // Powers in double are slow: one thread computes alpha for its block.
    __shared__ real alpha;
    if (threadIdx.x == 0)
        alpha = LEARNING_RATE * sqrt(1 - pow(OWN(0), STEP)) / (1 - pow(MOMENTUM, STEP));
    __syncthreads();
    real share = 1 - MOMENTUM, square_share = 1 - OWN(0), epsilon = OWN(1);
    FOR_EACH(i, size) {
        real m = mean[i] + share * (g[i] - mean[i]);
        real v = square[i] + square_share * (g[i] * g[i] - square[i]);
        mean[i] = m;
        square[i] = v;
        w[i] -= alpha * (m / (sqrt(v) + epsilon));
    }
}
