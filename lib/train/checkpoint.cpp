#include "train/checkpoint.h"

#include "base/error.h"
#include "io/safetensors.h"
#include "train/run_difference.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <sstream>

namespace nonna
{

namespace fs = std::filesystem;

static std::size_t parse_keep(const std::string& text)
{
    std::size_t keep = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), keep);
    if (text == "all")
        return std::numeric_limits<std::size_t>::max();
    if (error != std::errc{} || stop != text.data() + text.size() || keep == 0)
        throw Error("--checkpoint-keep", "'" + text + "' is neither a number from 1 on nor all", ExitStatus::usage);
    return keep;
}

Checkpoints::Checkpoints(std::string folder, std::string run, const std::string& keep)
    : folder_(std::move(folder)), run_(std::move(run)), keep_(parse_keep(keep)),
      lock_(folder_, "lock", folder_, "another run is using these checkpoints")
{
}

std::vector<std::string> Checkpoints::files() const
{
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with("step-") && name.ends_with(".safetensors"))
            found.push_back(entry.path().string());
    }
    std::sort(found.begin(), found.end());
    return found;
}

bool Checkpoints::empty() const { return files().empty(); }

void Checkpoints::restore(Model& model, RunState& state) const
{
    const std::string path = files().back();
    {    // whose it is, before a weight is read
        const SafetensorsReader file(path);
        const auto found = file.metadata().find("run");
        const std::string run = found == file.metadata().end() ? "" : found->second;
        if (run != run_)
            throw Error(path, "checkpoint of another run: it was made with " + run_difference(run, run_));
    }
    auto provenance = std::move(model.provenance);
    reload_model(path, model);
    std::swap(provenance, model.provenance);
    state.step = std::atoll(provenance["step"].c_str());
    std::istringstream positions(provenance["positions"]);
    for (std::uint64_t& position : state.positions)
        if (!(positions >> position))
            throw Error(path, "damaged: no data positions");
    for (const Optimiser::Array& array : state.optimiser)
        SafetensorsReader(path).read(array.name, array.numbers);
}

void Checkpoints::save(const Model& model, const RunState& state)
{
    char name[48];
    std::snprintf(name, sizeof name, "step-%09lld.safetensors", static_cast<long long>(state.step));
    std::ostringstream positions;
    for (const std::uint64_t position : state.positions)
        positions << position << ' ';
    const std::map<std::string, std::string> marks = {
        {"run", run_}, {"step", std::to_string(state.step)}, {"positions", positions.str()}};
    std::vector<ExtraTensor> extra;
    for (const Optimiser::Array& array : state.optimiser)
        extra.push_back({array.name, array.numbers});
    save_model(folder_ + "/" + name, model, extra, marks);

    std::vector<std::string> all = files();
    for (std::size_t i = 0; i < all.size() - std::min(all.size(), keep_); ++i)
        fs::remove(all[i]);
}

}    // namespace nonna
