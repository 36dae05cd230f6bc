// A zeroed array whose first element lies at a 64-byte boundary, as the kernels' activations must.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

namespace nonna
{

template <class T> class Aligned
{
  public:
    Aligned() = default;
    explicit Aligned(std::size_t n) : size_(n)
    {
        if (n == 0)
            return;
        data_.reset(static_cast<T*>(std::aligned_alloc(64, (n * sizeof(T) + 63) / 64 * 64)));
        if (!data_)
            throw std::bad_alloc();
        for (std::size_t i = 0; i < n; ++i)
            data_[i] = T{};
    }

    T* data() { return data_.get(); }
    const T* data() const { return data_.get(); }
    std::size_t size() const { return size_; }

  private:
    struct Free {
        void operator()(T* p) const { std::free(p); }
    };
    std::size_t size_ = 0;
    std::unique_ptr<T[], Free> data_;
};

}    // namespace nonna
