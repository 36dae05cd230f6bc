#include "model/architecture.h"

#include "base/error.h"
#include "base/nearest.h"
#include "base/utf8.h"
#include "io/file_kind.h"
#include "io/output.h"
#include "io/safetensors.h"

#include <boost/property_tree/ini_parser.hpp>
#include <nlohmann/json.hpp>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>

namespace nonna
{

namespace fs = std::filesystem;
using nlohmann::ordered_json;

namespace
{

// Bounds that keep every product below inside 64 bits, and every allocation thinkable.
constexpr int most_side = 4096, most_maps = 4096, most_stages = 16;
constexpr double least_number = 1e-12, most_number = 1e6;    // floats and their squares stay finite and apart from 0

// A stage of a kind with that kind's defaults.
StageArchitecture stage_of(StageKind kind)
{
    StageArchitecture s;
    s.kind = kind;
    if (kind == StageKind::autoencoder) {    // what the other kind's sublayers do is nothing
        s.pool = 1;
        s.norm = 0;
        s.unit_norm = false;
        s.lambda = 0;
    }
    return s;
}

// One list of a kind's keys serves the .conf reader, the JSON writer and the JSON reader. The kind itself comes first
// and is written only where it is not rica, so that files from before there were two stay what they are.
template <class Stage, class F> void each_key(Stage& s, F&& f)
{
    f("field", s.field);
    f("maps", s.maps);
    f("stride", s.stride);
    if (s.kind == StageKind::autoencoder) {
        f("tied", s.tied);
        f("lambda", s.lambda);
        return;
    }
    f("pool", s.pool);
    f("norm", s.norm);
    f("border", s.border);
    f("tied", s.tied);
    f("unit_norm", s.unit_norm);
    f("lambda", s.lambda);
    f("epsilon", s.epsilon);
    f("c", s.c);
}

template <class Network, class F> void each_network_key(Network& a, F&& f)
{
    f("name", a.name);
    f("side", a.side);
    f("channels", a.channels);
    f("whitening", a.whitening);
}

class ConfReader
{
  public:
    ConfReader(std::string subject, std::string section, const boost::property_tree::ptree& tree)
        : subject_(std::move(subject)), section_(std::move(section)), tree_(tree)
    {
    }
    void operator()(const char* key, std::string& value)
    {
        known_.push_back(key);
        if (const auto found = tree_.get_optional<std::string>(key))
            value = *found;
    }
    void operator()(const char* key, int& value) { number(key, value); }
    void operator()(const char* key, double& value) { number(key, value); }
    void operator()(const char* key, bool& value)
    {
        std::string text = value ? "true" : "false";
        (*this)(key, text);
        if (text != "true" && text != "false")
            bad(key, text, "true or false");
        value = text == "true";
    }
    template <Named Enum> void operator()(const char* key, Enum& value)
    {
        std::string text = name_of(value);
        (*this)(key, text);
        const std::optional<Enum> named = value_named<Enum>(text);
        if (!named)
            bad(key, text, any_name_of<Enum>());
        value = *named;
    }
    StageKind kind()
    {
        StageKind kind = StageKind::rica;
        (*this)("kind", kind);
        return kind;
    }
    void done() const
    {
        for (const auto& [key, value] : tree_)
            if (std::find(known_.begin(), known_.end(), key) == known_.end())
                throw Error(subject_,
                            "unknown key '" + key + "' in section [" + section_ + "]" + did_you_mean(key, known_));
    }
    // The same for a stage: keys of the other kind are told apart from slips of the pen.
    void done(StageKind kind) const
    {
        std::vector<std::string> other;
        StageArchitecture any = stage_of(kind == StageKind::rica ? StageKind::autoencoder : StageKind::rica);
        each_key(any, [&](const char* key, const auto&) { other.push_back(key); });
        for (const auto& [key, value] : tree_)
            if (std::find(known_.begin(), known_.end(), key) == known_.end() &&
                std::find(other.begin(), other.end(), key) != other.end())
                throw Error(subject_,
                            "[" + section_ + "] key '" + key + "' means nothing in a stage of kind " + name_of(kind));
        done();
    }

