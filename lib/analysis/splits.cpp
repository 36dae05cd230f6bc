#include "analysis/splits.h"

#include "base/error.h"
#include "base/random.h"
#include "io/table.h"

#include <algorithm>

namespace nonna
{

namespace
{

// Every image's part, 0 .. parts - 1: shuffled class by class and dealt out in runs as even as can be, longer ones
// first.
std::vector<int> deal(const Labels& labels, int parts, std::uint64_t seed)
{
    std::vector<int> part(labels.size(), 0);
    for (const std::uint8_t label : {0, 1}) {
        std::vector<std::size_t> members;
        for (std::size_t i = 0; i < labels.size(); ++i)
            if (labels[i] == label)
                members.push_back(i);
        Random random(seed, Purpose::held_out, label);
        shuffle(members, random);
        const std::size_t n = members.size(), k = std::size_t(parts);
        std::size_t at = 0;
        for (std::size_t p = 0; p < k; ++p)
            for (const std::size_t end = at + n / k + (p < n % k); at < end; ++at)
                part[members[at]] = int(p);
    }
    return part;
}

}    // namespace

Split choosing_half(const Labels& labels, std::uint64_t seed)
{
    const std::vector<int> part = deal(labels, 2, seed);
    Split chooses(labels.size());
    std::transform(part.begin(), part.end(), chooses.begin(), [](int p) { return p == 0; });
    return chooses;
}

RecordedParts::RecordedParts(const std::string& text) : held_out_(true), by_name_(!text.empty())
{
    if (!by_name_)
        return;
    choose_.clear();
    judge_.clear();
    std::set<std::string>* side = &choose_;
    bool right = true;
    for (std::size_t at = 0; right && at <= text.size();) {
        const std::size_t end = std::min(text.find_first_of("+:", at), text.size());
        const std::string part = text.substr(at, end - at);
        right = !part.empty() && !choose_.contains(part) && side->insert(part).second;
        if (end < text.size() && text[end] == ':') {
            right = right && side == &choose_;
            side = &judge_;
        }
        at = end + 1;
    }
    if (!right || judge_.empty())
        throw Error("--parts", "'" + text + "' is not X:Y, different parts of the set, such as a:b or a+b:c",
                    ExitStatus::usage);
}

bool RecordedParts::keep(const std::optional<std::string>& part)
{
    if (!held_out_ || !part)
        return true;
    seen_.insert(*part);
    return choose_.contains(*part) || judge_.contains(*part);
}

Split RecordedParts::split(std::span<const std::optional<std::string>> kept, const std::string& subject) const
{
    Split chooses;
    if (!held_out_)
        return chooses;
    if (seen_.empty() && by_name_)
        throw Error(subject, "its images name no parts: --parts goes with a set that was split");
    if (seen_.empty())
        return chooses;
    std::string all;
    for (const std::string& part : seen_)
        all += (all.empty() ? "" : ", ") + part;
    for (const auto* side : {&choose_, &judge_})
        for (const std::string& part : *side)
            if (!seen_.contains(part))
                throw Error(subject, "has no part " + part + "; its parts: " + all);
    for (const auto& part : kept)
        if (part)
            chooses.push_back(choose_.contains(*part));
    if (chooses.size() < kept.size())
        throw Error(subject, "only " + std::to_string(chooses.size()) + " of " + std::to_string(kept.size()) +
                                 " images name their part");
    return chooses;
}

std::vector<Split> make_splits(const Labels& labels, int folds, const Split& recorded, std::uint64_t seed,
                               const std::string& subject)
{
    std::vector<Split> splits;
    if (folds == 1 || (folds == 2 && !recorded.empty()))
        splits.push_back(recorded.empty() ? choosing_half(labels, seed) : recorded);
    if (folds == 2 && !recorded.empty()) {
        Split other = recorded;
        for (std::uint8_t& chooses : other)
            chooses ^= 1;
        splits.push_back(std::move(other));
    } else if (folds > 1) {
        if (!recorded.empty())
            throw Error("--folds", "the set says which part an image is in: 2, or --held-out", ExitStatus::usage);
        const std::vector<int> part = deal(labels, folds, seed);
        for (int fold = 0; fold < folds; ++fold) {
            Split chooses(labels.size());
            std::transform(part.begin(), part.end(), chooses.begin(), [&](int p) { return p != fold; });
            splits.push_back(std::move(chooses));
        }
    }
    for (const Split& split : splits)
        for (const std::uint8_t wanted : {0, 1})
            check_classes(labels, split, wanted, subject + (folds <= 2 ? " (one half)" : " (one fold)"));
    return splits;
}

void check_classes(const Labels& labels, const Split& part, std::uint8_t wanted, const std::string& subject)
{
    std::size_t images[2] = {0, 0};
    for (std::size_t i = 0; i < labels.size(); ++i)
        if (part.empty() || part[i] == wanted)
            ++images[labels[i]];
    if (images[0] + images[1] == 0)
        throw Error(subject, "no images");
    if (images[0] == 0 || images[1] == 0)
        throw Error(subject,
                    std::string("all images are ") + (images[1] ? "positive" : "negative") + ": nothing to tell apart");
}

LabelReader::LabelReader(std::string positive, std::string subject)
    : positive_(std::move(positive)), subject_(std::move(subject))
{
}

void LabelReader::read(std::span<const std::optional<std::string>> labels)
{
    for (const std::optional<std::string>& label : labels) {
        const std::string image = "image " + std::to_string(labels_.size());
        if (!label || label->empty())
            throw Error(subject_, image + " has no label");
        if (positive_ == "1" && *label != "0" && *label != "1")
            throw Error(subject_,
                        image + ": label '" + *label + "' is neither 1 nor 0; --positive says which label means yes");
        labels_.push_back(*label == positive_);
        ++counts_[*label];
    }
}

const Labels& LabelReader::labels() const
{
    constexpr std::size_t most = 12;    // that a person reads
    if (positive_ == "1" || counts_.empty() || counts_.contains(positive_))
        return labels_;
    std::string there;
    std::size_t told = 0;
    for (auto label = counts_.begin(); label != counts_.end() && told < most; ++label, ++told)
        there += (told ? ", " : "") + label->first + " (" + std::to_string(label->second) + ")";
    if (counts_.size() > told)
        there += " and " + std::to_string(counts_.size() - told) + " more";
    throw Error(subject_,
                "no image has the label '" + positive_ + "', which --positive says means yes; there are: " + there);
}

Labels read_labels(std::span<const std::optional<std::string>> labels, const std::string& positive,
                   const std::string& subject)
{
    LabelReader reader(positive, subject);
    reader.read(labels);
    return reader.labels();
}

Labels read_label_table(const std::string& path, const std::string& positive)
{
    const Table table = read_table(path);
    const std::size_t column = table.column("label");
    std::vector<std::optional<std::string>> labels;
    for (const auto& row : table.rows)
        labels.emplace_back(row[column]);
    return read_labels(labels, positive, table.name);
}

}    // namespace nonna
