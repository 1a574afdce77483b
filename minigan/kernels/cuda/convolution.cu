// Convolution and its two gradients, each as one matrix product ("implicit GEMM").
//
// The reference writes every window of the images as a row of a matrix, `im2col(x)`, and multiplies:
//
//     y = im2col(x) kernel,     dkernel = im2col(x)^T dz,     dx = im2col'(dz) kernel^T,
//
// where im2col'(dz) has for each pixel of x the numbers of dz to which it contributed. Here these matrices are never
// stored: a block reads the entries of its tile from x or dz, and zeros where a window reaches over the edge. tiles.cuh
// multiplies the tiles; this file defines the factors a and b.
//
// With strides s, pixel h of x meets tap i of the kernel only where s divides h + top - i. Pixels of one phase, with
// the same remainder of h + top by s, meet the same taps, every s-th; a phase alone is a convolution without strides.
// So each phase is a product of its own, and nothing is multiplied by zeros.
//
// A dense layer is the convolution of one-pixel windows.
//
// Around the product: bias and activation f are applied to y while it is in registers, and dz = dy f'(y) is computed
// from dy and y wherever it is read. Where the product has too few tiles for all multiprocessors, or its sums are long,
// several blocks share the sum of a tile: each leaves its part in memory, and `add_parts` adds them up. The order of
// every sum depends on the sizes alone, so the bits are the same in every run.

#include "common.cuh"
#include "fused_activation.cuh"
#include "vector_load.cuh"
#include "tiles.cuh"

#define OUTSIDE (-(1 << 29))  // a row far above every image

// Places along K

// A place in a window: row i and column j of its taps, and a channel; the last runs fastest.
struct Tap {
    int i, j, channel, width, channels;

    __device__ __forceinline__ Tap(int number, int width, int channels) : width(width), channels(channels) {
        channel = number % channels;
        i = number / channels / width;
        j = number / channels % width;
    }

    // Divisions are slow: going on needs none.
    __device__ __forceinline__ void step(int count) {
        for (channel += count; channel >= channels; channel -= channels)
            if (++j == width) j = 0, ++i;
    }
};

// A place in images: image n, row p, column q.
struct Place {
    int n, p, q, height, width;

    __device__ __forceinline__ Place(int number, int height, int width) : height(height), width(width) {
        q = number % width;
        p = number / width % height;
        n = number / width / height;
    }

    __device__ __forceinline__ void step(int count) {
        for (q += count; q >= width; q -= width)
            if (++p == height) p = 0, ++n;
    }
};

// Reading

// The numbers of an array; or, with an activation, dz = dy f'(y) from two arrays.
struct Numbers {
    const real *numbers, *y;
    int f;
    real slope;
    bool wide;  // whether four numbers may be read at once

    __device__ __forceinline__ Numbers(const real* numbers, int length)
        : numbers(numbers), y(nullptr), f(LINEAR), slope(0), wide(vec_aligned<4>(numbers, length)) {}

    __device__ __forceinline__ Numbers(const real* dy, const real* y, int f, real slope, int length)
        : numbers(dy), y(y), f(f), slope(slope), wide(vec_aligned<4>(dy, length) && vec_aligned<4>(y, length)) {}

    __device__ __forceinline__ real one(int i) const {
        return f == LINEAR ? numbers[i] : activation_grad(f, slope, numbers[i], y[i]);
    }

    __device__ __forceinline__ Vec4 four(int i) const {
        Vec4 values = *(const Vec4*)(numbers + i);
        if (f == LINEAR) return values;
        Vec4 outputs = *(const Vec4*)(y + i);
        for (int e = 0; e < 4; ++e) values.at[e] = activation_grad(f, slope, values.at[e], outputs.at[e]);
        return values;
    }
};

__device__ __forceinline__ Vec4 zeros() { return Vec4{{0, 0, 0, 0}}; }

// A thread's share of a tile

// Of a matrix whose rows lie along K in memory: fours of steps of a row, or of a column of b.
template <int EXTENT>
struct AlongK {
    static const int FOURS = EXTENT * DEPTH / 4, SLOTS = (FOURS + THREADS - 1) / THREADS;
    Vec4 held[SLOTS];

    static __device__ __forceinline__ bool has(int slot) { return threadIdx.x + slot * THREADS < FOURS; }
    static __device__ __forceinline__ int place(int slot) { return (threadIdx.x + slot * THREADS) / (DEPTH / 4); }
    static __device__ __forceinline__ int first_step() { return threadIdx.x % (DEPTH / 4) * 4; }

