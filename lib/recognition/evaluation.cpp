#include "recognition/evaluation.h"

#include "base/counted.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/random.h"
#include "io/table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>

namespace nonna
{

namespace
{

constexpr std::size_t at_a_time = 48;
constexpr std::size_t bins = 10;    // of the calibration
constexpr std::size_t measures = 3;

// Numbers of the labels' classes in `answers`, which gets those that the head does not know.
std::vector<std::uint32_t> numbers_of(const LogisticHead& head, const std::string& head_name,
                                      const LabelledPictures& pictures, UnknownLabels unknown, Answers& answers)
{
    answers.classes = head.classes;
    answers.known = head.classes.size();
    std::vector<std::uint32_t> numbers;
    std::map<std::string, std::uint32_t> of_name;
    for (std::size_t c = 0; c < head.classes.size(); ++c)
        of_name[head.classes[c]] = std::uint32_t(c);
    std::size_t strangers = 0;
    std::string first;
    for (const std::string& name : pictures.classes()) {
        const auto found = of_name.find(name);
        if (found == of_name.end()) {
            if (strangers++ == 0)
                first = name;
            numbers.push_back(std::uint32_t(answers.classes.size()));
            answers.classes.push_back(name);
        } else {
            numbers.push_back(found->second);
        }
    }
    if (strangers > 0 && unknown == UnknownLabels::refuse)
        throw Error(pictures.name(), "the label '" + first + "'" +
                                         (strangers > 1 ? " and " + std::to_string(strangers - 1) + " more" : "") +
                                         (strangers > 1 ? " are" : " is") + " unknown to " + head_name +
                                         ": --unknown wrong counts such pictures as errors, skip leaves them out");
    return numbers;
}

// top-1, top-5 and mean over classes of what was drawn.
struct Counts {
    std::vector<std::array<double, 2>> right;    // of each class: at rank 1, at rank 5 or better
    std::vector<double> all;

    explicit Counts(std::size_t classes) : right(classes, {0, 0}), all(classes, 0.0) {}

    void add(const PictureAnswer& a)
    {
        right[a.truth][0] += double(a.rank == 1);
        right[a.truth][1] += double(a.rank <= 5);
        ++all[a.truth];
    }

