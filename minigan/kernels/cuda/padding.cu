// Padding of images.
//
// Images (N, H, W, C) are a matrix here, laid over the blocks as rows.cuh says: a row for each row of pixels of each
// image, a column for each channel of each of its pixels.

#include "common.cuh"
#include "rows.cuh"

// y, of `images` images of y_height rows and y_columns numbers in each: those of x, which begin `top` rows down and
// `left` numbers to the right, and `value` around them.
extern "C" __global__ void pad(
    const real* __restrict__ x, real* __restrict__ y, real value, int images, int height, int columns, int y_height,
    int y_columns, int top, int left) {
    int column = column_of_thread();
    if (column >= y_columns) return;
    int from = column - left;
    bool inside = from >= 0 && from < columns;
    FOR_EACH_ROW(row, i, images * y_height, y_columns) {
        int h = row % y_height - top;
        y[i] = inside && h >= 0 && h < height ? x[(row / y_height * height + h) * columns + from] : value;
    }
}
