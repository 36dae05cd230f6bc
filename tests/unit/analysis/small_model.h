// A model small enough for what is exact to be compared: 16x16x3, two stages, no whitening, so that the network's input
// is the normalised picture itself.
#pragma once

#include "base/parallel.h"
#include "model/model_file.h"

namespace nonna::test
{

inline Model small_model(double c = 0.01, Border border = Border::same)
{
    Architecture a;
    a.name = "small";
    a.side = 16;
    a.whitening = 0;
    a.stages.resize(2);
    a.stages[0].field = 5;
    a.stages[0].maps = 3;
    a.stages[0].pool = 3;
    a.stages[0].norm = 3;
    a.stages[0].c = c;
    a.stages[0].border = border;
    a.stages[1] = a.stages[0];
    a.stages[1].field = 4;
    a.stages[1].pool = 2;
    a.complete("small");
    Preprocessing p;
    p.side = 16;
    Pool pool(1);
    return random_model(a, p, 7, pool);
}

}    // namespace nonna::test
