#include "report/run_settings.h"

#include "base/error.h"
#include "io/digest.h"
#include "io/safetensors.h"
#include "model/architecture.h"
#include "report/report_training.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <span>
#include <sstream>

namespace nonna
{

namespace
{

namespace fs = std::filesystem;

using Metadata = std::map<std::string, std::string>;

bool is_checkpoint(const std::string& file) { return file.starts_with("step-"); }

// Of every network in the folder, by file.
std::map<std::string, Metadata> networks_in(const fs::path& folder, bool checkpoints)
{
    std::map<std::string, Metadata> networks;
    std::error_code failure;
    for (const auto& entry : fs::directory_iterator(folder, failure)) {
        const std::string name = entry.path().filename();
        if (!name.ends_with(".safetensors") || name.starts_with(".") || !entry.is_regular_file(failure) ||
            (is_checkpoint(name) && !checkpoints))
            continue;
        const SafetensorsReader file(entry.path());
        if (file.metadata().contains("architecture"))
            networks[name] = file.metadata();
    }
    return networks;
}

std::string text_of(const Metadata& metadata, const std::string& key)
{
    const auto found = metadata.find(key);
    return found == metadata.end() ? "" : found->second;
}

// The one that was trained longest; of equals a model before a checkpoint, then by name.
std::optional<std::pair<std::string, Metadata>> main_network(const fs::path& folder)
{
    std::optional<std::pair<std::string, Metadata>> best;
    const auto rank = [](const std::string& file, const Metadata& metadata) {
        return std::pair(std::atoll(text_of(metadata, "step").c_str()), !is_checkpoint(file));
    };
    for (const auto& [file, metadata] : networks_in(folder, true))
        if (!best || rank(file, metadata) > rank(best->first, best->second))
            best.emplace(file, metadata);
    return best;
}

std::string yes_or_no(bool is) { return is ? "yes" : "no"; }

std::string grouped(std::uint64_t n)    // 12,345
{
    std::string text = std::to_string(n);
    for (std::size_t at = text.size(); at > 3; at -= 3)
        text.insert(at - 3, ",");
    return text;
}

// A key of the stages: one value where all have the same, else each stage's.
template <class Value> std::string of_stages(const Architecture& architecture, const Value& value)
{
    std::string all;
    bool same = true;
    for (const StageArchitecture& stage : architecture.stages) {
        all += (all.empty() ? "" : ", ") + value(stage);
        same = same && value(stage) == value(architecture.stages.front());
    }
    return same ? value(architecture.stages.front()) : all;
}

void add_architecture(RunSettings& settings, const Architecture& a)
{
    const auto add = [&](const std::string& name, const std::string& value) {
        settings.push_back({name, value, RecordedIn::architecture});
    };
    const auto number = [](double value) { return format_number("%.6g", value); };
    add("architecture", a.name);
    add("weights", grouped(a.encoder_weights() + a.decoder_weights() + a.biases()));
    add("side", std::to_string(a.side));
    add("channels", std::to_string(a.channels));
    add("whitening", std::to_string(a.whitening));
    add("stages", std::to_string(a.stages.size()));
    add("kind", of_stages(a, [](const StageArchitecture& s) { return std::string(name_of(s.kind)); }));
    add("field", of_stages(a, [](const StageArchitecture& s) { return std::to_string(s.field); }));
    add("maps", of_stages(a, [](const StageArchitecture& s) { return std::to_string(s.maps); }));
    add("stride", of_stages(a, [](const StageArchitecture& s) { return std::to_string(s.stride); }));
    add("pool", of_stages(a, [](const StageArchitecture& s) { return std::to_string(s.pool); }));
    add("norm", of_stages(a, [](const StageArchitecture& s) { return std::to_string(s.norm); }));
    add("border", of_stages(a, [](const StageArchitecture& s) { return std::string(name_of(s.border)); }));
    add("tied", of_stages(a, [](const StageArchitecture& s) { return yes_or_no(s.tied); }));
    add("unit norm", of_stages(a, [](const StageArchitecture& s) { return yes_or_no(s.unit_norm); }));
    add("lambda", of_stages(a, [&](const StageArchitecture& s) { return number(s.lambda); }));
    add("epsilon", of_stages(a, [&](const StageArchitecture& s) { return number(s.epsilon); }));
    add("c", of_stages(a, [&](const StageArchitecture& s) { return number(s.c); }));
}

// Options of nonna-train and nonna-cluster that decide what comes of a run, with the names that nonna-train's own
// record has for them.
const std::map<std::string, std::string> options = {{"--batch", "batch"},
                                                    {"--schedule", "schedule"},
                                                    {"--optimizer", "optimizer"},
                                                    {"--rate", "rate"},
                                                    {"--momentum", "momentum"},
                                                    {"--rate-schedule", "rate schedule"},
                                                    {"--seed", "seed of the order"},
                                                    {"--precision", "precision"},
                                                    {"--steps", "steps asked for"},
                                                    {"--data", "pictures"},
                                                    {"--servers", "servers"},
                                                    {"--replicas", "replicas"},
                                                    {"--replica", "replica"},
                                                    {"--fetch-every", "fetch every"},
                                                    {"--push-every", "push every"},
                                                    {"--warm-start", "warm start"},
                                                    {"--max-staleness", "max staleness"}};

void add_command(RunSettings& settings, const std::string& line)
{
    const std::vector<std::string> words = command_words(line);
    const auto program = [](const std::string& word) { return fs::path(word).filename().string(); };
    if (std::none_of(words.begin(), words.end(), [&](const std::string& word) {
            return program(word) == "nonna-train" || program(word) == "nonna-cluster";
        }))
        return;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::size_t equals = words[i].find('=');
        const auto option = options.find(words[i].substr(0, equals));
        if (option == options.end() || (equals == std::string::npos && i + 1 == words.size()))
            continue;
        const std::string value = equals == std::string::npos ? words[i + 1] : words[i].substr(equals + 1);
        const auto known = std::find_if(settings.begin(), settings.end(),
                                        [&](const RunSetting& s) { return s.name == option->second; });
        if (known == settings.end())
            settings.push_back({option->second, value, RecordedIn::command});
        else if (known->name == "pictures" && known->where == RecordedIn::run)
            known->value = value;    // a name says more than a digest
        else if (known->name == "pictures")
            known->value += " " + value;
    }
}

}    // namespace

