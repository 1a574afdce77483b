// A matrix product, tile by tile: c = a b, with a (M, K), b (K, N) and c (M, N).
//
// The idea. Memory delivers a number in the time of some thirty multiplications, so each number that is fetched has to
// be used often. A block of threads makes a tile of c, of ROWS x COLUMNS entries. It goes along K in steps of DEPTH:
// its threads together fetch a tile of a and a tile of b into shared memory, where an entry of a serves COLUMNS
// products, and one of b serves ROWS. Shared memory, too, is slower than arithmetic. So each thread has a small tile of
// c in its registers: from OWN_ROWS numbers of a and OWN_COLUMNS of b it makes OWN_ROWS x OWN_COLUMNS products.
//
//              b:   . . . . [  ]        the tile of b: DEPTH x COLUMNS
//                           [  ]
//     a:                    |
//     . . . . . .           v
//     [           ] -->   [ c  ]        the tile of c: ROWS x COLUMNS
//     [           ]       [    ]
//
// There are two tiles of each in shared memory. While the threads multiply those of one step, the numbers of the next
// step are read into registers, and then written to the other two. So a step needs one barrier, and the wait for memory
// is hidden behind arithmetic.
//
// a and b need not be stored anywhere: the objects that fetch them may compute where their entries are, as those of a
// convolution do.
//
// With TF32 (see `multiply_add`) the tensor cores multiply: a warp at once, which has the entries of c in other places.
//
// The launcher chooses the sizes of the tiles, by macros; these are for a source that is compiled without.

#ifndef ROWS
#define ROWS 64
#define COLUMNS 64
#define DEPTH 16
#define THREAD_ROWS 8
#define THREAD_COLUMNS 4
#endif

#if defined(TF32) && defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
#error "TF32 needs a card of compute capability 8.0 or more"
#endif

// The threads of a block, and the blocks that a multiprocessor shall have registers for at once.
constexpr int THREADS = ROWS / THREAD_ROWS * (COLUMNS / THREAD_COLUMNS);
constexpr int BLOCKS_AT_ONCE = 2048 / sizeof(real) / THREADS;

// A tile of a or b in shared memory: for each step along K the numbers of EXTENT rows of a, or columns of b.
//
// Shared memory has 32 banks, of which each delivers a number at a time. With some numbers between the rows the
// threads of a warp, which write one column, or read in the order of the tensor cores, mostly use different banks.
#ifdef TF32
#define GAP 8
#else
#define GAP 4
#endif
template <int EXTENT>
struct Tile {
    real row[DEPTH][EXTENT + GAP];

    __device__ __forceinline__ Vec4& four(int k, int place) { return *(Vec4*)&row[k][place]; }
};

// The digits of a number that the tensor cores use: 10 of the 23 bits behind its point, rounded. Without TF32, all.
__device__ __forceinline__ real operand(real value) {
#if defined(TF32) && defined(__CUDACC__)
    unsigned bits;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(value));
    return __uint_as_float(bits);
#else
    return value;
#endif
}

__device__ __forceinline__ Vec4 operands(Vec4 values) {
    for (int e = 0; e < 4; ++e) values.at[e] = operand(values.at[e]);
    return values;
}

#ifndef TF32

#define OWN_ROWS THREAD_ROWS
#define OWN_COLUMNS THREAD_COLUMNS
#define RUN 4  // consecutive columns of a thread

// The places of a thread's own entries in the tile of c: four rows and columns together, then as many for every other
// thread before the next four. So the threads of a warp read neighbouring fours of b.
__device__ __forceinline__ int own_row(int i) {
    return i / 4 * (4 * ROWS / THREAD_ROWS) + threadIdx.x / (COLUMNS / THREAD_COLUMNS) * 4 + i % 4;
}

__device__ __forceinline__ int own_column(int j) {
    return j / 4 * (4 * COLUMNS / THREAD_COLUMNS) + threadIdx.x % (COLUMNS / THREAD_COLUMNS) * 4 + j % 4;
}

