#include "io/manifest.h"

#include "base/error.h"
#include "io/digest.h"
#include "io/input.h"
#include "io/json_check.h"
#include "io/output.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <span>

namespace nonna
{

namespace
{

using Json = nlohmann::json;

constexpr std::size_t line_limit = std::size_t(64) << 20;

std::string hash_text(std::uint64_t hash)
{
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
    return text;
}

bool is_hexadecimal(const std::string& text, std::size_t digits)
{
    return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

constexpr std::string_view check_begins = "{\"check\":\"", check_ends = "\",";
constexpr std::size_t check_digits = 8;

std::string check_of(std::string_view bare) { return sha256(std::as_bytes(std::span(bare))).substr(0, check_digits); }

// The check stands in front, where a line that was cut still has it, and can be cut off without parsing. `bare`: an
// object of at least one field, with the end of line.
std::string sealed(std::string_view bare)
{
    bare.remove_suffix(1);
    std::string text(check_begins);
    return text.append(check_of(bare)).append(check_ends).append(bare.substr(1)).append("\n");
}

std::string unsealed(std::string_view line, const std::string& file, const std::string& what)
{
    if (!line.ends_with('\n'))
        throw Error(file, what + ": truncated");
    constexpr std::size_t front = check_begins.size() + check_digits;
    if (!line.starts_with(check_begins) || line.substr(std::min(front, line.size()), check_ends.size()) != check_ends)
        throw Error(file, what + ": does not begin with a check");
    std::string bare("{");
    bare.append(line.substr(front + check_ends.size()));
    if (check_of(std::string_view(bare).substr(0, bare.size() - 1)) != line.substr(check_begins.size(), check_digits))
        throw Error(file, what + ": not as it was written (its check is wrong)");
    return bare;
}

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"; }

Json parse_object(std::string_view line, const std::string& file, const std::string& what)
{
    if (!line.ends_with('\n'))
        throw Error(file, what + ": truncated");
    check_json_object(line, file, what);
    return Json::parse(line);
}

}    // namespace

void UnitCounts::add(UnitRecord::Status status)
{
    switch (status) {
    case UnitRecord::Status::ok:
        ++ok;
        break;
    case UnitRecord::Status::rejected:
        ++rejected;
        break;
    case UnitRecord::Status::failed:
        ++failed;
        break;
    }
}

std::string UnitCounts::text() const
{
    return std::to_string(all()) + " in = " + std::to_string(ok) + " ok + " + std::to_string(rejected) +
           " rejected + " + std::to_string(failed) + " failed";
}

std::string unit_id(std::string_view source) { return sha256(std::as_bytes(std::span(source))).substr(0, 16); }

std::string manifest_line(const UnitRecord& record)
{
    Json json = {{"source", record.source}, {"id", record.id}, {"status", name_of(record.status)}};
    const auto add = [&](const char* name, const std::string& text) {
        if (!text.empty())
            json[name] = text;
    };
    add("digest", record.digest);
    add("reason", record.reason);
    add("of", record.of);
    if (!record.keys.empty())
        json["keys"] = record.keys;
    for (const std::uint64_t hash : record.hashes)
        json["hashes"].push_back(hash_text(hash));
    if (record.shard >= 0)
        json["shard"] = record.shard;
    return sealed(dump(json));
}

namespace
{

// One line on its way into a record; refusals name file, line and field.
struct LineParser {
    const std::string &file, &where;

