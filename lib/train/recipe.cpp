#include "train/recipe.h"

#include "base/error.h"
#include "io/safetensors.h"
#include "model/architecture.h"

#include <charconv>
#include <cstdio>
#include <sstream>

namespace nonna
{

namespace
{

constexpr const char* provenance_key = "training";
constexpr double any_rate = 1e6, most_momentum = 0.9999;

double number(const std::string& text, double most, const std::string& subject, const std::string& what)
{
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !(value >= 0 && value <= most))
        throw Error(subject,
                    (what.empty() ? "" : what + ": ") + "'" + text + "' is not a number of 0 to " +
                        (most == any_rate ? "1e6" : "0.9999"),
                    subject.starts_with("--") ? ExitStatus::usage : ExitStatus::failed);
    return value;
}

template <Named Enum> Enum choice(const std::string& text, const std::string& subject, const std::string& what)
{
    const std::optional<Enum> value = value_named<Enum>(text);
    if (!value)
        throw Error(subject, what + ": '" + text + "' is not one of " + any_name_of<Enum>());
    return *value;
}

std::string shortest(double value)
{
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

}    // namespace

std::vector<double> parse_rates(const std::string& text, const std::string& subject, const std::string& what)
{
    std::vector<double> rates;
    std::istringstream list(text + ",");
    for (std::string rate; std::getline(list, rate, ',');)
        rates.push_back(number(rate, any_rate, subject, what));
    return rates;
}

Recipe Recipe::parse(const std::map<std::string, std::string>& keys, const std::string& subject)
{
    Recipe recipe;
    for (const auto& [key, value] : keys) {
        const std::string what = "[training] " + key;
        if (key == "optimizer")
            recipe.optimizer = choice<Rule>(value, subject, what);
        else if (key == "rate")
            recipe.rates = parse_rates(value, subject, what);
        else if (key == "momentum")
            recipe.momentum = number(value, most_momentum, subject, what);
        else if (key == "rate_schedule")
            recipe.rate_schedule = choice<RateSchedule>(value, subject, what);
        else if (key == "schedule")
            recipe.schedule = choice<Schedule>(value, subject, what);
        else
            throw Error(subject, "unknown key '" + key + "' in section [training]");
    }
    return recipe;
}

Recipe Recipe::of(const Architecture& architecture, const std::string& subject)
{
    Recipe recipe = parse(architecture.training, subject);
    const UpdateRule& rule = row_of(recipe.optimizer.value_or(TrainOptions{}.optimizer));
    for (const double rate : recipe.rates)
        if (rate > most_rate(rule.rule))
            throw Error(subject, std::string("[training] rate: of the rule ") + rule.name +
                                     " is an angle in radians, at most 1");
    if (recipe.momentum && !rule.takes_momentum)
        throw Error(subject, std::string("[training] momentum: means nothing to the rule ") + rule.name);
    const std::size_t rates = recipe.rates.size(), stages = architecture.stages.size();
    if (rates > 1 && rates != stages)
        throw Error(subject, "[training] rate: " + std::to_string(rates) + " rates for " + std::to_string(stages) +
                                 " stages: give one for all, or one a stage");
    return recipe;
}

Recipe Recipe::of_any(const std::string& name_or_path)
{
    return Architecture::is_model(name_or_path) ? of_model(name_or_path)
                                                : of(Architecture::read(name_or_path), name_or_path);
}

Recipe Recipe::of_model(const std::string& path)
{
    Architecture::require_model(path);
    const SafetensorsReader file(path);
    std::map<std::string, std::string> keys;
    if (const auto found = file.metadata().find(provenance_key); found != file.metadata().end()) {
        std::istringstream words(found->second);
        for (std::string word; words >> word;)
            keys[word.substr(0, word.find('='))] = word.substr(std::min(word.size(), word.find('=') + 1));
    }
    return parse(keys, path);
}

std::string Recipe::text() const
{
    std::string words;
    auto add = [&](const std::string& key, const std::string& value) {
        words += (words.empty() ? "" : " ") + key + "=" + value;
    };
    if (optimizer)
        add("optimizer", name_of(*optimizer));
    if (!rates.empty()) {
        std::string list;
        for (const double rate : rates)
            list += (list.empty() ? "" : ",") + shortest(rate);
        add("rate", list);
    }
    if (momentum)
        add("momentum", shortest(*momentum));
    if (rate_schedule)
        add("rate_schedule", name_of(*rate_schedule));
    if (schedule)
        add("schedule", name_of(*schedule));
    return words;
}

void Recipe::fill(TrainOptions& options, const std::function<bool(const char* option)>& given,
                  const std::string& rate) const
{
    if (!given("--schedule") && !options.served.on())
        options.schedule = schedule.value_or(options.schedule);
    const Rule advised = optimizer.value_or(TrainOptions{}.optimizer);
    if (!given("--optimizer"))
        options.optimizer = advised;
    const UpdateRule& rule = row_of(options.optimizer);
    const Recipe advice = advised == options.optimizer ? *this : Recipe{};
    if (given("--rate")) {
        options.rates = parse_rates(rate, "--rate");
        for (const double r : options.rates)
            if (r > most_rate(rule.rule))
                throw Error("--rate", std::string("of the rule ") + rule.name + " is an angle in radians, at most 1",
                            ExitStatus::usage);
    } else
        options.rates = advice.rates.empty() ? std::vector<double>{rule.usual_rate} : advice.rates;
    if (!given("--momentum"))
        options.momentum = advice.momentum.value_or(options.momentum);
    if (given("--rate-schedule"))
        return;
    // A whole matrix's steps do not become shorter by themselves.
    const RateSchedule usual = rule.whole_matrix ? RateSchedule::cosine : RateSchedule::constant;
    options.rate_schedule = options.served.on() ? RateSchedule::constant : advice.rate_schedule.value_or(usual);
}

}    // namespace nonna
