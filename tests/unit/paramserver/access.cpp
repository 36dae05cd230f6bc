// Which addresses are this machine's, what the others take, and files with secrets.
#include "paramserver/access.h"
#include "../files.h"
#include "io/digest.h"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

using namespace nonna;
using namespace nonna::test;

namespace
{

void write_private(const std::string& path, const std::string& text, mode_t mode = 0600)
{
    write_bytes(path, text);
    BOOST_REQUIRE(::chmod(path.c_str(), mode) == 0);
}

bool is_usage(const Error& e) { return e.status() == ExitStatus::usage; }

}    // namespace

BOOST_AUTO_TEST_SUITE(who_may_connect)

BOOST_AUTO_TEST_CASE(loopback)
{
    for (const char* url : {"ipc:///run/x", "ipc://x", "tcp://127.0.0.1:0", "tcp://127.1.2.3:65535",
                            "tcp://localhost:5", "tcp://[::1]:5", "tls+tcp://127.0.0.1:5"})
        BOOST_TEST(is_loopback(url), url);
    for (const char* url :
         {"tcp://0.0.0.0:5", "tcp://*:5", "tcp://:5", "tcp://10.0.0.1:5", "tcp://[::]:5", "tcp://128.0.0.1:5",
          "tcp://127.example.org:5", "tcp://127.0.0.1.example.org:5", "tcp://localhost.example.org:5",
          "tcp://127.0.0.1@10.0.0.1:5", "tcp://10.0.0.1/127.0.0.1:5", "tcp://1127.0.0.1:5", "tls+tcp://10.0.0.1:5",
          "tcp://127.0.0.1/x:5", "tcp://LOCALHOST.:5", "tcp://127.0.1:5", "tcp://127.0.0.0.1:5"})
        BOOST_TEST(!is_loopback(url), url);
    for (const char* url :
         {"", "127.0.0.1:5", "http://127.0.0.1:5", "inproc://x", "ws://127.0.0.1:5", "tcp://", "ipc://",
          "tcp://127.0.0.1", "tcp://127.0.0.1:", "tcp://127.0.0.1:x", "tcp://127.0.0.1:65536", "tcp://127.0.0.1:-1",
          "tcp://127.0.0.1:5/", "tcp4://127.0.0.1:5", "TCP://127.0.0.1:5"})
        BOOST_CHECK_EXCEPTION(is_loopback(url), Error, is_usage);
    BOOST_TEST(is_encrypted("tls+tcp://a:1"));
    BOOST_TEST((!is_encrypted("tcp://a:1") && !is_encrypted("ipc://tls+")));
}

BOOST_AUTO_TEST_CASE(what_is_demanded)
{
    const Folder folder;
    const std::string far = "tcp://10.0.0.1:5", far_tls = "tls+tcp://10.0.0.1:5", near_tls = "tls+tcp://127.0.0.1:5";
    const auto said = [](const std::string& url, const Access& a) { return refusal([&] { require_access(url, a); }); };
    const auto has = [](const std::string& text, const std::string& part) {
        return text.find(part) != std::string::npos;
    };

    Access none;
    BOOST_TEST(said("tcp://127.0.0.1:5", none) == "");
    BOOST_TEST(said("ipc://x", none) == "");
    BOOST_CHECK_EXCEPTION(require_access(far, none), Error, is_usage);
    BOOST_TEST((has(said(far, none), "--tls-cert") && has(said(far, none), "--tls-ca") &&
                has(said(far, none), "--token") && has(said(far, none), "--insecure")));
    BOOST_TEST(has(said(near_tls, none), "--tls-cert"));    // encrypted means encrypted, here too
    none.insecure = true;
    BOOST_TEST(said(far, none) == "");
    BOOST_TEST(has(said(far_tls, none), "--tls-cert"));

    Access a;
    a.certificate = folder / "pair.pem";
    a.authority = folder / "ca.pem";
    write_private(a.certificate, "x");
    write_private(a.authority, "x");
    BOOST_TEST(said(near_tls, a) == "");
    BOOST_CHECK_EXCEPTION(require_access(far_tls, a), Error, is_usage);
    BOOST_TEST(has(said(far_tls, a), "--token"));
    BOOST_TEST(has(said(far, a), "tls+tcp://"));
    a.token = folder / "token";
    BOOST_TEST(said(far_tls, a) == "");
    BOOST_TEST(has(said(far, a), "tls+tcp://"));    // a token would go over the wire in the clear
    for (const mode_t mode : {0640, 0604, 0660, 0610, 0601, 0644}) {
        write_private(a.certificate, "x", mode);
        BOOST_TEST(has(said(far_tls, a), "chmod 600 " + a.certificate), mode);
    }
    std::filesystem::remove(a.certificate);
    BOOST_TEST(has(said(far_tls, a), a.certificate));
    Access half = a;
    half.authority = "";
    BOOST_TEST(has(said(far_tls, half), "--tls-ca"));
}

