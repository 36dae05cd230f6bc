#include "dataset/halves.h"
#include "base/error.h"
#include "base/random.h"
#include "dataset/test_list.h"
#include "sample_sets.h"

#include <boost/test/unit_test.hpp>

#include <array>
#include <cmath>
#include <fstream>
#include <map>

using namespace nonna;
using namespace sample_sets;

namespace
{

// counts[half][label]; every group is checked to be in one half.
std::array<std::array<int, 2>, 2> halves_of(const std::vector<GroupMember>& members, double share, std::uint64_t seed)
{
    const std::vector<std::uint8_t> halves = split_groups(members, {share, 1 - share}, seed, "x");
    BOOST_REQUIRE_EQUAL(halves.size(), members.size());
    std::array<std::array<int, 2>, 2> counts{};
    std::map<std::string, int> where;
    for (std::size_t i = 0; i < members.size(); ++i) {
        ++counts[halves[i]][members[i].positive];
        const auto [at, is_new] = where.try_emplace(members[i].group, halves[i]);
        BOOST_CHECK_EQUAL(at->second, int(halves[i]));
    }
    return counts;
}

void add(std::vector<GroupMember>& members, const std::string& group, int positives, int negatives)
{
    for (int i = 0; i < positives + negatives; ++i)
        members.push_back({group, i < positives});
}

void write_text(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

}    // namespace

BOOST_AUTO_TEST_SUITE(halves)

BOOST_AUTO_TEST_CASE(singles_are_parted_exactly)
{
    std::vector<GroupMember> members;
    for (int i = 0; i < 501; ++i)
        add(members, std::to_string(i), i < 176, i >= 176);
    for (const std::uint64_t seed : {0, 1, 2}) {
        const auto counts = halves_of(members, 0.5, seed);
        BOOST_CHECK_EQUAL(counts[0][1], 88);
        BOOST_CHECK(counts[0][0] == 162 || counts[0][0] == 163);
        const auto parts = halves_of(members, 0.75, seed);
        BOOST_CHECK_EQUAL(parts[0][1], 132);
        BOOST_CHECK(parts[0][0] == 243 || parts[0][0] == 244);
    }
    BOOST_CHECK(split_groups(members, {1, 1}, 1, "x") == split_groups(members, {1, 1}, 1, "x"));
    BOOST_CHECK(split_groups(members, {1, 1}, 1, "x") != split_groups(members, {1, 1}, 2, "x"));
}

BOOST_AUTO_TEST_CASE(groups_stay_whole_and_the_prior_holds)
{
    // As faces are: few people with many pictures, many with one; negatives in ten folders.
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        Random random(seed, Purpose::tests);
        std::vector<GroupMember> members;
        for (int person = 0; person < 300; ++person)
            add(members, std::to_string(person) + "p", 1 + int(1.2 / (0.02 + random.uniform())), 0);
        for (int folder = 0; folder < 10; ++folder)
            add(members, std::to_string(folder) + "n", 0, 60 + int(random.below(40)));
        int all[2] = {0, 0};
        for (const GroupMember& m : members)
            ++all[m.positive];
        const auto counts = halves_of(members, 0.5, seed);
        BOOST_CHECK_LE(std::abs(2 * counts[0][1] - all[1]), 1);
        // Ten folders have 252 ways to be halved; of these sums, 40 wide, some lie next to the middle.
        BOOST_CHECK_LE(std::abs(2 * counts[0][0] - all[0]), 4);
    }
    // Groups of both labels: moves and exchanges weigh both.
    std::vector<GroupMember> mixed;
    Random random(9, Purpose::tests);
    for (int i = 0; i < 80; ++i)
        add(mixed, std::to_string(i), int(random.below(12)), int(random.below(20)));
    int positives = 0, negatives = 0;
    for (const GroupMember& m : mixed)
        (m.positive ? positives : negatives)++;
    const auto counts = halves_of(mixed, 0.5, 3);
    BOOST_CHECK_LE(std::abs(2 * counts[0][1] - positives), 4);
    BOOST_CHECK_LE(std::abs(2 * counts[0][0] - negatives), 4);
}

