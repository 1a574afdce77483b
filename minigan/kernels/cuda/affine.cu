// The steps before and after the nine products of a convolution with 3 x 3 taps whose image is doubled by repetition.
//
// Pixel i of x is at 2i and 2i + 1 of the doubled image. Both have the same products with the nine taps of the kernel,
// so these are computed from the small image, in one matrix product: taps (N*H*W, 3, 3, F). Then output pixel Y of a
// column reads tap s from place Y + s - 1 of the doubled image, which is pixel (Y + s - 1) / 2 of the small one. Rows
// work as columns: y is a sum of nine numbers of `taps`, and no image is doubled. In the backward the gradient of tap s
// at pixel i is the sum of those of the two output pixels that read it, 2i + 1 - s and 2i + 2 - s.
//
// Each thread works on one pixel and four neighbouring filters, where their number allows it.

#include "common.cuh"
#include "fused_activation.cuh"
#include "vector_load.cuh"

template <int COUNT>
__device__ __forceinline__ void add_to(Vec<COUNT>& total, const Vec<COUNT>& more) {
    for (int e = 0; e < COUNT; ++e) total.at[e] += more.at[e];
}

template <int COUNT>
__device__ __forceinline__ Vec<COUNT> sum(const Vec<COUNT>& a, const Vec<COUNT>& b) {
    Vec<COUNT> total = a;
    add_to(total, b);
    return total;
}

template <int COUNT>
__device__ __forceinline__ void spread(
    const real* taps, const real* bias, real* y, int images, int height, int width, int filters, int f, real slope) {
    int vecs = filters / COUNT;
    FOR_EACH(i, images * 2 * height * 2 * width * vecs) {
        int filter = i % vecs * COUNT, column = i / vecs % (2 * width);
        int row = i / vecs / (2 * width) % (2 * height), n = i / vecs / (2 * width) / (2 * height);
        Vec<COUNT> total;
        for (int e = 0; e < COUNT; ++e) total.at[e] = bias ? bias[filter + e] : 0;
#pragma unroll
        for (int s = 0; s < 3; ++s)
#pragma unroll
            for (int t = 0; t < 3; ++t) {
                int h = row + s - 1, w = column + t - 1;
                if (h < 0 || h >= 2 * height || w < 0 || w >= 2 * width) continue;
                int pixel = (n * height + h / 2) * width + w / 2;
                add_to(total, *(const Vec<COUNT>*)(taps + (pixel * 9 + 3 * s + t) * filters + filter));
            }
        for (int e = 0; e < COUNT; ++e) total.at[e] = activation(f, slope, total.at[e]);
        ((Vec<COUNT>*)y)[i] = total;
    }
}

// y = f(what the taps add up to + bias): taps (N, H, W, 3, 3, F), y (N, 2H, 2W, F).
extern "C" __global__ void spread_taps(
    const real* __restrict__ taps, const real* __restrict__ bias, real* __restrict__ y, int images, int height,
    int width, int filters, int f, real slope) {
    if (vec_aligned<4>(taps, filters) && vec_aligned<4>(y, filters))
        spread<4>(taps, bias, y, images, height, width, filters, f, slope);
    else
        spread<1>(taps, bias, y, images, height, width, filters, f, slope);
}

template <int COUNT>
__device__ __forceinline__ void collect(
    const real* dy, const real* y, real* taps, int images, int height, int width, int filters, int f, real slope) {
    int vecs = filters / COUNT;
    FOR_EACH(i, images * height * width * vecs) {
        int filter = i % vecs * COUNT, column = i / vecs % width;
        int row = i / vecs / width % height, n = i / vecs / width / height;
        // Four rows of dz are around the pixel; each gives, for the three taps of a row, the sums of two numbers.
        Vec<COUNT> in_row[4][3];
#pragma unroll
        for (int r = 0; r < 4; ++r) {
            Vec<COUNT> dz[4];
#pragma unroll
            for (int c = 0; c < 4; ++c) {
                int h = 2 * row - 1 + r, w = 2 * column - 1 + c;
                bool inside = h >= 0 && h < 2 * height && w >= 0 && w < 2 * width;
                int place = ((n * 2 * height + h) * 2 * width + w) * filters + filter;
                for (int e = 0; e < COUNT; ++e) dz[c].at[e] = 0;
                if (!inside) continue;
                dz[c] = *(const Vec<COUNT>*)(dy + place);
                if (f == LINEAR) continue;
                Vec<COUNT> output = *(const Vec<COUNT>*)(y + place);
                for (int e = 0; e < COUNT; ++e)
                    dz[c].at[e] = activation_grad(f, slope, dz[c].at[e], output.at[e]);
            }
            for (int t = 0; t < 3; ++t) in_row[r][t] = sum(dz[2 - t], dz[3 - t]);
        }
        Vec<COUNT>* out = (Vec<COUNT>*)taps + ((n * height + row) * width + column) * 9 * vecs + i % vecs;
#pragma unroll
        for (int s = 0; s < 3; ++s)
#pragma unroll
            for (int t = 0; t < 3; ++t) out[(3 * s + t) * vecs] = sum(in_row[2 - s][t], in_row[3 - s][t]);
    }
}

// The gradient with respect to the taps, by that with respect to y: the adjoint of `spread_taps`, with dz = dy f'(y).
extern "C" __global__ void collect_taps(
    const real* __restrict__ dy, const real* __restrict__ y, real* __restrict__ taps, int images, int height,
    int width, int filters, int f, real slope) {
    if (vec_aligned<4>(dy, filters) && vec_aligned<4>(y, filters) && vec_aligned<4>(taps, filters))
        collect<4>(dy, y, taps, images, height, width, filters, f, slope);
    else
        collect<1>(dy, y, taps, images, height, width, filters, f, slope);
}
