#include "train/checkpoint.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "io/output.h"
#include "io/safetensors.h"
#include "model/tile_parameters.h"
#include "train/run_difference.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <sstream>
#include <string_view>
#include <sys/stat.h>

namespace nonna
{

namespace fs = std::filesystem;

namespace
{

constexpr std::string_view name_begins = "step-", name_ends = ".safetensors";

// The whole of the text, and nothing but digits.
template <class Number> bool parse_whole(std::string_view text, Number& number)
{
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && stop == text.data() + text.size() && text.front() != '-';
}

std::size_t parse_keep(const std::string& text)
{
    std::size_t keep = 0;
    if (text == "all")
        return std::numeric_limits<std::size_t>::max();
    if (!parse_whole(text, keep) || keep == 0)
        throw Error("--checkpoint-keep", "'" + text + "' is neither a number from 1 on nor all", ExitStatus::usage);
    return keep;
}

// What a checkpoint says of itself, read strictly.
struct Marks {
    std::string run, models, paces;
    std::int64_t step = 0;
    std::vector<std::uint64_t> positions;

    // `wanted`: the run whose numbers of sets is known.
    Marks(const SafetensorsReader& file, const std::string& wanted, std::size_t sets)
    {
        const auto text = [&](const char* name) {
            const auto found = file.metadata().find(name);
            return found == file.metadata().end() ? std::string() : found->second;
        };
        const auto refuse = [&](const char* name, const std::string& what) {
            throw Error(file.name(), "damaged: '" + std::string(name) + "' in its metadata is '" + text(name) +
                                         "', not " + what + "; without this file the one before it is taken");
        };
        if (!parse_whole(text("step"), step))
            refuse("step", "a number of steps");
        std::istringstream words(text("positions"));
        for (std::string word; words >> word;)
            if (!parse_whole(word, positions.emplace_back()))
                refuse("positions", "numbers of pictures");
        run = text("run");
        models = text("models");
        paces = text("paces");
        if (run == wanted && positions.size() != sets)
            refuse("positions", "a number for each of " + std::to_string(sets) + " sets");
    }
};

}    // namespace

void read_numbers(const std::string& path, const TilePlace& place, Model& model,
                  const std::vector<Optimiser::Array>& arrays)
{
    const SafetensorsReader reader(path);
    if (!place.exchange) {
        auto provenance = std::move(model.provenance);
        reload_model(path, model);
        model.provenance = std::move(provenance);
        for (const Optimiser::Array& array : arrays)
            reader.read(array.name, array.numbers);
        return;
    }
    const std::vector<TileRun> runs = tile_runs(model.architecture, place.tiling, place.tile());
    model.statistics = load_model_head(path).statistics;
    load_tile(path, model.architecture, runs, model.parameters);
    for (const Optimiser::Array& array : arrays)
        load_tile(reader, array.name, runs, array.numbers);
}

Checkpoints::Checkpoints(std::string folder, std::string run, std::string model, const std::string& keep,
                         std::set<std::string> change, const TilePlace& place)
    : folder_(std::move(folder)), run_(std::move(run)), keep_(parse_keep(keep)),
      lock_(folder_, "lock", folder_, "another run is using these checkpoints"), models_(std::move(model)),
      place_(place), change_(std::move(change))
{
    remove_output_leftovers(folder_, std::string(name_begins));
}

std::vector<Checkpoints::File> Checkpoints::files() const
{
    std::vector<File> found;
    for (const auto& entry : fs::directory_iterator(folder_)) {
        const std::string name = entry.path().filename().string();
        File file{entry.path().string(), 0};
        if (name.size() > name_begins.size() + name_ends.size() && name.starts_with(name_begins) &&
            name.ends_with(name_ends) &&
            parse_whole(
                std::string_view(name).substr(name_begins.size(), name.size() - name_begins.size() - name_ends.size()),
                file.step))
            found.push_back(file);
    }
    std::sort(found.begin(), found.end(), [](const File& a, const File& b) { return a.step < b.step; });
    return found;
}

void Checkpoints::restore(Model& model, RunState& state)
{
    const std::vector<File> all = files();
    for (auto file = all.rbegin(); file != all.rend(); ++file)
        if (restore(*file, model, state))
            return;
    throw Error(folder_, "none of its checkpoints is whole; another --checkpoint folder begins anew");
}

// The same, or another in nothing but what is changed on purpose.
void Checkpoints::require_same_run(const std::string& file, const std::string& made_with) const
{
    if (made_with == run_)
        return;
    const std::set<std::string> differ = change_between(made_with, run_);
    if (!differ.empty() && std::includes(change_.begin(), change_.end(), differ.begin(), differ.end()))
        return;
    std::string way_out;
    for (const std::string& option : differ)
        way_out += (way_out.empty() ? "; --change " : ",") + option;
    throw Error(file, "checkpoint of another run: it was made with " + run_difference(made_with, run_) + way_out +
                          (way_out.empty() ? "" : " goes on all the same"));
}

// False, and said: it is damaged.
bool Checkpoints::restore(const File& file, Model& model, RunState& state)
{
    const auto pass_over = [](const Error& e) {
        if (interrupted())
            throw;    // it is not the file's
        warn(e.subject(), e.reason() + "; passed over");
        return false;
    };
    std::optional<SafetensorsReader> reader;
    try {
        reader.emplace(file.path);
    } catch (const Error& e) {
        return pass_over(e);
    }
    const Marks marks(*reader, run_, state.positions.size());
    if (marks.step != file.step)
        throw Error(file.path, "damaged: it says that it is of step " + std::to_string(marks.step) +
                                   "; without this file the one before it is taken");
    try {
        reader->check_seal();
    } catch (const Error& e) {
        return pass_over(e);
    }
    require_same_run(file.path, marks.run);
    const Error another(folder_, "checkpoints of a run that began with another model; give that model, or another "
                                 "--checkpoint folder");
    const std::string given = models_;
    const bool known = marks.models.find(given) != std::string::npos;
    try {    // numbers that a run which diverged left, as earlier versions kept them
        for (const TensorInfo& tensor : reader->tensors())
            reader->require_finite(tensor.name);
    } catch (const Error& e) {
        return pass_over(e);
    }
    const Model head = load_model_head(file.path);
    if (model_identity(head.architecture, head.preprocessing) !=
        model_identity(model.architecture, model.preprocessing))
        throw another;
    read_numbers(file.path, place_, model, state.optimiser);
    models_ = marks.models;
    if (!known) {    // the run's own result may have taken the place of the model that it began with
        if (model_file_digest(file.path) != given)
            throw another;
        models_ += " " + given;
    }
    paces_ = marks.paces;
    if (marks.run != run_) {
        paces_ = nonna::paces(marks.paces, marks.run, marks.step, run_);
        say("step " + std::to_string(marks.step) + ": goes on otherwise than before: it was made with " +
            run_difference(marks.run, run_));
    }
    state.step = marks.step;
    std::copy(marks.positions.begin(), marks.positions.end(), state.positions.begin());
    restored_ = file.path;
    return true;
}

void Checkpoints::save(const Model& model, const RunState& state)
{
    char name[48];
    std::snprintf(name, sizeof name, "step-%09lld.safetensors", static_cast<long long>(state.step));
    std::ostringstream positions;
    for (const std::uint64_t position : state.positions)
        positions << position << ' ';
    std::map<std::string, std::string> marks = {
        {"run", run_}, {"models", models_}, {"step", std::to_string(state.step)}, {"positions", positions.str()}};
    if (!paces_.empty())
        marks["paces"] = paces_;
    std::vector<ExtraTensor> extra;
    for (const Optimiser::Array& array : state.optimiser)
        extra.push_back({array.name, array.numbers});
    if (place_.exchange)
        save_tiles(place_, folder_ + "/" + name, model, extra, marks, true, Stored::fp32);
    else
        save_sealed_model(folder_ + "/" + name, model, extra, marks);

    // A later step than this one was passed over as damaged when the run began; it is of no use to the next.
    std::vector<File> all = files();
    std::size_t kept = 0;
    for (auto file = all.rbegin(); file != all.rend(); ++file)
        if (file->step > state.step || ++kept > keep_)
            fs::remove(file->path);
}

std::optional<double> Checkpoints::written() const
{
    const std::vector<File> all = files();
    struct stat about {
    };
    if (all.empty() || ::stat(all.back().path.c_str(), &about) != 0)
        return std::nullopt;
    return double(about.st_mtim.tv_sec) + 1e-9 * double(about.st_mtim.tv_nsec);
}

}    // namespace nonna
