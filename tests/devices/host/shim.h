// CUDA C++ on the CPU: what a .cu file finds around it when g++ compiles it.
//
// Each CUDA thread is a fiber with a stack of its own. A fiber runs until it waits at a barrier or ends; then the
// scheduler resumes another, in an order that the caller chooses, and a warp as far as it gets before the next one. A
// kernel that is right gives the same result in every order; one that lacks a barrier does not. Blocks run one after
// the other, in an order that is chosen likewise.
//
// Whatever goes wrong ends the launch with a message: the compiler's checks (-fsanitize=undefined,bounds-strict) call
// the functions at the end of this file, an access to memory beyond an array is a SIGSEGV, for the caller puts
// arrays between pages that cannot be touched, and the scheduler sees barriers that not all threads come to.
#pragma once
#include <algorithm>
#include <csetjmp>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <math.h>
#include <string>
#include <sys/mman.h>
#include <ucontext.h>
#include <utility>
#include <vector>

#define __global__
#define __device__
#define __host__
#define __constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __restrict__ __restrict
#define __align__(n) __attribute__((aligned(n)))
// One block runs at a time, so a block's shared memory is static. All of it is in one section, which is filled with
// NaN before each block; the gaps let small overruns meet NaN instead of another array.
#define __shared__ static __attribute__((section("shared_memory"), aligned(128)))

extern "C" __attribute__((weak)) char __start_shared_memory[];
extern "C" __attribute__((weak)) char __stop_shared_memory[];

struct dim3 {
    unsigned x = 1, y = 1, z = 1;
};
using uint3 = dim3;
#define VECTOR(type, name)                                                                                             \
    struct __attribute__((aligned(2 * sizeof(type)))) name##2 {                                                        \
        type x, y;                                                                                                     \
    };                                                                                                                 \
    struct __attribute__((aligned(sizeof(type) < 8 ? 4 * sizeof(type) : 16))) name##4 {                                \
        type x, y, z, w;                                                                                               \
    };                                                                                                                 \
    static inline name##2 make_##name##2(type x, type y) { return {x, y}; }                                            \
    static inline name##4 make_##name##4(type x, type y, type z, type w) { return {x, y, z, w}; }
VECTOR(float, float)
VECTOR(double, double)
VECTOR(int, int)
VECTOR(unsigned, uint)
VECTOR(unsigned char, uchar)
#undef VECTOR