BOOST_AUTO_TEST_CASE(paths_of_sockets)
{
    for (const std::size_t bytes : {1, 106, 107}) {
        const std::string path(bytes, 'x');
        BOOST_TEST(refusal([&] { require_access("ipc://" + path, Access{}); }) == "", bytes);
    }
    for (const std::size_t bytes : {108, 109, 128, 5000}) {
        const std::string url = "ipc:///" + std::string(bytes - 1, 'x');
        BOOST_CHECK_EXCEPTION(require_access(url, Access{}), Error, is_usage);
        BOOST_TEST(refusal([&] { require_short_path(url, "another"); }) ==
                   url + ": too long: a socket's path has at most 107 bytes, this one " + std::to_string(bytes) +
                       "; give another");
    }
    std::string umlauts;    // bytes count, not letters
    for (int i = 0; i < 54; ++i)
        umlauts += "\xc3\xbc";
    BOOST_CHECK_EXCEPTION(require_access("ipc://" + umlauts, Access{}), Error, is_usage);
    require_short_path("tcp://" + std::string(200, 'x') + ":1", "another");
}

BOOST_AUTO_TEST_CASE(tokens)
{
    const Folder folder;
    Access a;
    BOOST_TEST((token_digest(a) == Digest{}));
    a.token = folder / "token";
    BOOST_CHECK_THROW(token_digest(a), Error);    // no such file
    const std::string token = "0123456789abcdef";
    write_private(a.token, token + "\n");
    const Digest digest = token_digest(a);
    std::string hex;
    for (const std::byte b : digest) {
        hex += "0123456789abcdef"[unsigned(b) >> 4];
        hex += "0123456789abcdef"[unsigned(b) & 15];
    }
    BOOST_TEST(hex == sha256(std::as_bytes(std::span(token))));    // without the line's end
    write_private(a.token, token + "\r\n\n", 0400);
    BOOST_TEST((token_digest(a) == digest));
    ::chmod(a.token.c_str(), 0600);
    write_private(a.token, token + "g");
    BOOST_TEST((token_digest(a) != digest));
    for (const std::string& wrong :
         {std::string("short"), token.substr(1) + "\n", std::string(), std::string(5000, 'x')}) {
        write_private(a.token, wrong);
        BOOST_CHECK_THROW(token_digest(a), Error);
    }
    for (const mode_t mode : {0640, 0604, 0620, 0601, 0644}) {
        write_private(a.token, token, mode);
        BOOST_TEST(refusal([&] { token_digest(a); }) == a.token + ": others may read it: chmod 600 " + a.token);
    }

    BOOST_TEST(same_token(digest, digest));
    for (std::size_t i = 0; i < digest.size(); ++i)
        for (int bit = 0; bit < 8; ++bit) {
            Digest other = digest;
            other[i] ^= std::byte(1 << bit);
            BOOST_TEST(!same_token(digest, other));
        }
}

BOOST_AUTO_TEST_SUITE_END()
