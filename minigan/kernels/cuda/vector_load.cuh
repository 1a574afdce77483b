// Consecutive numbers that one instruction reads or writes.
template <int COUNT>
struct alignas(COUNT * sizeof(real)) Vec {
    real at[COUNT];
};

typedef Vec<4> Vec4;

// Whether a Vec of COUNT may be read from `numbers` at every multiple of COUNT, in every row of this length.
template <int COUNT>
__device__ __forceinline__ bool vec_aligned(const real* numbers, int length) {
    return length % COUNT == 0 && (size_t)numbers % sizeof(Vec<COUNT>) == 0;
}
