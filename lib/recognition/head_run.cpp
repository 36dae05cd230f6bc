#include "recognition/head_run.h"

#include "base/error.h"
#include "io/safetensors.h"

#include <charconv>
#include <cmath>
#include <cstdio>

namespace nonna
{

namespace
{

constexpr const char* run_format = "nonna-head-run 1";

std::string exact(double v)
{
    char text[40];
    std::snprintf(text, sizeof text, "%.17g", v);
    return text;
}

template <class Number> void read_number(const SafetensorsReader& file, const std::string& key, Number& into)
{
    const auto found = file.metadata().find(key);
    if (found != file.metadata().end()) {
        const char* const end = found->second.data() + found->second.size();
        if (const auto r = std::from_chars(found->second.data(), end, into); r.ec == std::errc{} && r.ptr == end)
            return;
    }
    throw Error(file.name(), "the metadata's '" + key + "' is missing or no number");
}

// In the file's order.
template <class State, class F> void each_array(State& state, F f)
{
    f("weights", state.weights);
    f("kept", state.kept);
    f("mean", state.mean);
    if (state.best.size() > 0)
        f("best", state.best);
}

}    // namespace

void save_head_run(const std::string& path, const std::string& run, const HeadRun& state)
{
    SafetensorsWriter file(path,
                           {{"format", run_format},
                            {"run", run},
                            {"epoch", std::to_string(state.epoch)},
                            {"block", std::to_string(state.block)},
                            {"step", std::to_string(state.step)},
                            {"loss", exact(state.loss)},
                            {"best_epoch", std::to_string(state.best_epoch)},
                            {"best_top1", exact(state.best_top1)},
                            {"best_loss", exact(state.best_loss)},
                            {"log", state.log}},
                           true);
    each_array(state, [&](const char* name, const ScratchArray&) {
        file.declare(name, "F32", {state.classes, state.width});
    });
    each_array(state, [&](const char*, const ScratchArray& array) { file.write(array.span()); });
    file.commit();
}

void restore_head_run(const std::string& path, const std::string& run, HeadRun& state)
{
    const SafetensorsReader file(path);
    const auto format = file.metadata().find("format"), made_with = file.metadata().find("run");
    if (format == file.metadata().end() || format->second != run_format || made_with == file.metadata().end())
        throw Error(path, "no checkpoint of nonna-classify fit");
    if (made_with->second != run)
        throw Error(path, "is of another run, with other options, pictures, layers or another model: give it those, or "
                          "another --checkpoint");
    file.check_seal();
    read_number(file, "epoch", state.epoch);
    read_number(file, "block", state.block);
    read_number(file, "step", state.step);
    read_number(file, "loss", state.loss);
    read_number(file, "best_epoch", state.best_epoch);
    read_number(file, "best_top1", state.best_top1);
    read_number(file, "best_loss", state.best_loss);
    state.log = file.metadata().contains("log") ? file.metadata().at("log") : "";
    each_array(state, [&](const char* name, ScratchArray& array) { file.read(name, array.span()); });
    each_array(state, [&](const char* name, ScratchArray& array) {
        file.require_finite(name, std::span<const float>(array.span()));
    });
}

}    // namespace nonna
