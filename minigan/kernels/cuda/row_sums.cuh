// Sums over the rows of a matrix that is laid over the blocks as rows.cuh says.

#define THREADS 256  // of a block

// The sum over the lanes of a block, channel by channel, in each of them: the first half of the lanes adds the numbers
// of the other half, lane by lane, and so on with half as many lanes, until one is left. The number of lanes is a power
// of two, and all threads must come here together.
template <typename T>
__device__ __forceinline__ T lane_sum(T value) {
    __shared__ T sums[THREADS];
    int place = thread_number();
    __syncthreads();  // what an earlier call left here has been read
    sums[place] = value;
    __syncthreads();
    for (int half = blockDim.y / 2; half > 0; half /= 2) {
        if (threadIdx.y < half) sums[place] += sums[place + half * blockDim.x];
        __syncthreads();
    }
    return sums[threadIdx.x];
}

// Writes one number for each channel of a block to row blockIdx.y of a matrix.
__device__ __forceinline__ void leave(real* parts, real value, int channels) {
    if (threadIdx.y == 0 && column_of_thread() < channels) parts[blockIdx.y * channels + column_of_thread()] = value;
}
