// Test sets: positives (label "1") and distractors (label "0") at a given prior, in a seeded order.
//
// Two ways to one.
//
// (a) mix_test_set: positives and negatives are image sets. As many of each are taken as the prior (the share of
//     negatives) and the sets' sizes allow, or `count` in all; which, is drawn. A picture (a key) that is in both sets
//     counts as a positive; it is named, and the negative skipped.
//
// (b) test_set_from_boxes: so that a place, a time or a film cannot pass for the thing itself. The frames are those of
//     an annotated set (dataset/annotate.h), whose samples say which source each is from.
//     - A box's *square*: centred on the box, side = the box's longer side times (1 + 2 margin), whole pixels, moved
//       inside the picture; a square that does not fit the picture is not used.
//     - Positives: the squares of the boxes with at least `min_score`.
//     - Negatives of the same place: a positive's square in another frame of the same source (same digest) in which no
//       box, of whatever score, touches it, nor in the set's frames just before and after it, and which looks there
//       as that source mostly does (the half of its frames nearest to their median, dataset/usual_look.h): detectors
//       miss things, small ones for minutes.
//     - Negatives of other films: a positive's square in a frame of `others` from another source, at the same
//       relative place and scaled by min(width ratio, height ratio); not where a box of the same detector,
//       if the frame was annotated, touches it.
//     Going round the positives in a seeded order, each gives one negative of the same place and one of another film
//     a round, its frame drawn; half of the negatives are wanted of each sort, and where one sort runs out the other
//     fills up. No square is taken twice from a frame. Where the negatives do not suffice for the prior, positives are
//     left out.
//
// Both hold the encoded input sets in memory. Results do not depend on `threads`.
#pragma once

#include "base/error.h"

#include <cstdint>
#include <string>

namespace nonna {

struct TestSetOptions {
    double prior = 0.648;      // share of negatives, in (0, 1)
    std::int64_t count = 0;    // pictures in all; 0: as many as there are
    std::uint64_t seed = 0;
    std::int64_t size = 0;     // stored side in pixels; 0: as cut
    double margin = 0.1;       // (b) only, as the two below
    double min_score = 0;
    std::string detector;      // empty: the only one that annotated the set
    int threads = 1;
};

ExitStatus mix_test_set(const std::string& positives, const std::string& negatives, const std::string& output,
                        const TestSetOptions& options);
ExitStatus test_set_from_boxes(const std::string& annotated, const std::string& others, const std::string& output,
                               const TestSetOptions& options);    // others empty: none

}    // namespace nonna
