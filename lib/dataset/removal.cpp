#include "dataset/removal.h"

#include "base/log.h"
#include "dataset/duplicates.h"
#include "dataset/set_store.h"
#include "media/reason.h"

namespace nonna
{

ExitStatus remove_sources(const std::string& folder, const std::vector<std::string>& sources)
{
    SetStore store(folder);
    std::set<std::string> wanted, found, contents, going;
    for (const std::string& source : sources)
        wanted.insert(unit_id(source));
    store.each([&](const UnitRecord& record, std::uint64_t) {
        if (wanted.contains(record.id)) {
            found.insert(record.id);
            if (!record.digest.empty())
                contents.insert(record.digest);
        }
    });
    // A second time through the manifest: units of the same content under other names may stand before the one that was
    // named, and they have to go with it.
    DuplicateIndex known(-1);
    store.each([&](UnitRecord record, std::uint64_t offset) {
        if ((found.contains(record.id) || contents.contains(record.digest)) &&
            record.reason != reason_code(Reason::removed)) {
            going.insert(record.id);
            record.status = UnitRecord::Status::rejected;
        }
        known.remember(record, offset);
    });
    if (!going.empty()) {
        store.remove(going);
        say(folder + ": " + std::to_string(going.size()) + " removed; " + known.count().text());
    }
    bool unknown = false;
    for (const std::string& source : sources)
        if (!found.contains(unit_id(source))) {
            warn(source, "not in the set, skipped");
            unknown = true;
        }
    return unknown ? ExitStatus::skipped : ExitStatus::done;
}

}    // namespace nonna