// Adds the products of two tiles to a thread's own entries of c.
__device__ __forceinline__ void multiply_add(
    Tile<ROWS>& a, Tile<COLUMNS>& b, real (&sum)[OWN_ROWS][OWN_COLUMNS]) {
#pragma unroll
    for (int k = 0; k < DEPTH; ++k) {
        Vec4 left[OWN_ROWS / 4], right[OWN_COLUMNS / 4];
#pragma unroll
        for (int i = 0; i < OWN_ROWS / 4; ++i) left[i] = a.four(k, own_row(4 * i));
#pragma unroll
        for (int j = 0; j < OWN_COLUMNS / 4; ++j) right[j] = b.four(k, own_column(4 * j));
#pragma unroll
        for (int i = 0; i < OWN_ROWS; ++i)
#pragma unroll
            for (int j = 0; j < OWN_COLUMNS; ++j) sum[i][j] += left[i / 4].at[i % 4] * right[j / 4].at[j % 4];
    }
}

#else

// The 32 threads of a warp make 4 THREAD_ROWS x 8 THREAD_COLUMNS entries of c, in fragments of 16 x 8. Which thread has
// which of a fragment's entries, the instruction says (PTX ISA, "Matrix fragments for mma.m16n8k8"): with g = lane / 4
// and t = lane % 4, rows g and g + 8, columns 2 t and 2 t + 1.
#define OWN_ROWS (THREAD_ROWS / 2)
#define OWN_COLUMNS (THREAD_COLUMNS * 2)
#define RUN 2
#define WARP_ROWS (4 * THREAD_ROWS)
#define WARP_COLUMNS (8 * THREAD_COLUMNS)

__device__ __forceinline__ int first_row_of_warp() {
    return threadIdx.x / WARP / (COLUMNS / WARP_COLUMNS) * WARP_ROWS;
}

__device__ __forceinline__ int first_column_of_warp() {
    return threadIdx.x / WARP % (COLUMNS / WARP_COLUMNS) * WARP_COLUMNS;
}

__device__ __forceinline__ int own_row(int i) {
    return first_row_of_warp() + i / 2 * 16 + threadIdx.x % WARP / 4 + i % 2 * 8;
}

__device__ __forceinline__ int own_column(int j) {
    return first_column_of_warp() + j / 2 * 8 + threadIdx.x % 4 * 2 + j % 2;
}

// c += a b of one fragment, by the tensor cores: a is 16 x 8, of which a thread has the entries (g, t), (g + 8, t),
// (g, t + 4) and (g + 8, t + 4); b is 8 x 8, with (t, g) and (t + 4, g).
__device__ __forceinline__ void multiply_fragment(
    real& c0, real& c1, real& c2, real& c3, const real (&a)[4], const real (&b)[2]) {
#ifdef __CUDACC__
    asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
        "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(c0), "+f"(c1), "+f"(c2), "+f"(c3)
        : "r"(__float_as_uint(a[0])), "r"(__float_as_uint(a[1])), "r"(__float_as_uint(a[2])),
          "r"(__float_as_uint(a[3])), "r"(__float_as_uint(b[0])), "r"(__float_as_uint(b[1])));
#else
    // The same by hand, for tests on the CPU: each thread asks the others for what it needs.
    int g = threadIdx.x % WARP / 4, t = threadIdx.x % 4;
    for (int k = 0; k < 8; ++k) {
        real upper = 0, lower = 0, left = 0, right = 0;
        for (int half = 0; half < 2; ++half) {
            real of_g = __shfl_sync(ALL_LANES, a[2 * half], 4 * g + k % 4);
            real of_g8 = __shfl_sync(ALL_LANES, a[2 * half + 1], 4 * g + k % 4);
            real of_2t = __shfl_sync(ALL_LANES, b[half], 4 * (2 * t) + k % 4);
            real of_2t1 = __shfl_sync(ALL_LANES, b[half], 4 * (2 * t + 1) + k % 4);
            if (k / 4 == half) upper = of_g, lower = of_g8, left = of_2t, right = of_2t1;
        }
        c0 += upper * left;
        c1 += upper * right;
        c2 += lower * left;
        c3 += lower * right;
    }
#endif
}

