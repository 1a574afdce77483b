// Normalisation, over the batch or over the channels: statistics, the normalised numbers, and the gradients.
//
// An array is a matrix here, laid over the blocks as rows.cuh says: a row for each position of each image, a column for
// each channel.
//
// A sum over all rows takes two launches, because blocks cannot wait for each other. In the first each block writes the
// sum over its part of the rows to memory; in the second one block adds up the parts. The order of both sums depends on
// the sizes alone, and there are no atomics, so that the bits are the same in every run.

#include "common.cuh"
#include "rows.cuh"
#include "row_sums.cuh"

// How many numbers a thread of `channel_moments` has in its registers at once.
#define GROUP 8

// sums[k] = the sum over the rows of parts[k], for k = blockIdx.y. The parts are few: they are added up in double.
extern "C" __global__ void join_sums(const real* __restrict__ parts, real* __restrict__ sums, int count, int channels) {
    int channel = column_of_thread();
    double total = 0;
    if (channel < channels)
        for (int part = threadIdx.y; part < count; part += blockDim.y)
            total += parts[(blockIdx.y * count + part) * channels + channel];
    leave(sums, (real)lane_sum(total), channels);
}

extern "C" __global__ void channel_sum(const real* __restrict__ x, real* __restrict__ parts, int rows, int channels) {
    real total = 0;
    if (column_of_thread() < channels) {
#pragma unroll 4
        FOR_EACH_ROW(row, i, rows, channels) total += x[i];
    }
    leave(parts, lane_sum(total), channels);
}

// Mean and sum of squares around it, of each part of the rows.
//
// E[x^2] - E[x]^2 would be one pass, too, but loses all digits where the mean is large. So a thread reads a few numbers
// into its registers, goes through them twice, and combines the result with that of the numbers before by
//     count = n + n',  mean = (n m + n' m') / count,  squares = s + s' + n n' / count (m' - m)^2,
// which is exact: Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances",
// 1979. So do the lanes of a block, and in `join_moments` the blocks. Larger means would be rounded more: so the
// channel's first number is subtracted from all, x - x[0], a difference that is mostly exact.
extern "C" __global__ void channel_moments(
    const real* __restrict__ x, real* __restrict__ means, real* __restrict__ squares, int rows, int channels) {
    int channel = column_of_thread(), lanes = blockDim.y, end = end_row(rows);
    real count = 0, mean = 0, square = 0, origin = channel < channels ? x[channel] : 0;
    if (channel < channels)
        for (int row = first_row(rows) + threadIdx.y; row < end; row += GROUP * lanes) {
            real values[GROUP], sum = 0, square_here = 0;
            int n = min(GROUP, (end - 1 - row) / lanes + 1);
#pragma unroll
            for (int k = 0; k < GROUP; ++k) {
                values[k] = k < n ? x[(row + k * lanes) * channels + channel] - origin : 0;
                sum += values[k];
            }
            real mean_here = sum / n;
#pragma unroll
            for (int k = 0; k < GROUP; ++k) {
                real centred = k < n ? values[k] - mean_here : 0;
                square_here += centred * centred;
            }
            real difference = mean_here - mean, share = n / (count + n);
            mean += share * difference;
            square += square_here + difference * difference * share * count;
            count += n;
        }
    real rows_here = end - first_row(rows);
    // A block may have no rows: then its mean and squares are 0, with weight 0.
    real mean_here = lane_sum(count * mean) / max(rows_here, (real)1);
    real difference = mean - mean_here;
    leave(means, mean_here, channels);
    leave(squares, lane_sum(square + count * difference * difference), channels);
}

// The mean and the biased variance over all rows, from those of `count` parts; in double, for the parts are few.
extern "C" __global__ void join_moments(
    const real* __restrict__ x, const real* __restrict__ means, const real* __restrict__ squares,
    real* __restrict__ mean, real* __restrict__ variance, int count, int rows, int channels) {
    int channel = column_of_thread(), each = (rows - 1) / count + 1;
    double sum = 0, square = 0;
    if (channel < channels)
        for (int part = threadIdx.y; part < count; part += blockDim.y)
            sum += (double)max(0, min(each, rows - part * each)) * means[part * channels + channel];
    double centre = lane_sum(sum) / rows;
    if (channel < channels)
        for (int part = threadIdx.y; part < count; part += blockDim.y) {
            double difference = means[part * channels + channel] - centre;
            square += max(0, min(each, rows - part * each)) * difference * difference;
            square += squares[part * channels + channel];
        }
    leave(mean, (real)(channel < channels ? x[channel] + centre : 0), channels);
    leave(variance, (real)(lane_sum(square) / rows), channels);
}

// Over the batch

