// Head and network learn together: the head's loss alone, its gradient through all stages below the head's layer.
//
// Model to hold in mind: the network ends at the head's layer, which must be one, and the last of its stage or its
// pooling; stages above it stay as they are. A step takes a minibatch of a seeded order (another one every epoch), and
// moves the head by Adagrad at `head_rate`, and the encoders by `optimizer` at `rate`, each filter kept at norm 1 where
// the architecture says so. The mean loss is that of fit_head.h, with l2 for the head's weights alone. Reconstruction
// takes no part: decoders that are not tied, and the averaged statistics of tied ones, stay as they are. The
// standardisation is the head's, a constant.
//
// From scratch: the same with the random weights that the model began with (its `seed` and `start`), and a head at the
// start of a fit: weights 0, biases at the classes' shares, standardised by what these random weights respond.
//
// A run is determined by model, head, pictures and the options but those of files; threads and interruptions change
// nothing, to the last bit. Memory: the model, its gradient, and the rule's state.
#pragma once

#include "optimiser/optimiser.h"
#include "recognition/logistic_head.h"

#include <cstdint>
#include <string>

namespace nonna
{

struct FineTuneOptions {
    std::int64_t steps = 1000;
    std::int64_t batch = 100;
    Rule optimizer = Rule::turn;
    double rate = 0.003, momentum = 0.9;
    double head_rate = 0.001;
    RateSchedule rate_schedule = RateSchedule::cosine;
    double l2 = 0;
    std::uint64_t seed = 1;
    bool from_scratch = false;

    std::string log;    // table; empty: none
    std::int64_t log_every = 10;
    std::string checkpoint;    // file; empty: none
    std::int64_t checkpoint_every = 100;
    bool resume = false;

    std::string described() const;    // all that determines the run, as options
};

// In place; `layer` is the head's. Log (TSV): step, images, loss, top1: of the minibatches since the row before, before
// their steps. Error where a label is unknown to the head.
void fine_tune(Model& model, const std::string& model_name, LogisticHead& head, const std::string& head_name,
               LayerId layer, const LabelledPictures& pictures, const FineTuneOptions& options, Pool& pool);

}    // namespace nonna