    // The numbers at the next taps. `matrix.place_of` is the place of each in memory, or -1 for a zero.
    template <typename Matrix>
    __device__ __forceinline__ void fetch_at(Tap& tap, const Numbers& numbers, const Matrix& matrix) {
        if (numbers.wide) {
#pragma unroll
            for (int slot = 0; slot < SLOTS; ++slot) {
                int i = matrix.place_of(slot, tap);
                held[slot] = i < 0 ? zeros() : numbers.four(i);
            }
        } else {
            Tap each = tap;
#pragma unroll
            for (int e = 0; e < 4; ++e, each.step(1))
#pragma unroll
                for (int slot = 0; slot < SLOTS; ++slot) {
                    int i = matrix.place_of(slot, each);
                    held[slot].at[e] = i < 0 ? 0 : numbers.one(i);
                }
        }
        tap.step(DEPTH);
    }

    __device__ __forceinline__ void put(Tile<EXTENT>& tile) {
#pragma unroll
        for (int slot = 0; slot < SLOTS; ++slot)
            if (has(slot))
#pragma unroll
                for (int e = 0; e < 4; ++e)
                    tile.row[first_step() + e][place(slot)] = operand(held[slot].at[e]);
    }
};

// Of a matrix whose rows lie across K: fours of neighbouring rows, or columns of b, of one step.
template <int EXTENT>
struct AcrossK {
    static const int FOURS = EXTENT * DEPTH / 4, SLOTS = (FOURS + THREADS - 1) / THREADS;
    static const int STEPS = THREADS / (EXTENT / 4);  // from slot to slot
    Vec4 held[SLOTS];

    static __device__ __forceinline__ bool has(int slot) { return threadIdx.x + slot * THREADS < FOURS; }
    static __device__ __forceinline__ int place() { return threadIdx.x % (EXTENT / 4) * 4; }
    static __device__ __forceinline__ int first_step() { return threadIdx.x / (EXTENT / 4); }

    __device__ __forceinline__ void put(Tile<EXTENT>& tile) {
#pragma unroll
        for (int slot = 0; slot < SLOTS; ++slot)
            if (has(slot)) tile.four(first_step() + slot * STEPS, place()) = operands(held[slot]);
    }
};

// a = im2col(x), or im2col'(dz): the rows are places, and what lies along K are the numbers in their windows.
// In im2col' the taps go backwards: place u and tap i meet in pixel u + top - i.
struct Im2col : AlongK<ROWS> {
    Numbers image;
    int height, width, kernel_height, direction;
    int row[SLOTS], column[SLOTS], first[SLOTS];  // where the windows of this thread's places begin, and their images
    Tap tap;

    __device__ __forceinline__ Im2col(
        Numbers image, int height, int width, int channels, int kernel_height, int kernel_width, int direction,
        int first_place, int places, int out_height, int out_width, int stride_h, int stride_w, int start_h,
        int start_w, int first_k)
        : image(image), height(height), width(width), kernel_height(kernel_height), direction(direction),
          tap(first_k + first_step(), kernel_width, channels) {
#pragma unroll
        for (int slot = 0; slot < SLOTS; ++slot) {
            int number = first_place + place(slot);
            Place at(number, out_height, out_width);
            row[slot] = number < places ? at.p * stride_h + start_h : OUTSIDE;
            column[slot] = at.q * stride_w + start_w;
            first[slot] = number < places ? at.n * height * width * channels : 0;
        }
    }

    // The place of the number at a tap; below 0 outside the image, and behind the last tap.
    __device__ __forceinline__ int place_of(int slot, const Tap& tap) const {
        int h = row[slot] + direction * tap.i, w = column[slot] + direction * tap.j;
        bool inside = tap.i < kernel_height && (unsigned)h < (unsigned)height && (unsigned)w < (unsigned)width;
        return inside ? first[slot] + (h * width + w) * tap.channels + tap.channel : -1;
    }

    __device__ __forceinline__ void fetch() { fetch_at(tap, image, *this); }
};

// a = im2col(x)^T: the rows are places in the window, and what lies along K are the windows.
struct TransposedIm2col : AcrossK<ROWS> {
    Numbers image;
    int height, width, channels, stride_h, stride_w, top, left, images;
    int i[4], j[4], offset[4];  // of this thread's four taps; the offset from where their window begins
    Place window;

    __device__ __forceinline__ TransposedIm2col(
        Numbers image, int images, int height, int width, int channels, int kernel_height, int kernel_width,
        int first_tap, int out_height, int out_width, int stride_h, int stride_w, int top, int left, int first_k)
        : image(image), height(height), width(width), channels(channels), stride_h(stride_h), stride_w(stride_w),
          top(top), left(left), images(images), window(first_k + first_step(), out_height, out_width) {
#pragma unroll
        for (int e = 0; e < 4; ++e) {
            Tap tap(first_tap + place() + e, kernel_width, channels);
            i[e] = tap.i < kernel_height ? tap.i : OUTSIDE;
            j[e] = tap.j;
            offset[e] = (tap.i * width + tap.j) * channels + tap.channel;
        }
    }

