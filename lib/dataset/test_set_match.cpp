#include "dataset/test_set_choice.h"

#include "base/interrupt.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/random.h"
#include "io/table.h"

#include <algorithm>
#include <cstdio>
#include <set>

namespace nonna
{

namespace
{

// A picture's squares to choose from, of sides that positives have, as far as they fit: drawn by its own key, so that
// they do not depend on the other pictures. Their keys are numbered, from 1, below the picture's digest.
std::vector<Chosen> draw_squares(const Chosen& picture, std::size_t count, const std::vector<double>& sides,
                                 const TestSetOptions& o)
{
    const int width = picture.meta().width, height = picture.meta().height;
    const auto fitting =
        std::uint64_t(std::upper_bound(sides.begin(), sides.end(), double(std::min(width, height))) - sides.begin());
    std::vector<Chosen> squares;
    std::set<View> distinct;
    Random random(o.seed, Purpose::match_squares, key_number(picture.item->sample.key));
    for (std::size_t i = 0; i < count && fitting > 0; ++i) {
        const double side = sides[random.below(fitting)];
        const View view{double(random.below(std::uint64_t(width - int(side) + 1))),
                        double(random.below(std::uint64_t(height - int(side) + 1))), side};
        if (!distinct.insert(view).second)
            continue;
        Chosen square = picture;
        square.view = view;
        square.other_key = sample_key(picture.item->digest, squares.size() + 1);
        squares.push_back(std::move(square));
    }
    return squares;
}

// The look of each of `squares`, all of one picture, as it will stand in the set: framed, encoded, decoded.
void look_at(const std::vector<Chosen>& squares, const TestSetOptions& o, std::vector<LookOfPart>& looks)
{
    if (squares.empty())
        return;
    const Chosen& first = squares.front();
    const std::string subject = first.item->subject(first.set->name());
    const Picture picture = decode_picture(first.set->picture(*first.item), subject);
    for (const Chosen& square : squares) {
        const Bytes stored = encode_jpeg(frame_picture(picture, square.view, o.framing));
        looks.push_back({low_level_look(decode_picture(stored, subject)), std::size_t(square.half.value()[0] - 'a')});
    }
}

std::vector<LookOfPart> looks_of(const std::vector<std::vector<Chosen>>& by_picture, const TestSetOptions& o)
{
    std::vector<std::vector<LookOfPart>> looks(by_picture.size());
    Progress progress("looking at", by_picture.size(), "pictures");
    Pool(o.threads).for_each(by_picture.size(), [&](std::size_t i, int) {
        throw_if_interrupted();
        look_at(by_picture[i], o, looks[i]);
        progress.advance();
    });
    std::vector<LookOfPart> all;
    for (const std::vector<LookOfPart>& some : looks)
        all.insert(all.end(), some.begin(), some.end());
    return all;
}

void say_matching(const Matching& matching, const std::string& output)
{
    for (std::size_t part = 0; part < matching.parts.size(); ++part) {
        const PartMatch& m = matching.parts[part];
        std::string text = output + ": " + part_name(part, matching.parts.size()) + ": " + std::to_string(m.matched) +
                           " of " + std::to_string(m.positives) + " positives matched";
        if (m.taken_anyway > 0)
            text += ", " + std::to_string(m.taken_anyway) + " of them to less alike ones";
        text += ", " + std::to_string(m.positives - m.matched) + " dropped";
        if (m.auc_after) {
            char aucs[80];
            std::snprintf(aucs, sizeof aucs, "; AUC of a rule over low-level looks %.3f before, %.3f after",
                          *m.auc_before, *m.auc_after);
            text += aucs;
        }
        say(text);
    }
}

}    // namespace

void match_choice(Choice& choice, const TestSetOptions& o, const std::string& output)
{
    std::vector<Chosen> positives;
    std::vector<const Chosen*> negatives;
    std::vector<double> sides;
    for (Chosen& chosen : choice.pictures) {
        chosen.cut_short = false;    // squares of candidates are not moved, there is nothing to compare
        if (!chosen.positive) {
            negatives.push_back(&chosen);
            continue;
        }
        positives.push_back(chosen);
        sides.push_back(chosen.view.side);
    }
    std::sort(sides.begin(), sides.end());

    std::vector<std::vector<Chosen>> one_each, several;    // squares, picture by picture
    for (const Chosen& positive : positives)
        one_each.push_back({positive});
    std::vector<Chosen> candidates;
    const auto wanted = std::size_t(o.match);
    for (std::size_t i = 0; i < negatives.size(); ++i) {
        const std::size_t count = wanted / negatives.size() + (i < wanted % negatives.size());
        several.push_back(draw_squares(*negatives[i], count, sides, o));
        candidates.insert(candidates.end(), several.back().begin(), several.back().end());
    }
    const Matching matching = match_looks(looks_of(one_each, o), looks_of(several, o), o.lists.size(), o.seed, output);
    say_matching(matching, output);

    choice.pictures.clear();
    for (std::size_t i = 0; i < positives.size(); ++i)
        if (matching.partners[i]) {
            choice.pictures.push_back(positives[i]);
            choice.pictures.push_back(candidates[*matching.partners[i]]);
        }
    choice.matches = matching.parts;
}

void write_match_table(const std::vector<PartMatch>& parts, const TestSetOptions& o)
{
    TableWriter table(o.match_table,
                      {"part", "positives", "matched", "taken_anyway", "dropped", "rule_auc_before", "rule_auc_after"});
    for (std::size_t part = 0; part < parts.size(); ++part) {
        const PartMatch& m = parts[part];
        table.cell(part_letter(part))
            .cell(m.positives)
            .cell(m.matched)
            .cell(m.taken_anyway)
            .cell(m.positives - m.matched);
        for (const std::optional<double>& auc : {m.auc_before, m.auc_after})
            auc ? table.cell(*auc) : table.cell("");
        table.end_row();
    }
    table.commit();
}

}    // namespace nonna
