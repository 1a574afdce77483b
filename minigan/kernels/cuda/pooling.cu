// Maximum and average over windows, and where their gradients go.
//
// Images (N, H, W, C) are a matrix here, laid over the blocks as rows.cuh says: a row for each row of pixels of each
// image, a column for each channel of each of its pixels.
//
// On the way back no thread sends anything: a pixel lies in several windows, and threads that add to one number at the
// same time get in each other's way. Instead a thread asks what each place of a window owes to its pixel, place after
// place as in the definition. So each number has one thread, and its sum a fixed order.

#include "common.cuh"
#include "rows.cuh"

// The windows are kernel_height x kernel_width pixels large, `down` and `across` apart, and the first begins `top` rows
// above and `left` pixels before its image (height x width); there are y_height x y_width in each image.
#define WINDOWS                                                                                                  \
    int height, int width, int y_height, int y_width, int kernel_height, int kernel_width, int down, int across, \
        int top, int left

// y = the largest number of each window, and its place there; `frame` lies around the images.
extern "C" __global__ void max_pool(
    const real* __restrict__ x, real* __restrict__ y, long long* __restrict__ places, real frame, int images,
    int channels, WINDOWS) {
    int column = column_of_thread(), columns = y_width * channels;
    if (column >= columns) return;
    int first_w = column / channels * across - left, channel = column % channels;
    FOR_EACH_ROW(row, i, images * y_height, columns) {
        int image = row / y_height, first_h = row % y_height * down - top, best = 0;
        real largest = frame;
        for (int place = 0; place < kernel_height * kernel_width; ++place) {
            int h = first_h + place / kernel_width, w = first_w + place % kernel_width;
            bool inside = h >= 0 && h < height && w >= 0 && w < width;
            real value = inside ? x[((image * height + h) * width + w) * channels + channel] : frame;
            // No NaN is larger than a number, and still the first of them is the maximum.
            bool first_nan = value != value && largest == largest;
            if (place == 0 || value > largest || first_nan) largest = value, best = place;
        }
        y[i] = largest;
        places[i] = best;
    }
}

// The window, numbered through one axis, of which pixel `at` is number `place`; -1 if there is none.
__device__ __forceinline__ int window_of(int at, int place, int apart, int count) {
    int first = at - place;
    return first >= 0 && first % apart == 0 && first / apart < count ? first / apart : -1;
}

// dx = the sum of dy over those windows whose largest number lay at the pixel.
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

// How many of `size` pixels from `first` on lie inside the image.
__device__ __forceinline__ int inside(int first, int size, int extent) {
    return max(0, min(first + size, extent) - max(first, 0));
}

// y = the mean over those pixels of each window that lie inside the image.
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

// dx = the sum over the windows that the pixel lies in of dy / (the pixels of the window inside the image).
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
