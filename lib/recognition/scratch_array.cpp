#include "recognition/scratch_array.h"

#include "base/error.h"
#include "io/spool.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace nonna
{

ScratchArray::ScratchArray(std::size_t count, bool mapped) : size_(count)
{
    if (!mapped || count == 0) {
        memory_ = Aligned<float>(count);
        data_ = memory_.data();
        return;
    }
    const std::string name = temporary_folder() + ": temporary files (TMPDIR names another folder)";
    file_ = Spool().release(name);
    const std::size_t bytes = count * sizeof(float);
    if (const int failure = ::posix_fallocate(file_.number(), 0, off_t(bytes)); failure != 0)
        throw Error(name, errno_reason(failure));
    void* const data = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_.number(), 0);
    if (data == MAP_FAILED)
        throw Error(name, errno_reason());
    data_ = static_cast<float*>(data);
}

ScratchArray::~ScratchArray()
{
    if (file_)
        ::munmap(data_, size_ * sizeof(float));
}

ScratchArray::ScratchArray(ScratchArray&& other) noexcept { *this = std::move(other); }

ScratchArray& ScratchArray::operator=(ScratchArray&& other) noexcept
{
    std::swap(memory_, other.memory_);
    std::swap(file_, other.file_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
}

void ScratchArray::rest(std::size_t first, std::size_t count)
{
    if (!file_)
        return;
    const std::size_t page = std::size_t(::sysconf(_SC_PAGESIZE));
    const std::size_t begin = (first * sizeof(float) + page - 1) / page * page,
                      end = (first + count) * sizeof(float) / page * page;
    if (begin < end)    // whole pages only: what is beside them is somebody's
        ::madvise(reinterpret_cast<char*>(data_) + begin, end - begin, MADV_DONTNEED);
}

}    // namespace nonna
