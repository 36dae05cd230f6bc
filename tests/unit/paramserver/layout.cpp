// Shards and chunks tile a model, cut between matrices; the digest tells models apart.
#include "../files.h"
#include "models.h"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace nonna;
using namespace nonna::test;

namespace
{

// The beginnings of all matrices, and the end.
std::set<std::uint64_t> cuts(const std::vector<Segment>& segments)
{
    std::set<std::uint64_t> all;
    for (const Segment& s : segments)
        for (std::size_t m = 0; m <= s.matrices; ++m)
            all.insert(s.offset + m * s.rows * s.columns);
    return all;
}

}    // namespace

BOOST_AUTO_TEST_SUITE(layout)

BOOST_AUTO_TEST_CASE(shards_cover_exactly_and_cut_at_matrices)
{
    for (const std::vector<Segment>& segments : {three_segments(), large_segments(), one_matrix_large()}) {
        const Layout layout(segments, 4, "x");
        const std::set<std::uint64_t> beginnings = cuts(segments);
        BOOST_TEST(layout.size() == *beginnings.rbegin());
        std::size_t accepted = 0;
        for (std::uint32_t of = 1; of <= 40; ++of) {
            std::uint64_t next = 0;
            try {
                for (std::uint32_t i = 0; i < of; ++i) {
                    const Range r = layout.shard(i, of);
                    BOOST_TEST(r.first == next);
                    BOOST_TEST(r.count > 0u);
                    BOOST_TEST(beginnings.contains(r.first));
                    // the first beginning at or after i / of of the row, in numbers that do not overflow here
                    BOOST_TEST(r.first == *beginnings.lower_bound((layout.size() * i + of - 1) / of));
                    next = r.end();
                }
                BOOST_TEST(next == layout.size());
                ++accepted;
            } catch (const Error& e) {
                BOOST_TEST((e.status() == ExitStatus::usage));
            }
        }
        BOOST_TEST(accepted > 0u);
    }
}

BOOST_AUTO_TEST_CASE(more_shards_than_matrices_are_refused)
{
    const Layout layout(three_segments(), 4, "x");    // 12 matrices
    BOOST_CHECK_EXCEPTION(
        [&] {
            for (std::uint32_t i = 0; i < 13; ++i)
                layout.shard(i, 13);
        }(),
        Error, [](const Error& e) { return e.status() == ExitStatus::usage && e.subject().ends_with("/13"); });
}

BOOST_AUTO_TEST_CASE(chunks_tile_a_shard)
{
    for (const std::vector<Segment>& segments : {three_segments(), large_segments(), one_matrix_large()}) {
        const Layout layout(segments, 4, "x");
        const std::set<std::uint64_t> beginnings = cuts(segments);
        constexpr std::uint64_t most = Layout::chunk_bytes / sizeof(float);
        std::size_t several = 0;
        for (const std::uint32_t of : {1u, 2u, 3u}) {
            if (one_matrix_large().size() == segments.size() && of > 2)
                continue;
            for (std::uint32_t i = 0; i < of; ++i) {
                const Range shard = layout.shard(i, of);
                const std::vector<Range> chunks = layout.chunks(shard);
                std::uint64_t next = shard.first;
                for (const Range& c : chunks) {
                    BOOST_TEST(c.first == next);
                    BOOST_TEST(c.count > 0u);
                    BOOST_TEST(c.count <= layout.largest_chunk());
                    BOOST_TEST(beginnings.contains(c.end()));
                    const auto following = beginnings.upper_bound(c.first);
                    if (c.count > most)    // only a matrix that is longer by itself
                        BOOST_TEST(c.end() == *following);
                    else if (c.end() < shard.end())    // another matrix would not have fitted
                        BOOST_TEST(*beginnings.upper_bound(c.end()) - c.first > most);
                    next = c.end();
                }
                BOOST_TEST(next == shard.end());
                several = std::max(several, chunks.size());
            }
        }
        BOOST_TEST((several > 1 || layout.size() <= most));
    }
}

BOOST_AUTO_TEST_CASE(a_part_of_the_table)
{
    const Layout layout(three_segments(), 4, "x");
    for (std::uint32_t of = 1; of <= 12; ++of) {
        std::vector<std::size_t> matrices(3);
        for (std::uint32_t i = 0; i < of; ++i) {
            Range shard;
            try {
                shard = layout.shard(i, of);
            } catch (const Error&) {
                break;
            }
            std::uint64_t next = 0;
            for (const Segment& s : layout.segments(shard)) {
                BOOST_TEST(s.offset == next);
                next = s.offset + s.size();
                for (std::size_t k = 0; k < 3; ++k)
                    if (three_segments()[k].rows == s.rows) {
                        matrices[k] += s.matrices;
                        BOOST_TEST(s.unit_norm == three_segments()[k].unit_norm);
                    }
            }
            BOOST_TEST(next == shard.count);
            if (i + 1 == of)
                for (std::size_t k = 0; k < 3; ++k)
                    BOOST_TEST(matrices[k] == three_segments()[k].matrices);
        }
    }
}

BOOST_AUTO_TEST_CASE(digests_tell_models_apart)
{
    const Layout layout(three_segments(), 4, "x");
    BOOST_TEST((layout.digest() == Layout(three_segments(), 4, "x").digest()));
    BOOST_TEST((layout.digest() != Layout(three_segments(), 2, "x").digest()));
    BOOST_TEST((layout.digest() != Layout(three_segments(), 4, "y").digest()));
    for (int change = 0; change < 4; ++change) {
        std::vector<Segment> other = three_segments();
        if (change == 0)
            other[2].unit_norm = !other[2].unit_norm;
        else if (change == 1)
            std::swap(other[0].rows, other[0].columns);
        else if (change == 2)
            --other[2].matrices;
        else
            ++other[2].offset;
        BOOST_TEST((layout.digest() != Layout(other, 4, "x").digest()), "change " << change);
    }
}

BOOST_AUTO_TEST_CASE(parts)
{
    const Portion p = Portion::parse("2-5/8", "--shard", true);
    BOOST_TEST((p.first == 2 && p.last == 5 && p.of == 8 && p.count() == 4));
    BOOST_TEST(p.text() == "2-5/8");
    BOOST_TEST(Portion::parse("7/8", "--shard", true).text() == "7/8");
    for (const char* wrong : {"", "1", "/", "8/8", "5-2/8", "1-8/8", "a/8", "1/b", "1/8 ", " 1/8", "-1/8", "1//8",
                              "1-/8", "0/0", "0/5000", "99999999999/8", "0x1/8"})
        BOOST_CHECK_EXCEPTION(Portion::parse(wrong, "--shard", true), Error, [](const Error& e) {
            return e.status() == ExitStatus::usage && e.subject() == "--shard";
        });
    BOOST_CHECK_THROW(Portion::parse("0-1/8", "--replica", false), Error);
}

BOOST_AUTO_TEST_SUITE_END()