BOOST_AUTO_TEST_CASE(a_half_without_a_label_is_refused)
{
    std::vector<GroupMember> members;
    add(members, "all negatives", 0, 10);
    for (int i = 0; i < 10; ++i)
        add(members, std::to_string(i), 1, 0);
    BOOST_CHECK_THROW(split_groups(members, {1, 1}, 0, "x"), Error);
    add(members, "another", 0, 1);
    BOOST_CHECK_NO_THROW(split_groups(members, {1, 1}, 0, "x"));
    BOOST_CHECK_THROW(split_groups({}, {1, 1}, 0, "x"), Error);
    BOOST_CHECK_THROW(split_groups(members, {1, 1, 1}, 0, "x"), Error);    // two groups of negatives, three parts
}

BOOST_AUTO_TEST_CASE(parts_are_cut_in_their_proportions)
{
    // People with few pictures and folders with many, in parts of which each has its share of both labels.
    Random random(4, Purpose::tests);
    std::vector<GroupMember> members;
    for (int person = 0; person < 400; ++person)
        add(members, std::to_string(person) + "p", 1 + int(random.below(4)), 0);
    for (int folder = 0; folder < 60; ++folder)
        add(members, std::to_string(folder) + "n", 0, 10 + int(random.below(20)));
    double all[2] = {0, 0};
    for (const GroupMember& m : members)
        ++all[m.positive];
    for (const std::vector<double>& weights : {std::vector<double>{2, 1, 1}, {4, 3, 2, 1}, {1, 1, 1, 1, 1}}) {
        double total = 0;
        for (const double weight : weights)
            total += weight;
        const std::vector<std::uint8_t> parts = split_groups(members, weights, 7, "x");
        std::map<std::string, int> where;
        std::vector<std::array<double, 2>> counts(weights.size());
        for (std::size_t i = 0; i < members.size(); ++i) {
            ++counts.at(parts[i])[members[i].positive];
            BOOST_CHECK_EQUAL(where.try_emplace(members[i].group, parts[i]).first->second, int(parts[i]));
        }
        for (std::size_t part = 0; part < weights.size(); ++part)
            for (const int l : {0, 1})
                BOOST_CHECK_LE(std::abs(counts[part][l] - weights[part] / total * all[l]), 3);
        // The first cut does not depend on how either side is divided.
        const std::size_t half = weights.size() / 2;
        double first = 0;
        for (std::size_t part = 0; part < half; ++part)
            first += weights[part];
        const std::vector<std::uint8_t> two = split_groups(members, {first, total - first}, 7, "x");
        for (std::size_t i = 0; i < members.size(); ++i)
            BOOST_CHECK_EQUAL(two[i] == 0, parts[i] < half);
        BOOST_CHECK(parts == split_groups(members, weights, 7, "x"));
        BOOST_CHECK(parts != split_groups(members, weights, 8, "x"));
    }
    BOOST_CHECK_EQUAL(part_name(1, 2), "half b");
    BOOST_CHECK_EQUAL(part_name(3, 4), "part d");
}

BOOST_AUTO_TEST_CASE(groups_are_folders_sources_or_pictures)
{
    const Sample a = make_sample(map_picture(4, 4, 0), "faces/Ann/1.jpg", 0);
    const Sample b = make_sample(map_picture(4, 4, 1), "faces/Ann/2.jpg", 0);
    BOOST_CHECK_EQUAL(group_of(a, GroupBy::folder), "faces/Ann");
    BOOST_CHECK_EQUAL(group_of(b, GroupBy::folder), "faces/Ann");
    BOOST_CHECK(group_of(a, GroupBy::source) != group_of(b, GroupBy::source));
    BOOST_CHECK_EQUAL(group_of(a, GroupBy::none), a.key);
    Sample frame = a;
    frame.meta.pts.reset();
    BOOST_CHECK_EQUAL(group_of(frame, GroupBy::time), a.meta.sha256);    // a photograph has no time
    for (const auto& [pts, ten] :
         {std::pair(0.0, "+0"), {9.99, "+0"}, {10.0, "+1"}, {3605.5, "+360"}, {-0.04, "+-1"}}) {
        frame.meta.pts = pts;
        BOOST_CHECK_EQUAL(group_of(frame, GroupBy::time), a.meta.sha256 + ten);
    }
    BOOST_CHECK_EQUAL(group_of(make_sample(map_picture(4, 4, 1), "alone.jpg", 0), GroupBy::folder), ".");
}

