#include "train/trainer.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "kernels/kernels.h"
#include "model/local_stage.h"
#include "train/checkpoint.h"
#include "train/descent.h"
#include "train/training_log.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <optional>

namespace nonna
{

namespace
{

void add(std::vector<StageCost>& sums, const std::vector<StageCost>& costs)
{
    sums.resize(costs.size());
    for (std::size_t s = 0; s < costs.size(); ++s) {
        sums[s].reconstruction += costs[s].reconstruction;
        sums[s].sparsity += costs[s].sparsity;
        sums[s].input += costs[s].input;
        sums[s].total += costs[s].total;
        sums[s].statistics.resize(costs[s].statistics.size());
        for (std::size_t i = 0; i < costs[s].statistics.size(); ++i)
            sums[s].statistics[i] += costs[s].statistics[i];
    }
}

std::vector<StageCost> validate(Network<float>& network, const Model& model,
                                const std::vector<std::shared_ptr<const Pictures>>& sets, Pool& pool,
                                std::size_t& images)
{
    std::vector<StageCost> sums;
    const std::size_t size = model.architecture.input().size();
    std::vector<float> buffer(size * network.batch());
    std::vector<std::vector<std::uint8_t>> pixels(pool.threads(), std::vector<std::uint8_t>(size));
    images = 0;
    for (const auto& set : sets)
        for (std::size_t first = 0; first < set->count(); first += network.batch()) {
            const std::size_t n = std::min<std::size_t>(network.batch(), set->count() - first);
            pool.for_each(n, [&](std::size_t i, int thread) {
                set->read(first + i, pixels[thread]);
                model.preprocessing.apply(pixels[thread], std::span(buffer).subspan(i * size, size));
            });
            network.load(buffer, int(n));
            network.up(model.parameters);
            add(sums, network.costs(model.parameters, model.statistics));
            images += n;
        }
    return sums;
}

// Everything that determines a run, as one line.
std::string describe(const TrainOptions& o, const std::vector<Source>& sources)
{
    char rate[64];
    std::snprintf(rate, sizeof rate, " rate %.9g momentum %.9g ", o.rate, o.momentum);
    std::string text = "batch " + std::to_string(o.batch) + " schedule " + name_of(o.schedule);
    text += o.served.on() ? " on servers, replica " + o.served.replica.text() + " rate "
                          : " optimizer " + o.optimizer + rate;
    text += name_of(o.rate_schedule) + (" seed " + std::to_string(o.seed));
    if (o.precision != Precision::fp32)
        text += std::string(" precision ") + name_of(o.precision);
    if (o.rate_schedule != RateSchedule::constant || o.schedule == Schedule::greedy)
        text += " steps " + std::to_string(o.steps);
    for (const Source& s : sources) {
        std::snprintf(rate, sizeof rate, ":%.9g", s.weight);
        text += " data " + s.pictures->digest() + rate;
    }
    return text;
}

}    // namespace

// As many as compute: where pictures are large they are what a step takes, and where not they sleep.
int input_threads(const Pool& pool) { return pool.threads(); }

void train(Model& model, const std::vector<Source>& sources,
           const std::vector<std::shared_ptr<const Pictures>>& validation, const TrainOptions& options, Pool& pool)
{
    Network<float> network(model.architecture, options.batch, pool, options.precision);
    // Replicas draw by seeds of their own: by one order they would go through their portions side by side, and push the
    // gradients of neighbours in the set, which are often alike, all at once.
    const std::uint64_t seed = options.seed + 0x9e3779b97f4a7c15u * options.served.replica.first;
    Batches batches(sources, model.preprocessing, options.batch, options.steps, seed, input_threads(pool));
    std::unique_ptr<Descent> descent;
    if (!options.served.on())
        descent = descend_alone(model, network, options, pool);
    RunState state{0, batches.positions(), {}, nullptr};
    if (descent) {
        state.optimiser = descent->state();
        state.optimiser_name = descent->state_name();
    }

    const std::string run = describe(options, sources);
    std::optional<Checkpoints> checkpoints;
    if (!options.checkpoint.empty()) {
        checkpoints.emplace(options.checkpoint, run);
        if (!checkpoints->empty() && !options.resume)
            throw Error(options.checkpoint, "holds checkpoints already; --resume goes on from them", ExitStatus::usage);
        if (!checkpoints->empty())
            checkpoints->restore(model, state);
        if (state.step > options.steps)
            throw Error(options.checkpoint, "is at step " + std::to_string(state.step) + " already, beyond --steps " +
                                                std::to_string(options.steps));
    }
    const std::int64_t start = state.step;
    Weights weights(model, options.precision, pool);
    if (!descent)
        descent = descend_on_servers(model, network, weights, options, pool);
    TrainingLog log(options.log, model, start);

    const double rate = options.served.on() ? descent->rate() : options.rate;
    auto validation_row = [&](std::int64_t step) {
        if (validation.empty())
            return;
        std::size_t images = 0;
        const std::vector<StageCost> costs = validate(network, model, validation, pool, images);
        log.row(step, "validate", double(images), rate * rate_factor(options.rate_schedule, step, options.steps), costs,
                model);
    };
    if (start == 0)
        validation_row(0);
    if (start == options.steps)    // nothing is left to do but to take the servers' values
        descent->finish();

    Timing timing(options.timing, start, options.batch);
    Progress progress("training", std::uint64_t(options.steps), "steps");
    progress.advance(std::uint64_t(start));
    for (std::int64_t step = start; step < options.steps; ++step) {
        network.load(batches.next(step), options.batch);
        descent->begin(step);
        network.up(model.parameters);
        const double factor = rate_factor(options.rate_schedule, step, options.steps);
        const int only = int(step * std::int64_t(model.architecture.stages.size()) / options.steps);
        const std::vector<StageCost> costs = descent->step(step, options.schedule, only, factor);
        if (!std::isfinite(total(costs)))
            throw Error("step " + std::to_string(step + 1), "the cost is not a finite number; a lower --rate may help");

        state.step = step + 1;
        progress.advance();
        const bool last = state.step == options.steps, stop = interrupted();
        if (state.step % options.log_every == 0 || last) {
            char text[64];
            timing.row(state.step, batches.waited(), descent->times());
            std::snprintf(text, sizeof text, "cost %.4g, waited %.1f %%", total(costs) / options.batch,
                          100 * timing.waited_share());
            progress.note(text);
            log.row(state.step, "train", options.batch, rate * factor, costs, model);
        }
        const bool validates = !validation.empty() && (state.step % options.validate_every == 0 || last);
        const bool saves = checkpoints && (state.step % options.checkpoint_every == 0 || last || stop);
        if (last || stop)
            descent->finish();
        else if (validates || saves)
            descent->settle();
        if (validates)
            validation_row(state.step);
        if (saves)
            weights.as_floats([&] { checkpoints->save(model, state); });
        if (stop && !last)
            throw Error("interrupted", "stopped after step " + std::to_string(state.step) +
                                           (checkpoints ? "; --resume goes on from there"
                                                        : "; nothing was kept, as there is no --checkpoint"));
    }
    timing.whole(state.step, batches.waited(), descent->times());
    weights.join();
    model.provenance["step"] = std::to_string(state.step);
    model.provenance["run"] = run;
}

Source open_source(const std::string& text, const Architecture& architecture)
{
    Source source;
    std::string path = text;
    const std::size_t colon = text.rfind(':');
    if (colon != std::string::npos && !std::filesystem::exists(text)) {
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, source.weight);
        if (error != std::errc{} || stop != end || !(source.weight > 0) || source.weight > 1e12)
            throw Error(text, "expected FILE or FILE:WEIGHT with a weight greater than 0", ExitStatus::usage);
        path = text.substr(0, colon);
    }
    source.pictures = open_pictures(path, architecture.side, architecture.channels);
    return source;
}

}    // namespace nonna
