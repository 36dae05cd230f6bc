#include "paramserver/snapshot.h"

#include "base/error.h"
#include "base/log.h"
#include "io/digest.h"
#include "io/safetensors.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

namespace nonna
{

namespace fs = std::filesystem;
using nlohmann::json;

namespace
{

constexpr const char* format_name = "nonna-shard-1";

std::string hex(const Digest& digest)
{
    std::string text;
    char two[3];
    for (const std::byte b : digest) {
        std::snprintf(two, sizeof two, "%02x", unsigned(b));
        text += two;
    }
    return text;
}

std::string shard_name(std::uint32_t index, std::uint32_t of)
{
    char name[48];
    std::snprintf(name, sizeof name, "shard-%04u-of-%04u", index, of);
    return name;
}

struct File {
    std::string path;
    std::uint32_t index = 0, of = 0;
    unsigned long long version = 0;
};

std::vector<File> files(const std::string& folder)
{
    std::vector<File> all;
    for (const auto& entry : fs::directory_iterator(folder)) {
        File f;
        f.path = entry.path().string();
        char end = 0;
        if (std::sscanf(entry.path().filename().c_str(), "shard-%u-of-%u.%llu.safetensor%c", &f.index, &f.of,
                        &f.version, &end) == 4 &&
            end == 's' && f.of >= 1 && f.of <= Layout::most_shards && f.index < f.of)
            all.push_back(f);
    }
    std::sort(all.begin(), all.end(), [](const File& a, const File& b) { return a.version > b.version; });
    return all;
}

std::string digest_of(const ShardCopy& c)
{
    Sha256 sum;
    sum.add(std::as_bytes(std::span(c.statistics)));
    sum.add(std::as_bytes(std::span<const float>(c.values)));
    sum.add(std::as_bytes(std::span<const float>(c.state)));
    return sum.hex();
}

json to_json(const std::map<std::uint32_t, ReplicaRecord>& replicas)
{
    json all = json::array();
    for (const auto& [replica, r] : replicas)
        all.push_back({{"replica", replica},
                       {"epoch", r.epoch},
                       {"incarnation", r.incarnation},
                       {"former", r.former},
                       {"seen", r.seen},
                       {"outcome", int(r.last.kind)},
                       {"version", r.last.version},
                       {"staleness", r.last.staleness},
                       {"accepted", r.accepted},
                       {"repeats", r.repeats},
                       {"stale", r.stale},
                       {"refused", r.refused},
                       {"all", r.all}});
    return all;
}

std::map<std::uint32_t, ReplicaRecord> from_json(const json& all, std::uint32_t index)
{
    std::map<std::uint32_t, ReplicaRecord> replicas;
    for (const json& j : all) {
        ReplicaRecord r;
        j.at("epoch").get_to(r.epoch);
        j.at("incarnation").get_to(r.incarnation);
        j.at("former").get_to(r.former);
        j.at("seen").get_to(r.seen);
        r.last = {Kind(j.at("outcome").get<int>()), index, r.seen, j.at("version"), j.at("staleness")};
        j.at("accepted").get_to(r.accepted);
        j.at("repeats").get_to(r.repeats);
        j.at("stale").get_to(r.stale);
        j.at("refused").get_to(r.refused);
        j.at("all").get_to(r.all);
        replicas[j.at("replica").get<std::uint32_t>()] = std::move(r);
    }
    return replicas;
}

// A file's contents, checked to the last bit.
ShardCopy load(const File& file, const Layout& layout, Rule rule)
{
    const SafetensorsReader reader(file.path);
    const auto& metadata = reader.metadata();
    auto mark = [&](const char* name) {
        const auto found = metadata.find(name);
        if (found == metadata.end())
            throw Error(file.path, std::string("damaged: no ") + name);
        return found->second;
    };
    if (mark("format") != format_name)
        throw Error(file.path, "not a snapshot of a shard");
    if (mark("layout") != hex(layout.digest()))
        throw Error(file.path, "a snapshot of another model", ExitStatus::usage);
    const int kept = std::stoi(mark("rule"));
    if (kept != int(rule))
        throw Error(file.path, "made by another --optimizer", ExitStatus::usage);
    ShardCopy copy;
    copy.index = file.index;
    copy.of = file.of;
    copy.range = layout.shard(file.index, file.of);
    copy.version = std::stoull(mark("version"));
    copy.base = std::stoull(mark("base"));
    copy.replicas = from_json(json::parse(mark("replicas")), file.index);
    copy.values = Aligned<float>(copy.range.count);
    reader.read("values", copy.values);
    if (row_of(rule).kept() > 0) {
        copy.state = Aligned<float>(copy.range.count);
        reader.read(state_name(rule, 0), copy.state);
    }
    if (file.index == 0 && layout.statistics() > 0) {
        copy.statistics.resize(layout.statistics());
        reader.read("statistics", copy.statistics);
    }
    if (digest_of(copy) != mark("sha256"))
        throw Error(file.path, "damaged: its numbers are not those that were written");
    return copy;
}

std::optional<ShardCopy> newest(const std::vector<File>& all, std::uint32_t index, std::uint32_t of,
                                const Layout& layout, Rule rule)
{
    for (const File& file : all)
        if (file.index == index && file.of == of) {
            try {
                return load(file, layout, rule);
            } catch (const Error& e) {
                if (e.status() == ExitStatus::usage)
                    throw;
                warn(e.subject(), e.reason() + "; passed over");
            } catch (const std::exception&) {    // of numbers and JSON
                warn(file.path, "damaged; passed over");
            }
        }
    return std::nullopt;
}

// What two parts of a shard to be agree on: the greatest.
void merge(std::map<std::uint32_t, ReplicaRecord>& into, const std::map<std::uint32_t, ReplicaRecord>& from)
{
    for (const auto& [replica, r] : from) {
        ReplicaRecord& m = into[replica];
        if (r.epoch > m.epoch || (r.epoch == m.epoch && r.seen > m.seen)) {
            m.epoch = r.epoch;
            m.incarnation = r.incarnation;
            m.former = r.former;
            m.seen = r.seen;
            m.last = r.last;
        }
    }
}

}    // namespace

Snapshots::Snapshots(std::string folder, const Layout& layout, std::uint32_t index, std::uint32_t of, Rule rule)
    : folder_(std::move(folder)), layout_(&layout), index_(index), of_(of), rule_(rule),
      lock_(folder_, shard_name(index, of) + ".lock", folder_ + "/" + shard_name(index, of) + ".lock",
            "another server holds this shard")
{
}

std::optional<ShardCopy> Snapshots::restore() const
{
    const std::vector<File> all = files(folder_);    // the newest first
    if (all.empty())
        return std::nullopt;
    const Range wanted = layout_->shard(index_, of_);
    // numbers of shards, by their newest file, this server's own first among equals
    std::vector<std::pair<unsigned long long, std::uint32_t>> cuts;
    for (const File& f : all)
        if (std::none_of(cuts.begin(), cuts.end(), [&](const auto& c) { return c.second == f.of; }))
            cuts.emplace_back(f.version, f.of);
    std::stable_sort(cuts.begin(), cuts.end(), [&](const auto& a, const auto& b) {
        return a.first != b.first ? a.first > b.first : a.second == of_ && b.second != of_;
    });
    bool own = false;    // has this very shard a file?
    for (const auto& [version, of] : cuts) {
        if (of == of_) {
            if (std::optional<ShardCopy> copy = newest(all, index_, of_, *layout_, rule_))
                return copy;
            own = own ||
                  std::any_of(all.begin(), all.end(), [&](const File& f) { return f.of == of_ && f.index == index_; });
            continue;
        }
        ShardCopy made;
        made.index = index_;
        made.of = of_;
        made.range = wanted;
        made.values = Aligned<float>(wanted.count);
        if (rule_ != Rule::sgd)
            made.state = Aligned<float>(wanted.count);
        std::uint64_t covered = 0;
        for (std::uint32_t i = 0; i < of; ++i) {
            const Range part = layout_->shard(i, of);
            const std::uint64_t begin = std::max(part.first, wanted.first), end = std::min(part.end(), wanted.end());
            if (begin >= end)
                continue;
            const std::optional<ShardCopy> copy = newest(all, i, of, *layout_, rule_);
            if (!copy)
                break;
            std::copy_n(copy->values.begin() + (begin - part.first), end - begin,
                        made.values.begin() + (begin - wanted.first));
            if (rule_ != Rule::sgd)
                std::copy_n(copy->state.begin() + (begin - part.first), end - begin,
                            made.state.begin() + (begin - wanted.first));
            if (index_ == 0 && i == 0)
                made.statistics = copy->statistics;
            made.version = std::max(made.version, copy->version);
            merge(made.replicas, copy->replicas);
            covered += end - begin;
        }
        if (covered == wanted.count) {
            made.base = made.version;
            for (auto& [replica, r] : made.replicas)
                r.last = {Kind::accepted, index_, r.seen, made.version, 0};
            return made;
        }
    }
    if (own)
        throw Error(folder_,
                    "no snapshot of shard " + std::to_string(index_) + "/" + std::to_string(of_) + " is whole");
    return std::nullopt;
}

void Snapshots::save(const ShardCopy& copy)
{
    const std::map<std::string, std::string> metadata = {{"format", format_name},
                                                         {"layout", hex(layout_->digest())},
                                                         {"shard", std::to_string(index_) + "/" + std::to_string(of_)},
                                                         {"first", std::to_string(copy.range.first)},
                                                         {"count", std::to_string(copy.range.count)},
                                                         {"version", std::to_string(copy.version)},
                                                         {"base", std::to_string(copy.base)},
                                                         {"rule", std::to_string(int(rule_))},
                                                         {"replicas", to_json(copy.replicas).dump()},
                                                         {"sha256", digest_of(copy)}};
    char version[32];
    std::snprintf(version, sizeof version, ".%012llu.safetensors", static_cast<unsigned long long>(copy.version));
    const std::string name = shard_name(index_, of_);
    SafetensorsWriter writer(folder_ + "/" + name + version, metadata);
    if (!copy.statistics.empty())
        writer.declare("statistics", "F64", {copy.statistics.size()});
    writer.declare("values", "F32", {copy.values.size()});
    if (row_of(rule_).kept() > 0)
        writer.declare(state_name(rule_, 0), "F32", {copy.state.size()});
    if (!copy.statistics.empty())
        writer.write(std::span<const double>(copy.statistics));
    writer.write(std::span<const float>(copy.values));
    if (row_of(rule_).kept() > 0)
        writer.write(std::span<const float>(copy.state));
    writer.commit();

    // A later version than this one was passed over as damaged when this server began; it is of no use to the next.
    int kept = 0;
    for (const File& file : files(folder_))
        if (file.index == index_ && file.of == of_ && (file.version > copy.version || ++kept > 2)) {
            std::error_code ignored;
            fs::remove(file.path, ignored);
        }
}

}    // namespace nonna
