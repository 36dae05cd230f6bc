// A built set in its folder, growing, whose data no crash can lose (nonna-images(5) has the layout).
//
// Model to hold in mind: at rest the folder holds sealed shards and a manifest, and nothing is half done. A run
// appends: samples to a copy of the last shard that is not full (shards/NNNNNN.part), lines to the manifest.
// journal.jsonl says how much of both is whole; it is written, after both are on the disk, every few units. A shard
// that is full is sealed: end of archive, a line in the journal, rename, index, digest. finish() seals the last one and
// removes the journal. Whoever opens the folder after a crash cuts both back to what the journal says, seals, and is at
// rest again; what was decided after the last journal line is decided again. So a set's bytes are a function of its
// settings and of the sequence of units added, not of the runs or crashes that added them.
//
// Lock: flock on FOLDER/lock while the object lives; Error with status locked when another run has it. One thread.
#pragma once

#include "base/descriptor.h"
#include "io/built_set.h"
#include "io/image_stream.h"
#include "io/manifest.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace nonna
{

// The settings of a set at rest, for reading: Error when it is no set, or its last run was cut short and has to be run
// to its end first. Holds a shared lock as long as it lives.
class SetReading
{
  public:
    explicit SetReading(const std::string& folder);
    const std::string& folder() const { return files_.folder(); }
    const BuiltSetFiles& files() const { return files_; }
    const Settings& settings() const { return settings_; }

  private:
    BuiltSetFiles files_;
    Settings settings_;
    Descriptor lock_;
};

// What becomes of a unit that the set has, where its samples or its line cannot stay as they are.
struct UnitChange {
    enum class What {
        removed,      // a takedown: its samples go, its line says "rejected: removed"
        gone,         // its samples and its line go, as if it had never been offered
        inherited,    // the unit `heir`, a duplicate of it, takes its line's place, with its samples
        repeats,      // its line says that it repeats `source`
    };
    What what = What::removed;
    std::string source;    // of the heir, or the one it repeats
    std::string heir;      // id
};

template <>
inline constexpr auto names_of<UnitChange::What> = names<UnitChange::What>({
    {UnitChange::What::removed, "removed"},
    {UnitChange::What::gone, "gone"},
    {UnitChange::What::inherited, "inherited"},
    {UnitChange::What::repeats, "repeats"},
});

class SetStore
{
  public:
    // Makes the set where there is none. Where there is one, its settings must be these, but for "version", else
    // Error with status usage.
    SetStore(const std::string& folder, const Settings& settings);
    // Only an existing set, whatever its settings.
    explicit SetStore(const std::string& folder);
    ~SetStore();    // without finish(): leaves the journal, as a crash would
    SetStore(const SetStore&) = delete;
    SetStore& operator=(const SetStore&) = delete;

    // Units so far, in the order of decision, with the offset of their line.
    void each(const std::function<void(const UnitRecord& record, std::uint64_t offset)>& visit) const;
    UnitRecord at(std::uint64_t offset) const;

    // Appends a unit; `shard` and `keys` of the record are filled in. Gives the offset of its line.
    std::uint64_t add(UnitRecord record, const std::vector<Sample>& samples);
    // Seals and rests. Nothing is written where nothing was added.
    void finish();

    // At rest only. Forgets units, as if they had never been offered (none of them ok).
    void forget(const std::set<std::string>& ids);
    // At rest only, as above. By id; done as a whole, by whoever opens the set next if not by this call.
    void change(const std::map<std::string, UnitChange>& changes);
    void remove(const std::set<std::string>& ids);    // a takedown of all of these

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}    // namespace nonna
