// Included by every kernel.
//
// A kernel is a function that a grid of threads runs at once. Threads come in blocks: those of one block share fast
// memory (__shared__) and can wait for each other (__syncthreads); threads of different blocks cannot. Threads of one
// block run in step by 32, a warp.
//
// The type of numbers is an option of the compiler: -DREAL=float or -DREAL=double.

typedef REAL real;

#define WARP 32
#define ALL_LANES 0xffffffffu

// Runs its body for i = 0 ... n - 1, spread over all threads of a one-dimensional grid, however many there are.
// Neighbouring threads have neighbouring entries, which one access to memory reads.
#define FOR_EACH(i, n) for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < (n); i += gridDim.x * blockDim.x)

// The number of this thread in its block, and of the block's threads.
__device__ __forceinline__ int thread_number() {
    return (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
}

__device__ __forceinline__ int thread_count() { return blockDim.x * blockDim.y * blockDim.z; }

// The sum of one value from each thread of a warp, in each of them: five steps, each of which adds the value of the
// thread whose number differs in one bit. All 32 threads must come here together.
__device__ __forceinline__ real warp_sum(real value) {
    for (int bit = WARP / 2; bit > 0; bit /= 2) value += __shfl_xor_sync(ALL_LANES, value, bit);
    return value;
}

// The sum of one value from each thread of a block, in each of them. The order is fixed, so the bits are the same in
// every run. The block has a multiple of 32 threads, and all of them must come here together.
__device__ __forceinline__ real block_sum(real value) {
    __shared__ real sums[WARP];  // one for each warp: a block has 1024 threads at most
    int thread = thread_number();
    value = warp_sum(value);
    __syncthreads();  // the sums of an earlier call have been read
    if (thread % WARP == 0) sums[thread / WARP] = value;
    __syncthreads();
    real total = 0;
    for (int warp = 0; warp < thread_count() / WARP; ++warp) total += sums[warp];
    return total;
}
