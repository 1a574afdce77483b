// A matrix laid over the blocks of a grid.
//
// Blocks are (columns, lanes): threadIdx.x and blockIdx.x give the one column of the matrix that a thread works on. The
// rows are divided into parts, one for each blockIdx.y; threadIdx.y, the thread's lane, gives its rows of the part.
// Threads that are neighbours along x read neighbouring numbers, in one access to memory. `minigan.kernels.cuda.rows`
// chooses the sizes.

__device__ __forceinline__ int column_of_thread() { return blockIdx.x * blockDim.x + threadIdx.x; }

__device__ __forceinline__ int rows_each(int rows) { return (rows - 1) / (int)gridDim.y + 1; }

// The first row of a block's part, and the row after its last. They are equal where the part has no rows.
__device__ __forceinline__ int first_row(int rows) { return min(rows, (int)blockIdx.y * rows_each(rows)); }

__device__ __forceinline__ int end_row(int rows) { return min(rows, first_row(rows) + rows_each(rows)); }

// Runs its body for each `row` that this thread has, with i = the place of its number in the matrix. The thread's
// column has to be one of the matrix.
#define FOR_EACH_ROW(row, i, rows, columns)                                                                       \
    for (int row = first_row(rows) + threadIdx.y, i = row * (columns) + column_of_thread(); row < end_row(rows); \
         row += blockDim.y, i += blockDim.y * (columns))
