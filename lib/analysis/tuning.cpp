#include "analysis/tuning.h"

#include "base/error.h"
#include "io/table.h"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <stdexcept>

namespace nonna
{

void Tuning::add(std::vector<std::string> values, const ResponseSource& source, std::vector<NeuronScore> scores)
{
    if (values.size() != columns_.size() || scores.empty() || scores.front().held.size() != 1)
        throw std::logic_error("tuning: a value for each column, and scores of one split");
    sort_best_first(scores, by_);
    if (!scores.front().finite())
        throw Error(source.name, "no response is a finite number");
    settings_.push_back({std::move(values), neuron_text(source, scores.front()), std::move(scores.front())});
}

const Tuning::Setting& Tuning::chosen() const
{
    return *std::min_element(settings_.begin(), settings_.end(), [this](const Setting& a, const Setting& b) {
        return better(a.best.merit(), b.best.merit(), by_);    // the first of the best, as the least of an order
    });
}

void Tuning::write(const std::string& path) const
{
    std::vector<std::string> columns = columns_;
    for (const char* name : {"detector", "choice_accuracy", "choice_auc", "chosen", "held_accuracy", "held_auc"})
        columns.emplace_back(name);
    TableWriter table(path, columns);
    const double none = std::numeric_limits<double>::quiet_NaN();
    for (const Setting& s : settings_) {
        const bool best = &s == &chosen();
        for (const std::string& value : s.values)
            table.cell(value);
        table.cell(s.detector).cell(s.best.choice_accuracy()).cell(s.best.choice_auc()).cell(int(best));
        table.cell(best ? s.best.held_accuracy() : none).cell(best ? s.best.held_auc() : none).end_row();
    }
    table.commit();
}

std::string Tuning::summary(const Labels& labels, const Split& split) const
{
    const Setting& s = chosen();
    char text[100];
    std::snprintf(text, sizeof text,
                  "guess %.1f %%; chosen of %zu settings on one half: ", 100 * held_guess(labels, {&split, 1}),
                  settings_.size());
    std::string line = text;
    for (std::size_t i = 0; i < columns_.size(); ++i)
        line += columns_[i] + " " + s.values[i] + ", ";
    std::snprintf(text, sizeof text, ": accuracy %.1f %%, AUC %.3f on the other half", 100 * s.best.held_accuracy(),
                  s.best.held_auc());
    return line + s.detector + text;
}

}    // namespace nonna
