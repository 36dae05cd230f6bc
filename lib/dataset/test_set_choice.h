// Private to this room: which pictures a test set of positives and negatives is made of, in which order, seen how.
//
// Model to hold in mind: there are two ways to a choice, drawing (test_set_draw.cpp) and following a list
// (test_set_follow.cpp), and one way from a choice to the set (test_set.cpp). A drawn choice can then be matched
// (test_set_match.cpp) or made a variant (test_set_variant.cpp). All see to it that every picture of the choice
// decodes. What a choice points to is the candidates', which outlive it.
#pragma once

#include "dataset/candidates.h"
#include "dataset/framing.h"
#include "dataset/match.h"
#include "dataset/test_list.h"
#include "dataset/test_set.h"

#include <optional>
#include <string>
#include <vector>

namespace nonna
{

// What a variant does to a picture, as its json says it.
enum class Treatment { none, inverted, scrambled, background };

struct Chosen {
    const Candidates* set = nullptr;
    const Candidates::Item* item = nullptr;
    bool positive = false;
    View view;                 // where the framing changes pictures
    bool cut_short = false;    // its jitter was, by the picture's border
    std::optional<std::string> half = {}, group = {};
    View frame = {};               // the view before jitter
    std::string other_key = {};    // of a square that is one of several of its picture; empty: the picture's key
    Treatment treatment = Treatment::none;

    const std::string& key() const { return other_key.empty() ? item->sample.key : other_key; }
    const ImageMeta& meta() const { return item->sample.meta; }
    void jitter_view(const Framing& framing);
};

struct Choice {
    std::vector<Chosen> pictures;    // in the set's order
    bool skipped = false;            // a candidate was named and left out
    std::vector<PartMatch> matches = {};
};

// `output` is named in errors about the choice as a whole.
Choice draw_choice(const Candidates& positives, const Candidates* negatives, const TestSetOptions& options,
                   const std::string& output);
// All of the list `options.from_list` or an Error, once everything that is in the way has been named.
Choice follow_list(const Candidates& positives, const Candidates& negatives, const TestSetOptions& options,
                   const std::string& output);

// Of a choice in parts: its negatives become squares of the same pictures that look like the positives.
void match_choice(Choice& choice, const TestSetOptions& options, const std::string& output);
void write_match_table(const std::vector<PartMatch>& parts, const TestSetOptions& options);

// The control that `options.variant` names.
void vary_choice(std::vector<Chosen>& pictures, const TestSetOptions& options, const std::string& output);

// For each of `items` why it cannot be used, empty where it can: the picture decodes and has the size that its json
// says.
std::vector<std::string> faults(const Candidates& set, const std::vector<const Candidates::Item*>& items, int threads);

// Halves or parts, by the groups that the options name.
void split_choice(std::vector<Chosen>& pictures, const TestSetOptions& options, const std::string& subject);

std::vector<ListRow> list_rows(const std::vector<Chosen>& pictures, const Framing& framing);

}    // namespace nonna
