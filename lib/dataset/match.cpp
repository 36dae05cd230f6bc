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

constexpr int rounds = 3;

using Point = std::vector<double>;    // where a look lies for d

std::vector<LowLevelLook> looks_of_part(const std::vector<LookOfPart>& all, std::size_t part)
{
    std::vector<LowLevelLook> looks;
    for (const LookOfPart& one : all)
        if (one.part == part)
            looks.push_back(one.look);
    return looks;
}

std::vector<std::size_t> numbers_of_part(const std::vector<LookOfPart>& all, std::size_t part)
{
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < all.size(); ++i)
        if (all[i].part == part)
            found.push_back(i);
    return found;
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

// The measure d, fitted on one part's looks: the numbers by their scales, and a rule a round.
class Measure
{
  public:
    explicit Measure(const std::vector<LowLevelLook>& candidates) : scales_(candidates) {}

    // A further rule, that tells these apart.
    void add_rule(const std::vector<LowLevelLook>& positives, const std::vector<LowLevelLook>& negatives)
    {
        LookRule rule(scales_, positives, negatives);
        std::vector<double> scores;
        for (const auto* const looks : {&positives, &negatives})
            for (const LowLevelLook& look : *looks)
                scores.push_back(rule.score(look));
        rules_.emplace_back(rule, rule_weight / std::max(deviation(scores), 1e-9));
    }

    Point point(const LowLevelLook& look) const
    {
        const LowLevelLook z = scales_.standardised(look);
        Point p;
        for (const auto& [rule, scale] : rules_)
            p.push_back(scale * rule.score(look));
        for (std::size_t i = 0; i < numbers; ++i)
            p.push_back(number_weight * z[look_blur + i]);
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
    LookScales scales_;
    std::vector<std::pair<LookRule, double>> rules_;    // each with what its score is multiplied by
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

// Positives and candidates of all parts, and who was matched with whom so far.
class Matcher
{
  public:
    Matcher(const std::vector<LookOfPart>& positives, const std::vector<LookOfPart>& candidates, std::uint64_t seed)
        : positives_(positives), candidates_(candidates), seed_(seed)
    {
        matching_.partners.resize(positives.size());
    }

    // The measure of a pair of parts, from its first. Each round's rule tells apart what the rounds before have left.
    Measure measure_of(std::size_t part)
    {
        Measure measure(looks_of_part(candidates_, part));
        Classes left = all(part);
        for (int round = 0; round < rounds; ++round) {
            measure.add_rule(left.positives, left.negatives);
            match(part, measure);
            left = matched(part);
        }
        return measure;
    }

    PartMatch match(std::size_t part, const Measure& measure)
    {
        std::vector<std::size_t> order = numbers_of_part(positives_, part);
        for (const std::size_t positive : order)
            matching_.partners[positive].reset();
        PartMatch counts;
        counts.positives = order.size();
        Random random(seed_, Purpose::match_order, part);
        shuffle(order, random);
        Turns(measure.points(positives_), measure.points(candidates_), numbers_of_part(candidates_, part), matching_)
            .take(order, counts);
        return counts;
    }

    Classes all(std::size_t part) const { return {looks_of_part(positives_, part), looks_of_part(candidates_, part)}; }
    Classes matched(std::size_t part) const
    {
        Classes pairs;
        for (const std::size_t positive : numbers_of_part(positives_, part))
            if (const auto partner = matching_.partners[positive]) {
                pairs.positives.push_back(positives_[positive].look);
                pairs.negatives.push_back(candidates_[*partner].look);
            }
        return pairs;
    }
    Matching& matching() { return matching_; }

  private:
    const std::vector<LookOfPart>&positives_, &candidates_;
    const std::uint64_t seed_;
    Matching matching_;
};

}    // namespace

Matching match_looks(const std::vector<LookOfPart>& positives, const std::vector<LookOfPart>& candidates,
                     std::size_t parts, std::uint64_t seed, const std::string& subject)
{
    for (std::size_t part = 0; part < parts; ++part) {
        const std::size_t yes = numbers_of_part(positives, part).size(), no = numbers_of_part(candidates, part).size();
        if (yes < 4)
            throw Error(subject,
                        part_name(part, parts) + " has " + std::to_string(yes) +
                            " positives, too few to match them: 4 are the least (more positives, or fewer parts)");
        if (no < yes - yes / 4)
            throw Error(subject, part_name(part, parts) + " has " + std::to_string(no) + " candidates for " +
                                     std::to_string(yes) +
                                     " positives: too few to match them (a larger --match, or negatives in which the "
                                     "positives' squares fit)");
    }
    Matcher matcher(positives, candidates, seed);
    std::optional<Measure> measure;
    for (std::size_t part = 0; part < parts; ++part) {
        if (part % 2 == 0)
            measure = matcher.measure_of(part);
        PartMatch counts = matcher.match(part, *measure);
        if (part > 0) {
            counts.auc_before = matcher.all(part).auc_of_rule_of(matcher.all(part - 1));
            counts.auc_after = matcher.matched(part).auc_of_rule_of(matcher.matched(part - 1));
        }
        matcher.matching().parts.push_back(counts);
    }
    return std::move(matcher.matching());
}

}    // namespace nonna
