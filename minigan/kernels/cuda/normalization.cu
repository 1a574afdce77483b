// Normalisation, over the batch or over the channels: statistics, the normalised numbers, and the way back.
//
// An array is a matrix here, laid over the blocks as rows.cuh says: a row for each position of each image, a column for
// each channel.
//
// A sum over all rows is made in two launches, for blocks cannot wait for each other. In the first each block leaves
// the sum over its part of the rows in memory; in the second one block adds up the parts. Either goes in an order that
// the sizes alone decide: no atomics, so that the bits are the same in every run.

#include "common.cuh"
#include "activations.cuh"
#include "rows.cuh"

#define THREADS 256  // of a block

// How many numbers a thread of `channel_moments` has in its registers at once.
#define GROUP 8

// The sum over the lanes of a block, channel by channel, in each of them: the first half of the lanes adds what the
// other half has, lane by lane, then half of these the rest of them, until one is left. The lanes are a power of two,
// and all threads must come here together.
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

// Leaves one number for each channel of a block in row blockIdx.y of a matrix.
__device__ __forceinline__ void leave(real* parts, real value, int channels) {
    if (threadIdx.y == 0 && column_of_thread() < channels) parts[blockIdx.y * channels + column_of_thread()] = value;
}

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
// E[x^2] - E[x]^2 would be one pass, too, but loses all digits where the mean is large. So a thread takes a few numbers
// into its registers, goes through them twice, and joins what it finds to what it has by
//     count = n + n',  mean = (n m + n' m') / count,  squares = s + s' + n n' / count (m' - m)^2,
// which is exact: Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances",
// 1979. So do the lanes of a block, and in `join_moments` the blocks. These means would be rounded the more, the larger
// they are: all count from the channel's first number, x - x[0], a difference that is mostly exact.
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
    // A block may find no rows left: its mean and squares are 0 then, and count for nothing.
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
extern "C" __global__ void normalize_batch_grad_sums(
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

// Over the batch, with what follows: scale and shift, an activation, and dropout

// y = f(gamma (x - mean) / std + beta), and the factor that dy meets on its way back to u, f's input.
//
// bits is null without dropout. Otherwise bit i of it, the lowest of each byte first, says whether entry i is kept, and
// what is kept grows by `growth`. Of factor and positive one is null, or both where nothing is to be left; positive
// takes what a rectifier's factor is, one byte for each entry.
extern "C" __global__ void normalize_activate(
    const real* __restrict__ x, const real* __restrict__ mean, const real* __restrict__ variance,
    const real* __restrict__ gamma, const real* __restrict__ beta, const unsigned char* __restrict__ bits,
    real* __restrict__ y, real* __restrict__ factor, bool* __restrict__ positive, real epsilon, int name,
    real slope, real growth, int rows, int channels) {
    int channel = column_of_thread();
    if (channel >= channels) return;
    real centre = mean[channel], inverse = 1 / sqrt(variance[channel] + epsilon);
    real scale = gamma[channel], shift = beta[channel];
#pragma unroll 4
    FOR_EACH_ROW(row, i, rows, channels) {
        real u = (x[i] - centre) * inverse * scale + shift, value = activation(name, slope, u);
        real kept = bits ? (bits[i / 8] >> i % 8 & 1) * growth : 1;
        y[i] = value * kept;
        if (factor) factor[i] = activation_grad(name, slope, 1, value) * kept;
        if (positive) positive[i] = u > 0;
    }
}

// dy where it has come back to u.
__device__ __forceinline__ real gradient(
    int i, const real* __restrict__ dy, const real* __restrict__ factor, const bool* __restrict__ positive) {
    return factor ? dy[i] * factor[i] : positive ? dy[i] * positive[i] : dy[i];
}

// With g the gradient at u: the sums of g x_hat and of g over each part of the rows; parts is (2, gridDim.y, channels).
// Over all rows they are the gradients with respect to gamma and beta.
extern "C" __global__ void normalize_activate_grad_sums(
    const real* __restrict__ dy, const real* __restrict__ factor, const bool* __restrict__ positive,
    const real* __restrict__ x, const real* __restrict__ mean, const real* __restrict__ variance,
    real* __restrict__ parts, real epsilon, int rows, int channels) {
    int channel = column_of_thread();
    real of_product = 0, of_g = 0;
    if (channel < channels) {
        real centre = mean[channel], inverse = 1 / sqrt(variance[channel] + epsilon);
#pragma unroll 4
        FOR_EACH_ROW(row, i, rows, channels) {
            real g = gradient(i, dy, factor, positive);
            of_product += g * ((x[i] - centre) * inverse);
            of_g += g;
        }
    }
    leave(parts, lane_sum(of_product), channels);
    leave(parts + gridDim.y * channels, lane_sum(of_g), channels);
}

// dx = gamma / std (g - dbeta / M - x_hat dgamma / M) over M rows; where mean and variance were not the batch's own but
// constants, sums is null, and only g is left.
extern "C" __global__ void normalize_activate_grad(
    const real* __restrict__ dy, const real* __restrict__ factor, const bool* __restrict__ positive,
    const real* __restrict__ x, const real* __restrict__ mean, const real* __restrict__ variance,
    const real* __restrict__ gamma, const real* __restrict__ sums, real* __restrict__ dx, real epsilon, int rows,
    int channels) {
    int channel = column_of_thread();
    if (channel >= channels) return;
    real centre = mean[channel], inverse = 1 / sqrt(variance[channel] + epsilon), scale = gamma[channel] * inverse;
    if (!sums) {
#pragma unroll 4
        FOR_EACH_ROW(row, i, rows, channels) dx[i] = gradient(i, dy, factor, positive) * scale;
        return;
    }
    real slope = sums[channel] / rows, mean_g = sums[channels + channel] / rows;
#pragma unroll 4
    FOR_EACH_ROW(row, i, rows, channels) {
        real x_hat = (x[i] - centre) * inverse;
        dx[i] = (gradient(i, dy, factor, positive) - mean_g - x_hat * slope) * scale;
    }
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