extern "C" __global__ void batch_norm(
    const real* __restrict__ x, const real* __restrict__ mean, const real* __restrict__ variance,
    real* __restrict__ x_hat, real* __restrict__ inverse_std, real epsilon, int rows, int channels) {
    int channel = column_of_thread();
    if (channel >= channels) return;
    real centre = mean[channel], inverse = 1 / sqrt(variance[channel] + epsilon);
    if (blockIdx.y == 0 && threadIdx.y == 0) inverse_std[channel] = inverse;
#pragma unroll 4
    FOR_EACH_ROW(row, i, rows, channels) x_hat[i] = (x[i] - centre) * inverse;
}

// The sums of g and of g x_hat over each part of the rows; parts is (2, gridDim.y, channels).
extern "C" __global__ void batch_norm_grad_sums(
    const real* __restrict__ g, const real* __restrict__ x_hat, real* __restrict__ parts, int rows, int channels) {
    real of_g = 0, of_product = 0;
    if (column_of_thread() < channels) {
#pragma unroll 4
        FOR_EACH_ROW(row, i, rows, channels) {
            of_g += g[i];
            of_product += g[i] * x_hat[i];
        }
    }
    leave(parts, lane_sum(of_g), channels);
    leave(parts + gridDim.y * channels, lane_sum(of_product), channels);
}

// dx = (g - mean(g) - x_hat mean(g x_hat)) / std; sums is (2, channels).
extern "C" __global__ void batch_norm_grad(
    const real* __restrict__ g, const real* __restrict__ x_hat, const real* __restrict__ inverse_std,
    const real* __restrict__ sums, real* __restrict__ dx, int rows, int channels) {
    int channel = column_of_thread();
    if (channel >= channels) return;
    real inverse = inverse_std[channel];
    real mean = sums[channel] / rows, slope = sums[channels + channel] / rows;
#pragma unroll 4
    FOR_EACH_ROW(row, i, rows, channels) dx[i] = (g[i] - mean - x_hat[i] * slope) * inverse;
}

// Over the channels
//
// Here a position is normalised by itself. blockIdx.x and threadIdx.y say which, and the threads along x share its
// channels.

// The sum over the threads along x, position by position, in each of them. Their number is a power of two, and all
// threads of the block must come here together.
__device__ __forceinline__ real position_sum(real value) {
    __shared__ real sums[THREADS];
    int place = thread_number();
    __syncthreads();  // what an earlier call left here has been read
    sums[place] = value;
    __syncthreads();
    for (int half = blockDim.x / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) sums[place] += sums[place + half];
        __syncthreads();
    }
    return sums[threadIdx.y * blockDim.x];
}

// Runs its body for each channel that this thread has of its position, with i = the place of its number in memory; for
// none where the last block has more threads than there are positions.
#define FOR_EACH_CHANNEL(i, position, positions, channels)                      \
    for (int i = (position) * (channels) + threadIdx.x,                         \
             end = (position) < (positions) ? ((position) + 1) * (channels) : 0; \
         i < end; i += blockDim.x)

__device__ __forceinline__ int position_of_thread() { return blockIdx.x * blockDim.y + threadIdx.y; }

extern "C" __global__ void layer_norm(
    const real* __restrict__ x, real* __restrict__ x_hat, real* __restrict__ inverse_std, real epsilon, int positions,
    int channels) {
    int position = position_of_thread();
    real sum = 0, square = 0;
    FOR_EACH_CHANNEL(i, position, positions, channels) sum += x[i];
    real mean = position_sum(sum) / channels;
    FOR_EACH_CHANNEL(i, position, positions, channels) square += (x[i] - mean) * (x[i] - mean);
    real inverse = 1 / sqrt(position_sum(square) / channels + epsilon);
    FOR_EACH_CHANNEL(i, position, positions, channels) x_hat[i] = (x[i] - mean) * inverse;
    if (threadIdx.x == 0 && position < positions) inverse_std[position] = inverse;
}

// dx = (g - mean(g) - x_hat mean(g x_hat)) / std, position by position.
extern "C" __global__ void layer_norm_grad(
    const real* __restrict__ g, const real* __restrict__ x_hat, const real* __restrict__ inverse_std,
    real* __restrict__ dx, int positions, int channels) {
    int position = position_of_thread();
    real of_g = 0, of_product = 0;
    FOR_EACH_CHANNEL(i, position, positions, channels) {
        of_g += g[i];
        of_product += g[i] * x_hat[i];
    }
    real mean = position_sum(of_g) / channels, slope = position_sum(of_product) / channels;
    FOR_EACH_CHANNEL(i, position, positions, channels)
        dx[i] = (g[i] - mean - x_hat[i] * slope) * inverse_std[position];
}