  private:
    std::string subject_, section_;
    const boost::property_tree::ptree& tree_;
    std::vector<std::string> known_;

    [[noreturn]] void bad(const char* key, const std::string& text, const std::string& wanted) const
    {
        throw Error(subject_, "[" + section_ + "] " + key + " = " + text + ": not " + wanted);
    }
    template <class Number> void number(const char* key, Number& value)
    {
        std::string text;
        (*this)(key, text);
        if (text.empty())
            return;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{} || end != text.data() + text.size())
            bad(key, text, "a number");
    }
};

struct JsonWriter {
    ordered_json& object;
    template <Named Enum> void operator()(const char* key, const Enum& value) { object[key] = name_of(value); }
    template <class T> void operator()(const char* key, const T& value) { object[key] = value; }
};

struct JsonReader {
    const ordered_json& object;
    template <Named Enum> void operator()(const char* key, Enum& value)
    {
        const std::optional<Enum> named = value_named<Enum>(object.at(key).get<std::string>());
        if (!named)
            throw nlohmann::json::type_error::create(302, "must be " + any_name_of<Enum>(), &object);
        value = *named;
    }
    template <class T> void operator()(const char* key, T& value) { object.at(key).get_to(value); }
};

// A folder of an installed architecture's name, as a study of results often has, hides it from nobody.
bool is_there(const std::string& path) { return fs::exists(path) && !fs::is_directory(path); }

// The installed or built share folder lies beside the program's: BINDIR/../share/nonna.
std::string find_architecture(const std::string& name)
{
    const std::string file = name + ".conf";
    if (const char* share = std::getenv("NONNA_SHARE"))
        return (fs::path(share) / "architectures" / file).string();
    std::error_code error;
    const fs::path program = fs::read_symlink("/proc/self/exe", error);
    return (program.parent_path().parent_path() / "share/nonna/architectures" / file).string();
}

// SECTION.KEY=VALUE, put where the file would have it. Sections are not made: a misspelt one would be a stage.
void change(boost::property_tree::ptree& tree, const std::string& text)
{
    const std::size_t equals = text.find('='), dot = text.find('.');
    if (equals == std::string::npos || dot > equals || dot == 0 || dot + 1 == equals || equals + 1 == text.size())
        throw Error("--set", "'" + text + "' is not SECTION.KEY=VALUE, such as stage1.lambda=0.3", ExitStatus::usage);
    const std::string section = text.substr(0, dot), key = text.substr(dot + 1, equals - dot - 1);
    if (!is_utf8(text) || text.find_first_of("\r\n") != std::string::npos)
        throw Error("--set", "'" + text + "': not a line of text in UTF-8", ExitStatus::usage);
    const auto found = tree.find(section);
    if (found == tree.not_found() && section != "training") {
        std::vector<std::string> sections;
        for (const auto& [name, keys] : tree)
            sections.push_back(name);
        throw Error("--set",
                    "'" + text + "': the architecture has no section [" + section + "]" +
                        did_you_mean(section, sections),
                    ExitStatus::usage);
    }
    auto& keys = found == tree.not_found() ? tree.add_child(section, {}) : found->second;
    keys.erase(key);
    keys.push_back({key, boost::property_tree::ptree(text.substr(equals + 1))});
}

}    // namespace

std::vector<std::string> Architecture::installed()
{
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(fs::path(find_architecture("any")).parent_path(), error))
        if (entry.path().extension() == ".conf")
            names.push_back(entry.path().stem().string());
    std::sort(names.begin(), names.end());
    return names;
}

double window_weight(int window, int distance)
{
    const double sigma = window / 4.0, d = distance;
    return std::exp(-d * d / (2 * sigma * sigma));
}

std::uint64_t StageArchitecture::encoder_weights() const
{
    return std::uint64_t(filter.size()) * field * field * input.maps;
}

