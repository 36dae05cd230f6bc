// Snapshots: there and back to the bit, damage passed over, other numbers of shards, one server a shard.
#include "paramserver/snapshot.h"
#include "../files.h"
#include "../standard_error.h"
#include "io/digest.h"
#include "io/safetensors.h"
#include "models.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

using namespace nonna;
using namespace nonna::test;

namespace
{

const Layout layout_(three_segments(), 4, "x");

// A shard some pushes on, its replicas with a history.
ShardCopy trained(std::uint32_t index, std::uint32_t of, Rule rule, std::uint64_t pushes,
                  const ShardCopy* from = nullptr)
{
    Pool pool(1);
    ParameterShard shard(layout_, update_by(rule), from ? *from : fresh(layout_, index, of), pool);
    Pusher p{layout_, shard};
    p.statistics = {1, 2, 3, 4};
    const std::uint64_t before = shard.look().version;
    for (std::uint32_t replica = 0; replica < 2; ++replica) {
        shard.greet(replica, 100);
        p.replica = replica;
        p.incarnation = 200 + replica;
        p.epoch = shard.greet(replica, p.incarnation)->epoch;
        for (std::uint64_t s = 1; s <= pushes; ++s)
            BOOST_REQUIRE(kind(p.all(before + s, 0, noise(layout_.size(), 1, 0.05 * double(s + replica)))) ==
                          Kind::accepted);
        p.all(before + pushes, 0, noise(layout_.size(), 1, 1));    // a repeat
    }
    return shard.copy();
}

bool same_numbers(const ShardCopy& a, const ShardCopy& b)
{
    return a.range == b.range && a.version == b.version && a.values == b.values && a.state == b.state &&
           a.statistics == b.statistics;
}

bool same_records(const ShardCopy& a, const ShardCopy& b)
{
    return std::equal(
        a.replicas.begin(), a.replicas.end(), b.replicas.begin(), b.replicas.end(), [](const auto& x, const auto& y) {
            const Replica &r = x.second, &s = y.second;
            return x.first == y.first && r.epoch == s.epoch && r.incarnation == s.incarnation && r.former == s.former &&
                   r.decided == s.decided && r.accepted_in_epoch == s.accepted_in_epoch && r.repeats == s.repeats &&
                   r.tally.stale == s.tally.stale && r.tally.refused == s.tally.refused &&
                   r.tally.accepted == s.tally.accepted && r.answer.kind == s.answer.kind &&
                   r.answer.version == s.answer.version && r.answer.sequence == s.answer.sequence &&
                   r.answer.staleness == s.answer.staleness;
        });
}

std::vector<std::string> tensors(const std::string& folder)
{
    std::vector<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().extension() == ".safetensors")
            all.push_back(entry.path().string());
    std::sort(all.begin(), all.end());
    return all;
}

std::optional<ShardCopy> restored(const std::string& folder, std::uint32_t index, std::uint32_t of, Rule rule)
{
    return Snapshots(folder, layout_, index, of, rule).restore();
}

void save(const std::string& folder, const ShardCopy& copy, Rule rule)
{
    Snapshots(folder, layout_, copy.index, copy.of, rule).save(copy);
}

}    // namespace

BOOST_AUTO_TEST_SUITE(snapshot)

BOOST_AUTO_TEST_CASE(there_and_back)
{
    for (const auto& [rule, name, usual_rate, arrays, takes_momentum, whole_matrix] : update_rules) {
        const Folder folder;
        BOOST_TEST(!restored(folder / "new/one", 0, 3, rule).has_value());    // made, and empty
        for (std::uint32_t i = 0; i < 3; ++i) {
            const ShardCopy copy = trained(i, 3, rule, 5);
            save(folder.path, copy, rule);
            const ShardCopy back = restored(folder.path, i, 3, rule).value();
            BOOST_TEST(same_numbers(copy, back));
            BOOST_TEST(same_records(copy, back));
            BOOST_TEST(
                (back.index == i && back.of == 3 && back.tallied_from == copy.tallied_from && back.version == 10));
        }
    }
}

// What goes on from a snapshot goes on as if nothing had been.
BOOST_AUTO_TEST_CASE(going_on)
{
    for (const auto& [rule, name, usual_rate, arrays, takes_momentum, whole_matrix] : update_rules) {
        const Folder folder;
        const ShardCopy copy = trained(0, 2, rule, 4), through = trained(0, 2, rule, 3, &copy);
        save(folder.path, copy, rule);
        const ShardCopy back = restored(folder.path, 0, 2, rule).value();
        const ShardCopy after = trained(0, 2, rule, 3, &back);
        BOOST_TEST((same_numbers(through, after) && same_records(through, after)));
    }
}

