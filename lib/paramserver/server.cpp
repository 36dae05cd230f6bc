#include "paramserver/server.h"

#include "base/error.h"
#include "base/log.h"

#include <algorithm>

#include <fcntl.h>

namespace nonna
{

namespace
{

constexpr std::size_t most_frozen = 4;                    // copies of shards for clients, at a time
constexpr auto frozen_time = std::chrono::seconds(30);    // after which one that nobody asks for goes
// Where others wait for a place, a copy has this time, and as much more as its numbers take that were asked for.
constexpr double dawdling_seconds = 2, numbers_a_second = 1e6;
constexpr std::size_t reserved_descriptors = 4;    // a file, its folder, and to spare

Message small(std::span<const std::byte> bytes) { return Message(bytes); }

}    // namespace

Server::Server(const Layout& layout, const UpdateOptions& update, std::uint32_t of, std::vector<ShardCopy> shards,
               std::vector<Snapshots> snapshots, const Admission& admission, Pool& pool)
    : layout_(layout), update_(update), of_(of), admission_(admission), held_(shards.size())
{
    for (std::size_t i = 0; i < shards.size(); ++i) {
        held_[i].saved = shards[i].version;
        held_[i].shard = std::make_unique<ParameterShard>(layout, update, std::move(shards[i]), pool);
        held_[i].before = decided(held_[i].shard->report());
        if (i < snapshots.size())
            held_[i].snapshots = std::make_unique<Snapshots>(std::move(snapshots[i]));
    }
    keep_reserve();
    tick();
}

std::size_t Server::most_message() const { return layout_.largest_chunk() * sizeof(float) + most_head; }

Message Server::error(ErrorCode code, const std::string& text)
{
    ++errors_;
    return small(encode(ErrorMessage{code, text}));
}

Server::Held* Server::find(std::uint32_t shard)
{
    for (Held& held : held_)
        if (held.shard->index() == shard)
            return &held;
    return nullptr;
}

Message Server::answer(Message&& request, Responder::Peer peer)
{
    ++requests_;
    bytes_in_ += request.bytes().size();
    Message reply = dispatch(std::make_shared<Message>(std::move(request)), peer);
    bytes_out_ += reply.bytes().size();
    return reply;
}

// From the outside in: is it a message, of this version, of somebody who greeted, a request, and one that decodes? Each
// question is asked only of what the ones before let through, and each no is an error of its own kind.
Message Server::dispatch(std::shared_ptr<Message> request, Responder::Peer peer)
{
    const std::span<const std::byte> bytes = request->bytes();
    std::uint16_t version = 0;
    const std::optional<Kind> kind = kind_of(bytes, version);
    if (!kind || *kind == Kind::challenge)    // which is no client's word
        return error(ErrorCode::malformed, "not a message of this protocol");
    if (version != protocol_version)
        return error(ErrorCode::version, "this server speaks version " + std::to_string(protocol_version));
    if (*kind == Kind::hello) {
        const std::optional<Hello> hello = decode_hello(bytes);
        return hello ? greet(*hello, peer) : error(ErrorCode::malformed, "a hello that is cut or wrong");
    }

    Hello who;
    {
        const std::lock_guard lock(mutex_);
        const auto session = sessions_.find(peer);
        if (session == sessions_.end())
            return error(ErrorCode::greet_first, "say hello first");
        who = session->second;
        if (who.role == Role::replica)
            contact_[who.replica] = Clock::now();
    }
    switch (*kind) {
    case Kind::fetch:
        if (const std::optional<Fetch> m = decode_fetch(bytes))
            return fetch(*m, peer);
        break;
    case Kind::push:
        if (const std::optional<Push> m = decode_push(bytes))
            return push(*m, who, request);
        break;
    case Kind::status:
        if (decode_empty(bytes))
            return small(encode_state(state()));
        break;
    case Kind::snapshot:
        if (const std::optional<std::uint32_t> shard = decode_empty(bytes))
            return snapshot_of(*shard);
        break;
    default:
        return error(ErrorCode::malformed, "not a request");
    }
    return error(ErrorCode::malformed, "a message that is cut or wrong");
}

Message Server::snapshot_of(std::uint32_t shard)
{
    Held* const held = find(shard);
    if (!held)
        return error(ErrorCode::no_such_shard, "not a shard of this server");
    if (!held->snapshots)
        return error(ErrorCode::failed, "this server keeps no snapshots");
    if (!save(*held))
        return error(ErrorCode::failed, "the snapshot could not be written");
    const std::lock_guard lock(mutex_);
    return small(encode(Answer{Kind::saved, shard, 0, held->saved, 0}));
}

// Admission first: who is not let in learns nothing of the model. An observer may be blind (know no model), to ask
// for state and snapshots; a replica takes its place on every shard or, where another process has it, is told so.
Message Server::greet(const Hello& hello, Responder::Peer peer)
{
    const bool let_in = standing(peer) != Standing::stranger;
    const auto verdict = admission_.judge(hello, peer, Responder::ends(peer), let_in);
    if (const auto* challenge = std::get_if<Challenge>(&verdict))
        return small(encode(*challenge));
    if (const auto* refusal = std::get_if<ErrorMessage>(&verdict)) {
        ++refused_greetings_;
        return error(refusal->code, refusal->text);
    }
    const bool blind = hello.role == Role::observer && hello.layout == Digest{};
    if (!blind && hello.layout != layout_.digest()) {
        ++refused_greetings_;
        return error(ErrorCode::layout, "this server holds another model");
    }
    const bool replica = hello.role == Role::replica;
    if (replica && !std::all_of(held_.begin(), held_.end(),
                                [&](const Held& held) { return held.shard->has_place(hello.replica); })) {
        ++refused_greetings_;
        return error(ErrorCode::failed, "this server keeps the records of " +
                                            std::to_string(ParameterShard::most_replicas) +
                                            " replicas, and of no more");
    }
    // The session comes first: another connection of this process, which ends now, must not take its records along.
    std::optional<Hello> before;
    {
        const std::lock_guard lock(mutex_);
        if (const auto session = sessions_.find(peer); session != sessions_.end())
            before = session->second;
        sessions_[peer] = hello;
        if (replica)
            contact_[hello.replica] = Clock::now();
    }
    Welcome welcome;
    welcome.of = of_;
    welcome.update = update_;
    welcome.layout = layout_.digest();
    bool replaced = false;
    for (Held& held : held_) {
        if (!replica) {
            welcome.shards.push_back(held.shard->look());
            continue;
        }
        const std::optional<WelcomeShard> shard = held.shard->greet(hello.replica, hello.incarnation);
        replaced = replaced || !shard;
        welcome.shards.push_back(shard.value_or(WelcomeShard{}));
    }
    if (before && before->role == Role::replica &&
        (!replica || before->replica != hello.replica || before->incarnation != hello.incarnation))
        leave(*before);
    if (!replaced)
        return small(encode(welcome));
    const std::lock_guard lock(mutex_);
    if (before && before->incarnation == hello.incarnation)
        sessions_[peer] = *before;    // it may look on
    else
        sessions_.erase(peer);
    return error(ErrorCode::replaced,
                 "another process has taken the place of replica " + std::to_string(hello.replica));
}

Standing Server::standing(Responder::Peer peer) const
{
    const std::lock_guard lock(mutex_);
    const auto session = sessions_.find(peer);
    if (session == sessions_.end())
        return Standing::stranger;
    return session->second.role == Role::replica ? Standing::replica : Standing::observer;
}

void Server::closed(Responder::Peer peer)
{
    Hello hello;
    {
        const std::lock_guard lock(mutex_);
        const auto session = sessions_.find(peer);
        if (session == sessions_.end())
            return;
        hello = session->second;
        sessions_.erase(session);
        std::erase_if(frozen_, [&](const auto& f) { return f.first.first == peer; });
    }
    if (hello.role == Role::replica)
        leave(hello);
}

// A connection of a replica has ended, or is another's now. The process may have come back already, by another one.
void Server::leave(const Hello& hello)
{
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [other, s] : sessions_)
            if (s.role == Role::replica && s.replica == hello.replica && s.incarnation == hello.incarnation)
                return;
    }
    bool known = false;
    for (Held& held : held_) {
        held.shard->forget(hello.replica, hello.incarnation);
        known = known || held.shard->knows(hello.replica);
    }
    const std::lock_guard lock(mutex_);
    if (!known)
        contact_.erase(hello.replica);
}

