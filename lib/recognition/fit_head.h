// Fits a head (recognition/logistic_head.h) to the features of labelled pictures.
//
// Model to hold in mind. With N pictures learnt from, F features and C classes the objective is
//
//     (1 / N) sum over pictures and classes of the loss of a unit + (l2 / 2) sum over weights^2        (biases are
//     free)
//
// a sum of C problems that share nothing but the order of the pictures. Every epoch goes through the pictures in
// another seeded order, in minibatches; a minibatch's gradient g, its mean loss's with l2 w added, moves each weight by
//
//     adagrad     s += g^2,               w -= rate / sqrt(F) * g / sqrt(s + 1e-12)
//     momentum    v = momentum * v + g,   w -= rate / F * v
//
// where the divisors make one rate suit any number of features. Weights begin at 0, a bias at the logit of its class's
// share of the pictures. What is judged, and in the end kept, is the mean of the weights over the steps since the last
// epoch whose number (from 1) is a power of two: so it forgets its beginnings by itself.
//
// Negatives: each picture teaches its own class's unit, and all other units or N of them, drawn anew for each picture
// and epoch. Then units see more positives than there are, and at the end each bias takes back the logarithm of by how
// much: log(N / (C - 1)).
//
// Early stopping: of every class a share of the pictures is held out, at least one is not; after every epoch the head
// is judged on them, and kept where more of them are named rightly than ever, or as many with less loss; `patience`
// epochs without a better one end the run. Without held-out pictures the run makes all its epochs and keeps the last.
//
// Memory: the weights and what goes with them, `arrays` times C (F + 1) floats, and one minibatch. Where that is more
// than `memory` they lie in an unlinked file in $TMPDIR, and an epoch goes through the classes block by block, with all
// pictures for each: as many classes in a block as memory has room for. The numbers are the same for any memory, any
// number of threads, and any way to the same features.
//
// A checkpoint is all that, sealed, at the end of some epochs and when the run is interrupted. A run resumed from it
// ends in the same bits.
#pragma once

#include "base/names.h"
#include "optimiser/optimiser.h"
#include "recognition/features.h"
#include "recognition/logistic_head.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

enum class HeadRule { adagrad, momentum };

template <>
inline constexpr auto names_of<HeadRule> = names<HeadRule>({{HeadRule::adagrad, "adagrad"},
                                                            {HeadRule::momentum, "momentum"}});

struct HeadOptions {
    double l2 = 0;
    HeadRule rule = HeadRule::adagrad;
    std::optional<double> rate;    // none: usual_head_rate
    double momentum = 0.9;
    RateSchedule rate_schedule = RateSchedule::constant;
    std::int64_t epochs = 100, batch = 100;
    std::int64_t negatives = 0;    // a picture; 0: all other classes
    double hold_out = 0.1;         // share of a class's pictures
    std::int64_t patience = 10;    // epochs
    std::uint64_t seed = 1;

    std::size_t memory = std::size_t(4) << 30;    // bytes for the arrays
    std::string log;                              // table; empty: none
    std::string checkpoint;                       // file; empty: none
    std::int64_t checkpoint_every = 10;           // epochs
    bool resume = false;

    // "all" or a number. Error with status usage.
    void set_negatives(const std::string& text);
    std::string described() const;    // all that determines the run, as options
};

double usual_head_rate(HeadRule rule);

// What is learnt from. `labels`: into `classes`, one a picture of the features.
struct HeadExamples {
    std::string name;    // in messages
    const std::vector<std::string>& classes;
    std::vector<std::uint32_t> labels;
};

// Sizes alone, before anything is read.
struct HeadPlan {
    std::uint64_t weights = 0;    // one array
    int arrays = 0;               // weights, the rule's, their mean, the best so far
    std::uint64_t in_memory = 0, on_disk = 0, blocks = 1, batch = 0;
    double step_flop = 0;    // of a minibatch: two products of batch x features x classes
    std::uint64_t total() const { return in_memory + batch; }
};
HeadPlan plan_head(std::size_t classes, std::size_t features, const HeadOptions& options);
std::string head_plan_table(const HeadPlan& plan, std::size_t classes, std::size_t features);

// `run`: what determines the run beside the options (model, layers, data), for the checkpoint. Layers, model digest and
// provenance of the head are the caller's to fill in. Error where there are fewer than two classes; classes with a
// single picture are told. Log (TSV): epoch, loss (mean over its minibatches, before their steps), held_loss,
// held_top1.
LogisticHead fit_head(Features& features, const HeadExamples& examples, const HeadOptions& options,
                      const std::string& run, Pool& pool);

}    // namespace nonna
