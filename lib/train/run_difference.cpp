#include "train/run_difference.h"

#include "base/error.h"
#include "optimiser/optimiser.h"

#include <map>
#include <sstream>
#include <vector>

namespace nonna
{

namespace
{

using Values = std::map<std::string, std::string>;

// Words by pairs, but for a rate's schedule, which is told by its name alone, and "on servers,". Data come last, a
// digest with a weight each; digests of mixtures have spaces in them.
Values values_of(const std::string& run)
{
    const std::size_t data = std::min(run.find(" data "), run.size());
    std::istringstream words(run.substr(0, data));
    Values values{{"--precision", "fp32"}, {"--servers", "none"}};    // where a run does not say
    for (std::string word, value; words >> word;) {
        if (value_named<RateSchedule>(word))
            values["--rate-schedule"] = word;
        else if (word == "on")
            values["--servers"] = "some";
        else if (word != "servers,") {
            const auto before = words.tellg();
            if (words >> value && !(word == "rate" && value_named<RateSchedule>(value)))
                values["--" + word] = value;
            else
                words.seekg(before);
        }
    }
    values["--data"] = data < run.size() ? run.substr(data) : "none";
    return values;
}

// The number of steps is told where the rate's schedule needs it.
constexpr const char *rate = "--rate", *rate_schedule = "--rate-schedule", *steps = "--steps";

std::string value_of(const Values& values, const std::string& option)
{
    const auto found = values.find(option);
    return found == values.end() ? "" : found->second;
}

}    // namespace

const std::set<std::string>& changeable_options()
{
    static const std::set<std::string> options{"rate", "rate-schedule", "steps"};
    return options;
}

std::set<std::string> parse_change(const std::string& text)
{
    std::set<std::string> change;
    std::istringstream words(text);
    for (std::string word; std::getline(words, word, ',');)
        if (!change.insert(word).second || !changeable_options().contains(word))
            throw Error("--change", "'" + word + "' is not one of rate, rate-schedule, steps, each once",
                        ExitStatus::usage);
    return change;
}

std::set<std::string> change_between(const std::string& made_with, const std::string& now)
{
    Values before = values_of(made_with), after = values_of(now);
    std::set<std::string> change;
    for (const char* const option : {rate, rate_schedule, steps}) {
        // Steps that only one of the two names follow from its other schedule.
        const bool named = option != steps || (before.contains(option) && after.contains(option));
        if (named && value_of(before, option) != value_of(after, option))
            change.insert(option + 2);
        before.erase(option);
        after.erase(option);
    }
    return before == after ? change : std::set<std::string>();
}

std::string pace(const std::string& run)
{
    const Values values = values_of(run);
    std::string text = "rate " + value_of(values, rate) + " " + value_of(values, rate_schedule);
    return values.contains(steps) ? text + " steps " + value_of(values, steps) : text;
}

std::string paces(const std::string& before, const std::string& made_with, std::int64_t step, const std::string& now)
{
    std::string text = before.empty() ? "0: " + pace(made_with) : before;
    const std::size_t last = text.rfind("; ") == text.npos ? 0 : text.rfind("; ") + 2;
    const std::string from = std::to_string(step) + ": ";
    if (text.compare(last, from.size(), from) == 0)    // not a step was made at that pace
        return text.substr(0, last) + from + pace(now);
    return text + "; " + from + pace(now);
}

std::string run_difference(const std::string& made_with, const std::string& now)
{
    const Values before = values_of(made_with), after = values_of(now);
    std::string text;
    const auto add = [&](const std::string& difference) { text += (text.empty() ? "" : "; ") + difference; };
    for (const auto& [option, value] : after) {
        const auto found = before.find(option);
        if (found == before.end() || found->second == value)
            continue;
        if (option == "--data")    // digests say nothing to people
            add("--data of other pictures or weights");
        else
            add(option + " " + found->second + ", not " + value);
    }
    // What only one of the two has follows from something else that differs, unless nothing does.
    return text.empty() ? "'" + made_with + "', not '" + now + "'" : text;
}

}    // namespace nonna
