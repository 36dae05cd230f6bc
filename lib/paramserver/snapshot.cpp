#include "paramserver/snapshot.h"

#include "base/error.h"
#include "base/log.h"
#include "io/digest.h"
#include "io/output.h"
#include "io/safetensors.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <utility>

#include <nlohmann/json.hpp>

namespace nonna
{

namespace fs = std::filesystem;
using nlohmann::json;

namespace
{

constexpr const char* format_name = "nonna-shard-2";
constexpr const char* first_format = "nonna-shard-1";    // whose sum is of the numbers alone

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

// The numbers of one of the rule's arrays.
std::span<float> array_of(ShardCopy& copy, std::size_t a)
{
    return std::span<float>(copy.state).subspan(a * copy.range.count, copy.range.count);
}

using Marks = std::map<std::string, std::string>;

// What stands in a snapshot beside its numbers, names and values each with a 0 behind them.
void add_marks(Sha256& sum, const Marks& marks)
{
    for (const auto& [name, value] : marks)
        if (name != "sha256")
            for (const std::string& text : {name, value})
                sum.add(std::as_bytes(std::span(text.c_str(), text.size() + 1)));
}

// In the order of the file.
std::string sum_of(const ShardCopy& c, const Marks* marks)
{
    Sha256 sum;
    if (marks)
        add_marks(sum, *marks);
    sum.add(std::as_bytes(std::span(c.statistics)));
    sum.add(std::as_bytes(std::span<const float>(c.values)));
    sum.add(std::as_bytes(std::span<const float>(c.state)));
    return sum.hex();
}

json to_json(const std::map<std::uint32_t, Replica>& replicas)
{
    json all = json::array();
    for (const auto& [replica, r] : replicas)
        all.push_back({{"replica", replica},
                       {"epoch", r.epoch},
                       {"incarnation", r.incarnation},
                       {"former", r.former},
                       {"seen", r.decided},
                       {"outcome", int(r.answer.kind)},
                       {"version", r.answer.version},
                       {"staleness", r.answer.staleness},
                       {"accepted", r.accepted_in_epoch},
                       {"repeats", r.repeats},
                       {"stale", r.tally.stale},
                       {"refused", r.tally.refused},
                       {"all", r.tally.accepted}});
    return all;
}

std::map<std::uint32_t, Replica> from_json(const json& all, std::uint32_t index)
{
    std::map<std::uint32_t, Replica> replicas;
    for (const json& j : all) {
        Replica r;
        j.at("epoch").get_to(r.epoch);
        j.at("incarnation").get_to(r.incarnation);
        j.at("former").get_to(r.former);
        j.at("seen").get_to(r.decided);
        r.answer = {Kind(j.at("outcome").get<int>()), index, r.decided, j.at("version"), j.at("staleness")};
        j.at("accepted").get_to(r.accepted_in_epoch);
        j.at("repeats").get_to(r.repeats);
        j.at("stale").get_to(r.tally.stale);
        j.at("refused").get_to(r.tally.refused);
        j.at("all").get_to(r.tally.accepted);
        replicas[j.at("replica").get<std::uint32_t>()] = std::move(r);
    }
    return replicas;
}

// The sum of what the file holds, whatever that is: it is asked for before any of it is believed.
std::string sum_of(const SafetensorsReader& reader)
{
    Sha256 sum;
    add_marks(sum, reader.metadata());
    std::vector<float> some;
    std::vector<double> statistics;
    for (const TensorInfo& tensor : reader.tensors()) {
        if (tensor.type == "F64") {
            statistics.resize(tensor.elements());
            reader.read(tensor.name, statistics);
            sum.add(std::as_bytes(std::span(statistics)));
            continue;
        }
        for (std::uint64_t first = 0; first < tensor.elements(); first += some.size()) {
            some.resize(std::min<std::uint64_t>(1 << 20, tensor.elements() - first));
            reader.read(tensor.name, first, some);
            sum.add(std::as_bytes(std::span(some)));
        }
    }
    return sum.hex();
}

// A file's contents, checked to the last bit. What belongs to another model or rule is wrong usage, as going on with
// less would be no better; what is damaged is an error of another kind, and the caller takes the file before it.
ShardCopy load(const File& file, const Layout& layout, Rule rule)
{
    const SafetensorsReader reader(file.path);
    const Marks& metadata = reader.metadata();
    auto mark = [&](const char* name) {
        const auto found = metadata.find(name);
        if (found == metadata.end())
            throw Error(file.path, std::string("damaged: no ") + name);
        return found->second;
    };
    const bool first = mark("format") == first_format;
    if (!first && mark("format") != format_name)
        throw Error(file.path, "not a snapshot of a shard");
    const auto require_whole = [&](const std::string& sum) {
        if (sum != mark("sha256"))
            throw Error(file.path, "damaged: not what was written");
    };
    if (!first)
        require_whole(sum_of(reader));
    if (mark("layout") != hex(layout.digest()))
        throw Error(file.path, "a snapshot of another model", ExitStatus::usage);
    if (mark("rule") != std::to_string(int(rule)))
        throw Error(file.path, "made by another --optimizer", ExitStatus::usage);
    if (mark("shard") != std::to_string(file.index) + "/" + std::to_string(file.of) ||
        mark("version") != std::to_string(file.version))
        throw Error(file.path, "damaged: its name is not the one that it was written by");
    ShardCopy copy;
    copy.index = file.index;
    copy.of = file.of;
    copy.range = layout.shard(file.index, file.of);
    copy.version = file.version;
    copy.tallied_from = std::stoull(mark("base"));
    copy.replicas = from_json(json::parse(mark("replicas")), file.index);
    copy.values = Aligned<float>(copy.range.count);
    const auto read = [&](const std::string& name, auto into) {
        reader.read(name, into);
        reader.require_finite(name, into);
    };
    read("values", std::span<float>(copy.values));
    copy.state = Aligned<float>(copy.range.count * row_of(rule).kept());
    for (std::size_t a = 0; a < row_of(rule).kept(); ++a)
        read(state_name(rule, a), array_of(copy, a));
    if (file.index == 0 && layout.statistics() > 0) {
        copy.statistics.resize(layout.statistics());
        read("statistics", std::span<double>(copy.statistics));
    }
    if (first)
        require_whole(sum_of(copy, nullptr));
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

// What the pieces of a shard to be say of its replicas: of each the latest epoch, in it the last push that any decided.
void merge(std::map<std::uint32_t, Replica>& into, const std::map<std::uint32_t, Replica>& from)
{
    for (const auto& [replica, r] : from) {
        Replica& m = into[replica];
        if (r.epoch > m.epoch || (r.epoch == m.epoch && r.decided > m.decided)) {
            m.epoch = r.epoch;
            m.incarnation = r.incarnation;
            m.former = r.former;
            m.decided = r.decided;
            m.answer = r.answer;
        }
    }
}

// Shard index/of from the pieces that lie in the shards of a cut into `others`; nullopt: one is missing. The version is
// the greatest of theirs, so that it never goes back for a client; the tallies are of pieces, add up to nothing, and
// begin anew.
std::optional<ShardCopy> pieced(const std::vector<File>& all, std::uint32_t others, std::uint32_t index,
                                std::uint32_t of, const Layout& layout, Rule rule)
{
    ShardCopy made;
    made.index = index;
    made.of = of;
    made.range = layout.shard(index, of);
    made.values = Aligned<float>(made.range.count);
    made.state = Aligned<float>(made.range.count * row_of(rule).kept());
    for (std::uint32_t i = 0; i < others; ++i) {
        const Range piece = layout.shard(i, others);
        const std::uint64_t begin = std::max(piece.first, made.range.first),
                            end = std::min(piece.end(), made.range.end());
        if (begin >= end)
            continue;
        std::optional<ShardCopy> copy = newest(all, i, others, layout, rule);
        if (!copy)
            return std::nullopt;
        const auto take = [&](std::span<const float> from, std::span<float> into) {
            std::copy_n(from.begin() + std::ptrdiff_t(begin - piece.first), end - begin,
                        into.begin() + std::ptrdiff_t(begin - made.range.first));
        };
        take(copy->values, made.values);
        for (std::size_t a = 0; a < row_of(rule).kept(); ++a)
            take(array_of(*copy, a), array_of(made, a));
        if (index == 0 && i == 0)
            made.statistics = copy->statistics;
        made.version = std::max(made.version, copy->version);
        merge(made.replicas, copy->replicas);
    }
    made.tallied_from = made.version;
    for (auto& [number, r] : made.replicas)
        r.answer = {Kind::accepted, index, r.decided, made.version, 0};
    return made;
}

}    // namespace

Snapshots::Snapshots(std::string folder, const Layout& layout, std::uint32_t index, std::uint32_t of, Rule rule)
    : folder_(std::move(folder)), layout_(&layout), index_(index), of_(of), rule_(rule),
      lock_(folder_, shard_name(index, of) + ".lock", folder_ + "/" + shard_name(index, of) + ".lock",
            "another server holds this shard")
{
    remove_output_leftovers(folder_, shard_name(index, of) + ".");
}

// A folder may hold the same model cut into different numbers of shards, where a run went on with more servers or
// fewer. The cut with the newest file comes first, this server's own first among equals; the first that gives the whole
// shard is taken. Nothing is begun anew where this very shard has files and none is whole: that would lose a run in
// silence.
std::optional<ShardCopy> Snapshots::restore() const
{
    const std::vector<File> all = files(folder_);                      // the newest first
    std::vector<std::pair<unsigned long long, std::uint32_t>> cuts;    // newest version, number of shards
    for (const File& f : all)
        if (std::none_of(cuts.begin(), cuts.end(), [&](const auto& c) { return c.second == f.of; }))
            cuts.emplace_back(f.version, f.of);
    std::stable_sort(cuts.begin(), cuts.end(), [&](const auto& a, const auto& b) {
        return a.first != b.first ? a.first > b.first : a.second == of_ && b.second != of_;
    });
    for (const auto& [version, of] : cuts)
        if (std::optional<ShardCopy> copy =
                of == of_ ? newest(all, index_, of_, *layout_, rule_) : pieced(all, of, index_, of_, *layout_, rule_))
            return copy;
    if (std::any_of(all.begin(), all.end(), [&](const File& f) { return f.of == of_ && f.index == index_; }))
        throw Error(folder_,
                    "no snapshot of shard " + std::to_string(index_) + "/" + std::to_string(of_) + " is whole");
    return std::nullopt;
}

// The marks say what the numbers belong to, as the numbers themselves cannot; the sum is over both, so that a bit that
// turned over on a disk is found before a run goes on with it.
void Snapshots::save(const ShardCopy& copy)
{
    Marks metadata = {{"format", format_name},
                      {"layout", hex(layout_->digest())},
                      {"shard", std::to_string(index_) + "/" + std::to_string(of_)},
                      {"first", std::to_string(copy.range.first)},
                      {"count", std::to_string(copy.range.count)},
                      {"version", std::to_string(copy.version)},
                      {"base", std::to_string(copy.tallied_from)},
                      {"rule", std::to_string(int(rule_))},
                      {"replicas", to_json(copy.replicas).dump()}};
    metadata["sha256"] = sum_of(copy, &metadata);
    char version[32];
    std::snprintf(version, sizeof version, ".%012llu.safetensors", static_cast<unsigned long long>(copy.version));
    const std::string name = shard_name(index_, of_);
    SafetensorsWriter writer(folder_ + "/" + name + version, metadata);
    if (!copy.statistics.empty())
        writer.declare("statistics", "F64", {copy.statistics.size()});
    writer.declare("values", "F32", {copy.values.size()});
    for (std::size_t a = 0; a < row_of(rule_).kept(); ++a)
        writer.declare(state_name(rule_, a), "F32", {copy.range.count});
    if (!copy.statistics.empty())
        writer.write(std::span<const double>(copy.statistics));
    writer.write(std::span<const float>(copy.values));
    for (std::size_t a = 0; a < row_of(rule_).kept(); ++a)
        writer.write(std::span<const float>(copy.state).subspan(a * copy.range.count, copy.range.count));
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
