// Private to this room: the rules that both ways to a test set (test_set.h) follow.
#pragma once

#include "dataset/halves.h"
#include "dataset/test_list.h"
#include "dataset/test_set.h"
#include "io/image_stream.h"

#include <string>
#include <vector>

namespace nonna
{

// Streams of Purpose::test_set.
enum TestSetDraw : std::uint64_t {
    draw_order = 0,
    draw_positives = 1,
    draw_negatives = 2,
    draw_places = 3,
    draw_films = 4
};

struct ClassCounts {
    std::size_t positives, negatives;
};
// The one asked for, or the largest total, that has round(prior * total) negatives and is not half a picture off.
// Error(subject) where there is none.
ClassCounts class_counts(std::size_t positives, std::size_t negatives, const TestSetOptions& o,
                         const std::string& subject);

// The only detector that annotated the samples. Error(set) where there is none, or several.
std::string only_detector(const std::vector<const ImageMeta*>& metas, const std::string& set);
const Detection* verdict(const ImageMeta& meta, const std::string& detector);
double least_score(const TestSetOptions& o, const std::string& detector);    // of a positive's box

// Parts over the rows by their groups, into the rows.
void split_rows(std::vector<ListRow>& rows, const TestSetOptions& o, const std::string& subject);
void write_lists(const std::vector<ListRow>& rows, const TestSetOptions& o);

// What the samples' json says of the framing.
void record_framing(ImageMeta& meta, const View& view, const TestSetOptions& o);

}    // namespace nonna
