#include "../files.h"
#include "base/random.h"
#include "io/npy.h"
#include "io/safetensors.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <fcntl.h>
#include <numeric>
#include <span>
#include <stdexcept>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace nonna;
using namespace nonna::test;

namespace
{

// Whole rows, as columns from the first to the last.
void read_rows(const NpyReader& reader, std::uint64_t first, std::uint64_t count, std::span<float> into)
{
    std::uint64_t width = 1;
    for (std::size_t axis = 1; axis < reader.shape().size(); ++axis)
        width *= reader.shape()[axis];
    reader.read_columns(first, count, 0, width, into);
}

std::vector<float> ramp(std::size_t n)
{
    std::vector<float> values(n);
    for (std::size_t i = 0; i < n; ++i)
        values[i] = static_cast<float>(i) * 0.25f - 1;
    return values;
}

std::string with_header(const std::string& header, const std::string& data)
{
    const std::uint64_t size = header.size();
    std::string bytes(8, '\0');
    std::memcpy(bytes.data(), &size, 8);
    return bytes + header + data;
}

void write_golden_model(const std::string& path)
{
    SafetensorsWriter writer(path, {{"architecture", "[stage]\nfield = 10\n"}, {"seed", "7"}});
    writer.declare("stage1.encoder", "F32", {2, 3});
    writer.declare("empty", "F32", {0, 5});
    writer.declare("whitening", "F64", {2});
    writer.declare("steps", "U64", {});
    writer.declare("offsets", "I64", {2});
    const auto values = ramp(6);
    writer.write(std::span(values).first(2));
    writer.write(std::span(values).subspan(2));
    const std::vector<double> exact{1.0 / 3, -1e300};
    writer.write(std::span<const double>(exact));
    const std::uint64_t steps = ~0ull;
    writer.write(std::span(&steps, 1));
    const std::vector<std::int64_t> offsets{-1, 2};
    writer.write(std::span<const std::int64_t>(offsets));
    writer.commit();
}

}    // namespace

BOOST_AUTO_TEST_SUITE(safetensors)

BOOST_AUTO_TEST_CASE(golden_bytes_and_back)
{
    const Folder folder;
    write_golden_model(folder / "m");
    BOOST_TEST(read_bytes(folder / "m") == read_bytes(golden("model.safetensors")));

    const SafetensorsReader reader(golden("model.safetensors"));
    BOOST_TEST(reader.metadata().at("architecture") == "[stage]\nfield = 10\n");
    BOOST_TEST(reader.metadata().at("seed") == "7");
    BOOST_TEST(reader.tensors().size() == 5u);
    BOOST_TEST(reader.tensors().front().name == "stage1.encoder");
    BOOST_TEST(reader.has("whitening"));
    BOOST_TEST(!reader.has("__metadata__"));
    std::vector<float> values(6);
    reader.read("stage1.encoder", std::span(values));
    BOOST_TEST(values == ramp(6));
    std::vector<double> exact(2);
    reader.read("whitening", std::span(exact));
    BOOST_TEST(exact[0] == 1.0 / 3);
    std::uint64_t steps = 0;
    reader.read("steps", std::span(&steps, 1));
    BOOST_TEST(steps == ~0ull);
    BOOST_TEST(reader.info("empty").elements() == 0u);
    reader.read("empty", std::span<float>());

    const std::string name = golden("model.safetensors");
    BOOST_TEST(refusal([&] { reader.info("stage9"); }) == name + ": no tensor 'stage9'");
    BOOST_TEST(refusal([&] { reader.read("stage1.encoder", std::span(exact)); }) ==
               name + ": tensor 'stage1.encoder': has type F32, not F64");
    BOOST_TEST(refusal([&] { reader.read("stage1.encoder", std::span(values).first(5)); }) ==
               name + ": tensor 'stage1.encoder': has 6 values, not 5");
}

BOOST_AUTO_TEST_CASE(header_is_padded)
{
    const Folder folder;
    for (std::size_t length = 0; length < 8; ++length) {
        SafetensorsWriter writer(folder / "m", {{"k", std::string(length, 'v')}});
        writer.commit();
        BOOST_TEST(read_bytes(folder / "m").size() % 8 == 0u);
        BOOST_TEST(SafetensorsReader(folder / "m").metadata().at("k").size() == length);
    }
}