Architecture Architecture::read(const std::string& name_or_path, const std::vector<std::string>& changes)
{
    std::string path = name_or_path;
    if (name_or_path.find('/') == std::string::npos && !is_there(name_or_path))
        path = find_architecture(name_or_path);
    std::error_code error;
    if (!fs::is_regular_file(path, error))
        throw Error(name_or_path, "no such architecture: neither a file nor an installed name" +
                                      did_you_mean(name_or_path, installed()));
    if (const std::string other = other_kind(path, FileKind::unknown); !other.empty())
        throw Error(path, other + ", where an architecture is wanted");

    const std::string file = read_whole_file(path, std::size_t(1) << 20);
    const std::string_view text = without_mark(file);
    for (std::size_t at = 0, line = 1; at < text.size(); ++line) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        if (!is_utf8(text.substr(at, end - at)) || text.substr(at, end - at).find('\0') != text.npos)
            throw Error(path, "line " + std::to_string(line) + ": not text in UTF-8");
        at = end + 1;
    }
    boost::property_tree::ptree tree;
    try {
        std::istringstream lines{std::string(text)};
        boost::property_tree::read_ini(lines, tree);
    } catch (const boost::property_tree::ini_parser_error& e) {
        throw Error(path, "line " + std::to_string(e.line()) + ": " + e.message());
    }
    std::set<std::string> keys_changed;
    for (const std::string& wish : changes) {
        change(tree, wish);
        if (const std::string key = wish.substr(0, wish.find('=')); !keys_changed.insert(key).second)
            throw Error("--set", "gives " + key + " twice: which of the two is meant?", ExitStatus::usage);
    }
    const std::string subject = changes.empty() ? path : name_or_path + ", changed by --set";
    Architecture a;
    for (const auto& [section, keys] : tree) {
        // Stages in their order, so that a missing one or a slip of the pen is an error, not a smaller network.
        const std::string expected = "stage" + std::to_string(a.stages.size() + 1);
        ConfReader reader(subject, section, keys);
        if (section == "network") {
            each_network_key(a, reader);
            reader.done();
        } else if (section == expected) {
            a.stages.push_back(stage_of(reader.kind()));
            each_key(a.stages.back(), reader);
            reader.done(a.stages.back().kind);
        } else if (section == "training") {
            for (const auto& [key, value] : keys)
                a.training[key] = value.data();
        } else
            throw Error(subject,
                        "section [" + section + "] where [network], [" + expected + "] or [training] was expected");
    }
    if (a.name.empty())
        a.name = fs::path(path).stem().string();
    a.complete(subject);
    return a;
}

bool Architecture::is_known(const std::string& name_or_path)
{
    std::error_code error;
    return name_or_path.ends_with(".conf") || (!is_there(name_or_path) && name_or_path.find('/') == std::string::npos &&
                                               fs::is_regular_file(find_architecture(name_or_path), error));
}

void Architecture::require_model(const std::string& path)
{
    if (is_known(path))
        throw Error(path, "an architecture, where a model is wanted: nonna-init makes one of it");
    std::error_code error;
    const std::string other = fs::exists(path, error) ? other_kind(path, FileKind::safetensors) : "";
    if (!other.empty())
        throw Error(path, other + ", where a model is wanted" +
                              (other == "a folder" ? "" : ": are the arguments in the right order?"));
}

Architecture Architecture::of_model(const std::string& path)
{
    require_model(path);
    const SafetensorsReader file(path);
    const auto found = file.metadata().find("architecture");
    if (found == file.metadata().end())
        throw Error(path, "not a nonna model");
    return from_json(found->second, path);
}

Architecture Architecture::of_any(const std::string& name_or_path)
{
    return is_model(name_or_path) ? of_model(name_or_path) : read(name_or_path);
}

bool Architecture::is_model(const std::string& name_or_path)
{
    return is_there(name_or_path) && !name_or_path.ends_with(".conf");
}

