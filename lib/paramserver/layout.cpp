#include "paramserver/layout.h"

#include "base/error.h"
#include "io/digest.h"

#include <algorithm>
#include <charconv>

namespace nonna
{

std::string Portion::text() const
{
    return std::to_string(first) + (last > first ? "-" + std::to_string(last) : "") + "/" + std::to_string(of);
}

Portion Portion::parse(const std::string& text, const std::string& option, bool several)
{
    Portion portion;
    const char *at = text.data(), *const end = at + text.size();
    auto number = [&](std::uint32_t& value) {
        const auto [stop, error] = std::from_chars(at, end, value);
        const bool good = error == std::errc{} && stop != at;
        at = stop;
        return good;
    };
    auto sign = [&](char wanted) {
        const bool good = at != end && *at == wanted;
        at += good;
        return good;
    };
    bool good = number(portion.first);
    portion.last = portion.first;
    if (good && several && sign('-'))
        good = number(portion.last);
    good = good && sign('/') && number(portion.of) && at == end;
    if (!good || portion.last < portion.first || portion.last >= portion.of || portion.of > Layout::most_shards)
        throw Error(option,
                    text + ": expected " + (several ? "I/N or I-J/N" : "I/N") + ", counted from 0, of at most " +
                        std::to_string(Layout::most_shards),
                    ExitStatus::usage);
    return portion;
}

Digest digest_of(std::string_view text)
{
    const std::string hex = sha256(std::as_bytes(std::span(text)));
    Digest digest;
    for (std::size_t i = 0; i < digest.size(); ++i) {
        unsigned value = 0;
        std::from_chars(hex.data() + 2 * i, hex.data() + 2 * i + 2, value, 16);
        digest[i] = std::byte(value);
    }
    return digest;
}

Layout::Layout(std::vector<Segment> segments, std::size_t statistics, const std::string& identity)
    : segments_(std::move(segments)), statistics_(statistics)
{
    std::string table = identity + "\n" + std::to_string(statistics) + "\n";
    for (const Segment& s : segments_) {
        table += std::to_string(s.offset) + " " + std::to_string(s.matrices) + " " + std::to_string(s.rows) + " " +
                 std::to_string(s.columns) + " " + std::to_string(s.unit_norm) + "\n";
        size_ = std::max<std::uint64_t>(size_, s.offset + s.size());
        largest_chunk_ = std::max({largest_chunk_, s.rows * s.columns, chunk_bytes / sizeof(float)});
    }
    digest_ = digest_of(table);
}

std::uint64_t Layout::boundary(std::uint64_t at) const
{
    for (const Segment& s : segments_) {
        if (at <= s.offset)
            return s.offset;
        const std::uint64_t matrix = s.rows * s.columns;
        if (at < s.offset + s.size())
            return s.offset + (at - s.offset + matrix - 1) / matrix * matrix;
    }
    return size_;
}

std::uint64_t Layout::boundary_before(std::uint64_t at) const
{
    std::uint64_t found = 0;
    for (const Segment& s : segments_)
        if (s.offset <= at)
            found = s.offset +
                    std::min<std::uint64_t>(s.size(), (at - s.offset) / (s.rows * s.columns) * s.rows * s.columns);
    return found;
}

Range Layout::shard(std::uint32_t index, std::uint32_t of) const
{
    // In 128 bits, as a model's size times thousands of shards is more than 64 hold.
    auto cut = [&](std::uint32_t i) { return boundary(std::uint64_t((__uint128_t(size_) * i + of - 1) / of)); };
    const Range range{cut(index), cut(index + 1) - cut(index)};
    if (range.count == 0)
        throw Error("shard " + std::to_string(index) + "/" + std::to_string(of),
                    "would be empty: the model's filters do not divide into so many", ExitStatus::usage);
    return range;
}

std::vector<Segment> Layout::segments(Range range) const
{
    std::vector<Segment> part;
    for (Segment s : segments_) {
        const std::uint64_t begin = std::max<std::uint64_t>(range.first, s.offset),
                            end = std::min<std::uint64_t>(range.end(), s.offset + s.size());
        if (begin >= end)
            continue;
        s.offset = begin - range.first;
        s.matrices = (end - begin) / (s.rows * s.columns);
        part.push_back(s);
    }
    return part;
}

std::vector<Range> Layout::chunks(Range range) const
{
    std::vector<Range> all;
    for (std::uint64_t at = range.first; at < range.end();) {
        std::uint64_t stop = boundary_before(at + chunk_bytes / sizeof(float));
        if (stop <= at)    // one matrix is larger than a chunk
            stop = boundary(at + 1);
        stop = std::min(stop, range.end());
        all.push_back({at, stop - at});
        at = stop;
    }
    return all;
}

}    // namespace nonna
