// Training of a whole model in this process's memory.
//
// One step: draw a batch, go up, add the batch's sums to the stages' averaged statistics (decay 0.99), cost and
// gradient with that alpha, update, restore norms. A run is determined by the model, the data and TrainOptions' first
// block; threads, checkpoints and resuming change nothing, to the last bit.
//
// The log (TSV) has a row every `log_every` steps with set = train, about that step's batch before its update,
// and a row with set = validate at the start, every `validate_every` steps and at the end:
//     step set images rate cost (the rate is that of the first stage), and for each stage K
//     stageK_reconstruction stageK_sparsity stageK_penalty stageK_relative stageK_best_relative stageK_alpha
// Costs are means over images; stageK_penalty = lambda * sparsity, what the cost has beside the reconstruction, so that
// the two can be compared; stageK_relative = reconstruction / |x|^2 at the model's alpha, stageK_best_relative the
// same at the alpha that suits these very pictures best. Several validation sets are one set, one after another.
//
// Times change from run to run, and the log must not: they have a table of their own, `timing`, with a row every
// `log_every` steps, about the time since the row before, and one for the whole run:
//     step seconds images_per_second waited_input waited_fetch waited_push staleness
// the shares of the time in which the arithmetic waited for its pictures, for the servers' values and for a push
// before, and the mean age, in versions, of the values that applied pushes were computed on.
//
// Against servers (lib/paramserver) the run is one replica of several, and learns from every N-th picture. The update
// rule is the servers' own. With one replica that fetches and pushes at every step, log and model are those of training
// alone with the same rule, to the last bit.
//
// Whoever resumes gives the same options, or names those of rate, rate-schedule and steps that are changed from there
// on, on purpose; model and checkpoints then say at which step each rate began (`paces`).
//
// A checkpoint is the model file with the optimiser's state, the data positions and the options; the newest of
// them (`checkpoint_keep`) are kept in `checkpoint` as step-NNNNNNNNN.safetensors. The first signal
// (base/interrupt.h) ends the step, writes a checkpoint where a folder was given, and throws Error("interrupted", ...),
// with the status `interrupted` where there is one.
#pragma once

#include "model/exchange.h"
#include "model/model_file.h"
#include "model/network.h"
#include "optimiser/optimiser.h"
#include "paramserver/client.h"
#include "train/batches.h"

#include <string>
#include <vector>

namespace nonna
{

// Training on parameter servers; in this process's memory where no server is named.
struct ServedOptions {
    ClientOptions client;
    Portion replica;                 // I of N, and which pictures
    std::int64_t fetch_every = 1;    // P, in steps
    std::int64_t push_every = 1;     // G
    std::int64_t warm_start = 0;     // steps of replica 0 before the others begin
    bool pull = true;                // at the end the model takes the servers' values, each shard's of one moment

    bool on() const { return !client.servers.empty() || !client.rendezvous.empty(); }
};

struct TrainOptions {
    std::int64_t steps = 1000;
    int batch = 100;
    Schedule schedule = Schedule::stagewise;    // greedy: an equal share of the steps for each stage
    Rule optimizer = Rule::turn;
    std::vector<double> rates = {row_of(Rule::turn).usual_rate};    // one for all stages, or one a stage
    RateSchedule rate_schedule = RateSchedule::cosine;
    double momentum = 0.9;
    Precision precision = Precision::fp32;    // of the local filters' products
    std::uint64_t seed = 1;

    std::int64_t log_every = 10;
    std::int64_t validate_every = 100;
    std::string log;           // empty: none
    std::string timing;        // empty: none
    std::string checkpoint;    // folder; empty: none
    std::int64_t checkpoint_every = 100;
    std::string checkpoint_keep = "2";    // so many, at least 1, or "all"
    bool resume = false;
    std::string metrics;    // URL of a page; empty: none
    std::string change;     // options that may be others than the resumed run's, as in "rate,steps"; empty: none

    std::string model;    // of a network in tiles: the file that `model` is a part of

    ServedOptions served;
};

// Everything that determines a run, as one line; and what two tiles of one network must agree on, which is more.
std::string run_text(const TrainOptions& options, const std::vector<Source>& sources);
std::string tile_run_text(const TrainOptions& options, const std::vector<Source>& sources,
                          const std::vector<std::shared_ptr<const Pictures>>& validation, const Model& head,
                          const Tiling& tiling);

int input_threads(const Pool& pool);    // that read and decode ahead, beside the pool's

// Trains `model` in place. `validation` may be empty. With a place in a tiling `model` has the tile's parameters alone
// (model/tile_parameters.h), beside the architecture and statistics of the whole. Then all tiles call it, with the same
// sources and options, and tile 0 keeps log, timing, metrics and checkpoints. A run in tiles is the same run but for
// rounding, so that a checkpoint may be gone on from in others.
void train(Model& model, const std::vector<Source>& sources,
           const std::vector<std::shared_ptr<const Pictures>>& validation, const TrainOptions& options, Pool& pool,
           const TilePlace& place = {});

// Opens each "FILE" or "FILE:WEIGHT" (images/mixture.h); of its pictures a replica sees its portion.
std::vector<Source> open_sources(const std::vector<std::string>& texts, const PictureForm& form,
                                 const Portion& replica);

// Fits what a random model's decoders need to preprocessed `images` ((image, row, column, channel), `count` of them):
// the statistics of tied stages and the scale of untied decoders to the least-squares alpha, and an autoencoder's
// biases, so that on these images each hidden unit's input, and each input's error, has mean 0 (fit_scale.cpp).
void fit_scale(Model& model, std::span<const float> images, std::size_t count, Pool& pool);

}    // namespace nonna
