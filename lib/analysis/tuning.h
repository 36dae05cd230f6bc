// A small grid of a baseline's settings, each scored on the half that chooses; only the best one's detector is then
// judged on the other half, which had no say in anything. So a baseline is given the care that a network had, and is
// not flattered by it.
#pragma once

#include "analysis/sweep.h"

namespace nonna
{

class Tuning
{
  public:
    // `columns`: what a setting is made of.
    explicit Tuning(std::vector<std::string> columns, ChooseBy by = ChooseBy::accuracy)
        : columns_(std::move(columns)), by_(by)
    {
    }

    // Scores of a sweep with one split; the best of them stands for the setting. `values`: one a column.
    void add(std::vector<std::string> values, const ResponseSource& source, std::vector<NeuronScore> scores);

    struct Setting {
        std::vector<std::string> values;
        std::string detector;
        NeuronScore best;
    };
    // The best on the choosing half, by the rule of neurons (analysis/sweep_table.h).
    const Setting& chosen() const;

    // The columns, then detector choice_accuracy choice_auc chosen held_accuracy held_auc; the last two are nan but
    // for the chosen one.
    void write(const std::string& path) const;
    std::string summary(const Labels& labels, const Split& split) const;    // one line for people

  private:
    std::vector<std::string> columns_;
    ChooseBy by_;
    std::vector<Setting> settings_;
};

}    // namespace nonna
