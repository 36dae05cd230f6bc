#include "dataset/near_index.h"

#include "base/error.h"
#include "base/random.h"
#include "dataset/duplicates.h"

#include <boost/test/unit_test.hpp>

#include <bit>

using namespace nonna;

BOOST_AUTO_TEST_SUITE(near_index)

// Against looking at every hash, for every distance: hashes in clusters, so that near ones exist.
BOOST_AUTO_TEST_CASE(finds_what_a_search_of_all_finds)
{
    Random random(1, Purpose::tests);
    const auto hash = [&] { return std::uint64_t(random.bits()) << 32 | random.bits(); };
    std::vector<std::uint64_t> centres(40);
    for (std::uint64_t& c : centres)
        c = hash();
    const auto around = [&] {
        std::uint64_t h = centres[random.below(centres.size())];
        for (std::uint64_t flips = random.below(18); flips > 0; --flips)
            h ^= std::uint64_t(1) << random.below(64);
        return h;
    };
    for (int distance = 0; distance <= NearIndex::most; ++distance) {
        NearIndex index(distance);
        std::vector<std::uint64_t> all;
        int found = 0;
        for (int i = 0; i < 600; ++i) {
            const std::uint64_t h = around();
            std::optional<std::uint64_t> expected;
            int best = distance + 1;
            for (std::size_t j = 0; j < all.size(); ++j)
                if (std::popcount(all[j] ^ h) < best) {
                    best = std::popcount(all[j] ^ h);
                    expected = j;
                }
            const std::optional<std::uint64_t> got = index.find(h);
            BOOST_REQUIRE(got == expected);
            found += got.has_value();
            index.add(h, all.size());
            all.push_back(h);
        }
        BOOST_TEST(found < 600);
        if (distance >= 4)
            BOOST_TEST(found > 20);
    }
}

// Hashes of two versions have nothing to do with each other: a set that compared others is refused by name.
BOOST_AUTO_TEST_CASE(sets_of_another_hash_are_refused)
{
    Settings now, indifferent;
    DuplicateIndex::add_settings(now, 4);
    DuplicateIndex::add_settings(indifferent, -1);
    BOOST_CHECK_NO_THROW(DuplicateIndex::check_hash_version("set", now));
    BOOST_CHECK_NO_THROW(DuplicateIndex::check_hash_version("set", indifferent));
    for (const char* const version : {"", "1", "3"}) {
        Settings other = now;
        other["near-dup-hash"] = version;
        if (!*version)
            other.erase("near-dup-hash");    // sets made before there was a version
        BOOST_CHECK_EXCEPTION(DuplicateIndex::check_hash_version("set", other), Error, [](const Error& e) {
            return e.subject() == "set" && e.status() == ExitStatus::usage &&
                   e.reason().find("build a new set") != std::string::npos;
        });
    }
}

BOOST_AUTO_TEST_SUITE_END()