Architecture Architecture::from_json(const std::string& text, const std::string& subject)
{
    Architecture a;
    try {
        const ordered_json object = ordered_json::parse(text);
        each_network_key(a, JsonReader{object});
        for (const auto& stage : object.at("stages")) {
            const bool autoencoder = stage.contains("kind");
            if (autoencoder && stage.at("kind") != "autoencoder")
                throw nlohmann::json::type_error::create(302, "kind must be autoencoder", &stage);
            a.stages.push_back(stage_of(autoencoder ? StageKind::autoencoder : StageKind::rica));
            each_key(a.stages.back(), JsonReader{stage});
        }
    } catch (const nlohmann::json::exception&) {
        throw Error(subject, "architecture in the metadata is not what nonna-model(5) says");
    }
    a.complete(subject);
    return a;
}

std::string Architecture::to_json() const
{
    ordered_json object;
    each_network_key(*this, JsonWriter{object});
    object["stages"] = ordered_json::array();
    for (const StageArchitecture& s : stages) {
        ordered_json stage;
        if (s.kind == StageKind::autoencoder)
            stage["kind"] = "autoencoder";
        each_key(s, JsonWriter{stage});
        object["stages"].push_back(stage);
    }
    return object.dump();
}

std::uint64_t Architecture::encoder_weights() const
{
    std::uint64_t total = 0;
    for (const auto& s : stages)
        total += s.encoder_weights();
    return total;
}

std::uint64_t Architecture::decoder_weights() const
{
    std::uint64_t total = 0;
    for (const auto& s : stages)
        total += s.decoder_weights();
    return total;
}

std::uint64_t Architecture::biases() const
{
    std::uint64_t total = 0;
    for (const auto& s : stages)
        total += s.biases();
    return total;
}

// Shapes follow from below: a stage's input is the output of the one before. Each rule is looked at before a number is
// made of what it guards, and its message says what a person would have to change: which key of which stage, and the
// side that a window did not fit into.
void Architecture::complete(const std::string& subject)
{
    auto require = [&](bool holds, const std::string& reason) {
        if (!holds)
            throw Error(subject, reason);
    };
    require(is_utf8(name), "its name is not UTF-8");    // as JSON has to be; a file's name may be anything
    require(side >= 1 && side <= most_side, "side must be 1 to " + std::to_string(most_side));
    require(channels == 1 || channels == 3, "channels must be 1 or 3");
    require(whitening == 0 || (whitening % 2 == 1 && whitening <= 31 && whitening / 2 < side),
            "whitening must be 0 or an odd number up to 31 and below twice the side");
    require(!stages.empty(), "no [stage1]");
    require(stages.size() <= most_stages, "more than " + std::to_string(most_stages) + " stages");
    Shape input = {side, side, channels};
    for (std::size_t i = 0; i < stages.size(); ++i) {
        StageArchitecture& s = stages[i];
        const std::string at = "[stage" + std::to_string(i + 1) + "] ";
        require(s.maps >= 1 && s.maps <= most_maps, at + "maps must be 1 to " + std::to_string(most_maps));
        require(s.stride >= 1, at + "stride must be at least 1");
        require(s.field >= 1 && s.field <= input.rows,
                at + "field does not fit its input of side " + std::to_string(input.rows));
        require(s.norm == 0 || s.norm % 2 == 1, at + "norm must be 0 or odd");
        require(s.lambda >= 0 && s.lambda <= most_number, at + "lambda must be 0 to 1e6");
        require(s.epsilon >= least_number && s.epsilon <= most_number, at + "epsilon must be 1e-12 to 1e6");
        require(s.c >= least_number && s.c <= most_number, at + "c must be 1e-12 to 1e6");
        s.input = input;
        // Windows and inputs are square: one side is enough.
        const int filter = (input.rows - s.field) / s.stride + 1, pooled = filter - s.pool + 1;
        require(s.pool >= 1 && pooled >= 1, at + "pool does not fit its input of side " + std::to_string(filter));
        const int output = s.norm > 0 && s.border == Border::valid ? pooled - s.norm + 1 : pooled;
        require(output >= 1, at + "norm does not fit its input of side " + std::to_string(pooled));
        s.filter = {filter, filter, s.maps};
        s.pooled = {pooled, pooled, s.maps};
        s.output = {output, output, s.maps};
        input = s.output;
    }
}

}    // namespace nonna
