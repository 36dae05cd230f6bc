// NumPy .npy, format 1.0, little-endian, C order. float32 ("<f4") is written; <f4, <f8, |u1, <i4, <i8 are read, as
// float32 (also from formats 2.0 and 3.0). Header and file length are validated before anything is allocated; a
// truncated file is an Error. Misuse (a span of the wrong size) is our own bug and throws std::logic_error.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

// Streams rows of the first axis, whose length need not be known in advance: the header is written over at commit.
// Where that cannot be done ("-", FIFO) the rows wait in an unlinked temporary file ($TMPDIR) until commit. Both give
// the same bytes. `row_shape` empty: an array of one axis.
class NpyWriter
{
  public:
    NpyWriter(const std::string& path, std::vector<std::uint64_t> row_shape);
    ~NpyWriter();
    void write_rows(std::span<const float> rows);    // a multiple of the row's size
    void commit();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

class NpyReader
{
  public:
    explicit NpyReader(const std::string& path);    // "-" and pipes are copied to a temporary file first
    ~NpyReader();
    const std::vector<std::uint64_t>& shape() const;
    std::string type() const;    // "<f4"
    // Of each of `count` rows, flattened, `width` values from `column` on: (row, value). From any thread.
    void read_columns(std::uint64_t first, std::uint64_t count, std::uint64_t column, std::uint64_t width,
                      std::span<float> into) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}    // namespace nonna
