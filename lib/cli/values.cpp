// From the four sources to the bound variables, and back to a configuration file.
#include "base/nearest.h"
#include "cli/interface.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace nonna
{

namespace
{

using Kind = Declaration::Kind;

void store_values(Declaration& d, const std::vector<std::string>& values, const std::string& subject,
                  const std::string& prefix)
{
    if (!d.repeated && d.kind != Kind::flag && values.size() != 1)
        throw Error(subject, prefix + "expected one value, not " + std::to_string(values.size()), ExitStatus::usage);
    if (d.clear)
        d.clear();
    for (const std::string& value : values)
        if (std::string reason = d.set(value); !reason.empty())
            throw Error(subject, prefix + reason, ExitStatus::usage);
    d.given = true;
}

Declaration* find_key(Command::State& state, const std::string& key)
{
    for (Declaration& d : state.declarations)
        if (!d.positional() && d.key() == key)
            return &d;
    return nullptr;
}

void apply_to(Command::State& root, Command::State& state, Command::State* job, const Parsed& parsed,
              const std::map<const Declaration*, std::vector<std::string>>& from_file, const std::string& path)
{
    for (Declaration& d : state.declarations) {
        if (auto found = parsed.values.find(&d); found != parsed.values.end()) {
            store_values(d, found->second, d.label(), "");
            continue;
        }
        if (d.positional())
            continue;
        std::string variable = environment_name(root, job, d);
        if (const char* value = std::getenv(variable.c_str()); value && *value)
            store_values(d, {value}, variable, "");
        else if (auto entry = from_file.find(&d); entry != from_file.end())
            store_values(d, entry->second, path, d.key() + ": ");
    }
}

void check_required(const Command::State& state, const Parsed& parsed)
{
    for (const Declaration& d : state.declarations) {
        if (d.required && !d.given && !(d.unless && *d.unless))
            throw Error(d.label(), d.positional() ? "missing" : "must be given", ExitStatus::usage);
        auto found = parsed.values.find(&d);
        if (d.positional() && found != parsed.values.end() && found->second.size() < d.fewest)
            throw Error(d.label(), "at least " + std::to_string(d.fewest) + " must be given", ExitStatus::usage);
    }
}

std::string toml(const Declaration& d, const std::string& value)
{
    if (d.kind != Kind::text && d.kind != Kind::choice)
        return value;
    char quote = value.find('"') == std::string::npos ? '"' : '\'';
    if (value.find_first_of("#\n") != std::string::npos || value.find(quote) != std::string::npos)
        throw Error(d.label(), "its value cannot be written in a configuration file");
    return quote + value + quote;
}

std::string lines_of(const Command::State& state)
{
    std::string text;
    for (const Declaration* d : state.options()) {
        auto values = d->values();
        if (values.empty()) {
            text += "# " + d->key() + " =\n";
            continue;
        }
        std::string joined;
        for (const std::string& value : values)
            joined += (joined.empty() ? "" : ", ") + toml(*d, value);
        text += d->key() + " = " + (d->repeated ? "[" + joined + "]" : joined) + "\n";
    }
    return text;
}

}    // namespace

std::string environment_name(const Command::State& root, const Command::State* job, const Declaration& d)
{
    std::string name = root.name + (job ? "-" + job->name : "") + "-" + d.key();
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return c == '-' ? '_' : static_cast<char>(std::toupper(c)); });
    return name;
}

void apply_values(Command::State& root, const Parsed& parsed, const std::string& config_path, bool everything_needed)
{
    std::map<const Declaration*, std::vector<std::string>> from_file;
    std::vector<std::string> jobs;
    for (const auto& job : root.jobs)
        jobs.push_back(job->state().name);
    if (!config_path.empty())
        for (const ConfigEntry& entry : read_config(config_path)) {
            Command::State* state = entry.section.empty() ? &root : nullptr;
            for (auto& job : root.jobs)
                if (job->state().name == entry.section)
                    state = &job->state();
            if (!state)
                throw Error(config_path, "unknown section '" + entry.section + "'" + did_you_mean(entry.section, jobs),
                            ExitStatus::usage);
            if (entry.key.empty())
                continue;
            Declaration* d = find_key(*state, entry.key);
            if (!d) {
                std::vector<std::string> keys;
                for (const Declaration* known : state->options())
                    keys.push_back(known->key());
                throw Error(config_path, "unknown option '" + entry.key + "'" + did_you_mean(entry.key, keys),
                            ExitStatus::usage);
            }
            from_file[d] = entry.values;
        }
    apply_to(root, root, nullptr, parsed, from_file, config_path);
    if (parsed.job)
        apply_to(root, *parsed.job, parsed.job, parsed, from_file, config_path);
    if (root.start)
        *root.start = parsed.start;
    if (!everything_needed)
        return;
    if (!root.jobs.empty() && !parsed.job)
        throw Error("JOB", "missing (--help lists them)", ExitStatus::usage);
    check_required(root, parsed);
    if (parsed.job)
        check_required(*parsed.job, parsed);
}

std::string print_config(const Command::State& root, const Command::State* job)
{
    std::string text = lines_of(root);
    if (job)
        text += "[" + job->name + "]\n" + lines_of(*job);
    return text;
}

}    // namespace nonna
