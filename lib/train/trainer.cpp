#include "train/trainer.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "images/mixture.h"
#include "kernels/kernels.h"
#include "model/local_stage.h"
#include "model/tile_parameters.h"
#include "train/checkpoint.h"
#include "train/descent.h"
#include "train/divergence.h"
#include "train/run_difference.h"
#include "train/run_metrics.h"
#include "train/training_log.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <sstream>

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

using Sets = std::vector<std::shared_ptr<const Pictures>>;

// A run. What it is made of comes about in this order: an optimiser's arrays before the checkpoint that fills them;
// what a checkpoint holds before the weights are split; split weights before servers' values come to them; and the log
// last, as only the step to begin at says which of its rows stay.
class Run
{
  public:
    Run(Model& model, const std::vector<Source>& sources, const Sets& validation, const TrainOptions& options,
        Pool& pool, const TilePlace& place)
        : model_(model), validation_(validation), options_(options), pool_(pool), place_(place),
          layout_(place.exchange ? tile_architecture(model.architecture, place.tiling, place.tile())
                                 : model.architecture),
          area_(place.own(model.architecture.input())),
          network_(model.architecture, options.batch, pool, options.precision, place),
          weights_(model, layout_, options.precision, pool),
          batches_(sources, model.preprocessing, area_, options.batch, options.steps, batches_seed(options),
                   input_threads(pool)),
          run_(run_text(options, sources))
    {
        if (!options.served.on())
            descent_ = descend_alone(model, layout_, network_, weights_, options, pool);
        resume();
        weights_.split();
        if (!descent_)
            descent_ = descend_on_servers(model, network_, weights_, options, pool);
        log_.emplace(first_tile() ? options.log : "", model, start_);
        rate_ = descent_->rate();
    }

    void go()
    {
        if (start_ == 0)
            validation_row(0);
        if (start_ == options_.steps)    // nothing is left to do but to take the servers' values
            descent_->finish();
        Timing timing(first_tile() ? options_.timing : "", start_, options_.batch, place_);
        DivergenceWatch watch(network_.stages());
        Progress progress("training", std::uint64_t(options_.steps), "steps");
        progress.advance(std::uint64_t(start_));
        for (std::int64_t done = start_; done < options_.steps;) {
            const std::vector<StageCost> costs = step(done);
            ++done;
            progress.advance();
            if (metrics_)
                metrics_->step(done, costs, rate_ * factor(done - 1), batches_.waited(), *descent_);
            const std::optional<std::string> diverging = watch.see(costs, phase(done - 1).schedule == Schedule::joint);
            if (diverging && first_tile())
                warn("step " + std::to_string(done), *diverging);
            // A signal ends the run behind the step that it came in, as its last step would.
            const bool last = done == options_.steps, stop = any_tile(place_.exchange, interrupted());
            if (done % options_.log_every == 0 || last)
                row(done, costs, timing, progress);
            look(done, last || stop);
            if (stop && !last) {
                if (place_.exchange)    // nobody before the checkpoint is whole
                    place_.exchange->end_together();
                throw Error("interrupted",
                            "stopped after step " + std::to_string(done) +
                                (!options_.checkpoint.empty() ? "; --resume goes on from there"
                                                              : "; nothing was kept, as there is no --checkpoint"),
                            status_of_interrupt());
            }
        }
        timing.whole(options_.steps, batches_.waited(), descent_->times());
        weights_.join();
        model_.provenance["step"] = std::to_string(options_.steps);
        model_.provenance["run"] = run_;
        if (checkpoints_ && !checkpoints_->paces().empty())
            model_.provenance["paces"] = checkpoints_->paces();
    }

  private:
    Model& model_;
    const Sets& validation_;
    const TrainOptions& options_;
    Pool& pool_;
    const TilePlace place_;
    const Architecture layout_;    // whose parameters are here: all, or the tile's
    const Area area_;              // of each picture
    Network<float> network_;
    Weights weights_;
    Batches batches_;
    const std::string run_;
    std::unique_ptr<Descent> descent_;
    RunState state_;
    std::optional<Checkpoints> checkpoints_;
    std::optional<RunMetrics> metrics_;
    std::int64_t start_ = 0;
    std::optional<TrainingLog> log_;
    double rate_ = 0;

    // Replicas draw by seeds of their own: by one order they would go through their portions side by side, and push the
    // gradients of neighbours in the set, which are often alike, all at once.
    static std::uint64_t batches_seed(const TrainOptions& options)
    {
        return options.seed + 0x9e3779b97f4a7c15u * options.served.replica.first;
    }

    // Who keeps what the run leaves behind; a network in one piece is it.
    bool first_tile() const { return place_.tile() == 0; }

