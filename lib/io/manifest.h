// The manifest of a built set: one JSON line a unit (nonna-images(5)), and the set's settings.
//
// Model to hold in mind: a *unit* is one video or picture that was offered. Its line says what became of it: ok (its
// samples' keys and the shard that holds them), rejected (it repeats another unit, or was removed), or failed (it could
// not be used). Every unit has exactly one line, so in = ok + rejected + failed. `id`, 16 hexadecimal digits of the
// SHA-256 of the source's name, byte for byte, is what tells units apart: a name that is not UTF-8 cannot be had back
// from the line.
//
// Lines are functions of the record: keys sorted, empty fields left out, and in front a field `check`, 8 hexadecimal
// digits of the SHA-256 of the line without that field and its end, so that no byte of it can change unseen. Reading is
// strict: a wrong check, an unknown field, a wrong type, a missing end of line are Errors that name the file and the
// line.
#pragma once

#include "base/names.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nonna
{

struct UnitRecord {
    enum class Status { ok, rejected, failed };
    std::string source, id;
    std::string digest;    // SHA-256 of the content; empty where it could not be read
    Status status = Status::failed;
    std::string reason;                   // a code, where not ok (media/reason.h)
    std::string of;                       // the source it repeats
    std::vector<std::string> keys;        // of its samples, where ok
    std::vector<std::uint64_t> hashes;    // perceptual hash of each sample; kept where a near-duplicate was rejected
    std::int64_t shard = -1;              // number of the shard, where ok
};

template <>
inline constexpr auto names_of<UnitRecord::Status> = names<UnitRecord::Status>({
    {UnitRecord::Status::ok, "ok"},
    {UnitRecord::Status::rejected, "rejected"},
    {UnitRecord::Status::failed, "failed"},
});

std::string unit_id(std::string_view source);

// Units by what became of them.
struct UnitCounts {
    std::uint64_t ok = 0, rejected = 0, failed = 0;
    void add(UnitRecord::Status status);
    std::uint64_t all() const { return ok + rejected + failed; }
    std::string text() const;    // "12 in = 10 ok + 1 rejected + 1 failed"
};

std::string manifest_line(const UnitRecord& record);    // ends with a newline
UnitRecord unit_from_line(std::string_view line, const std::string& file, std::uint64_t number);

// Lines one after another; `begin` is the offset of the line returned last.
class ManifestReader
{
  public:
    explicit ManifestReader(const std::string& path);
    ~ManifestReader();
    std::optional<UnitRecord> next();
    std::uint64_t begin() const;
    std::uint64_t number() const;    // of the line returned last, from 1

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// The line that begins at `offset`.
UnitRecord manifest_line_at(const std::string& path, std::uint64_t offset);

// A set's settings, set.json: one line with a check, as above.
using Settings = std::map<std::string, std::string>;
std::string settings_text(const Settings& settings);
Settings settings_from_text(std::string_view text, const std::string& file);
Settings read_settings(const std::string& path);

// A flat JSON object of texts without a check: a journal's line.
std::string settings_line(const Settings& settings);
Settings settings_from_line(std::string_view line, const std::string& file);

}    // namespace nonna
