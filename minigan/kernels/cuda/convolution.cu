// Convolution and its two gradients, each as one matrix product ("implicit GEMM").
//
// The reference writes every window of the images as a row of a matrix, `im2col(x)`, and multiplies:
//
//     y = im2col(x) kernel,     dkernel = im2col(x)^T dz,     dx = im2col'(dz) kernel^T,
//
// where im2col'(dz) has for each pixel of x the numbers of dz to which it contributed. Here these matrices are never
// stored: a block reads the entries of its tile from x or dz, and zeros where a window reaches over the edge.
// im2col.cuh reads the tiles of the factors a and b, tiles.cuh multiplies them, and this file has the kernels.
//
// With strides s, pixel h of x meets tap i of the kernel only where s divides h + top - i. Pixels of one phase, with
// the same remainder of h + top by s, meet the same taps, every s-th; a phase alone is a convolution without strides.
// So each phase is a product of its own, and nothing is multiplied by zeros.
//
// A dense layer is the convolution of one-pixel windows.
//
// Around the product: bias and activation f are applied to y while it is in registers, and dz = dy f'(y) is computed
// from dy and y wherever it is read. Where the product has too few tiles for all multiprocessors, or its sums are long,
// several blocks share the sum of a tile: each writes its part to memory, and `add_parts` adds them up. The order of
// every sum depends on the sizes alone, so the bits are the same in every run.

#include "common.cuh"
#include "fused_activation.cuh"
#include "vector_load.cuh"
#include "tiles.cuh"
#include "im2col.cuh"

// The kernels
//
// blockIdx.x is the number of the tile, columns first: blocks that run at the same time share the windows that they
// read. blockIdx.y says which part of the sums along K is this block's: `share` steps of it. With several parts, c is
// one matrix for each.

struct Block {
    int first_row, first_column, first_k, depth;

    __device__ __forceinline__ Block(int columns, int depth_of_all, int share) {
        int across = (columns - 1) / COLUMNS + 1;
        first_row = blockIdx.x / across * ROWS;
        first_column = blockIdx.x % across * COLUMNS;
        first_k = blockIdx.y * share;
        depth = min(share, depth_of_all - first_k);
    }
};

// y = f(im2col(x) kernel + bias). The columns of the kernel are stored in groups: see `column_at`.
extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS_AT_ONCE) convolve(
    const real* __restrict__ x, const real* __restrict__ kernel, const real* __restrict__ bias, real* __restrict__ y,
    int images, int height, int width, int channels, int out_height, int out_width, int filters, int kernel_height,
    int kernel_width, int stride_h, int stride_w, int top, int left, int group, int f, real slope, int share) {
    int places = images * out_height * out_width, depth = kernel_height * kernel_width * channels;
    Block block(filters, depth, share);
    Im2col a(
        Numbers(x, channels), height, width, channels, kernel_height, kernel_width, 1, block.first_row, places,
        out_height, out_width, stride_h, stride_w, -top, -left, block.first_k);
    Matrix b(Numbers(kernel, group), depth, filters, group, block.first_column, block.first_k);
    real sum[OWN_ROWS][OWN_COLUMNS];
    multiply(a, b, block.depth, sum);

    y += blockIdx.y * places * filters;
    bool whole = gridDim.y == 1, leaky = whole && f == LEAKY_RELU;
    real own_bias[OWN_COLUMNS];
#pragma unroll
    for (int j = 0; j < OWN_COLUMNS; ++j) {
        int n = block.first_column + own_column(j);
        own_bias[j] = whole && bias && n < filters ? bias[n] : 0;
    }
    store(
        sum, y, block.first_row, block.first_column, vec_aligned<RUN>(y, filters),
        [&](int m) { return m < places ? m * filters : -1; }, [&](int n) { return n < filters ? n : -1; },
        [&](real z, int j) { return leaky ? activation(LEAKY_RELU, slope, z + own_bias[j]) : z + own_bias[j]; });
    if (!whole || f == LINEAR || leaky) return;
    // The code of the other activations is long. It is here once, not once for each entry, and changes what this thread
    // has written.
#pragma unroll 1
    for (int entry = 0; entry < OWN_ROWS * OWN_COLUMNS; ++entry) {
        int m = block.first_row + own_row(entry / OWN_COLUMNS);
        int n = block.first_column + own_column(entry % OWN_COLUMNS);
        if (m < places && n < filters) y[m * filters + n] = activation(f, slope, y[m * filters + n]);
    }
}