    // To where a checkpoint left off, where there is one; else to the beginning.
    void resume()
    {
        RunState state{0, batches_.positions(), {}};
        if (descent_)
            state.optimiser = descent_->arrays();
        const TrainOptions& options = options_;
        model_.provenance.erase("paces");    // of another run, in which the model was made
        if (!options.change.empty() && !options.resume)
            throw Error("--change", "does nothing without --resume", ExitStatus::usage);
        if (!options.checkpoint.empty() && first_tile()) {
            checkpoints_.emplace(options.checkpoint, run_, given_digest(), options.checkpoint_keep,
                                 parse_change(options.change), place_);
            interrupts_can_resume();
            if (!checkpoints_->empty() && !options.resume)
                throw Error(options.checkpoint, "holds checkpoints already; --resume goes on from them",
                            ExitStatus::usage);
            if (!checkpoints_->empty())
                checkpoints_->restore(model_, state);
            if (state.step > options.steps)
                throw Error(options.checkpoint, "is at step " + std::to_string(state.step) +
                                                    " already, beyond --steps " + std::to_string(options.steps));
        }
        if (place_.exchange && !options.checkpoint.empty())
            follow_first_tile(state);
        if (!options.checkpoint.empty())
            interrupts_can_resume();
        state_ = state;
        start_ = state.step;
        if (!options.metrics.empty() && first_tile())
            metrics_.emplace(options, start_, checkpoints_ ? checkpoints_->written() : std::nullopt);
    }

    // Of a tile's parameters there is no digest that says whose model they are of: the file has one.
    std::string given_digest() const
    {
        return place_.exchange ? model_file_digest(options_.model) : model_digest(model_);
    }

    // Tile 0 has chosen a checkpoint, or none; the others take their parts of it.
    void follow_first_tile(RunState& state)
    {
        std::ostringstream numbers;
        numbers << state.step;
        for (const std::uint64_t position : state.positions)
            numbers << ' ' << position;
        std::istringstream chosen(
            place_.exchange->share(checkpoints_ ? numbers.str() + "\n" + checkpoints_->restored() : ""));
        std::string line, path;
        std::getline(chosen, line);
        std::getline(chosen, path, '\0');
        if (path.empty() || first_tile())
            return;
        std::istringstream words(line);
        words >> state.step;
        for (std::uint64_t& position : state.positions)
            words >> position;
        read_numbers(path, place_, model_, state.optimiser);
    }

    // What the rate is multiplied by in step number `step`, from 0.
    double factor(std::int64_t step) const
    {
        const Phase p = phase(step);
        return p.rate * rate_factor(options_.rate_schedule, p.step, p.steps);
    }
    Phase phase(std::int64_t step) const { return phase_at(options_.schedule, step, options_.steps); }

    // Costs of step number `step` (from 0), and the move.
    std::vector<StageCost> step(std::int64_t step)
    {
        network_.load(batches_.next(step), options_.batch);
        descent_->begin(step);
        network_.up(weights_.parameters());
        const int only = int(step * std::int64_t(model_.architecture.stages.size()) / options_.steps);
        std::vector<StageCost> costs = descent_->step(step, phase(step).schedule, only, factor(step));
        if (!std::isfinite(total(costs)))
            throw Error("step " + std::to_string(step + 1), "the cost is not a finite number; a lower --rate may help");
        return costs;
    }

    // What is shown and logged of the last of `done` steps.
    void row(std::int64_t done, const std::vector<StageCost>& costs, Timing& timing, Progress& progress)
    {
        char text[64];
        timing.row(done, batches_.waited(), descent_->times());
        std::snprintf(text, sizeof text, "cost %.4g, waited %.1f %%", total(costs) / options_.batch,
                      100 * timing.waited_share());
        progress.note(text);
        log_->row(done, "train", options_.batch, rate_ * factor(done - 1), costs, model_);
    }

    // Validation and checkpoint after `done` steps, where it is time; `over`: the last step was made. What they look at
    // must hold all of this process's own steps, which servers may still have to send.
    void look(std::int64_t done, bool over)
    {
        const bool last = done == options_.steps;
        const bool validates = !validation_.empty() && (done % options_.validate_every == 0 || last);
        const bool saves = !options_.checkpoint.empty() && (done % options_.checkpoint_every == 0 || over);
        if (over)
            descent_->finish();
        else if (validates || saves)
            descent_->settle();
        if (last || saves)
            require_no_divergence(done);
        if (validates)
            validation_row(done);
        state_.step = done;
        if (saves)
            weights_.as_floats([&] { save(); });
        if (saves && metrics_)
            metrics_->saved(checkpoints_->written());
    }

    void save()
    {
        if (checkpoints_) {
            checkpoints_->save(model_, state_);
            return;
        }
        std::vector<ExtraTensor> extra;
        for (const Optimiser::Array& array : state_.optimiser)
            extra.push_back({array.name, array.numbers});
        save_tiles(place_, "", model_, extra, {}, true, Stored::fp32);    // hands over what tile 0 saves
    }

