#include "base/failed_allocation.h"

#include <atomic>
#include <cerrno>
#include <cstddef>

namespace nonna
{

static std::atomic<void (*)()> told{nullptr};

void on_failed_allocation(void (*end)()) { told = end; }

}    // namespace nonna

// A sanitizer has an allocator of its own: gcc says so by macros, clang by features.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define NONNA_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define NONNA_SANITIZED
#endif
#endif

#ifndef NONNA_SANITIZED

static void* looked_at(void* memory, std::size_t size)
{
    if (!memory && size)
        if (void (*const end)() = nonna::told.load(std::memory_order_relaxed))
            end();
    return memory;
}

extern "C" {

void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t size) noexcept { return looked_at(__libc_malloc(size), size); }

void* calloc(std::size_t count, std::size_t size) noexcept
{
    return looked_at(__libc_calloc(count, size), count && size);
}

void* realloc(void* memory, std::size_t size) noexcept { return looked_at(__libc_realloc(memory, size), size); }

void* memalign(std::size_t alignment, std::size_t size) noexcept
{
    return looked_at(__libc_memalign(alignment, size), size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept
{
    return looked_at(__libc_memalign(alignment, size), size);
}

int posix_memalign(void** memory, std::size_t alignment, std::size_t size) noexcept
{
    if (alignment < sizeof(void*) || (alignment & (alignment - 1)))
        return EINVAL;
    const int before = errno;
    void* const got = looked_at(__libc_memalign(alignment, size), size);
    errno = before;    // POSIX: the result alone says what happened
    if (!got)
        return ENOMEM;
    *memory = got;
    return 0;
}

}    // extern "C"

#endif
