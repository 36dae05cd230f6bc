#include "train/run_difference.h"

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

}    // namespace

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
