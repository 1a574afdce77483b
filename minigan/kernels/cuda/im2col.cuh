// The factors of the products of a convolution: im2col(x), im2col'(dz), dz and the kernel.
//
// None of them but dz and the kernel is stored anywhere. Each struct here reads a thread's share of the tiles of one
// factor, step by step along K, from where its numbers are in x, dz or the kernel. convolution.cu says which products
// they are for, tiles.cuh what a tile is.

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

// For a matrix whose rows run along K in memory: four steps at a time of a row, or of a column of b.
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

// For a matrix whose rows run across K: four neighbouring rows at a time, or columns of b, of one step.
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

// a = im2col(x), or im2col'(dz): the rows are places, and along K are the numbers in their windows.
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

// a = im2col(x)^T: the rows are places in the window, and along K are the windows.
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

// b as it is stored: its rows run across K.
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

// b = kernel^T, of every stride-th tap from (first_i, first_j) on: its columns are channels of x, and along K are taps
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
