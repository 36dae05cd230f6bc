#include "dataset/test_set_choice.h"

#include "base/counted.h"
#include "base/log.h"
#include "base/random.h"
#include "dataset/test_set_rules.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <unordered_set>

namespace nonna
{

namespace
{

using Item = Candidates::Item;

const Box* best_box(const ImageMeta& meta, const std::string& detector, double min_score)
{
    const Detection* const d = verdict(meta, detector);
    const Box* best = nullptr;
    if (d)
        for (const Box& b : d->boxes)
            if (b.score >= min_score && (!best || b.score > best->score))
                best = &b;
    return best;
}

// Draws pictures of two sets at a prior, and lends the positives' boxes to the negatives where the frame is `box`.
class Drawing
{
  public:
    Drawing(const Candidates& positives, const Candidates* negatives, const TestSetOptions& o,
            const std::string& output)
        : o_(o), output_(output), yes_(positives), no_(negatives), detector_(detector_of_boxes())
    {
    }

    // What does not decode makes room for the next drawn, and where there is none for a smaller set. So pictures are
    // checked as far as they are drawn, and the counts worked out anew until none of those counted is faulty.
    Choice choose()
    {
        std::vector<const Item*> yes = usable(yes_, true), no;
        if (no_)
            no = usable(*no_, false);
        for (const auto& [items, stream] : {std::pair(&yes, draw_positives), std::pair(&no, draw_negatives)}) {
            Random random(o_.seed, Purpose::test_set, stream);
            shuffle(*items, random);
        }
        ClassCounts counts{};
        for (bool again = true; again;) {
            counts =
                no_ ? class_counts(yes.size(), no.size(), o_, output_) : ClassCounts{positives_alone(yes.size()), 0};
            again = remove_faulty(yes_, yes, counts.positives);
            if (no_)
                again |= remove_faulty(*no_, no, counts.negatives);
        }
        std::vector<Chosen>& all = choice_.pictures;
        for (std::size_t i = 0; i < counts.positives; ++i)
            all.push_back({&yes_, yes[i], true, first_view(yes[i]->sample.meta, true)});
        for (std::size_t i = 0; i < counts.negatives; ++i)
            all.push_back({no_, no[i], false, first_view(no[i]->sample.meta, false)});
        if (boxes())
            lend_boxes(counts.positives);
        for (Chosen& chosen : all)
            chosen.jitter_view(o_.framing);
        if (!no_)    // parts need negatives to divide; each has the group of the positive that it is made of
            vary_choice(all, o_, output_);
        if (!o_.lists.empty())
            split_choice(all, o_, output_);
        if (o_.match > 0)
            match_choice(choice_, o_, output_);
        if (no_ && o_.variant != Variant::plain)
            vary_choice(all, o_, output_);
        Random random(o_.seed, Purpose::test_set, draw_order);
        shuffle(all, random);
        return std::move(choice_);
    }

  private:
    const TestSetOptions& o_;
    const std::string& output_;
    const Candidates& yes_;
    const Candidates* const no_;    // null: of a control whose negatives are made of the positives
    const std::string detector_;    // whose boxes, where the frame is `box`
    Choice choice_;
    std::unordered_set<std::string> positive_digests_, positive_keys_;
    std::unordered_set<const Item*> checked_;    // for faults

    bool boxes() const { return o_.framing.frame == Framing::Frame::box; }

    // Half of the pictures that are wanted, as each serves twice.
    std::size_t positives_alone(std::size_t there) const
    {
        const std::size_t wanted = o_.count > 0 ? std::size_t(o_.count) / 2 : there;
        if (wanted > there)
            throw Error(output_, "only " + std::to_string(there) + " positives for a control of " +
                                     std::to_string(o_.count) + " pictures");
        if (wanted == 0)
            throw Error(output_, "no positives");
        return wanted;
    }

    std::string detector_of_boxes() const
    {
        if (!boxes() || !o_.detector.empty())
            return o_.detector;
        std::vector<const ImageMeta*> metas;
        for (const Item& item : yes_.items)
            metas.push_back(&item.sample.meta);
        return only_detector(metas, yes_.name());
    }

    void skip(Counted& alike, const Candidates& set, const Item& item, const std::string& reason)
    {
        alike.add(item.subject(set.name()), reason + ", skipped");
        choice_.skipped = true;
    }

