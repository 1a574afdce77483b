// Upsampling by repetition, and its gradient.
//
// Images (N, H, W, C) are a matrix here, laid over the blocks as rows.cuh says: a row for each row of pixels of each
// image, a column for each channel of each of its pixels. A thread computes the numbers of its column once.

#include "common.cuh"
#include "rows.cuh"

// y, of `rows` rows and `width` pixels in each, from x, which has 1 for `down` rows and 1 for `across` pixels of y.
extern "C" __global__ void upsample_nearest(
    const real* __restrict__ x, real* __restrict__ y, int rows, int width, int channels, int down, int across) {
    int column = column_of_thread(), columns = width * channels;
    if (column >= columns) return;
    int from = column / channels / across * channels + column % channels, x_columns = width / across * channels;
    FOR_EACH_ROW(row, i, rows, columns) y[i] = x[row / down * x_columns + from];
}

// dx, of `rows` rows and `width` pixels in each: the sum of the (down, across) pixels of dy that were copied from each.
extern "C" __global__ void upsample_nearest_grad(
    const real* __restrict__ dy, real* __restrict__ dx, int rows, int width, int channels, int down, int across) {
    int column = column_of_thread(), columns = width * channels;
    if (column >= columns) return;
    int from = column / channels * across * channels + column % channels, dy_columns = columns * across;
    FOR_EACH_ROW(row, i, rows, columns) {
        real sum = 0;
        for (int a = 0; a < down; ++a)
            for (int b = 0; b < across; ++b) sum += dy[(row * down + a) * dy_columns + b * channels + from];
        dx[i] = sum;
    }
}