bool has_model(const fs::path& folder) { return !networks_in(folder, false).empty(); }

// Words by pairs, but for the rate's schedule, which is told by its name alone, and "on servers,".
RunSettings settings_of_run_text(const std::string& text)
{
    static const std::map<std::string, std::string> names = {
        {"batch", "batch"},         {"schedule", "schedule"},     {"optimizer", "optimizer"},
        {"rate", "rate"},           {"momentum", "momentum"},     {"seed", "seed of the order"},
        {"precision", "precision"}, {"steps", "steps asked for"}, {"replica", "replica"}};
    RunSettings settings;
    const std::size_t data = text.find(" data ");
    std::istringstream words(text.substr(0, data));
    std::string before;
    for (std::string word; words >> word;) {
        const auto name = names.find(before);
        const bool number = !word.empty() && word.find_first_not_of("0123456789.,e+-/") == std::string::npos;
        if (name != names.end() && (before != "rate" || number)) {
            settings.push_back({name->second, word, RecordedIn::run});
            before.clear();
        } else if (names.contains(word)) {
            before = word;
        } else {
            if (word != "on" && word != "servers,")
                settings.push_back({"rate schedule", word, RecordedIn::run});
            before.clear();
        }
    }
    const auto has = [&](const char* name) {
        return std::any_of(settings.begin(), settings.end(), [&](const RunSetting& s) { return s.name == name; });
    };
    if (!settings.empty() && !has("precision"))
        settings.push_back({"precision", "fp32", RecordedIn::run});
    if (data != std::string::npos)    // people are told no 64 digits; that they differ is all that these say
        settings.push_back(
            {"pictures", sha256(std::as_bytes(std::span(text).subspan(data))).substr(0, 8), RecordedIn::run});
    return settings;
}

RunSettings run_settings(const ResultsFolder& run, const std::string& swept)
{
    RunSettings settings;
    std::vector<std::string> files = cost_log_files(run.folder);
    if (const auto network = main_network(run.folder)) {
        const auto& [file, metadata] = *network;
        files.push_back(file);
        add_architecture(settings, Architecture::from_json(text_of(metadata, "architecture"), run.file(file)));
        for (const auto& [key, name] : {std::pair{"seed", "seed of the weights"}, {"start", "start"}})
            if (metadata.contains(key))
                settings.push_back({name, text_of(metadata, key), RecordedIn::model});
        const RunSettings trained = settings_of_run_text(text_of(metadata, "run"));
        settings.insert(settings.end(), trained.begin(), trained.end());
    } else if (!swept.empty()) {
        settings.push_back({"model", swept, RecordedIn::sweep});
    }
    const Origin origin = run.origin(files, "");
    if (origin.noted)
        for (const std::string& line : origin.commands)
            add_command(settings, line);
    return settings;
}

std::vector<DifferentSetting> different_settings(const std::vector<RunSettings>& runs)
{
    std::vector<DifferentSetting> all;
    std::set<std::string> seen;
    for (const RunSettings& settings : runs)
        for (const RunSetting& setting : settings) {
            if (!seen.insert(setting.name).second)
                continue;
            DifferentSetting different{setting.name, {}};
            std::set<std::string> values;
            for (const RunSettings& run : runs) {
                std::optional<std::string> value;
                bool of_kind = false;
                for (const RunSetting& s : run) {
                    if (s.name == setting.name)
                        value = s.value;
                    of_kind = of_kind || s.where == setting.where;
                }
                different.values.push_back(value.value_or(no_value));
                if (value || of_kind)
                    values.insert(different.values.back());
            }
            if (values.size() > 1)
                all.push_back(std::move(different));
        }
    return all;
}

}    // namespace nonna
