// The smallest model there is, whose files make a corpus of a few kilobytes.
#pragma once

#include "base/parallel.h"
#include "model/model_file.h"

namespace nonna::fuzz
{

inline Model micro_model()
{
    Architecture a;
    a.name = "micro";
    a.side = 4;
    a.channels = 1;
    a.whitening = 0;
    a.stages.resize(1);
    a.stages[0].field = 2;
    a.stages[0].maps = 1;
    a.stages[0].pool = 1;
    a.stages[0].norm = 0;
    a.complete("micro");
    Preprocessing preprocessing;
    preprocessing.side = 4;
    preprocessing.channels = 1;
    Pool pool(1);
    Model model = random_model(a, preprocessing, 1, pool);
    model.provenance["training"] = "optimizer=turn rate=0.01";
    return model;
}

}    // namespace nonna::fuzz