// dx = im2col'(dz) kernel^T. blockIdx.z is the phase. `direction` is -1; with 1, tap i reads the place i further on in
// dz.
extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS_AT_ONCE) convolve_back(
    const real* __restrict__ dy, const real* __restrict__ y, const real* __restrict__ kernel, real* __restrict__ dx,
    int images, int height, int width, int channels, int out_height, int out_width, int filters, int kernel_height,
    int kernel_width, int stride_h, int stride_w, int top, int left, int direction, int f, real slope, int share) {
    // Taps first_i, first_i + stride_h ... of the kernel, and pixels first_h, first_h + stride_h ... of x.
    int first_i = blockIdx.z / stride_w, first_j = blockIdx.z % stride_w;
    int first_h = (first_i - top % stride_h + stride_h) % stride_h;
    int first_w = (first_j - left % stride_w + stride_w) % stride_w;
    int taps_h = (kernel_height - first_i + stride_h - 1) / stride_h;
    int taps_w = (kernel_width - first_j + stride_w - 1) / stride_w;
    if (min(taps_h, taps_w) <= 0) taps_h = 0, taps_w = 1;  // a phase that no window reaches
    int rows = (height - first_h + stride_h - 1) / stride_h, columns = (width - first_w + stride_w - 1) / stride_w;
    int places = images * rows * columns, depth = taps_h * taps_w * filters;

    Block block(channels, depth, share);
    if (block.first_row >= places) return;  // the grid is that of the largest phase
    Im2col a(
        Numbers(dy, y, f, slope, filters), out_height, out_width, filters, taps_h, taps_w, direction, block.first_row,
        places, rows, columns, 1, 1, (first_h + top) / stride_h, (first_w + left) / stride_w, block.first_k);
    TransposedKernel b(
        Numbers(kernel, filters), kernel_width, channels, filters, taps_h, taps_w, stride_h, stride_w, first_i,
        first_j, block.first_column, block.first_k);
    real sum[OWN_ROWS][OWN_COLUMNS];
    multiply(a, b, block.depth, sum);

    dx += blockIdx.y * images * height * width * channels;
    auto pixel = [&](int m) {
        if (m >= places) return -1;
        Place at(m, rows, columns);
        return ((at.n * height + first_h + at.p * stride_h) * width + first_w + at.q * stride_w) * channels;
    };
    store(
        sum, dx, block.first_row, block.first_column, vec_aligned<RUN>(dx, channels), pixel,
        [&](int n) { return n < channels ? n : -1; }, [&](real value, int) { return value; });
}

// dkernel = im2col(x)^T dz, and as one row more the sums over dz's columns: the gradient with respect to the bias.
// The columns of dkernel, but not those of dz, are stored in groups.
extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS_AT_ONCE) convolve_kernel_grad(
    const real* __restrict__ x, const real* __restrict__ dy, const real* __restrict__ y, real* __restrict__ dkernel,
    int images, int height, int width, int channels, int out_height, int out_width, int filters, int kernel_height,
    int kernel_width, int stride_h, int stride_w, int top, int left, int group, int f, real slope, int share) {
    int places = images * out_height * out_width, taps = kernel_height * kernel_width * channels;
    Block block(filters, places, share);
    TransposedIm2col a(
        Numbers(x, channels), images, height, width, channels, kernel_height, kernel_width, block.first_row,
        out_height, out_width, stride_h, stride_w, top, left, block.first_k);
    Matrix b(Numbers(dy, y, f, slope, filters), places, filters, filters, block.first_column, block.first_k);
    real sum[OWN_ROWS][OWN_COLUMNS];
    multiply(a, b, block.depth, sum);

    dkernel += blockIdx.y * (taps + 1) * filters;
    store(
        sum, dkernel, block.first_row, block.first_column, vec_aligned<RUN>(dkernel, group),
        [&](int m) { return m < taps ? m * group : -1; }, [&](int n) { return column_at(n, filters, group, taps); },
        [&](real value, int) { return value; });
    if (block.first_row) return;
    real total = b.sum_of(threadIdx.x);
    int n = block.first_column + threadIdx.x;
    if (threadIdx.x < COLUMNS && n < filters) dkernel[taps * filters + n] = total;
}

// y = f(sum of the parts + bias): `parts` holds `count` arrays of `size` entries, in rows of `columns`. Threads with
// the same threadIdx.x share the parts of one entry.
extern "C" __global__ void __launch_bounds__(256) add_parts(
    const real* __restrict__ parts, const real* __restrict__ bias, real* __restrict__ y, int count, int size,
    int columns, int f, real slope) {
    __shared__ real sums[256];
    int i = blockIdx.x * blockDim.x + threadIdx.x, lanes = blockDim.y;
    real total = 0;
    if (i < size) {
#pragma unroll 4
        for (int part = threadIdx.y; part < count; part += lanes) total += parts[part * size + i];
    }
    sums[thread_number()] = total;
    __syncthreads();
    if (threadIdx.y || i >= size) return;
    total = bias ? bias[i % columns] : 0;
    for (int lane = 0; lane < lanes; ++lane) total += sums[lane * blockDim.x + threadIdx.x];
    y[i] = activation(f, slope, total);
}
