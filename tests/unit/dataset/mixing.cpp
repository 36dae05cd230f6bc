#include "base/error.h"
#include "base/random.h"
#include "dataset/test_set.h"
#include "dataset/test_set_rules.h"
#include "sample_sets.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <set>

using namespace nonna;
using namespace sample_sets;

namespace
{

// Two image sets: 30 positives of 10 people, a box each, and 60 negatives of 12 folders, of different sizes.
struct Sets : Folder {
    std::string yes = *this / "yes.tar", no = *this / "no.tar", out = *this / "out.tar";
    std::vector<Sample> positives, negatives;

    Sets()
    {
        Random random(2, Purpose::tests);
        for (int i = 0; i < 30; ++i) {
            const std::string source = std::to_string(i % 10) + " faces/" + std::to_string(i) + ".png";
            Sample s = make_sample(map_picture(100, 90, i), source, 0);
            const double side = 20 + double(random.below(30));
            s.meta.detections.push_back({"face", "p", {{40, 30, side, side - 3, 2}, {0, 0, 80, 80, 1}}});
            positives.push_back(std::move(s));
        }
        for (int i = 0; i < 60; ++i)
            negatives.push_back(make_sample(map_picture(60 + i, 130 - i, 100 + i),
                                            std::to_string(i % 12) + " scenes/" + std::to_string(i) + ".png", 0));
        write();
    }
    void write() const
    {
        write_all(yes, positives);
        write_all(no, negatives);
    }
    ExitStatus mix(const TestSetOptions& o) const { return mix_test_set(yes, no, out, o); }
    std::map<std::string, int> labels() const
    {
        std::map<std::string, int> counts;
        for (const Sample& s : read_all(out))
            ++counts[s.meta.label.value()];
        return counts;
    }
};

void halve(Sample& s) { s.picture.resize(s.picture.size() / 2); }

}    // namespace

BOOST_AUTO_TEST_SUITE(mixing)

BOOST_AUTO_TEST_CASE(the_papers_counts_are_exact)
{
    const ClassCounts all = class_counts(13026, 23974, TestSetOptions(), "x");
    BOOST_CHECK(all.positives == 13026 && all.negatives == 23974);
    TestSetOptions o;
    o.count = 37000;
    const ClassCounts some = class_counts(50000, 50000, o, "x");
    BOOST_CHECK(some.positives == 13026 && some.negatives == 23974);
}

BOOST_AUTO_TEST_CASE(what_does_not_decode_is_replaced)
{
    Sets sets;
    for (const int i : {3, 4, 5, 20})
        halve(sets.negatives[i]);
    halve(sets.positives[7]);
    sets.positives[8].meta.width = 99;    // the json lies
    sets.write();
    TestSetOptions o;
    o.count = 77;    // 27 positives of 28 sound ones, 50 negatives of 56
    BOOST_CHECK(sets.mix(o) == ExitStatus::skipped);
    BOOST_CHECK_EQUAL(sets.labels()["1"], 27);
    BOOST_CHECK_EQUAL(sets.labels()["0"], 50);
    for (const Sample& s : read_all(sets.out))
        BOOST_CHECK_NO_THROW(decode_picture(s.picture, "x"));
    o.count = 0;    // 28 at the prior: 79.5 in all
    o.framing.size = 8;
    sets.mix(o);
    BOOST_CHECK_EQUAL(sets.labels()["1"], 28);
    BOOST_CHECK_EQUAL(sets.labels()["0"], std::lround(0.647946 * 80));
    o.count = 88;
    BOOST_CHECK_THROW(sets.mix(o), Error);
}

BOOST_AUTO_TEST_CASE(repeats_are_skipped)
{
    Sets sets;
    Sample again = sets.positives[0];
    again.key = sample_key(std::string(64, 'a'));
    sets.negatives.push_back(again);    // a positive under another key
    again = sets.negatives[1];
    again.key = sample_key(std::string(64, 'b'));
    sets.negatives.push_back(again);
    sets.write();
    TestSetOptions o;
    o.prior = 60.0 / 62;    // every negative and two positives
    BOOST_CHECK(sets.mix(o) == ExitStatus::skipped);
    BOOST_CHECK_EQUAL(sets.labels()["0"], 60);
    std::set<std::string> different;
    for (const Sample& s : read_all(sets.out))
        different.insert(sha256(s.picture));
    BOOST_CHECK_EQUAL(different.size(), 62u);
}

