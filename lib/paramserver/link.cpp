#include "paramserver/link.h"

#include "base/interrupt.h"
#include "base/log.h"
#include "base/random.h"
#include "paramserver/rendezvous.h"

#include <algorithm>
#include <cstdio>
#include <random>
#include <utility>

namespace nonna
{

Servers::State::State(const Layout& l, const ClientOptions& o, std::int64_t replica)
    : layout(l), options(o), wire(parse_wire(o.wire)), most(l.largest_chunk() * sizeof(float) + most_head)
{
    hello.role = replica < 0 ? Role::observer : Role::replica;
    hello.replica = std::uint32_t(std::max<std::int64_t>(0, replica));
    std::random_device entropy;    // a name of this process, nothing more
    hello.incarnation = std::uint64_t(entropy()) << 32 | entropy();
    hello.layout = layout.digest();
    hello.token = token_digest(options.access);
}

std::string Servers::State::name(const Link& link) const
{
    std::string text = link.url.empty() ? options.rendezvous : link.url;
    if (!link.shards.empty())
        text += " (shard " + Portion{link.shards.front().index, link.shards.back().index, of}.text() + ")";
    else if (link.url.empty())
        text += " (shard " + link.shards_wanted.text() + ")";
    return text;
}

void Servers::State::find_links()
{
    if (!options.servers.empty()) {
        for (const std::string& url : listed_servers(options.servers)) {
            require_access(url, options.access);
            links.push_back(std::make_unique<Link>());
            links.back()->url = url;
        }
        return;
    }
    const Clock::time_point start = Clock::now();
    bool said = false;
    for (;;) {
        const std::vector<Found> found = servers_in(options.rendezvous);
        std::uint32_t next = 0;
        for (const Found& f : found)
            if (f.shards.first == next && f.shards.of == found.front().shards.of)
                next = f.shards.last + 1;
        if (!found.empty() && next == found.front().shards.of) {
            next = 0;
            for (const Found& f : found)
                if (f.shards.first == next && f.shards.of == found.front().shards.of) {
                    require_access(f.url, options.access);
                    links.push_back(std::make_unique<Link>());
                    links.back()->shards_wanted = f.shards;
                    next = f.shards.last + 1;
                }
            return;
        }
        throw_if_interrupted();
        if (!said && since(start) > 1) {
            said = true;
            say(options.rendezvous + ": waiting for servers of every shard to publish themselves there");
        }
        if (since(start) > options.patience)
            throw Error(options.rendezvous, "no servers of every shard there", ExitStatus::peer_lost);
        std::unique_lock lock(mutex);
        news.wait_for(lock, std::chrono::milliseconds(50));
    }
}

void Servers::State::connect(Link& link)
{
    if (options.servers.empty()) {
        std::string url;
        for (const Found& f : servers_in(options.rendezvous))
            if (f.shards.first == link.shards_wanted.first && f.shards.last == link.shards_wanted.last &&
                f.shards.of == link.shards_wanted.of)
                url = f.url;
        if (url.empty())
            throw Error(name(link), "not published", ExitStatus::peer_lost);
        require_access(url, options.access);
        const std::lock_guard lock(mutex);
        link.url = url;
    }
    Connection c = greet(link.url, options.access, hello, most, options.deadline, [&] { return stopping(); });
    if (c.welcome.layout != layout.digest())
        throw Error(link.url, "holds another model");
    for (const WelcomeShard& s : c.welcome.shards)
        if (s.range != layout.shard(s.index, c.welcome.of))
            throw Error(link.url, "its shard " + std::to_string(s.index) + " is not cut as ours");
    link.requester = std::move(c.requester);
    const std::lock_guard lock(mutex);
    account(link, c.welcome);
    link.now = Link::Now::ready;
    news.notify_all();
}

// The lock is held.
void Servers::State::account(Link& link, const Welcome& welcome)
{
    if (link.shards.empty()) {
        if (of == 0) {
            of = welcome.of;
            update = welcome.update;
        }
        if (welcome.update != update)
            throw Error(link.url, "its update rule, rate or staleness options are not the other servers'");
        for (const WelcomeShard& s : welcome.shards) {
            Link::ShardState shard;
            shard.index = s.index;
            shard.range = s.range;
            shard.chunks = layout.chunks(s.range);
            link.shards.push_back(std::move(shard));
        }
    }
    if (welcome.of != of || welcome.shards.size() != link.shards.size())
        throw Error(link.url, "is cut into other shards than before");
    if (welcome.update.rule != update.rule)
        throw Error(link.url, "its --optimizer is another than before");
    std::uint64_t lost = 0, behind = 0;
    for (std::size_t i = 0; i < link.shards.size(); ++i) {
        Link::ShardState& mine = link.shards[i];
        const WelcomeShard& theirs = welcome.shards[i];
        if (theirs.index != mine.index)
            throw Error(link.url, "is cut into other shards than before");
        if (theirs.accepted > mine.pushes.decided.accepted) {    // one whose answer was lost
            const std::uint64_t gained = theirs.accepted - mine.pushes.decided.accepted;
            if (!mine.decided && link.sequence <= theirs.decided)
                mine.decided = true;
            else
                mine.pushes.dropped -= std::min(mine.pushes.dropped, gained);
            mine.pushes.decided.accepted = theirs.accepted;
        } else if (theirs.accepted < mine.pushes.decided.accepted) {
            lost = std::max(lost, mine.pushes.decided.accepted - theirs.accepted);
            mine.pushes.lost += mine.pushes.decided.accepted - theirs.accepted;
            mine.pushes.decided.accepted = theirs.accepted;
        }
        behind = std::max(behind, mine.version - std::min(mine.version, theirs.version));
        mine.version = theirs.version;
        mine.fetched = std::min(mine.fetched, mine.version);
        mine.base = std::min(mine.base, mine.version);
        mine.epoch = theirs.epoch;
    }
    if (link.now == Link::Now::lost) {
        std::string text = name(link) + ": back after " + std::to_string(int(since(link.lost_at))) + " s";
        if (behind > 0)
            text += ", from a snapshot " + std::to_string(behind) + " pushes before";
        say(text + "; " + std::to_string(lost) + " of this replica's pushes are lost");
    }
}

void Servers::State::run(Link& link)
{
    double pause = 0.05;
    for (;;) {
        try {
            bool pushing = false;
            {
                std::unique_lock lock(mutex);
                work.wait(lock, [&] {
                    return stop || link.now != Link::Now::ready || link.push_wanted || link.fetch_wanted;
                });
                if (stop)
                    return;
                if (link.now == Link::Now::ready) {
                    pushing = link.push_wanted;
                    link.busy = true;
                }
            }
            if (!link.requester)
                connect(link);
            else if (pushing)
                push(link);
            else
                fetch(link);
            pause = 0.05;
        } catch (const Error& e) {
            link.requester.reset();
            std::unique_lock lock(mutex);
            link.busy = false;
            if (stop)
                return;
            if (e.status() != ExitStatus::peer_lost) {
                link.failure = std::current_exception();
                link.now = Link::Now::lost;
                news.notify_all();
                return;
            }
            link.reason = e.reason();
            const bool first = link.now == Link::Now::connecting && !link.said && since(link.lost_at) > 1;
            if (link.now == Link::Now::ready || first) {
                if (!first) {
                    link.now = Link::Now::lost;
                    link.lost_at = Clock::now();
                }
                link.said = true;
                char text[64];
                std::snprintf(text, sizeof text, "; waiting for it up to %g s", options.patience);
                warn(name(link), e.reason() + text);
            }
            news.notify_all();
            work.wait_for(lock, std::chrono::duration<double>(pause), [&] { return stop; });
            pause = std::min(1.0, pause * 2);
        } catch (...) {
            const std::lock_guard lock(mutex);
            link.busy = false;
            link.failure = std::current_exception();
            link.now = Link::Now::lost;
            news.notify_all();
            return;
        }
    }
}

void Servers::State::push(Link& link)
{
    struct Item {
        Link::ShardState* shard;
        std::uint32_t chunk;
    };
    const Clock::time_point start = Clock::now();
    for (int tries = 0;; ++tries) {
        std::vector<Item> items;
        for (Link::ShardState& s : link.shards)
            if (!s.decided)
                for (std::uint32_t c = 0; c < s.chunks.size(); ++c)
                    items.push_back({&s, c});
        if (items.empty())
            break;
        if (tries > 0 && since(start) > options.deadline)
            throw Error(link.url, "takes no push", ExitStatus::peer_lost);
        if (tries > 0) {
            std::unique_lock lock(mutex);
            work.wait_for(lock, std::chrono::milliseconds(20), [&] { return stop; });
            if (stop)
                throw Error(link.url, "given up", ExitStatus::peer_lost);
        }
        link.requester->exchange(
            items.size(), options.deadline,
            [&](std::size_t i) {
                const Link::ShardState& s = *items[i].shard;
                Push m;
                m.shard = s.index;
                m.wire = wire;
                m.epoch = s.epoch;
                m.chunk = items[i].chunk;
                m.sequence = link.sequence;
                m.base = s.pushed_base;
                m.factor = factor;
                m.decay = decay;
                m.range = s.chunks[m.chunk];
                if (s.index == 0 && m.chunk == 0)
                    m.statistics = pushed_statistics;
                const std::vector<std::byte> head = encode_head(m);
                Message message(head, m.range.count * bytes_each(wire));
                std::optional<std::uint64_t> key;
                if (wire == Wire::bf16) {
                    Random random(link.sequence * Layout::most_shards + s.index, Purpose::wire_rounding,
                                  std::uint64_t(hello.replica) << 32 | m.chunk);
                    key = std::uint64_t(random.bits()) << 32;
                    *key |= random.bits();
                }
                pack(gradient.subspan(m.range.first, m.range.count), wire, key, message.bytes().data() + head.size());
                return message;
            },
            [&](std::size_t i, Message&& answer) {
                Link::ShardState& s = *items[i].shard;
                if (const auto e = decode_error(answer.bytes()); e && e->code == ErrorCode::busy)
                    return;    // asked again
                throw_if_error(link.url, answer.bytes());
                const std::optional<Answer> m = decode_answer(answer.bytes());
                if (!m || m->shard != s.index || m->sequence != link.sequence)
                    throw_unexpected(link.url);
                if (m->kind == Kind::received || s.decided)
                    return;
                const std::lock_guard lock(mutex);
                s.decided = true;
                s.version = std::max(s.version, m->version);
                if (m->kind == Kind::accepted) {
                    ++s.pushes.decided.accepted;
                    staleness_sum += m->staleness;
                    ++staleness_count;
                } else if (m->kind == Kind::stale) {
                    ++s.pushes.decided.stale;
                    stale = true;
                } else
                    ++s.pushes.decided.refused;
            },
            [&] { return stopping(); });
    }
    const std::lock_guard lock(mutex);
    link.push_wanted = link.busy = false;
    news.notify_all();
}

void Servers::State::fetch(Link& link)
{
    struct Item {
        std::size_t shard;
        Range range;
        std::uint32_t flags;
    };
    std::vector<std::uint64_t> versions(link.shards.size(), ~std::uint64_t(0));
    bool busy = false;
    auto ask = [&](const std::vector<Item>& items) {
        link.requester->exchange(
            items.size(), options.deadline,
            [&](std::size_t i) {
                const Item& item = items[i];
                return Message(encode(Fetch{link.shards[item.shard].index, item.flags, wire, item.range}));
            },
            [&](std::size_t i, Message&& answer) {
                const Item& item = items[i];
                if (const auto e = decode_error(answer.bytes());
                    e && e->code == ErrorCode::busy && item.flags == Fetch::freeze) {
                    busy = true;
                    return;
                }
                throw_if_error(link.url, answer.bytes());
                const std::optional<Values> m = decode_values(answer.bytes());
                if (!m || m->shard != link.shards[item.shard].index || m->range != item.range || m->wire != wire)
                    throw_unexpected(link.url);
                versions[item.shard] = std::min(versions[item.shard], m->version);
                if (link.want == Want::version)
                    return;
                unpack(m->numbers.data(), m->wire, values.subspan(item.range.first, item.range.count));
                if (!m->statistics.empty() && m->statistics.size() == statistics.size())
                    std::copy(m->statistics.begin(), m->statistics.end(), statistics.begin());
            },
            [&] { return stopping(); });
    };
    std::vector<Item> items;
    for (std::size_t i = 0; i < link.shards.size(); ++i) {
        const std::vector<Range>& chunks = link.shards[i].chunks;
        if (link.want == Want::version) {
            items.push_back({i, {chunks.front().first, 1}, 0});
            continue;
        }
        // Of frozen copies a server holds few at a time: one shard after another, and perhaps once more.
        const Clock::time_point start = Clock::now();
        while (link.want == Want::frozen) {
            ask({{i, chunks.front(), Fetch::freeze}});
            if (!std::exchange(busy, false))
                break;
            if (since(start) > options.deadline)
                throw Error(link.url, "holds no copy for us: many others ask", ExitStatus::peer_lost);
            std::unique_lock lock(mutex);
            if (work.wait_for(lock, std::chrono::milliseconds(20), [&] { return stop; }))
                throw Error(link.url, "given up", ExitStatus::peer_lost);
        }
        for (std::size_t c = link.want == Want::frozen; c < chunks.size(); ++c)
            items.push_back({i, chunks[c], link.want == Want::frozen ? Fetch::frozen : 0});
        if (link.want == Want::frozen) {
            ask(items);
            items.clear();
        }
    }
    ask(items);
    const std::lock_guard lock(mutex);
    for (std::size_t i = 0; i < link.shards.size(); ++i) {
        link.shards[i].version = std::max(link.shards[i].version, versions[i]);
        if (link.want != Want::version)
            link.shards[i].fetched = versions[i];
    }
    link.fetch_wanted = link.busy = false;
    link.came = link.want != Want::version;
    news.notify_all();
}

// The lock is held.
void Servers::State::check_patience()
{
    for (const auto& link : links) {
        if (link->failure)
            std::rethrow_exception(link->failure);
        if (link->now != Link::Now::ready && since(link->lost_at) > options.patience)
            throw Error(name(*link), "lost: " + link->reason, ExitStatus::peer_lost);
    }
}

}    // namespace nonna