__device__ __forceinline__ void multiply_add(
    Tile<ROWS>& a, Tile<COLUMNS>& b, real (&sum)[OWN_ROWS][OWN_COLUMNS]) {
    int row = first_row_of_warp() + threadIdx.x % WARP / 4, column = first_column_of_warp() + threadIdx.x % WARP / 4;
#pragma unroll
    for (int k0 = 0; k0 < DEPTH; k0 += 8) {
        int k = k0 + threadIdx.x % 4;
        real left[OWN_ROWS / 2][4], right[OWN_COLUMNS / 2][2];
#pragma unroll
        for (int i = 0; i < OWN_ROWS / 2; ++i)
#pragma unroll
            for (int e = 0; e < 4; ++e) left[i][e] = a.row[k + e / 2 * 4][row + 16 * i + e % 2 * 8];
#pragma unroll
        for (int j = 0; j < OWN_COLUMNS / 2; ++j)
#pragma unroll
            for (int e = 0; e < 2; ++e) right[j][e] = b.row[k + 4 * e][column + 8 * j];
#pragma unroll
        for (int i = 0; i < OWN_ROWS; i += 2)
#pragma unroll
            for (int j = 0; j < OWN_COLUMNS; j += 2)
                multiply_fragment(
                    sum[i][j], sum[i][j + 1], sum[i + 1][j], sum[i + 1][j + 1], left[i / 2], right[j / 2]);
    }
}

#endif

// A thread's own entries of the product of a and b over `depth` terms. `fetch` of a or b reads a thread's share of the
// next tile into registers and goes a step on along K, `put` writes it to shared memory.
template <class A, class B>
__device__ __forceinline__ void multiply(A& a, B& b, int depth, real (&sum)[OWN_ROWS][OWN_COLUMNS]) {
    __shared__ Tile<ROWS> tiles_of_a[2];
    __shared__ Tile<COLUMNS> tiles_of_b[2];
#pragma unroll
    for (int i = 0; i < OWN_ROWS; ++i)
#pragma unroll
        for (int j = 0; j < OWN_COLUMNS; ++j) sum[i][j] = 0;
    // In the first round there is nothing to multiply yet, in the last nothing more to fetch.
    for (int k = -DEPTH, now = 1; k < depth; k += DEPTH, now = 1 - now) {
        bool more = k + DEPTH < depth;
        if (more) {
            a.fetch();
            b.fetch();
        }
        if (k >= 0) multiply_add(tiles_of_a[now], tiles_of_b[now], sum);
        if (more) {
            a.put(tiles_of_a[1 - now]);
            b.put(tiles_of_b[1 - now]);
        }
        __syncthreads();
    }
}

// Writes a thread's own entries of c: entry (m, n) to `c[row(m) + column(n)]`, as `value(sum, j)` for its own column j.
// A row or a column below 0 is none. `wide` says that runs of RUN columns are consecutive, and that a Vec of them
// may be written.
template <class Row, class Column, class Value>
__device__ __forceinline__ void store(
    real (&sum)[OWN_ROWS][OWN_COLUMNS], real* c, int first_row, int first_column, bool wide, Row row, Column column,
    Value value) {
    int in_column[OWN_COLUMNS];
#pragma unroll
    for (int j = 0; j < OWN_COLUMNS; ++j) in_column[j] = column(first_column + own_column(j));
#pragma unroll
    for (int i = 0; i < OWN_ROWS; ++i) {
        int in_row = row(first_row + own_row(i));
        if (in_row < 0) continue;
#pragma unroll
        for (int j = 0; j < OWN_COLUMNS; j += RUN) {
            if (wide && in_column[j] >= 0) {
                Vec<RUN> run;
#pragma unroll
                for (int e = 0; e < RUN; ++e) run.at[e] = value(sum[i][j + e], j + e);
                *(Vec<RUN>*)(c + in_row + in_column[j]) = run;
            } else {
#pragma unroll
                for (int e = 0; e < RUN; ++e)
                    if (in_column[j + e] >= 0) c[in_row + in_column[j + e]] = value(sum[i][j + e], j + e);
            }
        }
    }
}