BOOST_AUTO_TEST_CASE(a_push_decided_before_is_not_applied_after)
{
    const Folder folder;
    const ShardCopy copy = trained(0, 2, Rule::sgd, 4);
    save(folder.path, copy, Rule::sgd);
    Pool pool(1);
    ParameterShard shard(layout_, update_by(Rule::sgd), restored(folder.path, 0, 2, Rule::sgd).value(), pool);
    Pusher p{layout_, shard};
    p.statistics = {1, 2, 3, 4};
    p.incarnation = 200;
    const WelcomeShard w = shard.greet(0, 200).value();
    BOOST_TEST((w.epoch == 2 && w.decided == 4 && w.accepted == 4 && w.version == 8));
    BOOST_TEST(!shard.greet(0, 100).has_value());    // who was replaced before, is
    p.epoch = 2;
    BOOST_TEST(kind(p.all(4, 0, noise(layout_.size(), 1, 1))) == Kind::accepted);
    BOOST_TEST(same_numbers(copy, shard.copy()));
    p.all(5, 8, noise(layout_.size(), 1, 1));
    BOOST_TEST(shard.look().version == 9u);
}

BOOST_AUTO_TEST_CASE(the_newest_two_are_kept)
{
    const Folder folder;
    ShardCopy copy = trained(1, 2, Rule::sgd, 1);
    Snapshots snapshots(folder.path, layout_, 1, 2, Rule::sgd);
    for (copy.version = 8; copy.version <= 12; ++copy.version) {
        copy.values[0] = float(copy.version);
        snapshots.save(copy);
    }
    const std::vector<std::string> kept = tensors(folder.path);
    BOOST_REQUIRE(kept.size() == 2u);
    BOOST_TEST(kept[0].ends_with("/shard-0001-of-0002.000000000011.safetensors"));
    BOOST_TEST(kept[1].ends_with("/shard-0001-of-0002.000000000012.safetensors"));
    BOOST_TEST(snapshots.restore()->values[0] == 12.0f);
}

BOOST_AUTO_TEST_CASE(damage_is_passed_over)
{
    const Folder folder;
    const ShardCopy first = trained(0, 2, Rule::adagrad, 1), second = trained(0, 2, Rule::adagrad, 2);
    save(folder.path, first, Rule::adagrad);
    save(folder.path, second, Rule::adagrad);
    const std::string newest = tensors(folder.path).at(1), good = read_bytes(newest);
    const auto reads = [&] { return restored(folder.path, 0, 2, Rule::adagrad).value(); };
    BOOST_TEST(same_numbers(reads(), second));
    const StandardError said(folder / "said");
    for (std::size_t n = 0; n < good.size(); n += 1 + good.size() / 97) {
        write_bytes(newest, good.substr(0, n));
        BOOST_TEST(same_numbers(reads(), first), "cut to " << n);
    }
    write_bytes(newest, good.substr(0, good.size() - 1));
    BOOST_TEST(same_numbers(reads(), first));
    // a bit of anything: numbers, what stands beside them, and the words between
    for (std::size_t at = 0; at < good.size(); at += at < 2000 ? 1 : 13) {
        std::string other = good;
        other[at] = char(other[at] ^ 1 << at % 7);
        if (good[at] == ' ' && other[at] == '\0')
            continue;    // behind the header's text, which ends there then: nothing is another
        write_bytes(newest, other);
        const ShardCopy back = reads();
        BOOST_TEST((same_numbers(back, first) && same_records(back, first)), "byte " << at);
    }
    write_bytes(newest, "");
    BOOST_TEST(same_numbers(reads(), first));
    write_bytes(newest, good);
    BOOST_TEST(same_numbers(reads(), second));

    BOOST_TEST(said.text().find(newest + ": damaged: not what was written; passed over") != std::string::npos);

    // none whole: said, not begun anew
    for (const std::string& path : tensors(folder.path))
        write_bytes(path, "x");
    BOOST_TEST(refusal([&] { reads(); }) == folder.path + ": no snapshot of shard 0/2 is whole");
}