// Rounded to the nearest, ties to even; whoever reads floats reads them, whole or in part.
BOOST_AUTO_TEST_CASE(halves_of_floats)
{
    const Folder folder;
    const float bit = 0x1p-7f;    // the last of a number from 1 to 2
    const std::vector<float> values{1, -0.0f, 1 + bit / 2, 1 + 3 * bit / 2, 1 + 0.51f * bit, -3e-40f, 3e38f, 0.1f},
        kept{1, -0.0f, 1, 1 + 2 * bit, 1 + bit, -0x1.8p-132f, 0x1.c4p127f, 0x1.9ap-4f};
    SafetensorsWriter writer(folder / "m", {});
    writer.declare("h", "BF16", {2, 4});
    BOOST_CHECK_THROW(writer.write(std::span(values)), std::logic_error);
    writer.write_bf16(std::span(values).first(3));
    writer.write_bf16(std::span(values).subspan(3));
    writer.commit();
    const SafetensorsReader reader(folder / "m");
    BOOST_TEST(reader.info("h").end == 16u);
    std::vector<float> read(8), part(3);
    reader.read("h", std::span(read));
    BOOST_TEST(read == kept, boost::test_tools::per_element());
    BOOST_TEST(std::signbit(read[1]));
    reader.read("h", 4, std::span(part));
    BOOST_TEST(part == std::vector<float>(kept.begin() + 4, kept.begin() + 7), boost::test_tools::per_element());
    reader.require_finite("h");
    std::vector<double> wrong(8);
    BOOST_TEST(refusal([&] { reader.read("h", std::span(wrong)); }) ==
               folder / "m" + ": tensor 'h': has type BF16, not F64");
    BOOST_TEST(refusal([&] { reader.read("h", std::span(part)); }) ==
               folder / "m" + ": tensor 'h': has 8 values, not 3");

    for (const std::uint32_t bits : {0x7f800000u, 0xff800000u, 0x7fffffffu, 0xffffffffu, 0x7f800001u}) {
        SafetensorsWriter strange(folder / "i", {});
        strange.declare("h", "BF16", {1});
        strange.write_bf16(std::vector<float>{std::bit_cast<float>(bits)});
        strange.commit();
        BOOST_TEST(refusal([&] { SafetensorsReader(folder / "i").require_finite("h"); }).find("tensor h holds ") !=
                   std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(writer_refuses_misuse)
{
    const Folder folder;
    const std::vector<float> values(3);
    const std::vector<double> wrong(3);
    SafetensorsWriter writer(folder / "m", {});
    writer.declare("a", "F32", {3});
    BOOST_CHECK_THROW(writer.declare("a", "F32", {3}), std::logic_error);
    BOOST_CHECK_THROW(writer.declare("b", "F33", {3}), std::logic_error);
    BOOST_TEST(refusal([&] {
                   writer.declare("c", "F32", {1ull << 62, 16});
               }) == folder / "m" + ": tensor 'c': shape is too large");
    BOOST_CHECK_THROW(writer.write(std::span<const double>(wrong)), std::logic_error);
    writer.write(std::span(values).first(2));
    BOOST_CHECK_THROW(writer.commit(), std::logic_error);
    BOOST_CHECK_THROW(writer.write(std::span(values)), std::logic_error);
    BOOST_CHECK_THROW(writer.declare("d", "F32", {3}), std::logic_error);
}

BOOST_AUTO_TEST_CASE(reader_refuses)
{
    const Folder folder;
    const std::string path = folder / "m";
    const auto reading = [&](const std::string& bytes) {
        write_bytes(path, bytes);
        const std::string text = refusal([&] { SafetensorsReader reader(path); });
        BOOST_REQUIRE_MESSAGE(text.starts_with(path + ": "), "accepted: " + bytes);
        return text.substr(path.size() + 2);
    };
    const auto tensor = [](const std::string& fields) { return "{\"t\":{" + fields + "}}"; };
    const std::string four(4, 'x'), eight(8, 'x');

    BOOST_TEST(reading("") == "empty, not a safetensors file");
    BOOST_TEST(reading("short") == "truncated, or not a safetensors file");
    BOOST_TEST(reading("\x89PNG\r\n\x1a\n and so on") == "not a safetensors file");
    BOOST_TEST(reading(with_header("{}", "").substr(0, 9)) == "truncated, or not a safetensors file");
    BOOST_TEST(reading(with_header("[]", "")) == "not a safetensors file");
    BOOST_TEST(reading(with_header("{\"t\":", "")).starts_with("header: malformed json"));
    BOOST_TEST(reading(with_header("{\"t\":{},\"t\":{}}", "")) == "header: key 't' occurs twice");
    BOOST_TEST(reading(with_header("{\"t\":" + std::string(1000, '[') + std::string(1000, ']') + "}", "")) ==
               "header: json nested too deeply");
    BOOST_TEST(reading(with_header("{\"__metadata__\":{\"a\":1}}", "")) == "__metadata__: 'a' is not a string");
    BOOST_TEST(reading(with_header("{\"__metadata__\":[]}", "")) == "__metadata__ is not an object");
    BOOST_TEST(reading(with_header(tensor(R"("dtype":"F32","shape":[1])"), four)) ==
               "tensor 't': needs dtype, shape and data_offsets, nothing else");
    BOOST_TEST(reading(with_header(tensor(R"("dtype":"F33","shape":[1],"data_offsets":[0,4])"), four)) ==
               "tensor 't': unknown dtype 'F33'");
    BOOST_TEST(reading(with_header(tensor(R"("dtype":"F32","shape":[-1],"data_offsets":[0,4])"), four)) ==
               "tensor 't': shape holds something other than counts");
    BOOST_TEST(reading(with_header(tensor(R"("dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0])"),
                                   "")) == "tensor 't': shape is too large");
    BOOST_TEST(reading(with_header(tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])"), four)) ==
               "tensor 't': data_offsets do not agree with shape and dtype");
    BOOST_TEST(reading(with_header(tensor(R"("dtype":"F32","shape":[1],"data_offsets":[4,0])"), four)) ==
               "tensor 't': data_offsets do not agree with shape and dtype");
    BOOST_TEST(reading(with_header(tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0.0,4])"), four)) ==
               "tensor 't': data_offsets are not two counts");
    BOOST_TEST(reading(with_header(tensor(R"("dtype":"F32","shape":[1],"data_offsets":[4,8])"), eight)) ==
               "tensor 't': data overlap or leave a gap");
    BOOST_TEST(reading(with_header(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                                   R"("b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})",
                                   "sixsix")) == "tensor 'b': data overlap or leave a gap");
    BOOST_TEST(reading(with_header(tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0,8])"), four)) ==
               "truncated: the header announces 8 bytes of data, 4 are there");
    BOOST_TEST(reading(with_header(tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0,4])"), eight)) ==
               "bytes after the last tensor");
    // Huge announcements must not be allocated: this would be 2^60 bytes.
    BOOST_TEST(reading(with_header(tensor(R"("dtype":"U8","shape":[1152921504606846976],)"
                                          R"("data_offsets":[0,1152921504606846976])"),
                                   four))
                   .starts_with("truncated"));
}

