// Maximum and average over windows, and where their gradients go.
//
// Images (N, H, W, C) are a matrix here, laid over the blocks as rows.cuh says: a row for each row of pixels of each
// image, a column for each channel of each of its pixels.
//
// In the backward each thread computes one pixel of dx: it adds up the gradients from all windows that the pixel is in,
// place after place in a window as in the definition. (A pixel is in several windows, and threads that add to the same
// number at the same time would have to wait for each other.) So the sum of each pixel has a fixed order.

#include "common.cuh"
#include "rows.cuh"

// The windows are kernel_height x kernel_width pixels large, `down` and `across` apart, and the first begins `top` rows
// above and `left` pixels before its image (height x width); there are y_height x y_width in each image.
#define WINDOWS                                                                                                  \
    int height, int width, int y_height, int y_width, int kernel_height, int kernel_width, int down, int across, \
        int top, int left

// y = the largest number of each window, and its place there; `padding` is the value around the images.
extern "C" __global__ void max_pool(
    const real* __restrict__ x, real* __restrict__ y, long long* __restrict__ places, real padding, int images,
    int channels, WINDOWS) {
    int column = column_of_thread(), columns = y_width * channels;
    if (column >= columns) return;
    int first_w = column / channels * across - left, channel = column % channels;
    FOR_EACH_ROW(row, i, images * y_height, columns) {
        int image = row / y_height, first_h = row % y_height * down - top, best = 0;
        real largest = padding;
        for (int place = 0; place < kernel_height * kernel_width; ++place) {
            int h = first_h + place / kernel_width, w = first_w + place % kernel_width;
            bool inside = h >= 0 && h < height && w >= 0 && w < width;
            real value = inside ? x[((image * height + h) * width + w) * channels + channel] : padding;
            // The first NaN is the maximum, although it is not larger than any number.
            bool first_nan = value != value && largest == largest;
            if (place == 0 || value > largest || first_nan) largest = value, best = place;
        }
        y[i] = largest;
        places[i] = best;
    }
}

// The number, along one axis, of the window that has pixel `at` at `place`; -1 if there is none.
__device__ __forceinline__ int window_of(int at, int place, int apart, int count) {
    int first = at - place;
    return first >= 0 && first % apart == 0 && first / apart < count ? first / apart : -1;
}

// dx = the sum of dy over those windows whose largest number was at the pixel.
extern "C" __global__ void max_pool_grad(
    const real* __restrict__ dy, const long long* __restrict__ places, real* __restrict__ dx, int images, int channels,
    WINDOWS) {
    int column = column_of_thread(), columns = width * channels;
    if (column >= columns) return;
    int w = column / channels + left, channel = column % channels;
    FOR_EACH_ROW(row, i, images * height, columns) {
        int image = row / height, h = row % height + top;
        real sum = 0;
        for (int place = 0; place < kernel_height * kernel_width; ++place) {
            int p = window_of(h, place / kernel_width, down, y_height);
            int q = window_of(w, place % kernel_width, across, y_width);
            if (p < 0 || q < 0) continue;
            int window = ((image * y_height + p) * y_width + q) * channels + channel;
            sum += dy[window] * (places[window] == place);
        }
        dx[i] = sum;
    }
}

// How many of `size` pixels from `first` on are inside the image.
__device__ __forceinline__ int inside(int first, int size, int extent) {
    return max(0, min(first + size, extent) - max(first, 0));
}

// y = the mean over those pixels of each window that are inside the image.
extern "C" __global__ void average_pool(
    const real* __restrict__ x, real* __restrict__ y, int images, int channels, WINDOWS) {
    int column = column_of_thread(), columns = y_width * channels;
    if (column >= columns) return;
    int first_w = column / channels * across - left, channel = column % channels;
    int w = max(first_w, 0), pixels_across = inside(first_w, kernel_width, width);
    FOR_EACH_ROW(row, i, images * y_height, columns) {
        int image = row / y_height, first_h = row % y_height * down - top;
        int h = max(first_h, 0), pixels_down = inside(first_h, kernel_height, height);
        real sum = 0;
        for (int a = 0; a < pixels_down; ++a)
            for (int b = 0; b < pixels_across; ++b)
                sum += x[((image * height + h + a) * width + w + b) * channels + channel];
        y[i] = sum / (pixels_down * pixels_across);
    }
}

// dx = the sum over the windows that the pixel is in of dy / (the pixels of the window inside the image).
extern "C" __global__ void average_pool_grad(
    const real* __restrict__ dy, real* __restrict__ dx, int images, int channels, WINDOWS) {
    int column = column_of_thread(), columns = width * channels;
    if (column >= columns) return;
    int w = column / channels + left, channel = column % channels;
    FOR_EACH_ROW(row, i, images * height, columns) {
        int image = row / height, h = row % height + top;
        real sum = 0;
        for (int place = 0; place < kernel_height * kernel_width; ++place) {
            int p = window_of(h, place / kernel_width, down, y_height);
            int q = window_of(w, place % kernel_width, across, y_width);
            if (p < 0 || q < 0) continue;
            int pixels = inside(p * down - top, kernel_height, height) * inside(q * across - left, kernel_width, width);
            sum += dy[((image * y_height + p) * y_width + q) * channels + channel] / pixels;
        }
        dx[i] = sum;
    }
}
