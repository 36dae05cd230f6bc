// What a tile answers its peers: private to the room, as tile_state.h.
#include "paramserver/tile_state.h"

#include <utility>
#include <variant>

namespace nonna
{

Message TilePeers::State::answer(Message&& request, Responder::Peer connection)
{
    const std::span<const std::byte> bytes = request.bytes();
    if (const std::optional<TileGreeting> greeting = decode_tile_greeting(bytes))
        return greet(*greeting, connection);
    const std::lock_guard lock(mutex);
    if (stopping)    // those who were not told in time ask
        return Message(encode(TileRefused{options.tile, TileRefusal::gone, why()}));
    const auto session = sessions.find(connection);
    if (session == sessions.end())
        return refuse(TileRefusal::greet_first, "a tile says first who it is");
    TilePeer& from = peer(session->second);
    if (const std::optional<TilePut> put = decode_tile_put(bytes); put && put->from == from.tile)
        return hold(std::move(request), *put, from);
    if (decode_tile(TileKind::ping, bytes) == from.tile)
        return kept(from);
    if (const std::optional<TileLeave> leave = decode_tile_leave(bytes); leave && leave->from == from.tile) {
        if (leave->why.empty())
            from.left = true;
        else
            fail(from, "has given up: " + leave->why, leave->why);
        changed.notify_all();
        from.wake.notify_all();
        return kept(from);
    }
    return refuse(TileRefusal::malformed, "not a tile's message");
}

// A token is proved for this connection; only then is looked at what was said. A peer's process is the first one that
// greeted: another with the same tile has taken its place, so that the one whose numbers are here is gone.
Message TilePeers::State::greet(const TileGreeting& greeting, Responder::Peer connection)
{
    Hello hello;
    hello.proof = greeting.proof;
    hello.token = greeting.token;
    const auto judged = admission.judge(hello, connection, Responder::ends(connection));
    if (const auto* challenge = std::get_if<Challenge>(&judged))
        return Message(encode(options.tile, *challenge));
    const std::lock_guard lock(mutex);
    if (const auto* error = std::get_if<ErrorMessage>(&judged))
        return refuse(TileRefusal::token, error->text);
    if (greeting.network != options.network || greeting.tiles != options.tiles || greeting.replica != options.replica)
        return refuse(
            TileRefusal::network,
            "here is " + place(options.tile).text() +
                (greeting.network != options.network ? ", of another model, or of one that is cut otherwise" : ""));
    if (greeting.to != options.tile || greeting.meant != incarnation)
        return refuse(TileRefusal::other_process, "another process is here now");
    TilePeer& from = peer(greeting.from);
    if (from.incarnation && *from.incarnation != greeting.incarnation) {
        fail(from, "was started anew; all tiles of a replica begin together");
        return refuse(TileRefusal::other_process, "this process goes with another one of that tile");
    }
    from.incarnation = greeting.incarnation;
    sessions[connection] = greeting.from;
    return Message(encode_tile(TileKind::welcome, options.tile));
}

// The mutex is held. What comes again, after a lost connection, was kept the first time.
Message TilePeers::State::hold(Message&& request, const TilePut& put, TilePeer& from)
{
    if (put.sequence <= from.received) {
        ++refused;
        return kept(from);
    }
    if (put.sequence != from.received + 1 || from.received - from.taken >= options.ahead || from.held.contains(put.tag))
        return refuse(TileRefusal::malformed, "out of turn");
    ++from.received;
    from.held.emplace(put.tag, std::move(request));
    changed.notify_all();
    return kept(from);
}

}    // namespace nonna