    Error refuse(const std::string& field, const std::string& reason) const
    {
        return {file, where + ": field '" + field + "' " + reason};
    }
    std::string text(const std::string& name, const Json& value) const
    {
        if (!value.is_string())
            throw refuse(name, "is not a string");
        return value.get<std::string>();
    }
    std::vector<std::string> texts(const std::string& name, const Json& value) const
    {
        if (!value.is_array() || value.empty() ||
            !std::all_of(value.begin(), value.end(), [](const Json& v) { return v.is_string(); }))
            throw refuse(name, "is not an array of strings");
        return value.get<std::vector<std::string>>();
    }
    std::uint64_t hash(const std::string& digits) const
    {
        if (!is_hexadecimal(digits, 16))
            throw refuse("hashes", "is not made of 16 hexadecimal digits");
        return std::stoull(digits, nullptr, 16);
    }
    std::int64_t shard(const Json& value) const
    {
        if (!value.is_number_unsigned() || value.get<std::uint64_t>() > 999'999)
            throw refuse("shard", "is not the number of a shard");
        return value.get<std::int64_t>();
    }
    UnitRecord::Status status(const std::string& name) const
    {
        if (const std::optional<UnitRecord::Status> known = value_named<UnitRecord::Status>(name))
            return *known;
        throw refuse("status", "is neither ok, rejected nor failed");
    }

    UnitRecord record(const Json& json) const
    {
        UnitRecord r;
        std::string status_text;
        for (const auto& [name, value] : json.items()) {
            if (name == "source")
                r.source = text(name, value);
            else if (name == "id")
                r.id = text(name, value);
            else if (name == "digest")
                r.digest = text(name, value);
            else if (name == "status")
                status_text = text(name, value);
            else if (name == "reason")
                r.reason = text(name, value);
            else if (name == "of")
                r.of = text(name, value);
            else if (name == "keys")
                r.keys = texts(name, value);
            else if (name == "hashes")
                for (const std::string& digits : texts(name, value))
                    r.hashes.push_back(hash(digits));
            else if (name == "shard")
                r.shard = shard(value);
            else
                throw refuse(name, "is unknown");
        }
        if (!is_hexadecimal(r.id, 16))
            throw refuse("id", "is not 16 hexadecimal digits");
        if (!r.digest.empty() && !is_hexadecimal(r.digest, 64))
            throw refuse("digest", "is not 64 hexadecimal digits");
        r.status = status(status_text);
        return r;
    }

    // What goes together: a reason with every unit that is not ok, samples in a shard with every one that is.
    void check(const UnitRecord& r) const
    {
        const bool ok = r.status == UnitRecord::Status::ok;
        if (ok && !r.reason.empty())
            throw refuse("reason", "does not go with ok");
        if (!ok && r.reason.empty())
            throw refuse("reason", "is missing");
        const bool complete = !r.keys.empty() && r.shard >= 0 && !r.digest.empty();
        const bool none = r.keys.empty() && r.shard < 0;
        if (!(ok ? complete : none))
            throw refuse("keys", "and 'shard' must be there with status ok, and only then");
    }
};

}    // namespace

UnitRecord unit_from_line(std::string_view line, const std::string& file, std::uint64_t number)
{
    const std::string where = "line " + std::to_string(number);
    const LineParser parser{file, where};
    UnitRecord record = parser.record(parse_object(unsealed(line, file, where), file, where));
    parser.check(record);
    return record;
}

struct ManifestReader::State {
    Input input;
    std::string buffer;
    std::size_t at = 0;
    std::uint64_t begin = 0, end = 0, number = 0;
    explicit State(const std::string& path) : input(path) {}

    // The next line with its newline, or what is left; empty at the end. A view of the buffer, which moves at the next
    // call only.
    std::string_view line()
    {
        for (std::size_t searched = at;;) {
            const std::size_t stop = buffer.find('\n', searched);
            if (stop != std::string::npos)
                return std::string_view(buffer).substr(at, stop + 1 - at);
            searched = buffer.size() - at;
            buffer.erase(0, at);
            at = 0;
            if (buffer.size() > line_limit)
                throw Error(input.name(), "line " + std::to_string(number + 1) + ": too long");
            const std::size_t before = buffer.size();
            buffer.resize(before + (std::size_t(1) << 18));
            const std::size_t got = input.read(std::as_writable_bytes(std::span(buffer).subspan(before)));
            buffer.resize(before + got);
            if (got == 0)
                return buffer;
        }
    }
};

ManifestReader::ManifestReader(const std::string& path) : state_(std::make_unique<State>(path)) {}
ManifestReader::~ManifestReader() = default;

std::optional<UnitRecord> ManifestReader::next()
{
    State& s = *state_;
    const std::string_view line = s.line();
    if (line.empty())
        return std::nullopt;
    s.begin = s.end;
    s.end += line.size();
    s.at += line.size();
    return unit_from_line(line, s.input.name(), ++s.number);
}

std::uint64_t ManifestReader::begin() const { return state_->begin; }
std::uint64_t ManifestReader::number() const { return state_->number; }

UnitRecord manifest_line_at(const std::string& path, std::uint64_t offset)
{
    const Input input(path);
    // Most lines fit the first piece; a unit of many samples has a longer one.
    std::string line;
    for (std::size_t piece = 4096; line.find('\n') == std::string::npos; piece *= 2) {
        if (offset >= input.size() || piece > line_limit || line.size() == input.size() - offset)
            throw Error(path, "no line at byte " + std::to_string(offset));
        line.resize(std::min<std::uint64_t>(piece, input.size() - offset));
        input.read_at(offset, std::as_writable_bytes(std::span(line)));
    }
    return unit_from_line(std::string_view(line).substr(0, line.find('\n') + 1), path, 0);
}

std::string settings_text(const Settings& settings) { return sealed(settings_line(settings)); }

Settings settings_from_text(std::string_view text, const std::string& file)
{
    return settings_from_line(unsealed(text, file, "settings"), file);
}

Settings read_settings(const std::string& path)
{
    return settings_from_text(read_whole_file(path, std::size_t(1) << 20), path);
}

std::string settings_line(const Settings& settings) { return dump(Json(settings)); }

Settings settings_from_line(std::string_view line, const std::string& file)
{
    const Json json = parse_object(line, file, "settings");
    Settings settings;
    for (const auto& [name, value] : json.items()) {
        if (!value.is_string())
            throw Error(file, "field '" + name + "' is not a string");
        settings[name] = value.get<std::string>();
    }
    return settings;
}

}    // namespace nonna
