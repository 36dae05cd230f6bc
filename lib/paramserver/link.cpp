#include "paramserver/link.h"

#include "base/log.h"
#include "base/random.h"

#include <algorithm>
#include <cassert>
#include <cstdio>
#include <utility>

namespace nonna
{

void LinkState::want_push()
{
    assert(push_ != Work::under_way);
    push_ = Work::wanted;
}

void LinkState::want_fetch()
{
    assert(fetch_ != Work::under_way);
    fetch_ = Work::wanted;
}

void LinkState::give_up_fetch()
{
    assert(fetch_ != Work::under_way);
    if (fetch_ == Work::wanted)
        fetch_ = Work::none;
}

bool LinkState::collect()
{
    if (fetch_ != Work::arrived)
        return false;
    fetch_ = Work::none;
    return true;
}

LinkState::Job LinkState::next() const
{
    if (!ready())
        return Job::connect;
    if (push_ == Work::wanted)
        return Job::push;
    return fetch_ == Work::wanted ? Job::fetch : Job::none;
}

LinkState::Job LinkState::take_up()
{
    assert(push_ != Work::under_way && fetch_ != Work::under_way);
    const Job job = next();
    if (job == Job::push)
        push_ = Work::under_way;
    if (job == Job::fetch)
        fetch_ = Work::under_way;
    return job;
}

void LinkState::greeted()
{
    assert(!ready() && peer_ != Peer::failed);
    peer_ = Peer::ready;
}

// Said once for each time that a server is away. At the start servers and replicas begin together, and whoever is the
// first waits for a moment: that is not worth a word.
bool LinkState::missed(double seconds)
{
    stop_work();
    if (ready()) {
        peer_ = Peer::lost;
        return true;
    }
    if (peer_ == Peer::unmet && seconds > 1) {
        peer_ = Peer::awaited;
        return true;
    }
    return false;
}

void LinkState::failed()
{
    stop_work();
    peer_ = Peer::failed;
}

void LinkState::stop_work()
{
    for (Work* work : {&push_, &fetch_})
        if (*work == Work::under_way)
            *work = Work::wanted;
}

void LinkState::pushed()
{
    assert(push_ == Work::under_way);
    push_ = Work::none;
}

void LinkState::fetched(bool values)
{
    assert(fetch_ == Work::under_way);
    fetch_ = values ? Work::arrived : Work::none;
}

std::string Servers::Link::name() const
{
    std::string text = url.empty() ? shared.options.rendezvous : url;
    if (!shards.empty())
        text += " (shard " + Portion{shards.front().index, shards.back().index, shared.common.shards}.text() + ")";
    else if (url.empty())
        text += " (shard " + portion.text() + ")";
    return text;
}

// A failure whose status is peer_lost is a matter of time: the link tries to reach the server again, first after a
// twentieth of a second, then after twice as long each time, up to a second. Every other one is the caller's.
void Servers::Link::run()
{
    constexpr double first_pause = 0.05, longest_pause = 1;
    for (double pause = first_pause;;)
        try {
            if (do_next() != LinkState::Job::connect)
                pause = first_pause;
            if (shared.stopping())
                return;
        } catch (const Error& e) {
            requester.reset();
            if (!try_again(e, pause))
                return;
            pause = std::min(longest_pause, pause * 2);
        } catch (...) {
            give_up();
            return;
        }
}

LinkState::Job Servers::Link::do_next()
{
    LinkState::Job job;
    {
        std::unique_lock lock(shared.mutex);
        shared.for_links.wait(lock, [&] { return shared.stop || state.next() != LinkState::Job::none; });
        if (shared.stop)
            return LinkState::Job::none;
        job = state.take_up();
    }
    switch (job) {
    case LinkState::Job::connect:
        connect();
        break;
    case LinkState::Job::push:
        push();
        break;
    case LinkState::Job::fetch:
        fetch();
        break;
    case LinkState::Job::none:
        break;
    }
    return job;
}

// False where this thread has nothing to do any more. Called inside the handler, for current_exception.
bool Servers::Link::try_again(const Error& lost, double pause)
{
    if (shared.stopping())
        return false;
    if (lost.status() != ExitStatus::peer_lost) {
        give_up();
        return false;
    }
    std::unique_lock lock(shared.mutex);
    reason = lost.reason();
    const bool more_of_the_same = state.ready() && troubled;
    if (!troubled) {
        troubled = true;
        returns = 0;
        away_since = Clock::now();
    }
    if (state.missed(since(away_since)) && !more_of_the_same) {
        char text[64];
        std::snprintf(text, sizeof text, "; waiting for it up to %g s", shared.options.patience);
        warn(name(), reason + text);
    }
    // While it was away the caller sees to the patience; a caller who is busy must not miss the moments between.
    if (more_of_the_same && since(away_since) > shared.options.patience) {
        failure = std::make_exception_ptr(Error(name(), "lost: " + reason, ExitStatus::peer_lost));
        state.failed();
        shared.for_caller.notify_all();
        return false;
    }
    shared.for_caller.notify_all();
    return !shared.for_links.wait_for(lock, std::chrono::duration<double>(pause), [&] { return shared.stop; });
}

void Servers::Link::work_is_done()
{
    troubled = false;
    shared.for_caller.notify_all();
}

void Servers::Link::give_up()
{
    const std::lock_guard lock(shared.mutex);
    failure = std::current_exception();
    state.failed();
    shared.for_caller.notify_all();
}

// In the middle of a job: the server is to be asked once more.
void Servers::Link::rest(std::chrono::milliseconds time)
{
    std::unique_lock lock(shared.mutex);
    if (shared.for_links.wait_for(lock, time, [&] { return shared.stop; }))
        throw Error(url, "given up", ExitStatus::peer_lost);
}

// A server that was started again may have another address: with a rendezvous folder it is looked up each time.
void Servers::Link::connect()
{
    const ClientOptions& options = shared.options;
    if (options.servers.empty()) {
        std::string found;
        for (const Found& f : shared.rendezvous.servers())
            if (f.shards == portion)
                found = f.url;
        if (found.empty())
            throw Error(name(), "not published", ExitStatus::peer_lost);
        require_access(found, options.access);
        const std::lock_guard lock(shared.mutex);
        url = found;
    }
    Connection c = greet(url, options.access, shared.hello, shared.token, shared.most_message, options.deadline,
                         [&] { return shared.stopping(); });
    if (c.welcome.layout != shared.layout.digest())
        throw Error(url, "holds another model");
    for (const WelcomeShard& s : c.welcome.shards)
        if (s.range != shared.layout.shard(s.index, c.welcome.of))
            throw Error(url, "its shard " + std::to_string(s.index) + " is not cut as ours");
    requester = std::move(c.requester);
    const std::lock_guard lock(shared.mutex);
    account(c.welcome);
    state.greeted();
    if (state.next() == LinkState::Job::none)
        troubled = false;
    shared.for_caller.notify_all();
}

// What a greeting says of the shards, held against what we know of them; the mutex is held. The first one tells what
// there is. Later ones tell what became of the pushes that were under way when the connection was lost: an answer that
// was on its way to us is made up for here, and where the server has come back from a snapshot, what it has accepted
// since that snapshot is lost.
void Servers::Link::account(const Welcome& welcome)
{
    State::Common& common = shared.common;
    if (shards.empty()) {
        if (common.shards == 0)
            common = {welcome.of, welcome.update};
        if (welcome.update != common.update)
            throw Error(url, "its update rule, rate or staleness options are not the other servers'");
        for (const WelcomeShard& s : welcome.shards) {
            ServedShard shard;
            shard.index = s.index;
            shard.range = s.range;
            shard.chunks = shared.layout.chunks(s.range);
            shards.push_back(std::move(shard));
        }
    }
    if (welcome.of != common.shards || welcome.shards.size() != shards.size())
        throw Error(url, "is cut into other shards than before");
    if (welcome.update.rule != common.update.rule)
        throw Error(url, "its --optimizer is another than before");
    std::uint64_t lost = 0, behind = 0;
    for (std::size_t i = 0; i < shards.size(); ++i) {
        ServedShard& mine = shards[i];
        const WelcomeShard& theirs = welcome.shards[i];
        if (theirs.index != mine.index)
            throw Error(url, "is cut into other shards than before");
        std::uint64_t& accepted = mine.pushes.decided.accepted;
        if (theirs.accepted > accepted) {
            // The push handed over last, or one before it, which was counted as dropped for want of an answer.
            if (!mine.decided && sequence <= theirs.decided)
                mine.decided = true;
            else
                mine.pushes.dropped -= std::min(mine.pushes.dropped, theirs.accepted - accepted);
        } else {
            lost = std::max(lost, accepted - theirs.accepted);
            mine.pushes.lost += accepted - theirs.accepted;
        }
        accepted = theirs.accepted;
        behind = std::max(behind, mine.version - std::min(mine.version, theirs.version));
        mine.version = theirs.version;
        mine.fetched = std::min(mine.fetched, mine.version);
        mine.base = std::min(mine.base, mine.version);
        mine.epoch = theirs.epoch;
    }
    if (state.peer() == LinkState::Peer::lost && (returns++ == 0 || lost > 0 || behind > 0)) {
        std::string text = name() + ": back after " + std::to_string(int(since(away_since))) + " s";
        if (behind > 0)
            text += ", from a snapshot " + std::to_string(behind) + " pushes before";
        say(text + "; " + std::to_string(lost) + " of this replica's pushes are lost");
    }
}

// All chunks of the shards that have not decided yet, in rounds: a server that puts many pushes together is busy, and
// takes the next when one of them is whole. After a loss this begins anew with every chunk, as a server throws away
// what it has of a push when the connection ends; one that was decided meanwhile is answered as it was then.
void Servers::Link::push()
{
    const double deadline = shared.options.deadline;
    const Clock::time_point start = Clock::now();
    for (bool again = false;; again = true) {
        std::vector<Chunk> chunks;
        for (ServedShard& s : shards)
            for (std::uint32_t c = 0; !s.decided && c < s.chunks.size(); ++c)
                chunks.push_back({&s, c});
        if (chunks.empty())
            break;
        if (again && since(start) > deadline)
            throw Error(url, "takes no push", ExitStatus::peer_lost);
        if (again)
            rest(std::chrono::milliseconds(20));
        requester->exchange(
            chunks.size(), deadline, [&](std::size_t i) { return push_message(chunks[i]); },
            [&](std::size_t i, Message&& answer) { take_answer(chunks[i], answer.bytes()); },
            [&] { return shared.stopping(); });
    }
    const std::lock_guard lock(shared.mutex);
    state.pushed();
    work_is_done();
}

Message Servers::Link::push_message(const Chunk& chunk) const
{
    const ServedShard& s = *chunk.shard;
    const State::ToPush& lent = shared.to_push;
    Push m;
    m.shard = s.index;
    m.wire = shared.wire;
    m.epoch = s.epoch;
    m.chunk = chunk.number;
    m.sequence = sequence;
    m.base = s.pushed_base;
    m.factor = lent.factor;
    m.decay = lent.decay;
    m.range = s.chunks[chunk.number];
    if (s.index == 0 && chunk.number == 0)
        m.statistics = lent.statistics;
    const std::vector<std::byte> head = encode_head(m);
    Message message(head, m.range.count * bytes_each(shared.wire));
    // Rounded by chance, by the push alone: sent once more it is the same numbers.
    std::optional<std::uint64_t> key;
    if (shared.wire == Wire::bf16) {
        Random random(sequence * Layout::most_shards + s.index, Purpose::wire_rounding,
                      std::uint64_t(shared.hello.replica) << 32 | chunk.number);
        key = std::uint64_t(random.bits()) << 32;
        *key |= random.bits();
    }
    pack(lent.gradient.subspan(m.range.first, m.range.count), shared.wire, key, message.bytes().data() + head.size());
    return message;
}

// Of any chunk of a push the answer may be the one that decides it: chunks are on their way together.
void Servers::Link::take_answer(const Chunk& chunk, std::span<const std::byte> bytes)
{
    ServedShard& s = *chunk.shard;
    if (const auto e = decode_error(bytes); e && e->code == ErrorCode::busy)
        return;    // asked again in the next round
    throw_if_error(url, bytes);
    const std::optional<Answer> m = decode_answer(bytes);
    if (!m || m->shard != s.index || m->sequence != sequence)
        throw_unexpected(url);
    if (m->kind == Kind::received || s.decided)
        return;
    const std::lock_guard lock(shared.mutex);
    s.decided = true;
    s.version = std::max(s.version, m->version);
    if (m->kind == Kind::accepted) {
        ++s.pushes.decided.accepted;
        shared.staleness_sum += m->staleness;
        ++shared.staleness_count;
    } else if (m->kind == Kind::stale) {
        ++s.pushes.decided.stale;
        shared.stale = true;
    } else
        ++s.pushes.decided.refused;
}

void Servers::Link::fetch()
{
    const Want want = shared.to_fetch.want;
    std::vector<std::uint64_t> versions(shards.size(), ~std::uint64_t(0));    // the oldest of each shard's chunks
    std::vector<Piece> pieces;
    for (std::size_t i = 0; i < shards.size(); ++i) {
        const std::vector<Range>& chunks = shards[i].chunks;
        if (want == Want::version) {    // which comes with any number
            pieces.push_back({i, {chunks.front().first, 1}, 0});
        } else if (want == Want::values) {
            for (const Range& chunk : chunks)
                pieces.push_back({i, chunk, 0});
        } else {
            // A server holds few frozen copies at a time, for all who ask: one shard after another, each begun again
            // until there is a place for it.
            const Clock::time_point start = Clock::now();
            while (!fetch_pieces({{i, chunks.front(), Fetch::freeze}}, versions)) {
                if (since(start) > shared.options.deadline)
                    throw Error(url, "holds no copy for us: many others ask", ExitStatus::peer_lost);
                rest(std::chrono::milliseconds(20));
            }
            std::vector<Piece> others;
            for (std::size_t c = 1; c < chunks.size(); ++c)
                others.push_back({i, chunks[c], Fetch::frozen});
            fetch_pieces(others, versions);
        }
    }
    fetch_pieces(pieces, versions);
    const std::lock_guard lock(shared.mutex);
    for (std::size_t i = 0; i < shards.size(); ++i) {
        shards[i].version = std::max(shards[i].version, versions[i]);
        if (want != Want::version)
            shards[i].fetched = versions[i];
    }
    state.fetched(want != Want::version);
    work_is_done();
}

// False where the server has no place for a copy that is to be frozen.
bool Servers::Link::fetch_pieces(const std::vector<Piece>& pieces, std::vector<std::uint64_t>& versions)
{
    bool busy = false;
    const State::ToFetch& lent = shared.to_fetch;
    requester->exchange(
        pieces.size(), shared.options.deadline,
        [&](std::size_t i) {
            const Piece& piece = pieces[i];
            return Message(encode(Fetch{shards[piece.shard].index, piece.flags, shared.wire, piece.range}));
        },
        [&](std::size_t i, Message&& answer) {
            const Piece& piece = pieces[i];
            const std::span<const std::byte> bytes = answer.bytes();
            if (const auto e = decode_error(bytes); e && e->code == ErrorCode::busy && piece.flags == Fetch::freeze) {
                busy = true;
                return;
            }
            throw_if_error(url, bytes);
            const std::optional<Values> m = decode_values(bytes);
            if (!m || m->shard != shards[piece.shard].index || m->range != piece.range || m->wire != shared.wire)
                throw_unexpected(url);
            versions[piece.shard] = std::min(versions[piece.shard], m->version);
            if (lent.want == Want::version)
                return;
            unpack(m->numbers.data(), m->wire, lent.values.subspan(piece.range.first, piece.range.count));
            if (!m->statistics.empty() && m->statistics.size() == lent.statistics.size())
                std::copy(m->statistics.begin(), m->statistics.end(), lent.statistics.begin());
        },
        [&] { return shared.stopping(); });
    return !busy;
}

}    // namespace nonna
