#include "dataset/test_set.h"

#include "base/interrupt.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/random.h"
#include "dataset/class_balance.h"
#include "dataset/pack.h"
#include "dataset/test_set_parts.h"

#include <algorithm>
#include <queue>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace nonna
{

namespace
{

using Item = Candidates::Item;

struct Chosen {
    const Candidates* set = nullptr;
    const Item* item = nullptr;
    bool positive = false;
    View view;
    bool cut_short = false;
    std::optional<std::string> half, group;
};

// Why a picture cannot be used; empty when it can.
std::string fault(const Candidates& set, const Item& item)
{
    try {
        const Picture picture = decode_picture(set.picture(item), item.sample.key);
        const ImageMeta& meta = item.sample.meta;
        return picture.width == meta.width && picture.height == meta.height ? "" : "not of the size its json says";
    } catch (const Error& e) {
        return e.reason();
    }
}

// Why each of `items` cannot be used, on several threads.
std::vector<std::string> faults(const Candidates& set, const std::vector<const Item*>& items, int threads)
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

class Mixer
{
  public:
    Mixer(const std::string& positives, const std::string& negatives, const std::string& output,
          const TestSetOptions& o)
        : o_(o), output_(output), yes_(positives), no_(negatives)
    {
        if (boxes() && o_.from_list.empty()) {
            std::vector<const ImageMeta*> metas;
            for (const Item& item : yes_.items)
                metas.push_back(&item.sample.meta);
            detector_ = o_.detector.empty() ? only_detector(metas, yes_.name()) : o_.detector;
        }
    }

    ExitStatus run()
    {
        if (o_.from_list.empty())
            draw();
        else
            follow_list();
        say_differences();
        write();
        return skipped_ ? ExitStatus::skipped : ExitStatus::done;
    }

  private:
    const TestSetOptions& o_;
    const std::string& output_;
    Candidates yes_, no_;
    std::string detector_;
    std::vector<Chosen> all_;
    bool skipped_ = false;

    bool boxes() const { return o_.framing.frame == Framing::Frame::box; }

    void skip(const Candidates& set, const Item& item, const std::string& reason)
    {
        warn(item.subject(set.name()), reason + ", skipped");
        skipped_ = true;
    }

    // The items that can be drawn: no repeats, enough pixels, a box where one is needed.
    std::vector<const Item*> usable(const Candidates& set, std::unordered_set<std::string>& digests,
                                    std::unordered_set<std::string>& keys)
    {
        const bool positive = &set == &yes_;
        std::vector<const Item*> found;
        std::unordered_set<std::string> own;
        std::size_t small = 0, boxless = 0;
        for (const Item& item : set.items) {
            const ImageMeta& meta = item.sample.meta;
            if (!own.insert(item.digest).second) {
                skip(set, item, "same picture as one before it");
            } else if (!positive && (keys.contains(item.sample.key) || digests.contains(item.digest))) {
                skip(set, item, "also a positive");
            } else if (positive && boxes() && !best_box(meta, detector_, least_score(o_, detector_))) {
                ++boxless;
            } else if (const View view = first_view(meta, positive);
                       o_.framing.changes() && (view.side == 0 || !o_.framing.fits_through(view.side))) {
                ++small;
            } else {
                found.push_back(&item);
            }
            if (positive)
                keys.insert(item.sample.key);
        }
        if (positive)
            digests = std::move(own);
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

    void draw()
    {
        std::unordered_set<std::string> digests, keys;
        std::vector<const Item*> yes = usable(yes_, digests, keys), no = usable(no_, digests, keys);
        for (const auto& [items, stream] : {std::pair(&yes, draw_positives), std::pair(&no, draw_negatives)}) {
            Random random(o_.seed, Purpose::test_set, stream);
            shuffle(*items, random);
        }
        // What does not decode makes room for the next drawn, and where there is none for a smaller set.
        std::unordered_set<const Item*> checked;
        ClassCounts counts{};
        for (bool again = true; again;) {
            counts = class_counts(yes.size(), no.size(), o_, output_);
            again = remove_faulty(yes_, yes, counts.positives, checked);
            again |= remove_faulty(no_, no, counts.negatives, checked);
        }
        for (std::size_t i = 0; i < counts.positives; ++i)
            all_.push_back({&yes_, yes[i], true, first_view(yes[i]->sample.meta, true), false, {}, {}});
        for (std::size_t i = 0; i < counts.negatives; ++i)
            all_.push_back(
                {&no_, no[i], false, boxes() ? View() : first_view(no[i]->sample.meta, false), false, {}, {}});
        if (boxes())
            lend_boxes(counts.positives);
        for (Chosen& chosen : all_) {
            const ImageMeta& meta = chosen.item->sample.meta;
            const Jittered jittered = jitter(chosen.view, chosen.item->sample.key, meta.width, meta.height, o_.framing);
            chosen.view = jittered.view;
            chosen.cut_short = jittered.cut_short;
        }
        if (!o_.list_a.empty())
            split();
        Random random(o_.seed, Purpose::test_set, draw_order);
        shuffle(all_, random);
    }

    bool remove_faulty(const Candidates& set, std::vector<const Item*>& drawn, std::size_t count,
                       std::unordered_set<const Item*>& checked)
    {
        std::vector<const Item*> todo;
        for (std::size_t i = 0; i < count; ++i)
            if (checked.insert(drawn[i]).second)
                todo.push_back(drawn[i]);
        const std::vector<std::string> reasons = faults(set, todo, o_.threads);
        std::unordered_set<const Item*> bad;
        for (std::size_t i = 0; i < todo.size(); ++i)
            if (!reasons[i].empty()) {
                skip(set, *todo[i], reasons[i]);
                bad.insert(todo[i]);
            }
        std::erase_if(drawn, [&](const Item* item) { return bad.contains(item); });
        return !bad.empty();
    }

    // Each positive's box to equally many negatives, the largest first, each to the first drawn that is large enough.
    // Who can hold the largest can hold the others: so this order finds a place for every box where there is one.
    void lend_boxes(std::size_t positives)
    {
        std::vector<std::size_t> lent, by_size;    // positives, as often as they lend; negatives
        for (std::size_t i = positives; i < all_.size(); ++i) {
            lent.push_back((i - positives) % positives);
            by_size.push_back(i);
        }
        const auto room = [&](std::size_t i) {
            const ImageMeta& meta = all_[i].item->sample.meta;
            return std::min(meta.width, meta.height);
        };
        std::stable_sort(lent.begin(), lent.end(),
                         [&](auto a, auto b) { return all_[a].view.side > all_[b].view.side; });
        std::stable_sort(by_size.begin(), by_size.end(), [&](auto a, auto b) { return room(a) > room(b); });
        std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> fit;
        std::size_t next = 0;
        for (const std::size_t from : lent) {
            const View& box = all_[from].view;
            for (; next < by_size.size() && room(by_size[next]) >= box.side; ++next)
                fit.push(by_size[next]);
            if (fit.empty())
                continue;
            Chosen& negative = all_[fit.top()];
            const ImageMeta &to = negative.item->sample.meta, &own = all_[from].item->sample.meta;
            negative.view = square_view((box.x + box.side / 2) * to.width / own.width,
                                        (box.y + box.side / 2) * to.height / own.height, box.side, to.width, to.height);
            fit.pop();
        }
        std::size_t without = 0;
        for (std::size_t i = positives; i < all_.size(); ++i)
            if (all_[i].view.side == 0) {
                const ImageMeta& meta = all_[i].item->sample.meta;
                all_[i].view = square_view(meta.width / 2.0, meta.height / 2.0, room(i), meta.width, meta.height);
                ++without;
            }
        if (without > 0)
            say(no_.name() + ": " + std::to_string(without) +
                " are smaller than the boxes that are left, their whole middle is taken");
    }

    void split()
    {
        std::vector<ListRow> rows = list_rows();
        for (std::size_t i = 0; i < rows.size(); ++i)
            rows[i].group = group_of(all_[i].item->sample, o_.group_by);
        split_rows(rows, o_, output_);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            all_[i].half = rows[i].half;
            all_[i].group = rows[i].group;
        }
    }

    void follow_list()
    {
        std::unordered_map<std::string, const Item*> by_key[2];
        for (const Candidates* set : {&no_, &yes_})
            for (const Item& item : set->items)
                by_key[set == &yes_].emplace(item.sample.key, &item);
        std::vector<const Item*> items[2];
        std::size_t wrong = 0;
        for (ListRow& row : read_test_list(o_.from_list)) {
            const Candidates& set = row.positive ? yes_ : no_;
            const auto complain = [&](const std::string& reason) {
                warn(o_.from_list,
                     row.key + (row.source ? " (" + *row.source + "): " : ": ") + reason + " " + set.name());
                ++wrong;
            };
            const auto found = by_key[row.positive].find(row.key);
            if (found == by_key[row.positive].end()) {
                complain("not in");
                continue;
            }
            const Item& item = *found->second;
            if (row.picture && *row.picture != item.digest) {
                complain("another picture of this key in");
                continue;
            }
            if (row.view && o_.framing.framed)
                throw Error("--frame", "the list says where to look", ExitStatus::usage);
            const ImageMeta& meta = item.sample.meta;
            Chosen chosen{&set, &item, row.positive, {}, false, row.half, row.group};
            if (row.view) {
                chosen.view = *row.view;
            } else if (o_.framing.changes()) {
                if (boxes())
                    throw Error("--frame", "box needs a list with x, y, side", ExitStatus::usage);
                const Jittered jittered = jitter(picture_view(meta.width, meta.height, o_.framing), row.key, meta.width,
                                                 meta.height, o_.framing);
                chosen.view = jittered.view;
                chosen.cut_short = jittered.cut_short;
            }
            if (o_.framing.changes() && chosen.view.side < double(o_.framing.through)) {
                complain("too few pixels for --through in");
                continue;
            }
            items[row.positive].push_back(&item);
            all_.push_back(std::move(chosen));
        }
        for (const bool positive : {false, true}) {
            const Candidates& set = positive ? yes_ : no_;
            const std::vector<std::string> reasons = faults(set, items[positive], o_.threads);
            for (std::size_t i = 0; i < reasons.size(); ++i)
                if (!reasons[i].empty()) {
                    warn(items[positive][i]->subject(set.name()), reasons[i]);
                    ++wrong;
                }
        }
        if (wrong > 0)
            throw Error(o_.from_list, std::to_string(wrong) + " of its pictures cannot be had, nothing written");
        if (!o_.list_a.empty())
            split();
    }

    std::vector<ListRow> list_rows() const
    {
        std::vector<ListRow> rows;
        for (const Chosen& c : all_) {
            const Sample& sample = c.item->sample;
            rows.push_back({sample.key, c.positive, c.half, c.group, sample.meta.source, c.item->digest,
                            o_.framing.changes() ? std::optional(c.view) : std::nullopt});
        }
        return rows;
    }

    void say_differences() const
    {
        std::vector<Shown> shown;
        for (const Chosen& c : all_)
            shown.push_back({c.positive, c.item->sample.meta.width, c.item->sample.meta.height, c.view, c.cut_short});
        for (const std::string& difference : class_differences(shown, o_.framing))
            say(output_ + ": " + difference);
    }

    Sample made(const Chosen& c) const
    {
        Sample sample = c.item->sample;
        sample.meta.label = c.positive ? "1" : "0";
        sample.meta.half = c.half;
        sample.meta.group = c.group;
        if (!o_.framing.changes()) {
            const std::span<const std::byte> bytes = c.set->picture(*c.item);
            sample.picture.assign(bytes.begin(), bytes.end());
            return sample;
        }
        const Picture picture = decode_picture(c.set->picture(*c.item), c.item->subject(c.set->name()));
        const Picture framed = frame_picture(picture, c.view, o_.framing);
        sample.picture = encode_jpeg(framed);
        sample.extension = "jpg";
        sample.meta.width = sample.meta.height = framed.width;
        record_framing(sample.meta, c.view, o_);
        move_boxes(sample.meta.detections, c.view.x, c.view.y, c.view.side, c.view.side, framed.width, framed.width);
        return sample;
    }

    void write() const
    {
        ImageWriter writer(output_);
        Progress progress("writing", all_.size(), "pictures");
        std::size_t next = 0;
        in_order<const Chosen*, Sample>(
            o_.threads,
            [&](const Chosen*& job) {
                throw_if_interrupted();
                job = next < all_.size() ? &all_[next++] : nullptr;
                return job != nullptr;
            },
            [&](const Chosen*& job, int) { return made(*job); },
            [&](Sample& sample) {
                writer.write(sample);
                progress.advance();
            });
        if (!o_.list_a.empty())
            write_lists(list_rows(), o_);
        writer.commit();
    }
};

}    // namespace

ExitStatus mix_test_set(const std::string& positives, const std::string& negatives, const std::string& output,
                        const TestSetOptions& options)
{
    return Mixer(positives, negatives, output, options).run();
}

}    // namespace nonna