// Four stretches of each label for two parts: of ten seconds where a film has them, else of less.
BOOST_AUTO_TEST_CASE(short_films_are_cut_into_short_stretches)
{
    std::vector<Sample> frames;
    for (int i = 0; i < 40; ++i)
        frames.push_back(make_sample(map_picture(4, 4, 0), "film.mp4", 0));
    const auto stretch = [&](double seconds, std::size_t parts) {
        std::vector<std::pair<const Sample*, bool>> labelled;
        for (std::size_t i = 0; i < frames.size(); ++i) {
            frames[i].meta.pts = seconds * double(i) / 40;
            labelled.emplace_back(&frames[i], i % 2 == 1);
        }
        return stretch_of(labelled, parts);
    };
    BOOST_CHECK_EQUAL(stretch(40, 2), 10);
    BOOST_CHECK_EQUAL(stretch(29, 2), 5);
    BOOST_CHECK_EQUAL(stretch(40, 3), 5);
    BOOST_CHECK_EQUAL(stretch(8, 2), 2.5);
    BOOST_CHECK_EQUAL(stretch(5, 2), 1.25);
    BOOST_CHECK_EQUAL(stretch(1, 2), 1.25);
}

BOOST_AUTO_TEST_CASE(lists_come_back_as_they_went)
{
    const Folder dir;
    const std::vector<ListRow> rows = {
        {"0123456789abcdef", true, "a", "faces/Ann", "faces/Ann/1.jpg", std::string(64, '0'), View{45, 44, 160}},
        {"0123456789abcdef-000001", false, {}, {}, {}, {}, View{-123456.125, -0.875, 999999.125}},
        {"1123456789abcdef", false, "b", {}, "s", {}, {}}};
    write_test_list(dir / "l.tsv", rows);
    const std::vector<ListRow> got = read_test_list(dir / "l.tsv");
    BOOST_REQUIRE_EQUAL(got.size(), 3u);
    for (int i = 0; i < 3; ++i)
        BOOST_CHECK(got[i].key == rows[i].key && got[i].positive == rows[i].positive && got[i].half == rows[i].half &&
                    got[i].group == rows[i].group && got[i].source == rows[i].source && got[i].view == rows[i].view);
    write_text(dir / "short.tsv", "label\tkey\n1\tx\n0\ty\n");
    BOOST_CHECK_EQUAL(read_test_list(dir / "short.tsv").size(), 2u);
    for (const std::string bad :
         {"key\n1\n", "key\tlabel\n", "key\tlabel\nx\t1\n", "key\tlabel\nx\t1\nx\t0\n", "key\tlabel\nx\t1\ny\t2\n",
          "key\tlabel\n\t1\ny\t0\n", "key\tlabel\thalf\nx\t1\tC\ny\t0\ta\n",
          "key\tlabel\tx\ty\tside\nx\t1\t0\t0\t0\ny\t0\t0\t0\t9\n",
          "key\tlabel\tx\ty\tside\nx\t1\tnan\t0\t9\ny\t0\t0\t0\t9\n"}) {
        write_text(dir / "bad.tsv", bad);
        BOOST_CHECK_THROW(read_test_list(dir / "bad.tsv"), Error);
    }
}

BOOST_AUTO_TEST_SUITE_END()