// Not static: the scheduler changes them behind the compiler's back.
dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace shim {

constexpr size_t STACK = 1 << 16;
constexpr unsigned LANES = 32;

enum Waits { NOT, FOR_WARP, FOR_BLOCK, ENDED };

struct Fiber {
    ucontext_t context;
    jmp_buf resume;
    bool started = false;
    Waits waits = NOT;
    const char* file = "";
    int line = 0;
    dim3 index;
    char sent[16];  // to other threads of the warp
};

static Fiber* fibers;
static unsigned count, current;
static char* stacks;
static jmp_buf scheduler, escape;
static char message[1024];
static void (*thread_body)();

// The end of a launch, from wherever it is.
[[noreturn]] static void fail(const char* format, ...) {
    va_list values;
    va_start(values, format);
    vsnprintf(message, sizeof message, format, values);
    va_end(values);
    _longjmp(escape, 1);
}

static std::string place() {
    const dim3 &t = fibers[current].index, &b = blockIdx;
    char text[128];
    snprintf(text, sizeof text, "thread (%u, %u, %u) of block (%u, %u, %u)", t.x, t.y, t.z, b.x, b.y, b.z);
    return text;
}

// Fibers

static void enter() {
    for (;;) {  // one turn a block
        thread_body();
        fibers[current].waits = ENDED;
        if (!_setjmp(fibers[current].resume)) _longjmp(scheduler, 1);
    }
}

static __attribute__((noinline)) void resume(unsigned number) {
    Fiber& fiber = fibers[number];
    current = number;
    threadIdx = fiber.index;
    if (_setjmp(scheduler)) return;
    if (fiber.started) _longjmp(fiber.resume, 1);
    fiber.started = true;
    getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp = stacks + number * STACK;
    fiber.context.uc_stack.ss_size = STACK;
    fiber.context.uc_link = nullptr;
    makecontext(&fiber.context, enter, 0);
    setcontext(&fiber.context);
}

static __attribute__((noinline)) void wait(Waits what, const char* file, int line) {
    Fiber& fiber = fibers[current];
    fiber.waits = what, fiber.file = file, fiber.line = line;
    if (!_setjmp(fiber.resume)) _longjmp(scheduler, 1);
}

// Let threads from first to last go on if all of them wait for each other at one place.
static bool release(unsigned first, unsigned last, Waits what) {
    const Fiber* here = nullptr;
    unsigned waiting = 0;
    for (unsigned i = first; i < last; ++i) {
        if (fibers[i].waits != what) continue;
        if (!here) here = &fibers[i];
        if (fibers[i].line != here->line || strcmp(fibers[i].file, here->file))
            fail("divergent barrier: threads of block (%u, %u, %u) wait for each other at %s:%d and at %s:%d",
                 blockIdx.x, blockIdx.y, blockIdx.z, here->file, here->line, fibers[i].file, fibers[i].line);
        ++waiting;
    }
    if (waiting < last - first) return false;
    for (unsigned i = first; i < last; ++i) fibers[i].waits = NOT;
    return true;
}

// The numbers of a warp's threads, in the order in which they take their turns.
using Warp = std::vector<unsigned>;

// Run the threads of a warp until each waits for the whole block or has ended: warps may be far ahead of each other.
static void run_warp(const Warp& warp) {
    unsigned first = warp[0] / LANES * LANES, last = std::min(first + LANES, count);
    do {
        for (unsigned i : warp)
            if (fibers[i].waits == NOT) resume(i);
    } while (release(first, last, FOR_WARP));
}

static void run_block(const std::vector<Warp>& warps) {
    if (__start_shared_memory) memset(__start_shared_memory, 0xff, __stop_shared_memory - __start_shared_memory);
    for (unsigned i = 0; i < count; ++i) fibers[i].waits = NOT;
    for (;;) {
        for (const Warp& warp : warps) run_warp(warp);
        unsigned ended = 0, stuck = 0;
        for (unsigned i = 0; i < count; ++i)
            if (fibers[i].waits == ENDED)
                ++ended;
            else
                stuck = i;
        if (ended == count) return;
        if (!release(0, count, FOR_BLOCK))
            fail("divergent barrier: threads of block (%u, %u, %u) wait at %s:%d for others of %u, of which %u have ended",
                 blockIdx.x, blockIdx.y, blockIdx.z, fibers[stuck].file, fibers[stuck].line, count, ended);
    }
}

// 0, 1, 2 ... ; or backwards; or shuffled.
static std::vector<unsigned> ordered(unsigned size, int order) {
    std::vector<unsigned> numbers(size);
    for (unsigned i = 0; i < size; ++i) numbers[i] = order == 1 ? size - 1 - i : i;
    uint32_t random = order * 2654435761u;
    for (unsigned i = size; order > 1 && i > 1; --i) {
        random = random * 1664525u + 1013904223u;
        std::swap(numbers[i - 1], numbers[(random >> 8) % i]);
    }
    return numbers;
}

// Memory that cannot be touched

static void segmentation_fault(int signal, siginfo_t* info, void* context) {
    void* instruction = nullptr;
#if defined(__x86_64__)
    instruction = (void*)((ucontext_t*)context)->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    instruction = (void*)((ucontext_t*)context)->uc_mcontext.pc;
#endif
    Dl_info library{};
    if (instruction) dladdr(instruction, &library);
    fail("memory %p %zx %s", info->si_addr, library.dli_fbase ? (char*)instruction - (char*)library.dli_fbase : 0,
         place().c_str());
}

struct Guard {
    struct sigaction segv, bus;
    stack_t stack;
    Guard() {
        static char own[1 << 16];
        stack_t here{};
        here.ss_sp = own, here.ss_size = sizeof own;
        sigaltstack(&here, &stack);
        struct sigaction action{};
        action.sa_sigaction = segmentation_fault;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
        sigaction(SIGSEGV, &action, &segv);
        sigaction(SIGBUS, &action, &bus);
    }
    ~Guard() {
        sigaction(SIGSEGV, &segv, nullptr);
        sigaction(SIGBUS, &bus, nullptr);
        sigaltstack(&stack, nullptr);
    }
};

static void run_grid(dim3 grid, dim3 block, int order) {
    auto blocks = ordered(grid.x * grid.y * grid.z, order);
    std::vector<Warp> warps;
    for (unsigned warp : ordered((count + LANES - 1) / LANES, order)) {
        warps.push_back(ordered(std::min(LANES, count - warp * LANES), order));
        for (unsigned& thread : warps.back()) thread += warp * LANES;
    }
    for (unsigned number : blocks) {
        blockIdx = {number % grid.x, number / grid.x % grid.y, number / grid.x / grid.y};
        run_block(warps);
    }
}

// Run a grid; the message of what went wrong, or null.
static const char* launch(dim3 grid, dim3 block, int order, void (*body)()) {
    if (!stacks) {
        fibers = new Fiber[1024];
        stacks = (char*)mmap(nullptr, 1024 * STACK, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    }
    gridDim = grid, blockDim = block, thread_body = body;
    count = block.x * block.y * block.z;
    for (unsigned i = 0; i < count; ++i) {
        fibers[i].started = false;
        fibers[i].index = {i % block.x, i / block.x % block.y, i / block.x / block.y};
    }
    Guard guard;
    if (_setjmp(escape)) return message;
    run_grid(grid, block, order);
    return nullptr;
}

// Kernels of any signature: their arguments come as pointers to values, as for cuLaunchKernel.

static void** arguments;

template <class... A, size_t... I>
static void call(void (*kernel)(A...), std::index_sequence<I...>) {
    kernel(*(std::remove_reference_t<A>*)arguments[I]...);
}
template <class... A>
static void call(void (*kernel)(A...)) {
    call(kernel, std::index_sequence_for<A...>{});
}

template <class T>
static std::string code() {
    if constexpr (std::is_pointer_v<T>) {
        using Entry = std::remove_pointer_t<T>;
        return (std::is_const_v<Entry> ? "r" : "w") + code<std::remove_const_t<Entry>>();
    }
    if constexpr (std::is_class_v<T>) return code<decltype(T::x)>();  // a vector: float4 is floats
    if (std::is_same_v<T, float>) return "f";
    if (std::is_same_v<T, double>) return "d";
    if (std::is_same_v<T, bool>) return "?";
    if (std::is_integral_v<T>) return (std::is_signed_v<T> ? "i" : "u") + std::to_string(sizeof(T));
    return "*";
}
template <class... A>
static std::string signature(void (*)(A...)) {
    std::string all;
    ((all += code<A>() + " "), ...);
    return all;
}

}  // namespace shim

// Barriers and warps

#define __syncthreads() shim::wait(shim::FOR_BLOCK, __FILE__, __LINE__)
#define __syncwarp(...) shim::wait(shim::FOR_WARP, __FILE__, __LINE__)
#define __threadfence()

template <class T>
static T shim_exchange(unsigned mask, T value, unsigned lane, const char* file, int line) {
    using namespace shim;
    static_assert(sizeof(T) <= sizeof(Fiber::sent), "");
    unsigned me = current, source = me / LANES * LANES + lane % LANES;
    if (mask != ~0u) fail("%s:%d: expected the mask of all 32 lanes, got %#x", file, line, mask);
    if (count % LANES) fail("%s:%d: a block of %u threads has a part of a warp, whose lanes are missing", file, line, count);
    memcpy(fibers[me].sent, &value, sizeof value);
    wait(FOR_WARP, file, line);
    memcpy(&value, fibers[source].sent, sizeof value);
    wait(FOR_WARP, file, line);
    return value;
}
#define SHIM_LANE (shim::current % shim::LANES)
#define __shfl_sync(mask, value, lane) shim_exchange(mask, value, lane, __FILE__, __LINE__)
#define __shfl_xor_sync(mask, value, bits) shim_exchange(mask, value, SHIM_LANE ^ (bits), __FILE__, __LINE__)
#define __shfl_down_sync(mask, value, by)                                                                              \
    shim_exchange(mask, value, SHIM_LANE + (by) < 32 ? SHIM_LANE + (by) : SHIM_LANE, __FILE__, __LINE__)

// Whole numbers only: sums of floating-point numbers in any order are not the same bits every time.
template <class T>
static inline T atomicAdd(T* to, T value) {
    static_assert(std::is_integral_v<T>, "atomicAdd of floating-point numbers is not deterministic");
    T before = *to;
    *to += value;
    return before;
}

// Arithmetic that CUDA has built in

template <class T>
static inline T min(T a, T b) {
    return b < a ? b : a;
}
template <class T>
static inline T max(T a, T b) {
    return a < b ? b : a;
}
static inline float min(float a, float b) { return fminf(a, b); }
static inline float max(float a, float b) { return fmaxf(a, b); }
static inline double min(double a, double b) { return fmin(a, b); }
static inline double max(double a, double b) { return fmax(a, b); }
static inline float rsqrtf(float x) { return 1 / sqrtf(x); }
static inline float rsqrt(float x) { return 1 / sqrtf(x); }
static inline double rsqrt(double x) { return 1 / sqrt(x); }
static inline void sincospi(double x, double* s, double* c) { *s = sin(M_PI * x), *c = cos(M_PI * x); }
static inline void sincospif(float x, float* s, float* c) { *s = sin(M_PI * x), *c = cos(M_PI * x); }
static inline float __fadd_rn(float a, float b) { return a + b; }
static inline float __fsub_rn(float a, float b) { return a - b; }
static inline float __fmul_rn(float a, float b) { return a * b; }
static inline float __fdiv_rn(float a, float b) { return a / b; }
static inline float __fsqrt_rn(float a) { return sqrtf(a); }
static inline float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
static inline double __dadd_rn(double a, double b) { return a + b; }
static inline double __dsub_rn(double a, double b) { return a - b; }
static inline double __dmul_rn(double a, double b) { return a * b; }
static inline double __ddiv_rn(double a, double b) { return a / b; }
static inline double __dsqrt_rn(double a) { return sqrt(a); }
static inline double __fma_rn(double a, double b, double c) { return fma(a, b, c); }
static inline unsigned __umulhi(unsigned a, unsigned b) { return (uint64_t)a * b >> 32; }
static inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
    return (unsigned __int128)a * b >> 64;
}
template <class T>
static inline T __ldg(const T* from) {
    return *from;
}
static inline int __popc(unsigned x) { return __builtin_popcount(x); }
static inline int __float_as_int(float x) {
    int bits;
    memcpy(&bits, &x, 4);
    return bits;
}
static inline float __int_as_float(int bits) {
    float x;
    memcpy(&x, &bits, 4);
    return x;
}
static inline long long __double_as_longlong(double x) {
    long long bits;
    memcpy(&bits, &x, 8);
    return bits;
}
static inline double __longlong_as_double(long long bits) {
    double x;
    memcpy(&x, &bits, 8);
    return x;
}