    // A step's cost is that before its update. What is kept must also be what a next step could begin with: numbers,
    // the optimiser's too, and a network that does not overflow on the pictures it has just seen.
    void require_no_divergence(std::int64_t done)
    {
        const auto finite = [](std::span<const float> numbers) {
            return std::all_of(numbers.begin(), numbers.end(), [](float n) { return std::isfinite(n); });
        };
        network_.up(weights_.parameters());
        bool good = std::isfinite(total(network_.costs(weights_.parameters(), model_.statistics)));
        if (good)
            weights_.as_floats([&] { good = finite(model_.parameters); });
        for (const Optimiser::Array& array : state_.optimiser)
            good = good && finite(array.numbers);
        good = good && std::all_of(model_.statistics.begin(), model_.statistics.end(),
                                   [](double n) { return std::isfinite(n); });
        if (any_tile(place_.exchange, !good))
            throw Error(
                "step " + std::to_string(done),
                "its update led to numbers that are not finite, nothing of it is kept; a lower --rate may help");
    }

    void validation_row(std::int64_t done)
    {
        if (validation_.empty())
            return;
        std::size_t images = 0;
        const std::vector<StageCost> costs = validate(images);
        log_->row(done, "validate", double(images), rate_ * factor(done), costs, model_);
        if (metrics_)
            metrics_->validated(costs, images);
    }

    // Sums over all pictures of all validation sets.
    std::vector<StageCost> validate(std::size_t& images)
    {
        std::vector<StageCost> sums;
        const std::size_t size = layout_.stages.front().input.size(), batch = std::size_t(network_.batch());
        std::vector<float> buffer(size * batch);
        std::vector<std::vector<std::uint8_t>> pixels(pool_.threads(),
                                                      std::vector<std::uint8_t>(model_.architecture.input().size()));
        images = 0;
        for (const auto& set : validation_)
            for (std::size_t first = 0; first < set->count(); first += batch) {
                const std::size_t n = std::min(batch, set->count() - first);
                pool_.for_each(n, [&](std::size_t i, int thread) {
                    set->read(first + i, pixels[thread]);
                    model_.preprocessing.apply(pixels[thread], area_, std::span(buffer).subspan(i * size, size));
                });
                network_.load(buffer, int(n));
                network_.up(weights_.parameters());
                add(sums, network_.costs(weights_.parameters(), model_.statistics));
                images += n;
            }
        return sums;
    }
};

}    // namespace

std::string run_text(const TrainOptions& o, const std::vector<Source>& sources)
{
    char number[64];
    std::string rates = " rate ";
    for (const double rate : o.rates) {
        std::snprintf(number, sizeof number, "%s%.9g", rates.back() == ' ' ? "" : ",", rate);
        rates += number;
    }
    std::snprintf(number, sizeof number, " momentum %.9g ", o.momentum);
    std::string text = "batch " + std::to_string(o.batch) + " schedule " + name_of(o.schedule);
    text += o.served.on() ? " on servers, replica " + o.served.replica.text() + " rate "
                          : std::string(" optimizer ") + name_of(o.optimizer) + rates + number;
    text += name_of(o.rate_schedule) + (" seed " + std::to_string(o.seed));
    if (o.precision != Precision::fp32)
        text += std::string(" precision ") + name_of(o.precision);
    if (o.rate_schedule != RateSchedule::constant || o.schedule == Schedule::greedy || o.schedule == Schedule::tuned)
        text += " steps " + std::to_string(o.steps);
    for (const Source& s : sources) {
        std::snprintf(number, sizeof number, ":%.9g", s.weight);
        text += " data " + s.pictures->digest() + number;
    }
    return text;
}

// What is computed, and when all of them meet: to log takes no other tile, to validate and to save does.
std::string tile_run_text(const TrainOptions& o, const std::vector<Source>& sources, const Sets& validation,
                          const Model& head, const Tiling& tiling)
{
    std::string text = tiling.text() + "\n" + run_text(o, sources) + "\nsteps " + std::to_string(o.steps) +
                       " validate " + std::to_string(o.validate_every) + " checkpoint " +
                       (o.checkpoint.empty() ? "never" : std::to_string(o.checkpoint_every)) + "\n";
    for (const auto& set : validation)
        text += set->digest() + "\n";
    text += model_identity(head.architecture, head.preprocessing);
    for (const auto& [key, value] : head.provenance)
        text += "\n" + key + "=" + value;
    char number[64];
    for (const double sum : head.statistics) {
        std::snprintf(number, sizeof number, "\n%.17g", sum);
        text += number;
    }
    return text;
}

// As many as compute: where pictures are large they are what a step takes, and where not they sleep.
int input_threads(const Pool& pool) { return pool.threads(); }

void train(Model& model, const std::vector<Source>& sources,
           const std::vector<std::shared_ptr<const Pictures>>& validation, const TrainOptions& options, Pool& pool,
           const TilePlace& place)
{
    Run run(model, sources, validation, options, pool, place);
    run.go();
}

std::vector<Source> open_sources(const std::vector<std::string>& texts, const PictureForm& form, const Portion& replica)
{
    std::vector<Source> sources;
    for (const std::string& text : texts) {
        const WeightedFile file = parse_weighted(text);
        const auto all = open_pictures(file.path, form);
        sources.push_back({portion(all, replica.first, replica.of), file.weight});
    }
    return sources;
}

}    // namespace nonna