    // The items that can be drawn: no repeats, enough pixels, a box where one is needed. Positives first: a negative
    // must not be one of them.
    std::vector<const Item*> usable(const Candidates& set, bool positive)
    {
        std::vector<const Item*> found;
        std::unordered_set<std::string> own;
        std::size_t small = 0, boxless = 0;
        Counted repeats(Counted::Kind::warning, set.name(), "pictures are the same as one before them, skipped");
        Counted both(Counted::Kind::warning, set.name(), "pictures are also positives, skipped");
        for (const Item& item : set.items) {
            const ImageMeta& meta = item.sample.meta;
            if (!own.insert(item.digest).second) {
                skip(repeats, set, item, "same picture as one before it");
            } else if (!positive &&
                       (positive_keys_.contains(item.sample.key) || positive_digests_.contains(item.digest))) {
                skip(both, set, item, "also a positive");
            } else if (positive && boxes() && !best_box(meta, detector_, least_score(o_, detector_))) {
                ++boxless;
            } else if (const View view = first_view(meta, positive);
                       o_.framing.changes() && (view.side == 0 || !o_.framing.fits_through(view.side))) {
                ++small;
            } else {
                found.push_back(&item);
            }
            if (positive)
                positive_keys_.insert(item.sample.key);
        }
        if (positive)
            positive_digests_ = std::move(own);
        if (both.count() > 0 && both.count() == set.items.size() - repeats.count())
            throw Error(set.name(), "each of its pictures is also a positive: is it the set of the positives?");
        repeats.tell();
        both.tell();
        if (boxless > 0)
            say(set.name() + ": " + std::to_string(boxless) + " without a box of " + detector_ + ", left out");
        if (small > 0)
            say(set.name() + ": " + std::to_string(small) + " with too few pixels for the framing, left out");
        return found;
    }

    // The view before jitter; of a negative with the frame box, the largest that could be asked of it.
    View first_view(const ImageMeta& meta, bool positive) const
    {
        if (!boxes())
            return picture_view(meta.width, meta.height, o_.framing);
        if (!positive)
            return {0, 0, double(std::min(meta.width, meta.height))};
        const Box& b = *best_box(meta, detector_, least_score(o_, detector_));
        return square_view(b.x + b.width / 2, b.y + b.height / 2, std::max(b.width, b.height) * (1 + 2 * o_.margin),
                           meta.width, meta.height);
    }

    bool remove_faulty(const Candidates& set, std::vector<const Item*>& drawn, std::size_t count)
    {
        std::vector<const Item*> todo;
        for (std::size_t i = 0; i < count; ++i)
            if (checked_.insert(drawn[i]).second)
                todo.push_back(drawn[i]);
        const std::vector<std::string> reasons = faults(set, todo, o_.threads);
        std::unordered_set<const Item*> bad;
        for (std::size_t i = 0; i < todo.size(); ++i)
            if (!reasons[i].empty()) {
                warn(todo[i]->subject(set.name()), reasons[i] + ", skipped");    // each by its name: it is damaged
                choice_.skipped = true;
                bad.insert(todo[i]);
            }
        std::erase_if(drawn, [&](const Item* item) { return bad.contains(item); });
        return !bad.empty();
    }

    // Each positive's box to equally many negatives, the largest first, each to the first drawn that is large enough.
    // Who can hold the largest can hold the others: so this order finds a place for every box where there is one.
    void lend_boxes(std::size_t positives)
    {
        std::vector<Chosen>& all = choice_.pictures;
        std::vector<std::size_t> lenders, borrowers;    // numbers in `all`; a positive as often as it lends
        for (std::size_t i = positives; i < all.size(); ++i) {
            lenders.push_back((i - positives) % positives);
            borrowers.push_back(i);
            all[i].view = {};
        }
        const auto room = [&](std::size_t i) { return std::min(all[i].meta().width, all[i].meta().height); };
        std::stable_sort(lenders.begin(), lenders.end(),
                         [&](auto a, auto b) { return all[a].view.side > all[b].view.side; });
        std::stable_sort(borrowers.begin(), borrowers.end(), [&](auto a, auto b) { return room(a) > room(b); });
        // Borrowers large enough for the box at hand, the first drawn on top; as boxes get smaller, more join.
        std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> fit;
        std::size_t next = 0;
        for (const std::size_t from : lenders) {
            const View& box = all[from].view;
            for (; next < borrowers.size() && room(borrowers[next]) >= box.side; ++next)
                fit.push(borrowers[next]);
            if (fit.empty())
                continue;
            Chosen& borrower = all[fit.top()];
            const ImageMeta &to = borrower.meta(), &own = all[from].meta();
            borrower.view = square_view((box.x + box.side / 2) * to.width / own.width,
                                        (box.y + box.side / 2) * to.height / own.height, box.side, to.width, to.height);
            fit.pop();
        }
        std::size_t without = 0;
        for (const std::size_t i : borrowers)
            if (all[i].view.side == 0) {
                const ImageMeta& meta = all[i].meta();
                all[i].view = square_view(meta.width / 2.0, meta.height / 2.0, room(i), meta.width, meta.height);
                ++without;
            }
        if (without > 0)
            say(no_->name() + ": " + std::to_string(without) +
                " are smaller than the boxes that are left: their middle square is taken, as large as it can be");
    }
};

}    // namespace

Choice draw_choice(const Candidates& positives, const Candidates* negatives, const TestSetOptions& options,
                   const std::string& output)
{
    return Drawing(positives, negatives, options, output).choose();
}

}    // namespace nonna