    std::array<double, measures> values() const
    {
        double top1 = 0, top5 = 0, n = 0, mean = 0, classes = 0;
        for (std::size_t c = 0; c < all.size(); ++c) {
            if (all[c] == 0)
                continue;
            top1 += right[c][0];
            top5 += right[c][1];
            n += all[c];
            mean += right[c][0] / all[c];
            ++classes;
        }
        return {top1 / n, top5 / n, mean / classes};
    }
    std::size_t seen() const
    {
        return std::size_t(std::count_if(all.begin(), all.end(), [](double n) { return n > 0; }));
    }
};

Counts count(const Answers& answers)
{
    Counts counts(answers.classes.size());
    for (const PictureAnswer& a : answers.pictures)
        counts.add(a);
    return counts;
}

struct Bin {
    double pictures = 0, probability = 0, right = 0;
};

std::array<Bin, bins> binned(const Answers& answers)
{
    std::array<Bin, bins> all{};
    for (const PictureAnswer& a : answers.pictures) {
        Bin& bin = all[std::min(bins - 1, std::size_t(a.probability * float(bins)))];
        ++bin.pictures;
        bin.probability += a.probability;
        bin.right += double(a.rank == 1);
    }
    return all;
}

// Linearly between ranks.
double quantile(std::vector<double>& sorted, double share)
{
    const double rank = share * double(sorted.size() - 1);
    const std::size_t below = std::size_t(rank), above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (rank - double(below)) * (sorted[above] - sorted[below]);
}

}    // namespace

Answers answer_pictures(const LogisticHead& head, const std::string& head_name, Features& features,
                        const LabelledPictures& pictures, UnknownLabels unknown, std::size_t& skipped, Pool& pool)
{
    Answers answers;
    const std::vector<std::uint32_t> numbers = numbers_of(head, head_name, pictures, unknown, answers);
    std::vector<std::size_t> wanted;
    skipped = 0;
    for (std::size_t i = 0; i < pictures.count(); ++i)
        if (unknown == UnknownLabels::skip && numbers[pictures.label(i)] >= answers.known)
            ++skipped;
        else
            wanted.push_back(i);
    if (wanted.empty())
        throw Error(pictures.name(), "has no picture of a class that " + head_name + " knows");
    std::vector<std::uint8_t> seen(answers.classes.size(), 0);
    for (const std::size_t i : wanted)
        seen[numbers[pictures.label(i)]] = 1;
    Counted absent(Counted::Kind::note, pictures.name(), "classes of " + head_name + " have no picture here");
    for (std::size_t c = 0; c < answers.known; ++c)
        if (!seen[c])
            absent.add(pictures.name(), "the class '" + head.classes[c] + "' of " + head_name + " has no picture here");
    absent.tell();

    const std::size_t classes = head.classes.size(), length = head.length();
    std::vector<float> x(at_a_time * length), z(at_a_time * classes);
    answers.pictures.resize(wanted.size());
    Progress progress("answers", wanted.size(), "images");
    for (std::size_t at = 0; at < wanted.size(); at += at_a_time) {
        throw_if_interrupted();
        const std::size_t n = std::min(at_a_time, wanted.size() - at);
        features.read(std::span<const std::size_t>(wanted).subspan(at, n), length, x);
        head.standard.apply(x, n, length, pool);
        head_scores(head, x, n, z, pool);
        pool.for_each(n, [&](std::size_t i, int) {
            const float* const scores = z.data() + i * classes;
            PictureAnswer& a = answers.pictures[at + i];
            a.truth = numbers[pictures.label(wanted[at + i])];
            a.answer = std::uint32_t(std::max_element(scores, scores + classes) - scores);
            a.probability = float(logistic(scores[a.answer]));
            if (a.truth < classes) {
                a.rank = 1;
                for (std::uint32_t c = 0; c < classes; ++c)
                    a.rank += scores[c] > scores[a.truth] || (scores[c] == scores[a.truth] && c < a.truth);
            }
        });
        progress.advance(n);
    }
    return answers;
}

void write_measures(const std::string& path, const Answers& answers, int resamples, std::uint64_t seed, Pool& pool)
{
    const Counts counts = count(answers);
    const std::array<double, measures> values = counts.values();
    std::vector<std::vector<std::size_t>> members(answers.classes.size());
    for (std::size_t i = 0; i < answers.pictures.size(); ++i)
        members[answers.pictures[i].truth].push_back(i);
    std::vector<std::array<double, measures>> resampled(static_cast<std::size_t>(resamples));
    pool.for_each(resampled.size(), [&](std::size_t r, int) {
        throw_if_interrupted();
        Random random(seed, Purpose::bootstrap, r);
        Counts again(answers.classes.size());
        for (const std::vector<std::size_t>& of_class : members)
            for (std::size_t i = 0; i < of_class.size(); ++i)
                again.add(answers.pictures[of_class[random.below(of_class.size())]]);
        resampled[r] = again.values();
    });

    TableWriter table(path, {"measure", "value", "low", "high", "of"});
    const char* const names[measures] = {"top1", "top5", "class_mean"};
    for (std::size_t m = 0; m < measures; ++m) {
        std::vector<double> drawn;
        for (const std::array<double, measures>& r : resampled)
            drawn.push_back(r[m]);
        std::sort(drawn.begin(), drawn.end());
        table.cell(std::string(names[m])).cell(values[m]);
        for (const double share : {0.025, 0.975})
            table.cell(drawn.empty() ? NAN : quantile(drawn, share));
        table.cell(m == 2 ? counts.seen() : answers.pictures.size()).end_row();
    }
    // How far probability and share of right answers lie apart, on average over the pictures.
    double apart = 0;
    for (const Bin& bin : binned(answers))
        apart += std::abs(bin.probability - bin.right);
    table.cell(std::string("calibration_error")).cell(apart / double(answers.pictures.size()));
    table.cell(double(NAN)).cell(double(NAN)).cell(answers.pictures.size()).end_row();
    table.commit();
}

void write_confusions(const std::string& path, const Answers& answers)
{
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> pairs;
    const Counts counts = count(answers);
    for (const PictureAnswer& a : answers.pictures)
        if (a.rank != 1)
            ++pairs[{a.truth, a.answer}];
    std::vector<std::pair<std::pair<std::uint32_t, std::uint32_t>, std::size_t>> sorted(pairs.begin(), pairs.end());
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto& x, const auto& y) { return x.second > y.second; });
    TableWriter table(path, {"truth", "answer", "pictures", "share"});
    for (const auto& [pair, n] : sorted)
        table.cell(answers.classes[pair.first])
            .cell(answers.classes[pair.second])
            .cell(n)
            .cell(double(n) / counts.all[pair.first])
            .end_row();
    table.commit();
}

void write_calibration(const std::string& path, const Answers& answers)
{
    TableWriter table(path, {"low", "high", "pictures", "probability", "top1"});
    const std::array<Bin, bins> all = binned(answers);
    for (std::size_t b = 0; b < bins; ++b)
        if (all[b].pictures > 0)
            table.cell(double(b) / double(bins))
                .cell(double(b + 1) / double(bins))
                .cell(std::int64_t(all[b].pictures))
                .cell(all[b].probability / all[b].pictures)
                .cell(all[b].right / all[b].pictures)
                .end_row();
    table.commit();
}

void write_class_measures(const std::string& path, const Answers& answers)
{
    const Counts counts = count(answers);
    TableWriter table(path, {"class", "pictures", "top1", "top5"});
    for (std::size_t c = 0; c < answers.classes.size(); ++c)
        table.cell(answers.classes[c])
            .cell(std::int64_t(counts.all[c]))
            .cell(counts.all[c] > 0 ? counts.right[c][0] / counts.all[c] : NAN)
            .cell(counts.all[c] > 0 ? counts.right[c][1] / counts.all[c] : NAN)
            .end_row();
    table.commit();
}

}    // namespace nonna
