// How a network is best trained, where its architecture says so.
//
// A recipe is the section [training] of an architecture file: any of the keys optimizer, rate (one, or one a stage with
// commas between), momentum, rate_schedule and schedule. nonna-init keeps it in the model as "training" in its
// provenance, one line of KEY=VALUE words; nonna-train follows it where no option says otherwise. It is advice: it
// changes nothing of what the network is, and models of one architecture with different recipes can be trained on.
//
// Errors name the file, the key and what was expected.
#pragma once

#include "optimiser/optimiser.h"
#include "train/trainer.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nonna
{

struct Architecture;

struct Recipe {
    std::optional<Rule> optimizer;
    std::vector<double> rates;    // none, one, or one a stage
    std::optional<double> momentum;
    std::optional<RateSchedule> rate_schedule;
    std::optional<Schedule> schedule;    // goes with any rule

    static Recipe parse(const std::map<std::string, std::string>& keys, const std::string& subject);
    static Recipe of(const Architecture& architecture, const std::string& subject);
    // Of a model or checkpoint file, an architecture file, an installed name.
    static Recipe of_any(const std::string& name_or_path);
    static Recipe of_model(const std::string& path);
    std::string text() const;    // as in the provenance; empty: no recipe

    // What no option says is taken from here, or else is the rule's own; `given` tells of "--optimizer", "--rate" and
    // so on, whose text is `rate`. The other values go with the recipe's own rule alone. On servers the rule is theirs,
    // and the rate constant unless told.
    void fill(TrainOptions& options, const std::function<bool(const char* option)>& given,
              const std::string& rate) const;
};

// "0.01" or "0.01,0.02,0.03": finite numbers of at least 0. Error with status usage.
// `what`: the key they are of, in the message; empty: the subject says it.
std::vector<double> parse_rates(const std::string& text, const std::string& subject, const std::string& what = "");

}    // namespace nonna