// A snapshot of before pushes were looked at may hold what no training goes on from: any of its arrays tells.
BOOST_AUTO_TEST_CASE(numbers_that_are_none)
{
    const Folder folder;
    const ShardCopy good = trained(0, 2, Rule::adagrad, 1);
    save(folder.path, good, Rule::adagrad);
    const StandardError said(folder / "said");
    const auto tries = [&](const std::string& tensor, auto&& spoil) {
        ShardCopy bad = trained(0, 2, Rule::adagrad, 2);
        spoil(bad);
        save(folder.path, bad, Rule::adagrad);
        BOOST_TEST(same_numbers(restored(folder.path, 0, 2, Rule::adagrad).value(), good));
        const std::string newest = tensors(folder.path).back();
        BOOST_TEST(said.text().find(newest + ": tensor " + tensor) != std::string::npos);
        std::filesystem::remove(newest);
    };
    tries("values holds nan", [](ShardCopy& c) { c.values[3] = std::nanf(""); });
    tries("optimiser.squares holds inf", [](ShardCopy& c) { c.state[c.state.size() - 1] = INFINITY; });
    tries("statistics holds inf", [](ShardCopy& c) { c.statistics[0] = -INFINITY; });
}

// Its name says which version it is, and which shard: under another's it is passed over.
BOOST_AUTO_TEST_CASE(under_another_name)
{
    const Folder folder;
    save(folder.path, trained(0, 2, Rule::sgd, 1), Rule::sgd);
    save(folder.path, trained(0, 2, Rule::sgd, 2), Rule::sgd);
    std::filesystem::rename(folder / "shard-0000-of-0002.000000000004.safetensors",
                            folder / "shard-0000-of-0002.000000000009.safetensors");
    const StandardError said(folder / "said");
    BOOST_TEST(restored(folder.path, 0, 2, Rule::sgd)->version == 2u);
}

// Of the first form, whose sum is of the numbers alone: read as it was.
BOOST_AUTO_TEST_CASE(the_first_form)
{
    const Folder folder;
    const ShardCopy copy = trained(0, 2, Rule::adagrad, 1);
    save(folder.path, copy, Rule::adagrad);
    const std::string path = tensors(folder.path).at(0);
    std::map<std::string, std::string> marks = SafetensorsReader(path).metadata();
    Sha256 sum;
    sum.add(std::as_bytes(std::span(copy.statistics)));
    sum.add(std::as_bytes(std::span<const float>(copy.values)));
    sum.add(std::as_bytes(std::span<const float>(copy.state)));
    marks["format"] = "nonna-shard-1";
    marks["sha256"] = sum.hex();
    const auto write = [&] {
        SafetensorsWriter writer(path, marks);
        writer.declare("statistics", "F64", {copy.statistics.size()});
        writer.declare("values", "F32", {copy.values.size()});
        writer.declare("optimiser.squares", "F32", {copy.state.size()});
        writer.write(std::span<const double>(copy.statistics));
        writer.write(std::span<const float>(copy.values));
        writer.write(std::span<const float>(copy.state));
        writer.commit();
    };
    write();
    const ShardCopy back = restored(folder.path, 0, 2, Rule::adagrad).value();
    BOOST_TEST((same_numbers(copy, back) && same_records(copy, back)));
    // a later form does not pass for it
    marks["format"] = "nonna-shard-2";
    write();
    const StandardError said(folder / "said");
    BOOST_CHECK_THROW(restored(folder.path, 0, 2, Rule::adagrad), Error);
}

BOOST_AUTO_TEST_CASE(two_whole_ones_are_kept_beside_a_damaged_one)
{
    const Folder folder;
    save(folder.path, trained(0, 2, Rule::sgd, 1), Rule::sgd);
    save(folder.path, trained(0, 2, Rule::sgd, 9), Rule::sgd);
    write_bytes(tensors(folder.path).at(1), "x");
    const StandardError said(folder / "said");
    // back at version 2, and on from there: the damaged one, of version 18, must not take a whole one's place
    ShardCopy copy = restored(folder.path, 0, 2, Rule::sgd).value();
    BOOST_TEST(copy.version == 2u);
    Snapshots snapshots(folder.path, layout_, 0, 2, Rule::sgd);
    for (const std::uint64_t version : {3, 4, 5}) {
        copy.version = version;
        snapshots.save(copy);
    }
    write_bytes(folder / "shard-0000-of-0002.000000000005.safetensors", "torn");
    BOOST_TEST(snapshots.restore()->version == 4u);
}

