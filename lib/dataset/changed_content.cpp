#include "dataset/changed_content.h"

#include "dataset/duplicates.h"
#include "media/reason.h"

#include <tuple>

namespace nonna
{

namespace
{

using Status = UnitRecord::Status;
using What = UnitChange::What;

bool is(const UnitRecord& record, Reason reason) { return record.reason == reason_code(reason); }

// A content that a changed unit stood for, and the duplicate that stands for it from now on.
struct Content {
    std::string id;
    std::string heir, heir_source;    // empty: none
};

class Leaving
{
  public:
    Leaving(const SetStore& store, const std::set<std::string>& changed, int near_dup)
        : store_(store), changed_(changed), looks_(near_dup)
    {
    }

    std::map<std::string, UnitChange> all()
    {
        find_contents();
        find_heirs();
        for (const std::string& id : changed_)
            changes_[id] = {What::gone, "", ""};
        for (const auto& [digest, content] : contents_)
            if (!content.heir.empty())
                changes_[content.id] = {What::inherited, content.heir_source, content.heir};
        store_.each([&](const UnitRecord& record, std::uint64_t offset) {
            if (const auto change = changes_.find(record.id);
                change == changes_.end() || change->second.what != What::gone)
                looks_.remember(record, offset);
        });
        judge_near_duplicates();
        judge_duplicates();
        return std::move(changes_);
    }

  private:
    const SetStore& store_;
    const std::set<std::string>& changed_;
    DuplicateIndex looks_;                       // of what stays
    std::map<std::string, Content> contents_;    // by digest
    std::set<std::string> gone_contents_;
    std::map<std::string, UnitChange> changes_;

    void find_contents()
    {
        store_.each([&](const UnitRecord& record, std::uint64_t) {
            if (!changed_.contains(record.id) || record.digest.empty() || is(record, Reason::duplicate))
                return;
            if (is(record, Reason::near_duplicate))    // of what may be leaving as well: to be looked at again
                gone_contents_.insert(record.digest);
            else
                contents_[record.digest].id = record.id;
        });
    }

    void find_heirs()
    {
        store_.each([&](const UnitRecord& record, std::uint64_t) {
            if (changed_.contains(record.id) || !is(record, Reason::duplicate))
                return;
            const auto found = contents_.find(record.digest);
            if (found == contents_.end())
                return;
            Content& content = found->second;
            if (content.heir.empty() ||
                std::tie(record.source, record.id) < std::tie(content.heir_source, content.heir)) {
                content.heir = record.id;
                content.heir_source = record.source;
            }
        });
    }

    // The name of a unit that stays, or its heir's.
    std::string source_of(std::uint64_t offset) const
    {
        const UnitRecord record = store_.at(offset);
        const auto change = changes_.find(record.id);
        return change == changes_.end() ? record.source : change->second.source;
    }

    void judge_near_duplicates()
    {
        store_.each([&](const UnitRecord& record, std::uint64_t) {
            if (changed_.contains(record.id) || !is(record, Reason::near_duplicate))
                return;
            const std::optional<std::uint64_t> like = looks_.look_alike(record.hashes);
            if (!like) {
                changes_[record.id] = {What::gone, "", ""};
                gone_contents_.insert(record.digest);
            } else if (leaves(record.of)) {
                changes_[record.id] = {What::repeats, source_of(*like), ""};
            }
        });
    }

    void judge_duplicates()
    {
        store_.each([&](const UnitRecord& record, std::uint64_t) {
            if (changed_.contains(record.id) || !is(record, Reason::duplicate))
                return;
            const auto found = contents_.find(record.digest);
            if (gone_contents_.contains(record.digest))
                changes_[record.id] = {What::gone, "", ""};
            else if (found != contents_.end() && found->second.heir != record.id)
                changes_[record.id] = {What::repeats, found->second.heir_source, ""};
        });
    }

    std::set<std::string> left_;    // sources, filled by the first question

    bool leaves(const std::string& source)
    {
        if (left_.empty())
            store_.each([&](const UnitRecord& record, std::uint64_t) {
                if (changed_.contains(record.id))
                    left_.insert(record.source);
            });
        return left_.contains(source);
    }
};

}    // namespace

std::map<std::string, UnitChange> leaving_units(const SetStore& store, const std::set<std::string>& changed,
                                                int near_dup)
{
    return Leaving(store, changed, near_dup).all();
}

}    // namespace nonna
