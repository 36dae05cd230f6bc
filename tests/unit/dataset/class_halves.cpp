#include "dataset/class_halves.h"

#include <boost/test/unit_test.hpp>

#include <map>

using namespace nonna;

namespace
{

// counts[part][label]
std::vector<std::map<std::size_t, int>> counted(const std::vector<ClassMember>& members,
                                                const std::vector<std::uint8_t>& parts, std::size_t count)
{
    std::vector<std::map<std::size_t, int>> counts(count);
    for (std::size_t i = 0; i < members.size(); ++i)
        ++counts[parts[i]][members[i].label];
    return counts;
}

// `classes` of sizes 1, 2, 3 ... each picture by itself
std::vector<ClassMember> singles(std::size_t classes)
{
    std::vector<ClassMember> members;
    for (std::size_t l = 0; l < classes; ++l)
        for (std::size_t i = 0; i <= l; ++i)
            members.push_back({std::to_string(members.size()), l});
    return members;
}

}    // namespace

BOOST_AUTO_TEST_SUITE(class_halves)

BOOST_AUTO_TEST_CASE(no_class_is_off_by_a_picture)
{
    const std::vector<ClassMember> members = singles(40);
    for (const std::uint64_t seed : {0, 1, 2}) {
        auto counts = counted(members, deal_classes(members, {1, 1}, DealBy::class_label, seed), 2);
        int off = 0;
        for (std::size_t l = 0; l < 40; ++l) {
            BOOST_CHECK_LE(std::abs(counts[0][l] - counts[1][l]), 1);
            off += counts[0][l] - counts[1][l];
        }
        BOOST_CHECK_LE(std::abs(off), 1);    // odd pictures do not all go to one half
        counts = counted(members, deal_classes(members, {3, 1}, DealBy::class_label, seed), 2);
        for (std::size_t l = 0; l < 40; ++l)
            BOOST_CHECK_LT(std::abs(counts[0][l] - 0.75 * double(l + 1)), 1);
    }
}

BOOST_AUTO_TEST_CASE(at_random_only_the_whole_is_halved)
{
    const std::vector<ClassMember> members = singles(40);
    const std::vector<std::uint8_t> parts = deal_classes(members, {1, 1}, DealBy::chance, 5);
    const auto ones = std::count(parts.begin(), parts.end(), 1);
    BOOST_CHECK_EQUAL(ones, std::ptrdiff_t(members.size() / 2));
    auto counts = counted(members, parts, 2);
    int uneven = 0;
    for (std::size_t l = 0; l < 40; ++l)
        uneven += std::abs(counts[0][l] - counts[1][l]) > 1;
    BOOST_CHECK_GT(uneven, 5);
    BOOST_CHECK(parts == deal_classes(members, {1, 1}, DealBy::chance, 5));
    BOOST_CHECK(parts != deal_classes(members, {1, 1}, DealBy::chance, 6));
}

BOOST_AUTO_TEST_CASE(groups_stay_whole)
{
    std::vector<ClassMember> members;
    for (std::size_t g = 0; g < 60; ++g)
        for (std::size_t i = 0; i <= g % 7; ++i)
            members.push_back({"g" + std::to_string(g), i % 3});
    const std::vector<std::uint8_t> parts = deal_classes(members, {1, 1, 1}, DealBy::class_label, 1);
    std::map<std::string, int> where;
    for (std::size_t i = 0; i < members.size(); ++i)
        BOOST_CHECK_EQUAL(where.try_emplace(members[i].group, parts[i]).first->second, int(parts[i]));
    const auto counts = counted(members, parts, 3);
    for (std::size_t p = 1; p < 3; ++p)
        for (std::size_t l = 0; l < 3; ++l)
            BOOST_CHECK_LE(std::abs(counts[p].at(l) - counts[0].at(l)), 3);
}

BOOST_AUTO_TEST_SUITE_END()
