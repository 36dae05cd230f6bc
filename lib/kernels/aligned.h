// A zeroed array of numbers whose first element lies at a 64-byte boundary, as the kernels' operands must.
//
// Arrays of a mebibyte and more are mapped from the system on their own: pages arrive zeroed when first touched, so
// reserving costs nothing, and huge ones where the system gives them on request (one entry of the processor's address
// tables then spans 2 MiB of weights instead of 4 KiB). What is too large for the system is a std::bad_alloc.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

namespace nonna
{

namespace memory
{

void* reserve(std::size_t bytes);    // zeroed; never null
void release(void*, std::size_t bytes);

// Bytes of all Aligned arrays alive in the process: what a plan of memory is made of, before a page is touched.
std::size_t reserved();

}    // namespace memory

template <class T> class Aligned
{
  public:
    Aligned() = default;
    explicit Aligned(std::size_t n) : data_(n ? static_cast<T*>(memory::reserve(n * sizeof(T))) : nullptr), size_(n) {}
    Aligned(const Aligned& other) : Aligned(other.size_) { std::copy_n(other.data_, size_, data_); }
    Aligned(Aligned&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0))
    {
    }
    Aligned& operator=(Aligned other) noexcept
    {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~Aligned()
    {
        if (data_)
            memory::release(data_, size_ * sizeof(T));
    }

    T* data() { return data_; }
    const T* data() const { return data_; }
    std::size_t size() const { return size_; }
    T* begin() { return data_; }
    T* end() { return data_ + size_; }
    const T* begin() const { return data_; }
    const T* end() const { return data_ + size_; }
    T& operator[](std::size_t i) { return data_[i]; }
    const T& operator[](std::size_t i) const { return data_[i]; }
    bool operator==(const Aligned& other) const { return std::equal(begin(), end(), other.begin(), other.end()); }

  private:
    T* data_ = nullptr;
    std::size_t size_ = 0;
};

}    // namespace nonna
