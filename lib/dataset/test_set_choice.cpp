#include "dataset/test_set_choice.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "dataset/halves.h"
#include "dataset/test_set_rules.h"
#include "media/picture.h"

#include <set>

namespace nonna
{

void Chosen::jitter_view(const Framing& framing)
{
    frame = view;
    const Jittered jittered = jitter(view, item->sample.key, meta().width, meta().height, framing);
    view = jittered.view;
    cut_short = jittered.cut_short;
}

static std::string fault(const Candidates& set, const Candidates::Item& item)
{
    try {
        const Picture picture = decode_picture(set.picture(item), item.sample.key);
        const ImageMeta& meta = item.sample.meta;
        return picture.width == meta.width && picture.height == meta.height ? "" : "not of the size its json says";
    } catch (const Error& e) {
        return e.reason();
    }
}

std::vector<std::string> faults(const Candidates& set, const std::vector<const Candidates::Item*>& items, int threads)
{
    std::vector<std::string> reasons(items.size());
    Progress progress("checking", items.size(), "pictures");
    Pool(threads).for_each(items.size(), [&](std::size_t i, int) {
        throw_if_interrupted();
        reasons[i] = fault(set, *items[i]);
        progress.advance();
    });
    return reasons;
}

std::vector<ListRow> list_rows(const std::vector<Chosen>& pictures, const Framing& framing)
{
    std::vector<ListRow> rows;
    for (const Chosen& c : pictures)
        rows.push_back({c.key(), c.positive, c.half, c.group, c.meta().source, c.item->digest,
                        framing.changes() ? std::optional(c.view) : std::nullopt});
    return rows;
}

void split_choice(std::vector<Chosen>& pictures, const TestSetOptions& options, const std::string& subject)
{
    std::vector<ListRow> rows = list_rows(pictures, options.framing);
    // Where all pictures of a label are in one folder it says nothing of them, and each stands for itself.
    std::set<std::string> folders[2];
    std::vector<std::pair<const Sample*, bool>> labelled;
    for (const Chosen& c : pictures) {
        folders[c.positive].insert(group_of(c.item->sample, GroupBy::folder));
        labelled.emplace_back(&c.item->sample, c.positive);
    }
    const double stretch = stretch_of(labelled, options.part_weights.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const bool one_folder = options.group_by == GroupBy::folder && folders[pictures[i].positive].size() == 1;
        rows[i].group = group_of(pictures[i].item->sample, one_folder ? GroupBy::source : options.group_by, stretch);
    }
    split_rows(rows, options, subject);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        pictures[i].half = rows[i].half;
        pictures[i].group = rows[i].group;
    }
}

}    // namespace nonna
