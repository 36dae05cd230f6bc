#include "kernels/aligned.h"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#include <sys/mman.h>

namespace nonna::memory
{

namespace
{

constexpr std::size_t mapped_from = std::size_t(1) << 20;
constexpr std::size_t huge_page = std::size_t(2) << 20;
std::atomic<std::size_t> alive{0};

std::size_t whole_pages(std::size_t bytes) { return (bytes + 4095) / 4096 * 4096; }

}    // namespace

void* reserve(std::size_t bytes)
{
    void* data = nullptr;
    if (bytes < mapped_from) {
        data = std::aligned_alloc(64, (bytes + 63) / 64 * 64);
        if (!data)
            throw std::bad_alloc();
        std::memset(data, 0, bytes);
    } else {
        // Huge pages begin at multiples of their size: map that much more and give the ends back.
        const std::size_t size = whole_pages(bytes);
        if (size < bytes || size + huge_page < size)
            throw std::bad_alloc();
        void* const mapped =
            ::mmap(nullptr, size + huge_page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mapped == MAP_FAILED)
            throw std::bad_alloc();
        const auto start = reinterpret_cast<std::uintptr_t>(mapped);
        const std::uintptr_t at = (start + huge_page - 1) / huge_page * huge_page;
        if (at > start)
            ::munmap(mapped, at - start);
        if (start + huge_page > at)
            ::munmap(reinterpret_cast<void*>(at + size), start + huge_page - at);
        data = reinterpret_cast<void*>(at);
        ::madvise(data, size, MADV_HUGEPAGE);    // refused by some systems; then small pages it is
    }
    alive += bytes;
    return data;
}

void release(void* data, std::size_t bytes)
{
    alive -= bytes;
    if (bytes < mapped_from)
        std::free(data);
    else
        ::munmap(data, whole_pages(bytes));
}

std::size_t reserved() { return alive; }

}    // namespace nonna::memory
