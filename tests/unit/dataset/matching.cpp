// Matched distractors: the rule over looks, matching of planted looks, whole sets.
#include "base/error.h"
#include "base/random.h"
#include "dataset/look_rule.h"
#include "dataset/match.h"
#include "dataset/test_set.h"
#include "io/table.h"
#include "sample_sets.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

using namespace nonna;
using namespace sample_sets;

namespace
{

LowLevelLook noise(Random& random)
{
    LowLevelLook look{};
    for (double& number : look)
        number = random.normal();
    return look;
}

// A grey square of noise, of a contrast that is drawn between `least` and `most` levels.
Picture textured(int side, Random& random, double least, double most)
{
    const double contrast = least + (most - least) * random.uniform();
    Picture p = blank_picture(side, side);
    for (int y = 0; y < side; ++y)
        for (int x = 0; x < side; ++x) {
            const auto level = std::uint8_t(std::clamp(128 + contrast * (2 * random.uniform() - 1), 0.0, 255.0));
            for (int c = 0; c < 3; ++c)
                p.at(x, y)[c] = level;
        }
    return p;
}

// Positives of low contrast, negatives mostly of high: told apart by contrast alone. Four groups of each and more.
struct Sets : Folder {
    std::string yes = *this / "yes.tar", no = *this / "no.tar", out = *this / "out.tar";

    Sets()
    {
        Random random(5, Purpose::tests);
        std::vector<Sample> positives, negatives;
        for (int i = 0; i < 80; ++i)
            positives.push_back(make_sample(textured(40, random, 10, 35),
                                            std::to_string(i % 20) + " faces/" + std::to_string(i) + ".png", 0));
        for (int i = 0; i < 160; ++i)
            negatives.push_back(make_sample(textured(48, random, 10, 120),
                                            std::to_string(i % 24) + " scenes/" + std::to_string(i) + ".png", 0));
        write_all(yes, positives);
        write_all(no, negatives);
    }
    TestSetOptions options(const std::string& lists) const
    {
        TestSetOptions o;
        o.framing.set_frame("crop:0.7");
        o.framing.set_jitter("0.1:0.2");
        o.framing.set_looks({"grey"});
        o.framing.size = o.framing.through = 16;
        o.group_by = GroupBy::folder;
        o.set_lists(*this / lists);
        return o;
    }
    std::map<std::string, std::string> part_of_groups() const
    {
        std::map<std::string, std::string> parts;
        for (const Sample& s : read_all(out))
            BOOST_CHECK_EQUAL(parts.try_emplace(s.meta.group.value(), s.meta.half.value()).first->second, *s.meta.half);
        return parts;
    }
};

}    // namespace

BOOST_AUTO_TEST_SUITE(matching)

BOOST_AUTO_TEST_CASE(ties_count_half)
{
    BOOST_CHECK_EQUAL(auc({1, 2}, {0, 0}), 1);
    BOOST_CHECK_EQUAL(auc({1, 2}, {1, 2}), 0.5);
    BOOST_CHECK_EQUAL(auc({0, 3}, {1, 3, 4}), 1.5 / 6);
}

BOOST_AUTO_TEST_CASE(the_rule_solves_the_ridge_equations)
{
    Random random(1, Purpose::tests);
    std::vector<LowLevelLook> yes, no;
    for (int i = 0; i < 60; ++i)
        yes.push_back(noise(random));
    for (int i = 0; i < 90; ++i)
        no.push_back(noise(random));
    for (LowLevelLook& look : yes)
        look[3] += 2;
    const LookRule rule(LookScales(no), yes, no);
    // (X'X + 50 I) w = X'(y - mean y), put in: X'(X w) + 50 w - X'(y - 0.4) = 0.
    LowLevelLook left{};
    for (const auto& [looks, label] : {std::pair(&yes, 1.0), std::pair(&no, 0.0)})
        for (const LowLevelLook& look : *looks) {
            const LowLevelLook x = rule.scales.standardised(look);
            for (std::size_t i = 0; i < look_numbers; ++i)
                left[i] += x[i] * (rule.score(look) - (label - 0.4));
        }
    for (std::size_t i = 0; i < look_numbers; ++i)
        BOOST_CHECK_SMALL(left[i] + 50 * rule.weights[i], 1e-9);
    BOOST_CHECK(std::max_element(rule.weights.begin(), rule.weights.end()) == rule.weights.begin() + 3);
    BOOST_CHECK_GE(rule.auc(yes, no), 0.9);
}

