// Philox4x64-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011), and numbers from its words.
//
// A block of four 64-bit words is a function of a key and of its number alone: every thread computes the blocks that
// it needs, and none has to wait for another. The words are those of np.random.Philox, the numbers those of
// minigan.random, which says how words become numbers.
//
// A stream's state is in device memory as {key, key, counter, counter}, low words first. Kernels draw from `counter +
// first`, and do not change the state: a kernel that is launched again with the same arguments draws the same numbers.
// The kernel `advance_counter`, launched after all draws of a recorded step, advances the counter; the next replay then
// draws the next numbers.

#include "common.cuh"

typedef unsigned long long word;

// A product that is rounded before anything is added to it, as NumPy rounds: the compiler would make one fused
// operation of `a * b + c`, with one rounding less.
__device__ float rounded_product(float a, float b) { return __fmul_rn(a, b); }
__device__ double rounded_product(double a, double b) { return __dmul_rn(a, b); }

// The words of a stream from one place on. The last block is kept, because the next word is mostly in it too.
struct Words {
    word key0, key1, low, high;  // the stream's key, and the counter of its block 0
    word block;                  // the number of the block that is kept
    word w0, w1, w2, w3;         // its words
};

__device__ Words words_of(const word* state, word first) {
    Words words;
    words.key0 = state[0];
    words.key1 = state[1];
    words.low = state[2] + first;
    words.high = state[3] + (words.low < first ? 1 : 0);  // the carry
    // NumPy counts before it makes a block: its counter c gives block c + 1.
    words.low += 1;
    words.high += words.low == 0 ? 1 : 0;
    words.block = ~0ull;  // none yet
    return words;
}

// Ten rounds of the paper: two products, whose halves are exchanged, and a key that grows by two constants.
__device__ void compute(Words& words, word block) {
    word w0 = words.low + block, w1 = words.high + (w0 < block ? 1 : 0), w2 = 0, w3 = 0;
    word k0 = words.key0, k1 = words.key1;
    for (int round = 0; round < 10; ++round) {
        word high0 = __umul64hi(0xD2E7470EE14C6C93ull, w0), low0 = 0xD2E7470EE14C6C93ull * w0;
        word high2 = __umul64hi(0xCA5A826395121157ull, w2), low2 = 0xCA5A826395121157ull * w2;
        w0 = high2 ^ w1 ^ k0;
        w1 = low2;
        w2 = high0 ^ w3 ^ k1;
        w3 = low0;
        k0 += 0x9E3779B97F4A7C15ull;
        k1 += 0xBB67AE8584CAA73Bull;
    }
    words.block = block;
    words.w0 = w0, words.w1 = w1, words.w2 = w2, words.w3 = w3;
}

// Word i. Chosen by comparison: an array with a computed index would not stay in registers.
__device__ word word_at(Words& words, word i) {
    if (i / 4 != words.block) compute(words, i / 4);
    word low = i & 1 ? words.w1 : words.w0, high = i & 1 ? words.w3 : words.w2;
    return i & 2 ? high : low;
}

// Uniform number i in [0, 1): 24 bits of a half word, low half first, or 53 bits of a word.
__device__ real unit(Words& words, word i) {
    if (sizeof(real) == 4)
        return (real)((unsigned)(word_at(words, i / 2) >> i % 2 * 32) >> 8) * (real)(1.0 / (1ull << 24));
    return (real)(word_at(words, i) >> 11) * (real)(1.0 / (1ull << 53));
}

// Numbers that one thread computes, one after the other, so that each block is computed once or twice, not eight times.
#define RUN 8

// out[i] = low + span * u_i
extern "C" __global__ void uniform(const unsigned long long* state, unsigned long long first, real* out,
                                   unsigned long long count, real low, real span, real most) {
    word start = ((word)blockIdx.x * blockDim.x + threadIdx.x) * RUN;
    if (start >= count) return;
    word stop = start + RUN < count ? start + RUN : count;
    Words words = words_of(state, first);
    for (word i = start; i < stop; ++i) {
        real number = rounded_product(unit(words, i), span) + low;
        out[i] = number > most ? most : number;
    }
}

// Box and Muller (1958): of two uniform numbers u and v, the numbers sqrt(-2 log(1 - u)) * (cos, sin)(2 pi v) are
// normal and independent. The first `pairs` uniform numbers are the u, the next are the v; the cosines are the first
// `pairs` results, the sines the others.
extern "C" __global__ void normal(const unsigned long long* state, unsigned long long first, real* out,
                                  unsigned long long count, real mean, real stddev) {
    word pairs = (count + 1) / 2;
    word start = ((word)blockIdx.x * blockDim.x + threadIdx.x) * RUN;
    if (start >= pairs) return;
    word stop = start + RUN < pairs ? start + RUN : pairs;
    Words of_u = words_of(state, first), of_v = of_u;
    for (word i = start; i < stop; ++i) {
        real u = unit(of_u, i), v = unit(of_v, pairs + i);
        real radius = sqrt((real)-2 * log1p(-u)), angle = (real)6.283185307179586 * v;
        out[i] = radius * cos(angle) * stddev + mean;
        if (pairs + i < count) out[pairs + i] = radius * sin(angle) * stddev + mean;
    }
}

// 64 random bits to a thread, each set where a random binary fraction is below threshold / 2^32 (Stream.bits says
// why this decides it, digit by digit from the last, of which the first `zeros` are 0 and decide nothing).
extern "C" __global__ void bits(const unsigned long long* state, unsigned long long first, unsigned long long* out,
                                unsigned long long count, unsigned threshold, int zeros) {
    word group = (word)blockIdx.x * blockDim.x + threadIdx.x;
    if (group >= count) return;
    int digits = 32 - zeros;
    Words words = words_of(state, first);
    word below = word_at(words, group * digits);
    for (int digit = 1; digit < digits; ++digit) {
        word drawn = word_at(words, group * digits + digit);
        below = threshold >> (zeros + digit) & 1 ? below | drawn : below & drawn;
    }
    out[group] = below;
}

// Advance the counter by `blocks`. One thread: nothing else may run on the state meanwhile, and in a stream of
// launches nothing does.
extern "C" __global__ void advance_counter(unsigned long long* state, unsigned long long blocks) {
    state[2] += blocks;
    state[3] += state[2] < blocks ? 1 : 0;
}