BOOST_AUTO_TEST_CASE(other_numbers_of_shards)
{
    for (const auto& [rule, name, usual_rate, arrays, takes_momentum, whole_matrix] : update_rules) {
        const Folder folder;
        std::vector<ShardCopy> eight;
        for (std::uint32_t i = 0; i < 8; ++i) {
            eight.push_back(trained(i, 8, rule, 3));
            save(folder.path, eight.back(), rule);
        }
        // The whole model's values, and what the rule keeps, an array after another.
        const std::size_t kept = row_of(rule).kept();
        std::vector<float> values;
        std::vector<std::vector<float>> state(kept);
        for (const ShardCopy& c : eight) {
            values.insert(values.end(), c.values.begin(), c.values.end());
            for (std::size_t a = 0; a < kept; ++a)
                state[a].insert(state[a].end(), c.state.begin() + a * c.range.count,
                                c.state.begin() + (a + 1) * c.range.count);
        }
        const auto agrees = [&](const ShardCopy& c) {
            const auto first = std::ptrdiff_t(c.range.first);
            bool good = c.state.size() == kept * c.range.count &&
                        std::equal(c.values.begin(), c.values.end(), values.begin() + first);
            for (std::size_t a = 0; a < kept; ++a)
                good = good && std::equal(c.state.begin() + a * c.range.count,
                                          c.state.begin() + (a + 1) * c.range.count, state[a].begin() + first);
            return good;
        };
        std::vector<ShardCopy> three;
        for (std::uint32_t i = 0; i < 3; ++i) {
            three.push_back(restored(folder.path, i, 3, rule).value());
            const ShardCopy& c = three.back();
            BOOST_TEST(agrees(c));
            BOOST_TEST((c.range == layout_.shard(i, 3) && c.version == 6 && c.tallied_from == 6));
            BOOST_TEST((c.statistics == (i == 0 ? eight[0].statistics : std::vector<double>())));
            const Replica& r = c.replicas.at(1);    // what is decided stays so; counts begin anew
            BOOST_TEST((r.epoch == 2 && r.incarnation == 201 && r.decided == 3 && r.tally.accepted == 0 &&
                        r.accepted_in_epoch == 0 && r.former == std::vector<std::uint64_t>{100}));
        }
        for (ShardCopy& c : three) {
            c.version += 1;    // newer than the eight
            save(folder.path, c, rule);
        }
        for (std::uint32_t i = 0; i < 8; ++i) {
            const ShardCopy c = restored(folder.path, i, 8, rule).value();
            BOOST_TEST((agrees(c) && c.range == eight[i].range && c.version == 7 && c.replicas.at(0).decided == 3));
            BOOST_TEST((c.statistics == eight[i].statistics));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_missing_part_of_another_cut)
{
    const Folder folder;
    for (std::uint32_t i = 0; i < 3; ++i)
        if (i != 1)
            save(folder.path, trained(i, 3, Rule::sgd, 1), Rule::sgd);
    BOOST_TEST(restored(folder.path, 0, 8, Rule::sgd).has_value());     // within the first third
    BOOST_TEST(!restored(folder.path, 0, 1, Rule::sgd).has_value());    // needs the second
}

BOOST_AUTO_TEST_CASE(of_something_else)
{
    const Folder folder;
    save(folder.path, trained(0, 2, Rule::adagrad, 1), Rule::adagrad);
    const auto status = [&](const Layout& layout, Rule rule) {
        try {
            Snapshots(folder.path, layout, 0, 2, rule).restore();
        } catch (const Error& e) {
            return e.status();
        }
        return ExitStatus::done;
    };
    BOOST_TEST((status(layout_, Rule::adagrad) == ExitStatus::done));
    BOOST_TEST((status(layout_, Rule::momentum) == ExitStatus::usage));
    BOOST_TEST((status(Layout(three_segments(), 4, "y"), Rule::adagrad) == ExitStatus::usage));
}

BOOST_AUTO_TEST_CASE(one_server_a_shard)
{
    const Folder folder;
    const Snapshots held(folder.path, layout_, 0, 2, Rule::sgd);
    BOOST_CHECK_EXCEPTION(Snapshots(folder.path, layout_, 0, 2, Rule::sgd), Error,
                          [](const Error& e) { return e.status() == ExitStatus::locked; });
    BOOST_CHECK_NO_THROW(Snapshots(folder.path, layout_, 1, 2, Rule::sgd));
    {
        Snapshots first(folder.path, layout_, 1, 2, Rule::sgd);
        const Snapshots moved(std::move(first));    // the lock goes along
        BOOST_CHECK_THROW(Snapshots(folder.path, layout_, 1, 2, Rule::sgd), Error);
    }
    BOOST_CHECK_NO_THROW(Snapshots(folder.path, layout_, 1, 2, Rule::sgd));
}

BOOST_AUTO_TEST_SUITE_END()