// In each part 40 positives, 30 of them where a crowd of candidates is and 10 far from all: 30 are matched near, and as
// only a quarter may be dropped, none of the 10 is needed; with 26 near ones, four far ones are.
BOOST_AUTO_TEST_CASE(a_quarter_at_most_is_dropped)
{
    for (const std::size_t near : {30, 26}) {
        Random random(near, Purpose::tests);
        std::vector<LookOfPart> positives, candidates;
        for (const std::size_t part : {0, 1}) {
            for (int i = 0; i < 400; ++i)
                candidates.push_back({noise(random), part});
            for (std::size_t i = 0; i < 40; ++i) {
                positives.push_back({noise(random), part});
                if (i < near)    // a candidate of its own part, a little moved
                    positives.back().look = candidates[candidates.size() - 1 - 3 * i].look;
                else    // further out the later, so that who is taken anyway is known
                    positives.back().look[37] += 40 + double(i);
            }
        }
        const Matching m = match_looks(positives, candidates, 2, 1, "x");
        std::set<std::size_t> taken;
        for (std::size_t i = 0; i < positives.size(); ++i) {
            const bool wanted = i % 40 < 30;
            BOOST_CHECK_EQUAL(m.partners[i].has_value(), wanted);
            if (!m.partners[i])
                continue;
            BOOST_CHECK(taken.insert(*m.partners[i]).second);
            BOOST_CHECK_EQUAL(candidates[*m.partners[i]].part, positives[i].part);
        }
        for (const PartMatch& part : m.parts)
            BOOST_CHECK(part.positives == 40 && part.matched == 30 && part.taken_anyway == 30 - near);
        BOOST_CHECK(!m.parts[0].auc_after && m.parts[1].auc_before && m.parts[1].auc_after);
    }
    const std::vector<LookOfPart> four(4);
    BOOST_CHECK_THROW(match_looks(four, std::vector<LookOfPart>(2), 1, 1, "x"), Error);
    BOOST_CHECK_NO_THROW(match_looks(four, std::vector<LookOfPart>(3), 1, 1, "x"));
}

// The measure is the first part's: what other parts look like changes nothing in it.
BOOST_AUTO_TEST_CASE(the_measure_is_the_first_parts)
{
    Random random(8, Purpose::tests);
    std::vector<LookOfPart> positives, candidates;
    for (const std::size_t part : {0, 1})
        for (int i = 0; i < 300; ++i) {
            if (i < 50)
                positives.push_back({noise(random), part});
            candidates.push_back({noise(random), part});
        }
    const Matching once = match_looks(positives, candidates, 2, 1, "x");
    for (LookOfPart& one : positives)
        if (one.part == 1)
            one.look[40] += 3;
    const Matching again = match_looks(positives, candidates, 2, 1, "x");
    for (std::size_t i = 0; i < 50; ++i)
        BOOST_CHECK(once.partners[i] == again.partners[i]);
    BOOST_CHECK(once.partners != again.partners);
}