BOOST_AUTO_TEST_CASE(halves_and_their_lists_make_the_same_bytes_again)
{
    const Sets sets;
    TestSetOptions o;
    o.framing.set_frame("box");
    o.framing.set_jitter("0.1:0.2");
    o.framing.size = 16;
    o.min_score = 0;    // the boxes here have scores from 0 on
    o.group_by = GroupBy::folder;
    o.set_lists(sets / "half");
    BOOST_CHECK(sets.mix(o) == ExitStatus::done);
    const std::string once = content(sets.out), list = content(sets / "half-a.tsv");
    o.threads = 3;
    sets.mix(o);
    BOOST_CHECK(content(sets.out) == once && content(sets / "half-a.tsv") == list);

    std::map<std::string, std::set<std::string>> halves_of;
    std::map<std::string, Sample> by_key;
    std::map<std::pair<std::string, std::string>, int> counts;
    for (const Sample& s : read_all(sets.out)) {
        BOOST_CHECK_EQUAL(s.meta.group.value(), std::filesystem::path(s.meta.source).parent_path().string());
        halves_of[*s.meta.group].insert(s.meta.half.value());
        ++counts[{*s.meta.half, *s.meta.label}];
        by_key[s.key] = s;
    }
    for (const auto& [group, halves] : halves_of)
        BOOST_CHECK_EQUAL(halves.size(), 1u);
    BOOST_CHECK_LE(std::abs(counts[{"a", "1"}] - counts[{"b", "1"}]), 2);
    BOOST_CHECK_LE(std::abs(counts[{"a", "0"}] - counts[{"b", "0"}]), 2);

    TestSetOptions from;
    from.framing.size = 16;
    std::size_t found = 0;
    for (const std::string half : {"a", "b"}) {
        from.from_list = sets / (half == "a" ? "half-a.tsv" : "half-b.tsv");
        from.seed = 99;    // the list says all
        sets.mix(from);
        for (const Sample& s : read_all(sets.out)) {
            ++found;
            const Sample& same = by_key.at(s.key);
            BOOST_CHECK(s.picture == same.picture && s.meta.half == half && s.meta.group == same.meta.group &&
                        s.meta.label == same.meta.label && s.meta.framing == same.meta.framing);
        }
    }
    BOOST_CHECK_EQUAL(found, by_key.size());
    from.framing.set_frame("crop");    // but the list says where to look
    BOOST_CHECK_THROW(sets.mix(from), Error);
    o.set_lists(sets / "x" + "=3:1");
    BOOST_CHECK(o.part_weights == std::vector<double>({3, 1}));
    o.set_lists(sets / "x" + "=1:2:3:4");
    BOOST_CHECK(o.part_weights == std::vector<double>({1, 2, 3, 4}) && o.lists.back() == sets / "x-d.tsv");
    for (const std::string bad :
         {"x=", "x=1", "x=0:1", "x=1:-1", "=1:1", "x=a:b", "x=1:", "x=1:2:", "x=1:2;3", "x=1:2:0"})
        BOOST_CHECK_THROW(o.set_lists(bad), Error);
}

BOOST_AUTO_TEST_CASE(a_list_whose_pictures_are_gone_makes_nothing)
{
    Sets sets;
    TestSetOptions o;
    o.set_lists(sets / "half");
    sets.mix(o);
    std::filesystem::remove(sets.out);
    TestSetOptions from;
    from.from_list = sets / "half-b.tsv";
    const std::vector<ListRow> rows = read_test_list(from.from_list);
    const auto in_list = [&](const Sample& s) {
        return std::any_of(rows.begin(), rows.end(), [&](const ListRow& row) { return row.key == s.key; });
    };
    const auto at = std::find_if(sets.negatives.begin(), sets.negatives.end(), in_list);
    BOOST_REQUIRE(at != sets.negatives.end());
    const Sample kept = *at;
    at->picture = encode_png(map_picture(60, 60, 3));    // same key, another picture
    sets.write();
    BOOST_CHECK_THROW(sets.mix(from), Error);
    sets.negatives.erase(at);
    sets.write();
    BOOST_CHECK_THROW(sets.mix(from), Error);
    BOOST_CHECK(!std::filesystem::exists(sets.out));
    sets.negatives.push_back(kept);
    sets.write();
    BOOST_CHECK(sets.mix(from) == ExitStatus::done);
}

BOOST_AUTO_TEST_CASE(boxes_lend_their_sides_to_the_negatives)
{
    const Sets sets;
    TestSetOptions o;
    o.framing.set_frame("box");
    o.margin = 0;
    o.min_score = 1.5;
    o.prior = 2.0 / 3;    // 20 to 40, or 30 to 60: every box serves twice
    BOOST_CHECK(sets.mix(o) == ExitStatus::done);
    std::multiset<int> yes, no;
    for (const Sample& s : read_all(sets.out)) {
        (s.meta.label == "1" ? yes : no).insert(s.meta.width);
        if (s.meta.label == "1")
            BOOST_CHECK(s.meta.detections.at(0).boxes.at(0).width == s.meta.width);    // the surest one
    }
    BOOST_CHECK_EQUAL(yes.size(), 30u);
    BOOST_REQUIRE_EQUAL(no.size(), 60u);
    std::multiset<int> twice = yes;
    twice.insert(yes.begin(), yes.end());
    BOOST_CHECK(twice == no);
    o.detector = "cat";
    BOOST_CHECK_THROW(sets.mix(o), Error);
}

BOOST_AUTO_TEST_CASE(both_classes_go_through_the_same_chain)
{
    Sets sets;
    // A positive that has the size already, as JPEG: kept bytes would be a generation younger than the others'.
    Sample ready = make_sample(map_picture(16, 16, 1), "0 faces/ready.jpg", 0);
    ready.picture = encode_jpeg(map_picture(16, 16, 1), 60);
    ready.extension = "jpg";
    sets.positives.push_back(ready);
    sets.write();
    TestSetOptions o;
    o.framing.size = 16;
    sets.mix(o);
    bool seen = false;
    for (const Sample& s : read_all(sets.out))
        if (s.key == ready.key) {
            seen = true;
            BOOST_CHECK(s.picture == encode_jpeg(decode_picture(ready.picture, "x")));
        }
    BOOST_CHECK(seen);
}

BOOST_AUTO_TEST_SUITE_END()
