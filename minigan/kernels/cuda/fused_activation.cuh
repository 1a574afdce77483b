// The activations that kernels apply to their results, by their numbers in `minigan.kernels.cuda.fused_activation`.

#define LINEAR 0
#define LEAKY_RELU 1
#define TANH 2
#define SIGMOID 3

// y = f(z).
__device__ __forceinline__ real activation(int name, real slope, real z) {
    if (name == LEAKY_RELU) return z > 0 ? z : slope * z;
    if (name == TANH) return tanh(z);
    if (name == SIGMOID) {
        real small = exp(min(z, -z));  // cannot overflow
        return (z >= 0 ? 1 : small) / (1 + small);
    }
    return z;
}

// dz = dy f'(z), computed from y = f(z).
__device__ __forceinline__ real activation_grad(int name, real slope, real dy, real y) {
    if (name == LEAKY_RELU) return y > 0 ? dy : slope * dy;
    if (name == TANH) return dy * (1 - y * y);
    if (name == SIGMOID) return dy * y * (1 - y);
    return dy;
}
