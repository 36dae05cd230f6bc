#include "dataset/test_set_choice.h"

#include "base/error.h"
#include "base/log.h"

#include <unordered_map>

namespace nonna
{

namespace
{

using Item = Candidates::Item;

// A list's pictures, found again in the sets that it was made of. What is in the way is named and counted, so that one
// run tells all of it.
class ListFollower
{
  public:
    ListFollower(const Candidates& positives, const Candidates& negatives, const TestSetOptions& o)
        : o_(o), positives_{positives, {}, {}}, negatives_{negatives, {}, {}}
    {
        for (Class* const one : {&positives_, &negatives_})
            for (const Item& item : one->set.items)
                one->add(item);
    }

    std::vector<Chosen> follow()
    {
        for (const ListRow& row : read_test_list(o_.from_list))
            add(row);
        name_faults(negatives_.set, false);
        name_faults(positives_.set, true);
        if (wrong_ > 0)
            throw Error(o_.from_list,
                        std::to_string(wrong_) + " of its pictures cannot be used as it says, nothing written");
        return std::move(chosen_);
    }

  private:
    struct Class {
        const Candidates& set;
        std::unordered_map<std::string, const Item*> by_key, by_digest;

        void add(const Item& item)
        {
            by_key.emplace(item.sample.key, &item);
            by_digest.emplace(item.digest, &item);
        }
        // A row's key is its picture's, or, where it is one of several squares of it, numbered below the picture's
        // digest.
        const Item* find(const ListRow& row) const
        {
            if (const auto at = by_key.find(row.key); at != by_key.end())
                return at->second;
            if (!row.picture || !row.view || !row.key.starts_with(sample_key(*row.picture) + "-"))
                return nullptr;
            const auto at = by_digest.find(*row.picture);
            return at != by_digest.end() ? at->second : nullptr;
        }
    };
    const TestSetOptions& o_;
    Class positives_, negatives_;
    std::vector<Chosen> chosen_;
    std::size_t wrong_ = 0;

    void add(const ListRow& row)
    {
        const Class& its = row.positive ? positives_ : negatives_;
        const auto complain = [&](const std::string& reason) {
            warn(o_.from_list,
                 row.key + (row.source ? " (" + *row.source + "): " : ": ") + reason + " " + its.set.name());
            ++wrong_;
        };
        const Item* const found = its.find(row);
        if (!found)
            return complain("not in");
        const Item& item = *found;
        if (row.picture && *row.picture != item.digest)
            return complain("another picture of this key in");
        Chosen chosen{&its.set, &item, row.positive, {}, false, row.half, row.group};
        if (row.key != item.sample.key)
            chosen.other_key = row.key;
        look(row, chosen);
        if (o_.framing.changes() && chosen.view.side < double(o_.framing.through))
            return complain("too few pixels for --through in");
        chosen_.push_back(std::move(chosen));
    }

    // The list's own view, jitter and all; where it has none, the frame that was asked for.
    void look(const ListRow& row, Chosen& chosen) const
    {
        if (row.view) {
            if (o_.framing.framed)
                throw Error("--frame", "the list says where to look", ExitStatus::usage);
            chosen.view = *row.view;
        } else if (o_.framing.changes()) {
            if (o_.framing.frame == Framing::Frame::box)
                throw Error("--frame", "box needs a list with x, y, side", ExitStatus::usage);
            chosen.view = picture_view(chosen.meta().width, chosen.meta().height, o_.framing);
            chosen.jitter_view(o_.framing);
        }
    }

    void name_faults(const Candidates& set, bool positive)
    {
        std::vector<const Item*> items;
        for (const Chosen& chosen : chosen_)
            if (chosen.positive == positive)
                items.push_back(chosen.item);
        const std::vector<std::string> reasons = faults(set, items, o_.threads);
        for (std::size_t i = 0; i < reasons.size(); ++i)
            if (!reasons[i].empty()) {
                warn(items[i]->subject(set.name()), reasons[i]);
                ++wrong_;
            }
    }
};

}    // namespace

Choice follow_list(const Candidates& positives, const Candidates& negatives, const TestSetOptions& options,
                   const std::string& output)
{
    Choice choice{ListFollower(positives, negatives, options).follow(), false};
    if (!options.lists.empty())
        split_choice(choice.pictures, options, output);
    return choice;
}

}    // namespace nonna
