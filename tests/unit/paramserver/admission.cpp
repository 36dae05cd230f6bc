// Who is let in: proofs of a token, which are good for one connection and one place, and whose process is at the other
// end of a connection within this machine.
#include "paramserver/admission.h"
#include "../files.h"
#include "base/descriptor.h"
#include "io/digest.h"
#include "paramserver/access.h"
#include "samples.h"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace nonna;
using namespace nonna::test;

namespace
{

const Ends here{"127.0.0.1:7701", "127.0.0.1:40000"};
const Digest token = ascending(1);

Hello hello(Hello::Proof proof, const Digest& digest)
{
    Hello h;
    h.proof = proof;
    h.token = digest;
    return h;
}

bool yes(const Admission& a, const Hello& h, Responder::Peer peer = 1, const Ends& ends = here)
{
    return std::holds_alternative<Admission::Yes>(a.judge(h, peer, ends));
}
Challenge challenge(const Admission& a, const Digest& nonce, Responder::Peer peer = 1, const Ends& ends = here)
{
    const auto verdict = a.judge(hello(Hello::Proof::asked, nonce), peer, ends);
    BOOST_REQUIRE(std::holds_alternative<Challenge>(verdict));
    return std::get<Challenge>(verdict);
}

// A connection within this machine: the ends as the side has them that accepted it.
struct Connected {
    Descriptor listener, near, far;
    Ends ends;

    explicit Connected(int family = AF_INET, bool mapped = false)
    {
        sockaddr_storage address{}, peer{};
        socklen_t size = sizeof address, peer_size = sizeof peer;
        const auto any = reinterpret_cast<sockaddr*>(&address);
        any->sa_family = sa_family_t(family);
        if (family == AF_INET)
            reinterpret_cast<sockaddr_in*>(any)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        else if (!mapped)
            reinterpret_cast<sockaddr_in6*>(any)->sin6_addr = in6addr_loopback;
        listener = Descriptor(::socket(family, SOCK_STREAM, 0), "listener");
        BOOST_REQUIRE(::bind(listener.number(), any, family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6)) ==
                      0);
        BOOST_REQUIRE(::listen(listener.number(), 1) == 0);
        BOOST_REQUIRE(::getsockname(listener.number(), any, &size) == 0);
        if (mapped) {    // an IPv4 client of an IPv6 socket
            sockaddr_in four{AF_INET, reinterpret_cast<sockaddr_in6*>(any)->sin6_port, {htonl(INADDR_LOOPBACK)}, {}};
            std::memcpy(any, &four, size = sizeof four);
        }
        near = Descriptor(::socket(any->sa_family, SOCK_STREAM, 0), "near");
        BOOST_REQUIRE(::connect(near.number(), any, size) == 0);
        far = Descriptor(::accept(listener.number(), reinterpret_cast<sockaddr*>(&peer), &peer_size), "far");
        size = sizeof address;
        BOOST_REQUIRE(::getsockname(far.number(), any, &size) == 0);
        ends = {text(address), text(peer)};
    }
    static std::string text(const sockaddr_storage& a)
    {
        const auto& six = reinterpret_cast<const sockaddr_in6&>(a);
        const auto& four = reinterpret_cast<const sockaddr_in&>(a);
        if (a.ss_family == AF_INET6)
            return end_text(std::span(six.sin6_addr.s6_addr), ntohs(six.sin6_port));
        return end_text(std::span(reinterpret_cast<const unsigned char*>(&four.sin_addr), 4), ntohs(four.sin_port));
    }
};

}    // namespace

BOOST_AUTO_TEST_SUITE(admission)