    __device__ __forceinline__ int place_of(int e) const {
        int h = window.p * stride_h - top, w = window.q * stride_w - left;
        bool inside = window.n < images && (unsigned)(h + i[e]) < (unsigned)height &&
                      (unsigned)(w + j[e]) < (unsigned)width;
        return inside ? ((window.n * height + h) * width + w) * channels + offset[e] : -1;
    }

    __device__ __forceinline__ void fetch() {
#pragma unroll
        for (int slot = 0; slot < SLOTS; ++slot) {
            if (image.wide) {
                int i = place_of(0);
                held[slot] = i < 0 ? zeros() : image.four(i);
            } else {
#pragma unroll
                for (int e = 0; e < 4; ++e) {
                    int i = place_of(e);
                    held[slot].at[e] = i < 0 ? 0 : image.one(i);
                }
            }
            window.step(STEPS);
        }
    }
};

// The place of column n of a matrix that is stored as several matrices of `group` columns and `rows` rows: its first
// entry; the entry of the next row is `group` numbers further. Below 0 there is no such column.
__device__ __forceinline__ int column_at(int n, int columns, int group, int rows) {
    return n < columns ? n / group * group * rows + n % group : -1;
}

// b as it is stored: its rows lie across K.
struct Matrix : AcrossK<COLUMNS> {
    Numbers numbers;
    int rows, group, k;
    int column[4];
    Vec4 sums;  // of the numbers that were read, column by column

    __device__ __forceinline__ Matrix(
        Numbers numbers, int rows, int columns, int group, int first_column, int first_k)
        : numbers(numbers), rows(rows), group(group), k(first_k + first_step()), sums(zeros()) {
#pragma unroll
        for (int e = 0; e < 4; ++e) column[e] = column_at(first_column + place() + e, columns, group, rows);
    }

    __device__ __forceinline__ void fetch() {
#pragma unroll
        for (int slot = 0; slot < SLOTS; ++slot) {
            int row = k + slot * STEPS;
            held[slot] = zeros();
            if (has(slot) && row < rows) {
                if (numbers.wide && column[0] >= 0)
                    held[slot] = numbers.four(column[0] + row * group);
                else
#pragma unroll
                    for (int e = 0; e < 4; ++e)
                        if (column[e] >= 0) held[slot].at[e] = numbers.one(column[e] + row * group);
            }
#pragma unroll
            for (int e = 0; e < 4; ++e) sums.at[e] += held[slot].at[e];
        }
        k += DEPTH;
    }

    // The sum of `column` of the tile over all steps, from all threads that have read numbers of it. All threads of the
    // block have to come here.
    __device__ __forceinline__ real sum_of(int column) {
        __shared__ Vec4 of_thread[THREADS];
        of_thread[threadIdx.x] = sums;
        __syncthreads();
        real total = 0;
        if (column < COLUMNS)
            for (int thread = column / 4; thread < THREADS; thread += COLUMNS / 4)
                total += of_thread[thread].at[column % 4];
        return total;
    }
};

// b = kernel^T, of every stride-th tap from (first_i, first_j) on: its columns are channels of x, and along K lie taps
// and filters.
struct TransposedKernel : AlongK<COLUMNS> {
    Numbers kernel;
    int kernel_width, channels, taps_h, stride_h, stride_w, first_i, first_j, first_channel;
    Tap tap;

    __device__ __forceinline__ TransposedKernel(
        Numbers kernel, int kernel_width, int channels, int filters, int taps_h, int taps_w, int stride_h,
        int stride_w, int first_i, int first_j, int first_channel, int first_k)
        : kernel(kernel), kernel_width(kernel_width), channels(channels), taps_h(taps_h), stride_h(stride_h),
          stride_w(stride_w), first_i(first_i), first_j(first_j), first_channel(first_channel),
          tap(first_k + first_step(), taps_w, filters) {}

    __device__ __forceinline__ int place_of(int slot, const Tap& tap) const {
        int i = first_i + stride_h * tap.i, j = first_j + stride_w * tap.j, channel = first_channel + place(slot);
        bool inside = has(slot) && tap.i < taps_h && channel < channels;
        return inside ? ((i * kernel_width + j) * channels + channel) * tap.channels + tap.channel : -1;
    }

    __device__ __forceinline__ void fetch() { fetch_at(tap, kernel, *this); }
};

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
