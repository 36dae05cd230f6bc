// What servers and their clients say to each other (nonna-protocol(7)): pure functions between structs and bytes.
//
// Model to hold in mind: a client asks, the server answers, one message each; every number is little-endian. A message
// begins with 16 bytes: "NNPS", the protocol's version (2 bytes), its kind (2), a shard's index (4), flags (4).
// Decoding trusts nothing: it returns std::nullopt unless the message is exactly as long as its own counts say, and
// allocates nothing that they could make large. Spans of a decoded message point into its bytes.
//
// The words of this room, one for one thing:
//     shard       a run of the parameters, held by one server; its values are what clients fetch
//     update      how pushes move the values: rule, rate and what else is the same on all servers
//     version     pushes applied to a shard so far
//     push        a gradient on its way to one shard, in chunks; known by replica, epoch and sequence
//     base        version of the values that a push was computed on; its staleness is the version less its base
//     decided     of a push: accepted (applied), stale (too old) or refused (not finite); it is decided once
//     tally       pushes counted by what was decided
//     statistics  the model's averages beside its parameters, kept by shard 0; a push brings what they take in
//     replica     who pushes; each of its processes is an incarnation, each taking of its place begins an epoch
//     observer    who only looks
//     greeting    HELLO and WELCOME, with a CHALLENGE between, the first words of a connection; a link (link.h) has one
//     connection after another
#pragma once

#include "kernels/update_rules.h"
#include "paramserver/layout.h"
#include "paramserver/wire_format.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nonna
{

inline constexpr std::uint16_t protocol_version = 1;

enum class Kind : std::uint16_t {
    hello = 1,    // client: who I am             -> welcome
    welcome = 2,
    fetch = 3,    // client: values of a range    -> values
    values = 4,
    push = 5,        // client: a chunk of a gradient -> received, accepted, stale or refused
    received = 6,    // other chunks of the push are missing
    accepted = 7,    // the push is applied, now or before
    stale = 8,       // not applied: computed on values that are too old
    refused = 9,     // not applied: a number is not finite
    status = 10,     // client: how are you          -> state
    state = 11,
    snapshot = 12,    // client: write your snapshot  -> saved
    saved = 13,
    error = 14,        // the server: not done; text says why
    challenge = 15,    // the answer to a hello that asks for one
};

enum class Role : std::uint32_t { replica = 1, observer = 2 };

// What a connection has greeted as; others make room for it in this order.
enum class Standing { stranger, observer, replica };

enum class ErrorCode : std::uint32_t {
    malformed = 1,        // not a message of this protocol, or cut
    version = 2,          // of another protocol version
    layout = 3,           // of another model
    token = 4,            // missing or wrong; or another user
    greet_first = 5,      // this connection has not said hello
    replaced = 6,         // another process has taken this replica's place
    no_such_shard = 7,    // or a range outside it
    busy = 8,             // try again
    failed = 9,           // the snapshot could not be written
};

struct Hello {
    Role role = Role::observer;
    std::uint32_t replica = 0;
    std::uint64_t incarnation = 0;    // drawn once by each process
    Digest layout{};                  // all zero: an observer that knows no model
    enum class Proof : std::uint32_t { none = 0, asked = 1, given = 2 } proof = Proof::none;
    Digest token{};    // none: all zero; asked: the client's nonce; given: its proof (admission.h)
};

struct Challenge {
    Digest nonce{}, proof{};    // the server's
};

// How a server moves parameters, the same on all of them.
struct UpdateOptions {
    Rule rule = Rule::sgd;
    double rate = 0, momentum = 0;
    std::uint64_t max_staleness = 0;    // 0: no bound
    bool staleness_scale = false;
    bool operator==(const UpdateOptions&) const = default;
};

struct WelcomeShard {
    std::uint32_t index = 0, epoch = 0;    // epoch: of this replica, grows with every process that takes its place
    Range range;
    std::uint64_t version = 0;
    std::uint64_t decided = 0;     // sequence of this epoch's last push that was decided
    std::uint64_t accepted = 0;    // in this epoch
};

struct Welcome {
    std::uint32_t of = 0;    // shards in all
    UpdateOptions update;
    Digest layout{};
    std::vector<WelcomeShard> shards;
};

struct Fetch {
    static constexpr std::uint32_t freeze = 1;    // hold a copy of the shard as it is now, for this connection
    static constexpr std::uint32_t frozen = 2;    // answer from that copy
    std::uint32_t shard = 0, flags = 0;
    Wire wire = Wire::fp32;
    Range range;
};

struct Values {
    std::uint32_t shard = 0;
    Wire wire = Wire::fp32;
    std::uint64_t version = 0;
    Range range;
    std::vector<double> statistics;        // shard 0's, empty of others
    std::span<const std::byte> numbers;    // packed
};

// A chunk of a push. The first chunk of shard 0's brings statistics: those kept become decay * kept + these.
struct Push {
    std::uint32_t shard = 0;
    Wire wire = Wire::fp32;
    std::uint32_t epoch = 0, chunk = 0;    // chunk: of Layout::chunks
    std::uint64_t sequence = 0;            // grows with every push of this replica to this shard
    std::uint64_t base = 0;                // version of the oldest values that the gradient was computed on
    double factor = 1, decay = 1;          // factor: of the server's rate, in [0, 1]
    std::vector<double> statistics;
    Range range;
    std::span<const std::byte> numbers;
};

// received, accepted, stale, refused; and saved, whose version is the snapshot's.
struct Answer {
    Kind kind = Kind::received;
    std::uint32_t shard = 0;
    std::uint64_t sequence = 0, version = 0, staleness = 0;
};

struct Tally {
    std::uint64_t accepted = 0, stale = 0, refused = 0;
};

struct ErrorMessage {
    ErrorCode code = ErrorCode::malformed;
    std::string text;
};

// The kind, if this is a message of this protocol at all; `version`: as it says, whatever that is.
std::optional<Kind> kind_of(std::span<const std::byte> message, std::uint16_t& version);

std::vector<std::byte> encode(const Hello&);
std::vector<std::byte> encode(const Challenge&);
std::vector<std::byte> encode(const Welcome&);
std::vector<std::byte> encode(const Fetch&);
std::vector<std::byte> encode(const Answer&);
std::vector<std::byte> encode(const ErrorMessage&);
std::vector<std::byte> encode_empty(Kind, std::uint32_t shard = 0);    // status, snapshot
std::vector<std::byte> encode_state(std::string_view json);
// The head of Values or Push; the packed numbers follow it (`numbers` is not looked at).
std::vector<std::byte> encode_head(const Values&);
std::vector<std::byte> encode_head(const Push&);

std::optional<Hello> decode_hello(std::span<const std::byte>);
std::optional<Challenge> decode_challenge(std::span<const std::byte>);
std::optional<Welcome> decode_welcome(std::span<const std::byte>);
std::optional<Fetch> decode_fetch(std::span<const std::byte>);
std::optional<Values> decode_values(std::span<const std::byte>);
std::optional<Push> decode_push(std::span<const std::byte>);
std::optional<Answer> decode_answer(std::span<const std::byte>);
std::optional<ErrorMessage> decode_error(std::span<const std::byte>);
std::optional<std::uint32_t> decode_empty(std::span<const std::byte>);    // the shard
std::optional<std::string> decode_state(std::span<const std::byte>);

// What a message may add to its numbers.
inline constexpr std::size_t most_head = 4096;

}    // namespace nonna