bool Server::expired(const Frozen& frozen, Clock::time_point now)
{
    return frozen.copy && now - frozen.asked > frozen_time;
}

bool Server::dawdles(const Frozen& frozen, Clock::time_point now)
{
    return frozen.copy && std::chrono::duration<double>(now - frozen.made).count() >
                              dawdling_seconds + double(frozen.copy->range.count - frozen.left) / numbers_a_second;
}

// A copy is as large as a shard, so that there are few, and a client has its place before the copy is made: else many
// could be under way at a time. It is made without the mutex, which every message takes; until then its place is empty
// and `frozen` requests find nothing. Null: no place, or no copy.
std::shared_ptr<const ShardCopy> Server::frozen(const Fetch& m, Held& held, Responder::Peer peer)
{
    const Key key{peer, m.shard};
    if (m.flags & Fetch::freeze) {
        {
            const std::lock_guard lock(mutex_);
            const Clock::time_point now = Clock::now();
            std::erase_if(frozen_, [&](const auto& f) { return f.first == key || expired(f.second, now); });
            if (frozen_.size() >= most_frozen)
                std::erase_if(frozen_, [&](const auto& f) { return dawdles(f.second, now); });
            if (frozen_.size() >= most_frozen)
                return nullptr;
            frozen_[key].made = frozen_[key].asked = now;
        }
        const auto copy = std::make_shared<const ShardCopy>(held.shard->copy());
        const std::lock_guard lock(mutex_);
        const std::uint64_t left = copy->range.count - m.range.count;
        if (left == 0 || !sessions_.contains(peer))    // whose connection ended meanwhile takes nothing any more
            frozen_.erase(key);
        else
            frozen_[key] = {copy, Clock::now(), Clock::now(), left};
        return copy;
    }
    const std::lock_guard lock(mutex_);
    const auto found = frozen_.find(key);
    if (found == frozen_.end() || !found->second.copy)
        return nullptr;
    const std::shared_ptr<const ShardCopy> copy = found->second.copy;
    found->second.asked = Clock::now();
    found->second.left -= std::min(found->second.left, m.range.count);
    if (found->second.left == 0)
        frozen_.erase(found);
    return copy;
}

