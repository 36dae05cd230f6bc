// What tells a test set's classes apart besides what they show: sizes, sharpness, bars, borders.
//
// From the numbers of the plan alone, no pixel is looked at. A neuron that knows an enlarged picture from a reduced one
// passes for a face neuron when all faces were enlarged; so where the classes differ, it is said, with numbers.
#pragma once

#include "dataset/framing.h"

#include <string>
#include <vector>

namespace nonna
{

struct Shown {
    bool positive = false;
    int width = 0, height = 0;    // of the picture as stored in its set
    View view;                    // where the framing changes pictures
    bool cut_short = false;       // its jitter was
};

// One sentence a difference, in the order: stored sizes (where bytes are kept), enlargement, reduction, bars, jitter.
std::vector<std::string> class_differences(const std::vector<Shown>& pictures, const Framing& framing);

}    // namespace nonna
