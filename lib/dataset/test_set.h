// Test sets: positives (label "1") and distractors (label "0") at a given prior, in a seeded order.
//
// Two ways to one.
//
// (a) mix_test_set: positives and negatives are image sets. As many of each are taken as the prior (the share of
//     negatives; the paper's is 23,974 of 37,000: 0.647946) and the sets' sizes allow, or `count` in all: round(prior *
//     total) negatives. Without `count` a total that would be half a picture off gives one up: half and half is exact.
//     Which, is drawn. A picture whose bytes or key came before in its set, or that is also
//     a positive, is named and skipped; one that does not decode likewise, and the next drawn takes its place. Every
//     picture goes through the framing (dataset/framing.h). Where that changes pictures, all are encoded anew, those
//     that have the size already too; where not, bytes are kept. With the frame `box` a positive's view is around its
//     surest box of at least `min_score` (pictures without one are no candidates), and negatives are seen through the
//     positives' boxes: each box serves equally often, up to one time, at the same relative place and of the same side
//     in pixels, so that both classes have the same distribution of sides and are resized alike; the largest boxes
//     first, each in the first drawn negative that is large enough.
//     With `from_list` the pictures are exactly those of a list (dataset/test_list.h), in its order and with its views;
//     those labelled 1 come from the positives, those labelled 0 from the negatives. A picture that is not there, has
//     other bytes, or does not decode is named, and nothing is written.
//
//     With `match` (and lists), the drawn negatives are replaced: `match` squares are drawn from their pictures, each
//     picture giving equally many, of sides that the positives have, as far as they fit, anywhere in the picture; and
//     each positive takes the one that looks like it (dataset/match.h). Parts are those of the set without `match`.
//     With a variant, the draws are the same, and the set is a control. inverted and scrambled need no negatives: there
//     `negatives` may be empty, and all positives serve, or half as many as `count`.
//     - inverted: the positives, and as negatives the same positives turned upside down, by half a turn;
//     - scrambled: the positives, and as negatives the same with phases scrambled (media/phase_scramble.h);
//     - background: as positives squares beside the thing, of the positives' pictures, with the negatives as they are.
//       Beside: in a strip of the picture left, right, above or below of both the positive's square and the middle two
//       thirds of its frame before jitter; a side of at least `through` (or `size`), at most the positive's. A square
//       is not taken where a twentieth of its border is black. Positives without one are left out and counted.
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
// Both can be cut in halves, or more parts, that share no group (dataset/halves.h): `half` and `group` go into the
// samples' json, and one list a part is written; where few groups make up a part, a message says so. (a) holds what is
// known of the pictures, not the pictures, unless they come through a pipe; (b) holds the encoded input sets in memory.
// Results do not depend on `threads`.
#pragma once

#include "base/error.h"
#include "dataset/framing.h"
#include "dataset/halves.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nonna
{

enum class Variant { plain, inverted, scrambled, background };

template <>
inline constexpr auto names_of<Variant> = names<Variant>({
    {Variant::plain, "plain"},
    {Variant::inverted, "inverted"},
    {Variant::scrambled, "scrambled"},
    {Variant::background, "background"},
});

// Of the positives themselves, so that no others are needed.
constexpr bool makes_negatives(Variant v) { return v == Variant::inverted || v == Variant::scrambled; }

struct TestSetOptions {
    double prior = 0.647946;    // share of negatives, in (0, 1)
    std::int64_t count = 0;     // pictures in all; 0: as many as there are
    std::uint64_t seed = 0;
    double margin = 0.1;                // around boxes
    std::optional<double> min_score;    // of positives' boxes; none: the detector's standard_score, 0 for a foreign one
    std::string detector;               // whose boxes; empty: the only one that annotated the set
    Framing framing;                    // its seed is `seed`; (b) takes no frame and no jitter
    std::string from_list;              // (a) only
    std::vector<std::string> lists;     // of the parts a, b ...; empty: no parts
    std::vector<double> part_weights;
    GroupBy group_by = GroupBy::source;
    std::int64_t match = 0;              // (a) only: candidates in all; 0: no matching
    std::string match_table;             // what became of it, a line a part; set_lists sets it, PREFIX-match.tsv
    Variant variant = Variant::plain;    // (a) only
    int threads = 0;                     // one for each processor
    std::string made_by;                 // program, version and job, for the json

    // "PREFIX" (halves) or "PREFIX=A:B[:C ...]": lists PREFIX-a.tsv, PREFIX-b.tsv ..., parts in the proportions A : B :
    // C. Error with status usage.
    void set_lists(const std::string& text);
};

ExitStatus mix_test_set(const std::string& positives, const std::string& negatives, const std::string& output,
                        const TestSetOptions& options);
ExitStatus test_set_from_boxes(const std::string& annotated, const std::string& others, const std::string& output,
                               const TestSetOptions& options);    // others empty: none

}    // namespace nonna