// RFC 4231, test case 2.
BOOST_AUTO_TEST_CASE(keyed_digests)
{
    const std::string key = "Jefe", text = "what do ya want for nothing?";
    BOOST_TEST(digest_hex(hmac_sha256(std::as_bytes(std::span(key)), std::as_bytes(std::span(text)))) ==
               "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    BOOST_TEST((random_bytes() != random_bytes()));
}

// A user is looked up where a connection comes, not again with each greeting; a token is proved each time.
BOOST_AUTO_TEST_CASE(who_was_let_in_before)
{
    const Admission of_a_user(Digest{}, true), of_a_token(token);
    const auto judged = [](const Admission& a, bool let_in) {
        return std::holds_alternative<Admission::Yes>(a.judge(hello(Hello::Proof::none, Digest{}), 1, Ends{}, let_in));
    };
    BOOST_TEST(!judged(of_a_user, false));
    BOOST_TEST(judged(of_a_user, true));
    BOOST_TEST(!judged(of_a_token, true));
}

BOOST_AUTO_TEST_CASE(a_token_is_proved)
{
    const Admission a(token), another(ascending(2));
    for (const Digest& sent : {Digest{}, token, ascending(3)}) {
        BOOST_TEST(!yes(a, hello(Hello::Proof::none, sent)));
        BOOST_TEST(!yes(a, hello(Hello::Proof::asked, sent)));
        BOOST_TEST(!yes(a, hello(Hello::Proof::given, sent)));
    }
    const Digest nonce = draw_nonce();
    const Challenge c = challenge(a, nonce);
    BOOST_TEST((c.proof == proof(token, Side::server, nonce, here.here)));
    BOOST_TEST((c.proof != challenge(another, nonce).proof));
    BOOST_TEST((c.nonce != challenge(another, nonce).nonce));
    BOOST_TEST((c.proof != token && c.nonce != token));
    const Hello good = hello(Hello::Proof::given, proof(token, Side::client, c.nonce, here.here));
    BOOST_TEST(yes(a, good));

    // on another connection, of another process, to another place, by the other side, of another token
    BOOST_TEST(!yes(a, good, 2));
    BOOST_TEST(!yes(Admission(token), good));
    BOOST_TEST(!yes(a, good, 1, {"127.0.0.1:7702", here.there}));
    BOOST_TEST(!yes(a, good, 1, {"127.0.0.2:7701", here.there}));
    BOOST_TEST(!yes(a, good, 1, {}));
    BOOST_TEST(!yes(
        another, hello(Hello::Proof::given, proof(token, Side::client, challenge(another, nonce).nonce, here.here))));
    BOOST_TEST(!yes(a, hello(Hello::Proof::given, challenge(a, c.nonce).proof)));    // reflected
    for (std::size_t i = 0; i < 32; ++i) {
        Hello h = good;
        h.token[i] ^= std::byte(1);
        BOOST_TEST(!yes(a, h), i);
    }
    // whoever passes on what the real server asks is met at another place
    const Digest relayed = proof(token, Side::client, challenge(a, nonce, 7).nonce, "127.0.0.1:666");
    BOOST_TEST(!yes(a, hello(Hello::Proof::given, relayed), 7));
}

BOOST_AUTO_TEST_CASE(no_token)
{
    const Admission anybody;
    for (const Hello::Proof p : {Hello::Proof::none, Hello::Proof::asked, Hello::Proof::given})
        for (const Digest& sent : {Digest{}, token})
            BOOST_TEST(yes(anybody, hello(p, sent)));
    BOOST_TEST(!yes(Admission(Digest{}, true), Hello{}, 1, {}));
    BOOST_TEST(!yes(Admission(Digest{}, true), Hello{}, 1, here));
}

BOOST_AUTO_TEST_CASE(the_same_user)
{
    BOOST_TEST(!user_at_other_end({}).has_value());
    const Admission ours(Digest{}, true);
    for (const auto& [family, mapped] : {std::pair(AF_INET, false), {AF_INET6, false}, {AF_INET6, true}}) {
        Connected c(family, mapped);
        BOOST_TEST((user_at_other_end(c.ends) == std::optional<std::uint32_t>(::geteuid())), c.ends.here);
        BOOST_TEST(yes(ours, Hello{}, 1, c.ends));
        BOOST_TEST(yes(ours, hello(Hello::Proof::none, token), 1, c.ends));
        BOOST_TEST(!yes(Admission(token, true), Hello{}, 1, c.ends));    // with a token that is what counts
        BOOST_TEST((user_at_other_end({c.ends.there, c.ends.here}) == std::optional<std::uint32_t>(::geteuid())));
        BOOST_TEST(!user_at_other_end({c.ends.here, c.ends.here}).has_value());
        // of a connection that was closed the kernel says that it is root's
        c.near.close();
        BOOST_TEST(!user_at_other_end(c.ends).has_value());
        BOOST_TEST(!yes(ours, Hello{}, 1, c.ends));
    }
    if (::geteuid() != 0)
        return;
    // a process of another user at the other end
    const Descriptor listener(::socket(AF_INET, SOCK_STREAM, 0), "listener");
    sockaddr_in address{AF_INET, 0, {htonl(INADDR_LOOPBACK)}, {}}, peer{};
    socklen_t size = sizeof address, peer_size = sizeof peer;
    const auto any = reinterpret_cast<sockaddr*>(&address);
    BOOST_REQUIRE((::bind(listener.number(), any, size) == 0 && ::listen(listener.number(), 1) == 0 &&
                   ::getsockname(listener.number(), any, &size) == 0));
    const pid_t child = ::fork();
    if (child == 0) {
        char end = 0;
        if (::setuid(65534) != 0)
            ::_exit(1);
        const int s = ::socket(AF_INET, SOCK_STREAM, 0);
        ::_exit(::connect(s, any, size) == 0 && ::read(s, &end, 1) == 0 ? 0 : 1);
    }
    Descriptor far(::accept(listener.number(), reinterpret_cast<sockaddr*>(&peer), &peer_size), "far");
    sockaddr_storage both[2]{};
    std::memcpy(&both[0], &address, size);
    std::memcpy(&both[1], &peer, peer_size);
    const Ends ends{Connected::text(both[0]), Connected::text(both[1])};
    BOOST_TEST((user_at_other_end(ends) == std::optional<std::uint32_t>(65534)));
    BOOST_TEST(!yes(ours, Hello{}, 1, ends));
    far.close();
    int status = 1;
    BOOST_TEST((::waitpid(child, &status, 0) == child && status == 0));
}

BOOST_AUTO_TEST_SUITE_END()
