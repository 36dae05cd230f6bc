// Neurons' responses while pictures are shifted, scaled and turned, as numbers, plot and sheet: what
// nonna-invariance does.
//
// Model to hold in mind: the first `count` pictures of a set are warped (report/warped_view.h), each by every amount of
// every warp; and of a second set, the *sequences* (report/view_angles.h), the first `count` heads of which there is
// a picture at every angle are shown as they are: the warp "view". What is held at a time is a few pictures' warps, a
// thousand of the network's inputs or one picture's, and the second set at the network's size. Results do not depend on
// the number of threads.
//
// Of many neurons, the best of a sweep, all see the same warped pictures in one pass; each has its curves in a file of
// its own (report/neuron_folders.h). Plot, sheet and single responses are of one neuron.
//
// Nothing is written before everything is measured and drawn. Error where a picture does not decode, none is left, or
// what was asked for does not fit the model.
#pragma once

#include "base/error.h"
#include "base/names.h"

#include <cstdint>
#include <optional>
#include <string>

namespace nonna
{

struct InvarianceOptions {
    enum class Beyond { mirror, mean };    // what is seen where the picture ends
    std::string model;
    std::string pictures;               // image set; "-": standard input; empty: no warps
    std::string sequence;               // image set of turned heads; empty: none
    std::string angles;                 // as ViewAngles has them
    std::string neuron;                 // name; empty: the best of `sweep`
    std::string sweep;                  // a sweep's table, for threshold and neuron
    std::optional<double> threshold;    // before `sweep`; neither: 0
    std::string positive = "1";         // pictures with another label are left out
    int count = 10;
    double crop = 0;
    Beyond border = Beyond::mirror;
    std::string translate;    // amounts; "none"; empty: by the paper's measure, see default_shift
    std::string scale = "0.4:1.6";
    std::string rotate = "180";
    std::string output = "-";
    std::string each, plot, sheet;    // further outputs, where not empty
    std::string folder;               // not empty: of many neurons NAME/invariance.tsv there, and no other output
    std::int64_t neurons = 1;         // of `sweep`, with `folder`
    int threads = 0;
};

template <>
inline constexpr auto names_of<InvarianceOptions::Beyond> = names<InvarianceOptions::Beyond>({
    {InvarianceOptions::Beyond::mirror, "mirror"},
    {InvarianceOptions::Beyond::mean, "mean"},
});

ExitStatus measure_invariance(const InvarianceOptions& options);

// The paper moves pictures by 14 pixels to either side before neurons that see 76: so much of `seen` pixels, rounded.
int default_shift(int seen);

}    // namespace nonna