// Whatever is cut off or flipped: either a sound file, read whole, or an Error; never a crash (run under ASan too).
BOOST_AUTO_TEST_CASE(damaged_files_never_crash)
{
    const Folder folder;
    const std::string path = folder / "m", whole = read_bytes(golden("model.safetensors"));
    const auto try_all = [&] {
        const SafetensorsReader reader(path);
        for (const auto& info : reader.tensors())
            if (info.type == "F32") {
                std::vector<float> values(info.elements());
                reader.read(info.name, std::span(values));
            }
    };
    for (std::size_t size = 0; size < whole.size(); ++size) {
        write_bytes(path, whole.substr(0, size));
        BOOST_TEST(refusal(try_all) != "", "accepted when cut to " << size);
    }
    Random random(5, Purpose::tests);
    std::size_t refused = 0;
    for (int trial = 0; trial < 4000; ++trial) {
        std::string bytes = whole;
        for (std::uint64_t flips = 1 + random.below(3); flips > 0; --flips)
            bytes[random.below(bytes.size())] ^= static_cast<char>(1 + random.below(255));
        write_bytes(path, bytes);
        if (refusal(try_all) != "")
            ++refused;
    }
    BOOST_TEST(refused > 1000u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(npy)

BOOST_AUTO_TEST_CASE(golden_bytes_and_back)
{
    const Folder folder;
    NpyWriter writer(folder / "r.npy", {2, 3});
    const auto values = ramp(24);
    writer.write_rows(std::span(values).first(6));
    writer.write_rows(std::span(values).subspan(6));
    writer.commit();
    BOOST_TEST(read_bytes(folder / "r.npy") == read_bytes(golden("responses.npy")));

    const NpyReader reader(golden("responses.npy"));
    BOOST_TEST((reader.shape() == std::vector<std::uint64_t>{4, 2, 3}));
    BOOST_TEST(reader.type() == "<f4");
    std::vector<float> all(24), two(12);
    read_rows(reader, 0, 4, all);
    BOOST_TEST(all == values);
    read_rows(reader, 1, 2, two);
    BOOST_TEST((two == std::vector<float>(values.begin() + 6, values.begin() + 18)));
    BOOST_CHECK_THROW(read_rows(reader, 3, 2, two), std::logic_error);
    BOOST_CHECK_THROW(read_rows(reader, 0, 1, two), std::logic_error);
    BOOST_CHECK_THROW(NpyWriter(folder / "x", {2}).write_rows(two.empty() ? two : std::span(two).first(3)),
                      std::logic_error);
}

// A FIFO cannot be written over: the same bytes must come out, and go in again.
BOOST_AUTO_TEST_CASE(through_a_pipe)
{
    const Folder folder;
    const std::string fifo = folder / "fifo";
    BOOST_REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
    const auto values = ramp(24);
    std::string got;
    {
        std::jthread reader([&] { got = read_bytes(fifo); });
        NpyWriter writer(fifo, {2, 3});
        writer.write_rows(values);
        writer.commit();
    }
    BOOST_TEST(got == read_bytes(golden("responses.npy")));
    std::vector<float> all(24);
    {
        std::jthread feeder([&] { write_bytes(fifo, got); });
        read_rows(NpyReader(fifo), 0, 4, all);
    }
    BOOST_TEST(all == values);
}

BOOST_AUTO_TEST_CASE(no_rows_and_one_axis)
{
    const Folder folder;
    NpyWriter(folder / "none", {5}).commit();
    BOOST_TEST((NpyReader(folder / "none").shape() == std::vector<std::uint64_t>{0, 5}));
    NpyWriter writer(folder / "flat", {});
    const auto values = ramp(7);
    writer.write_rows(values);
    writer.commit();
    const NpyReader reader(folder / "flat");
    BOOST_TEST((reader.shape() == std::vector<std::uint64_t>{7}));
    std::vector<float> part(3);
    read_rows(reader, 4, 3, part);
    BOOST_TEST(part[0] == values[4]);
}

namespace
{

template <class T> std::string npy_bytes(const std::string& dictionary, const std::vector<T>& values)
{
    std::string bytes("\x93NUMPY\1\0", 8);
    const std::string header = dictionary + "\n";
    bytes += static_cast<char>(header.size() & 255);
    bytes += static_cast<char>(header.size() >> 8);
    return bytes + header + std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}

template <class T>
std::vector<float> read_as_float(const std::string& path, const std::string& type, const std::vector<T>& values)
{
    write_bytes(path, npy_bytes("{'descr': '" + type + "', 'fortran_order': False, 'shape': (" +
                                    std::to_string(values.size()) + ",), }",
                                values));
    std::vector<float> got(values.size());
    read_rows(NpyReader(path), 0, got.size(), got);
    return got;
}

}    // namespace

BOOST_AUTO_TEST_CASE(other_types_come_as_float32)
{
    const Folder folder;
    const std::vector<float> expected{0, 1, 200};
    BOOST_TEST(read_as_float(folder / "a", "|u1", std::vector<std::uint8_t>{0, 1, 200}) == expected);
    BOOST_TEST(read_as_float(folder / "a", "<i4", std::vector<std::int32_t>{0, 1, 200}) == expected);
    BOOST_TEST(read_as_float(folder / "a", "<i8", std::vector<std::int64_t>{0, 1, 200}) == expected);
    BOOST_TEST(read_as_float(folder / "a", "<f8", std::vector<double>{0, 1, 200}) == expected);
    std::vector<double> many(200'000);    // more than one piece
    std::iota(many.begin(), many.end(), 0.0);
    BOOST_TEST(read_as_float(folder / "a", "<f8", many).back() == 199'999.0f);
}

BOOST_AUTO_TEST_CASE(reader_refuses)
{
    const Folder folder;
    const std::string path = folder / "a";
    const auto reading = [&](const std::string& bytes) {
        write_bytes(path, bytes);
        const std::string text = refusal([&] { NpyReader reader(path); });
        BOOST_REQUIRE_MESSAGE(text.starts_with(path + ": "), "accepted: " + bytes);
        return text.substr(path.size() + 2);
    };
    const std::vector<float> three(3);
    const auto shaped = [&](const std::string& shape) {
        return npy_bytes("{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + "}", three);
    };
    BOOST_TEST(reading("") == "empty, not an npy file");
    BOOST_TEST(reading("\x89PNG\r\n\x1a\n and so on") == "not an npy file");
    BOOST_TEST(reading(std::string("\x93NUMPY\x09\0\0\0\0\0", 12)) == "npy format 9.0, not 1.0, 2.0 or 3.0");
    BOOST_TEST(reading(shaped("(4,)")) == "truncated: the header announces 16 bytes of data, 12 are there");
    BOOST_TEST(reading(shaped("(2,)")) == "bytes after the last value");
    BOOST_TEST(reading(shaped("()")) == "a single number, not an array");
    BOOST_TEST(reading(shaped("(9223372036854775807, 9223372036854775807)")) == "shape is too large");
    BOOST_TEST(reading(shaped("(4611686018427387904, 4)")) == "shape is too large");
    for (const char* shape : {"(3)", "(-3,)", "(3", "3", "(3,,)", "(99999999999999999999,)", "(3,) x"})
        BOOST_TEST(reading(shaped(shape)) == "malformed npy header");
    BOOST_TEST(reading(npy_bytes("{'descr': '>f4', 'fortran_order': False, 'shape': (3,)}", three)) ==
               "values of type '>f4', not <f4, <f8, |u1, <i4 or <i8");
    BOOST_TEST(reading(npy_bytes("{'descr': '<f4', 'fortran_order': True, 'shape': (3, 1)}", three)) ==
               "in Fortran order; save it in C order");
    BOOST_TEST(reading(npy_bytes("{'descr': '<f4', 'shape': (3,)}", three)) == "malformed npy header");
    BOOST_TEST(reading(npy_bytes("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,)}", three)) ==
               "malformed npy header");
    write_bytes(path, npy_bytes("{\"shape\": (3, 1, ), 'fortran_order': False , \"descr\": '<f4',}", three));
    BOOST_TEST((NpyReader(path).shape() == std::vector<std::uint64_t>{3, 1}));
}

BOOST_AUTO_TEST_CASE(damaged_files_never_crash)
{
    const Folder folder;
    const std::string path = folder / "a", whole = read_bytes(golden("responses.npy"));
    const auto try_all = [&] {
        const NpyReader reader(path);
        const auto& shape = reader.shape();
        const auto n = std::accumulate(shape.begin(), shape.end(), std::uint64_t{1}, std::multiplies<>());
        std::vector<float> values(n);
        read_rows(reader, 0, shape[0], values);
    };
    for (std::size_t size = 0; size < whole.size(); ++size) {
        write_bytes(path, whole.substr(0, size));
        BOOST_TEST(refusal(try_all) != "", "accepted when cut to " << size);
    }
    Random random(6, Purpose::tests);
    std::size_t refused = 0;
    for (int trial = 0; trial < 4000; ++trial) {
        std::string bytes = whole;
        bytes[random.below(130)] ^= static_cast<char>(1 + random.below(255));
        write_bytes(path, bytes);
        if (refusal(try_all) != "")
            ++refused;
    }
    BOOST_TEST(refused > 1000u);
}

BOOST_AUTO_TEST_SUITE_END()
