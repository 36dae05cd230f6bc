#include "dataset/match.h"

#include "base/error.h"
#include "base/random.h"
#include "dataset/halves.h"
#include "dataset/look_rule.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace nonna
{

namespace
{

constexpr double rule_weight = 2, number_weight = 0.6, near = 2;
constexpr std::size_t numbers = look_numbers - look_blur;

using Point = std::array<double, 1 + numbers>;    // where a look lies for d

std::vector<LowLevelLook> looks_of_part(const std::vector<LookOfPart>& all, std::size_t part)
{
    std::vector<LowLevelLook> looks;
    for (const LookOfPart& one : all)
        if (one.part == part)
            looks.push_back(one.look);
    return looks;
}

double deviation(const std::vector<double>& values)
{
    double mean = 0, sum = 0;
    for (const double value : values)
        mean += value / double(values.size());
    for (const double value : values)
        sum += (value - mean) * (value - mean) / double(values.size());
    return std::sqrt(sum);
}

// The measure d, fitted on one part's looks.
class Measure
{
  public:
    Measure(const std::vector<LowLevelLook>& positives, const std::vector<LowLevelLook>& candidates)
        : rule_(LookScales(candidates), positives, candidates)
    {
        std::vector<double> scores;
        for (const auto* const looks : {&positives, &candidates})
            for (const LowLevelLook& look : *looks)
                scores.push_back(rule_.score(look));
        scale_ = rule_weight / std::max(deviation(scores), 1e-9);
    }

    Point point(const LowLevelLook& look) const
    {
        const LowLevelLook z = rule_.scales.standardised(look);
        Point p{scale_ * rule_.score(look)};
        for (std::size_t i = 0; i < numbers; ++i)
            p[1 + i] = number_weight * z[look_blur + i];
        return p;
    }
    std::vector<Point> points(const std::vector<LookOfPart>& all) const
    {
        std::vector<Point> found;
        for (const LookOfPart& one : all)
            found.push_back(point(one.look));
        return found;
    }

  private:
    LookRule rule_;
    double scale_;
};

double distance(const Point& a, const Point& b)
{
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return std::sqrt(sum);
}

// One part's turns: positives in a seeded order, each to the nearest candidate that is free.
class Turns
{
  public:
    Turns(const std::vector<Point>& positives, const std::vector<Point>& candidates, std::vector<std::size_t> free,
          Matching& matching)
        : positives_(positives), candidates_(candidates), free_(std::move(free)), matching_(matching)
    {
    }

    void take(std::vector<std::size_t> order, PartMatch& counts)
    {
        std::vector<std::pair<double, std::size_t>> left;    // distance and positive
        for (const std::size_t positive : order) {
            const auto [d, at] = nearest(positive);
            if (d < near) {
                match(positive, at);
                ++counts.matched;
            } else {
                left.emplace_back(d, positive);
            }
        }
        // Those that are too many to be dropped, the least unlike first; equally unlike ones in the order of their
        // turns.
        const std::size_t needed = order.size() - order.size() / 4;
        std::stable_sort(left.begin(), left.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
        for (std::size_t i = 0; counts.matched < needed; ++i) {
            match(left[i].second, nearest(left[i].second).second);
            ++counts.matched;
            ++counts.taken_anyway;
        }
    }

  private:
    const std::vector<Point>&positives_, &candidates_;
    std::vector<std::size_t> free_;    // candidates, in their order: the first of equally near ones is taken
    Matching& matching_;

    std::pair<double, std::size_t> nearest(std::size_t positive) const    // its distance, its place in free_
    {
        std::pair<double, std::size_t> best{std::numeric_limits<double>::infinity(), 0};
        for (std::size_t at = 0; at < free_.size(); ++at) {
            const double d = distance(positives_[positive], candidates_[free_[at]]);
            if (d < best.first)
                best = {d, at};
        }
        return best;
    }
    void match(std::size_t positive, std::size_t at)
    {
        matching_.partners[positive] = free_[at];
        free_.erase(free_.begin() + std::ptrdiff_t(at));
    }
};

struct Classes {
    std::vector<LowLevelLook> positives, negatives;

    double auc_of_rule_of(const Classes& other) const
    {
        std::vector<LowLevelLook> both = other.positives;
        both.insert(both.end(), other.negatives.begin(), other.negatives.end());
        return LookRule(LookScales(both), other.positives, other.negatives).auc(positives, negatives);
    }
};

}    // namespace

Matching match_looks(const std::vector<LookOfPart>& positives, const std::vector<LookOfPart>& candidates,
                     std::size_t parts, std::uint64_t seed, const std::string& subject)
{
    const auto numbers_of_part = [](const std::vector<LookOfPart>& all, std::size_t part) {
        std::vector<std::size_t> found;
        for (std::size_t i = 0; i < all.size(); ++i)
            if (all[i].part == part)
                found.push_back(i);
        return found;
    };
    for (std::size_t part = 0; part < parts; ++part) {
        const std::size_t yes = numbers_of_part(positives, part).size(), no = numbers_of_part(candidates, part).size();
        if (yes < 4 || no < yes - yes / 4)
            throw Error(subject, part_name(part, parts) + " has " + std::to_string(no) + " candidates for " +
                                     std::to_string(yes) +
                                     " positives: too few to match them (a larger --match, or negatives in which the "
                                     "positives' squares fit)");
    }
    const Measure measure(looks_of_part(positives, 0), looks_of_part(candidates, 0));
    const std::vector<Point> of_positives = measure.points(positives), of_candidates = measure.points(candidates);

    Matching matching;
    matching.partners.resize(positives.size());
    for (std::size_t part = 0; part < parts; ++part) {
        std::vector<std::size_t> order = numbers_of_part(positives, part);
        PartMatch counts;
        counts.positives = order.size();
        Random random(seed, Purpose::match_order, part);
        shuffle(order, random);
        Turns(of_positives, of_candidates, numbers_of_part(candidates, part), matching).take(order, counts);
        matching.parts.push_back(counts);
    }

    std::vector<Classes> before(parts), after(parts);
    for (std::size_t part = 0; part < parts; ++part)
        before[part] = {looks_of_part(positives, part), looks_of_part(candidates, part)};
    for (std::size_t i = 0; i < positives.size(); ++i)
        if (matching.partners[i]) {
            after[positives[i].part].positives.push_back(positives[i].look);
            after[positives[i].part].negatives.push_back(candidates[*matching.partners[i]].look);
        }
    for (std::size_t part = 1; part < parts; ++part) {
        matching.parts[part].auc_before = before[part].auc_of_rule_of(before[part - 1]);
        matching.parts[part].auc_after = after[part].auc_of_rule_of(after[part - 1]);
    }
    return matching;
}

}    // namespace nonna
