// safetensors: 8 bytes little-endian header length, JSON header, tensors' bytes. Read with every bound checked before
// anything is allocated (header <= 100 MB, offsets inside the file, no overlap, no gap, sizes equal to shape * type),
// written through Output. F32, F64, I64, U64 and BF16 are used here; other types of the format are listed and skipped
// over. BF16 is the upper half of an F32, and whoever reads floats may be given it: every one is a float.
// A pipe or "-" is copied to a temporary file first.
//
// A sealed file vouches for each of its bytes: "sha256" in its metadata is the SHA-256 of the whole file, read with 64
// zeros ('0') in this digest's own place. Where a bit has turned over, be it in a number, in the header or in its
// padding, the seal does not fit.
//
// Misuse of the writer (undeclared or missing values) is our own bug
// and throws std::logic_error.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

struct TensorInfo {
    std::string name, type;    // type: "F32", ...
    std::vector<std::uint64_t> shape;
    std::uint64_t begin = 0, end = 0;    // bytes, from the start of the data part
    std::uint64_t elements() const;
};

class SafetensorsReader
{
  public:
    explicit SafetensorsReader(const std::string& path);
    ~SafetensorsReader();
    SafetensorsReader(SafetensorsReader&&) noexcept;

    const std::string& name() const;    // the path
    const std::map<std::string, std::string>& metadata() const;
    const std::vector<TensorInfo>& tensors() const;             // in the order of their data
    const TensorInfo& info(const std::string& tensor) const;    // Error when absent
    bool has(const std::string& tensor) const;
    // Reads the file from its first byte to its last. Error where it is not as it was written, or was not sealed.
    void check_seal() const;
    // Type F32 or BF16, exact size, else Error.
    void read(const std::string& tensor, std::span<float> into) const;
    // Numbers first .. first + into.size() of such a tensor, which must have them.
    void read(const std::string& tensor, std::uint64_t first, std::span<float> into) const;
    void read(const std::string& tensor, std::span<double> into) const;    // type F64
    // Error, which names the tensor, where one of its numbers is infinite or none.
    void require_finite(const std::string& tensor, std::span<const float> numbers) const;
    void require_finite(const std::string& tensor, std::span<const double> numbers) const;
    void require_finite(const std::string& tensor) const;    // all of it, read in pieces; other types pass
    void read(const std::string& tensor, std::span<std::int64_t> into) const;
    void read(const std::string& tensor, std::span<std::uint64_t> into) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// Declare every tensor first, then write their data in the same order, then commit.
class SafetensorsWriter
{
  public:
    // `sealed`: only into a file that can be written over, not into a pipe.
    SafetensorsWriter(const std::string& path, std::map<std::string, std::string> metadata, bool sealed = false);
    ~SafetensorsWriter();
    void declare(const std::string& tensor, const std::string& type, std::vector<std::uint64_t> shape);
    void write(std::span<const float> values);    // may be called several times for one tensor
    void write(std::span<const double> values);
    void write(std::span<const std::int64_t> values);
    void write(std::span<const std::uint64_t> values);
    void write_bf16(std::span<const float> values);    // each rounded to the nearest, ties to even
    void commit();                                     // checks that every declared byte was written

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}    // namespace nonna