BOOST_AUTO_TEST_CASE(contrast_tells_no_more_after_matching)
{
    const Sets sets;
    const TestSetOptions plain = sets.options("plain=1:1:1");
    mix_test_set(sets.yes, sets.no, sets.out, plain);
    const std::map<std::string, std::string> parts = sets.part_of_groups();

    TestSetOptions o = sets.options("matched=1:1:1");
    o.match = 1600;
    o.threads = 1;
    BOOST_CHECK(mix_test_set(sets.yes, sets.no, sets.out, o) == ExitStatus::done);
    const std::string once = content(sets.out), list = content(sets / "matched-b.tsv");
    const std::string table_bytes = content(sets / "matched-match.tsv");
    // The groups are in the parts that they are in without matching.
    for (const auto& [group, part] : sets.part_of_groups())
        BOOST_CHECK_EQUAL(parts.at(group), part);

    const Table table = read_table(sets / "matched-match.tsv");
    BOOST_REQUIRE_EQUAL(table.rows.size(), 3u);
    std::map<std::pair<std::string, std::string>, std::size_t> counts;
    std::set<std::string> keys;
    for (const Sample& s : read_all(sets.out)) {
        ++counts[{*s.meta.half, *s.meta.label}];
        keys.insert(s.key);
    }
    BOOST_CHECK_EQUAL(keys.size(), read_all(sets.out).size());
    for (std::size_t row = 0; row < 3; ++row) {
        const std::string part = table.rows[row][0];
        const std::size_t matched = table.whole(row, "matched");
        BOOST_CHECK_EQUAL(matched + table.whole(row, "dropped"), table.whole(row, "positives"));
        BOOST_CHECK((counts[{part, "1"}] == matched && counts[{part, "0"}] == matched));
        if (row == 0)
            continue;
        BOOST_CHECK_GE(table.share(row, "rule_auc_before"), 0.75);
        // Some 20 of each class: chance has a deviation of .09.
        BOOST_CHECK_LE(table.share(row, "rule_auc_after"), 0.7);
    }

    o.threads = 3;
    mix_test_set(sets.yes, sets.no, sets.out, o);
    BOOST_CHECK(content(sets.out) == once && content(sets / "matched-b.tsv") == list &&
                content(sets / "matched-match.tsv") == table_bytes);

    // From its list, squares and all.
    std::map<std::string, Bytes> pictures;
    for (const Sample& s : read_all(sets.out))
        pictures[s.key] = s.picture;
    TestSetOptions from;
    from.framing.set_looks({"grey"});
    from.framing.size = from.framing.through = 16;
    from.from_list = sets / "matched-b.tsv";
    mix_test_set(sets.yes, sets.no, sets.out, from);
    BOOST_CHECK_EQUAL(read_all(sets.out).size(), counts[std::pair("b", "1")] + counts[std::pair("b", "0")]);
    for (const Sample& s : read_all(sets.out))
        BOOST_CHECK(s.meta.half == "b" && s.picture == pictures.at(s.key));
}

BOOST_AUTO_TEST_CASE(variants_come_from_the_same_draws)
{
    const Sets sets;
    mix_test_set(sets.yes, sets.no, sets.out, sets.options("plain"));
    const std::map<std::string, std::string> parts = sets.part_of_groups();
    std::map<std::string, Sample> plain;
    for (const Sample& s : read_all(sets.out))
        plain[s.key] = s;
    for (const Variant variant : {Variant::inverted, Variant::scrambled, Variant::background}) {
        TestSetOptions o = sets.options("variant");
        o.variant = variant;
        o.framing.size = o.framing.through = 8;
        if (variant != Variant::background) {
            o.framing.size = o.framing.through = 16;
            o.prior = 0.647946;
        }
        mix_test_set(sets.yes, sets.no, sets.out, o);
        const std::vector<Sample> samples = read_all(sets.out);
        for (const auto& [group, part] : sets.part_of_groups())
            BOOST_CHECK_EQUAL(parts.at(group), part);
        std::map<std::string, std::vector<const Sample*>> of_source;
        for (const Sample& s : samples)
            of_source[s.meta.source].push_back(&s);
        const std::string name = std::string(", ") + name_of(variant);
        for (const auto& [source, some] : of_source) {
            for (const Sample* const s : some)
                BOOST_CHECK_EQUAL(s->meta.framing->ends_with(name),
                                  (*s->meta.label == "1") == (variant == Variant::background));
            if (variant == Variant::background)
                continue;
            BOOST_REQUIRE_EQUAL(some.size(), 2u);
            const bool first = *some[0]->meta.label == "1";
            const Sample &as_is = first ? *some[0] : *some[1], &changed = first ? *some[1] : *some[0];
            BOOST_CHECK(as_is.picture == plain.at(as_is.key).picture);
            BOOST_CHECK(as_is.meta.half == changed.meta.half && *changed.meta.label == "0");
            const Picture a = decode_picture(as_is.picture, "x"), b = decode_picture(changed.picture, "x");
            double difference = 0;
            const Picture turned = orient(b, 3);
            for (std::size_t i = 0; i < a.rgb.size(); ++i)
                difference += std::abs(a.rgb[i] - turned.rgb[i]) / double(a.rgb.size());
            BOOST_CHECK_EQUAL(difference < 1, variant == Variant::inverted);    // of levels, what JPEG leaves
        }
    }
    TestSetOptions o = sets.options("none");
    o.variant = Variant::background;    // no strip of 16 pixels beside 28 of 40, moved by 3
    BOOST_CHECK_THROW(mix_test_set(sets.yes, sets.no, sets.out, o), Error);
}

BOOST_AUTO_TEST_SUITE_END()