// What the compiler's checks call instead of the functions of libubsan, which would end the process. Each gets a
// description of the check, which begins with the place in the source.

struct ShimPlace {
    const char* file;
    uint32_t line, column;
};
#define CHECK(name, what)                                                                                              \
    extern "C" __attribute__((visibility("hidden"))) void __ubsan_handle_##name(ShimPlace* at) {                       \
        shim::fail("%s:%u: %s by %s", at->file, at->line, what, shim::place().c_str());                                \
    }
#define CHECKS(name, what) CHECK(name, what) CHECK(name##_abort, what)
CHECKS(out_of_bounds, "index out of bounds")
CHECKS(type_mismatch_v1, "null or misaligned pointer, or too small an object,")
CHECKS(pointer_overflow, "pointer overflow")
CHECKS(add_overflow, "overflow of an addition")
CHECKS(sub_overflow, "overflow of a subtraction")
CHECKS(mul_overflow, "overflow of a multiplication")
CHECKS(negate_overflow, "overflow of a negation")
CHECKS(divrem_overflow, "division by zero")
CHECKS(shift_out_of_bounds, "shift by too much")
CHECKS(load_invalid_value, "a value that its type does not have")
CHECKS(float_cast_overflow, "overflow of a conversion")
CHECKS(vla_bound_not_positive, "array of no length")
CHECKS(nonnull_arg, "null pointer")
CHECK(missing_return, "function without a result")
CHECK(builtin_unreachable, "code that cannot be reached")