Message Server::fetch(const Fetch& m, Responder::Peer peer)
{
    Held* const held = find(m.shard);
    if (!held)
        return error(ErrorCode::no_such_shard, "not a shard of this server");
    const Range all = held->shard->range();
    if (m.range.count == 0 || m.range.first < all.first || m.range.end() > all.end() ||
        m.range.count > layout_.largest_chunk())
        return error(ErrorCode::no_such_shard, "a range outside the shard, or too long for a message");
    std::shared_ptr<const ShardCopy> copy;
    if (m.flags & (Fetch::freeze | Fetch::frozen)) {
        copy = frozen(m, *held, peer);
        if (!copy)
            return error(ErrorCode::busy, "no copy of this shard is held for you now");
    }
    // The head holds the version, which is known once the numbers are packed, under the shard's lock: it is written
    // twice, first for its length, as the numbers lie behind it.
    Values values;
    values.shard = m.shard;
    values.wire = m.wire;
    values.range = m.range;
    if (m.range.first == all.first)
        values.statistics = copy ? copy->statistics : held->shard->statistics();
    std::vector<std::byte> head = encode_head(values);
    Message reply(head, m.range.count * bytes_each(m.wire));
    std::byte* const numbers = reply.bytes().data() + head.size();
    if (copy) {
        values.version = copy->version;
        pack(std::span<const float>(copy->values).subspan(m.range.first - all.first, m.range.count), m.wire, {},
             numbers);
    } else
        values.version = held->shard->read(m.range, m.wire, numbers);
    head = encode_head(values);
    std::copy(head.begin(), head.end(), reply.bytes().begin());
    return reply;
}

Message Server::push(const Push& m, const Hello& who, std::shared_ptr<const void> owner)
{
    Held* const held = find(m.shard);
    if (!held)
        return error(ErrorCode::no_such_shard, "not a shard of this server");
    if (who.role != Role::replica)
        return error(ErrorCode::greet_first, "only a replica may push");
    const auto result = held->shard->push(m, who.replica, who.incarnation, std::move(owner));
    if (const auto* failure = std::get_if<ErrorMessage>(&result))
        return error(failure->code, failure->text);
    return small(encode(std::get<Answer>(result)));
}

bool Server::save(Held& held)
{
    const std::lock_guard one(saving_);
    const ShardCopy copy = held.shard->copy();
    {
        const std::lock_guard lock(mutex_);
        if (held.saved_at && held.saved == copy.version)
            return true;
    }
    reserve_.clear();
    const struct Refilled {
        Server& server;
        ~Refilled() { server.keep_reserve(); }
    } refilled{*this};
    try {
        held.snapshots->save(copy);
    } catch (const Error& e) {
        ++failed_snapshots_;
        warn(e.subject(), e.reason() + "; the snapshot of version " + std::to_string(held.saved) + " is kept");
        return false;
    }
    const std::lock_guard lock(mutex_);
    held.saved = copy.version;
    held.saved_at = Clock::now();
    return true;
}

// Descriptors that nobody else can take while no snapshot is written: connections come and go by the hundred.
void Server::keep_reserve()
{
    while (reserve_.size() < reserved_descriptors) {
        Descriptor one = Descriptor::try_open("/dev/null", O_RDONLY);
        if (!one)
            return;
        reserve_.push_back(std::move(one));
    }
}

bool Server::snapshot()
{
    bool good = true;
    for (Held& held : held_)
        if (held.snapshots)
            good = save(held) && good;
    return good;
}

void Server::tick()
{
    {
        const std::lock_guard lock(mutex_);
        std::erase_if(frozen_, [&](const auto& f) { return expired(f.second, Clock::now()); });
    }
    for (Held& held : held_) {
        const std::uint64_t version = held.shard->look().version;
        const std::lock_guard lock(mutex_);
        held.versions.emplace_back(Clock::now(), version);
        if (held.versions.size() > 11)
            held.versions.pop_front();
    }
}

double Server::rate(const Held& held)
{
    if (held.versions.size() < 2)
        return 0;
    const auto& [from, v0] = held.versions.front();
    const auto& [to, v1] = held.versions.back();
    const double seconds = std::chrono::duration<double>(to - from).count();
    return seconds > 0 ? double(v1 - v0) / seconds : 0;
}

}    // namespace nonna
