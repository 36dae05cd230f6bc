#include "paramserver/access.h"

#include "base/error.h"
#include "io/output.h"

#include <algorithm>

#include <arpa/inet.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace nonna
{

namespace
{

struct Address {
    std::string scheme, host;
};

bool is_port(const std::string& text)
{
    return !text.empty() && text.size() <= 5 && text.find_first_not_of("0123456789") == std::string::npos &&
           std::stoi(text) <= 65535;
}

// HOST:PORT, without what an address begins with.
bool names_host_and_port(const std::string& text)
{
    const std::size_t colon = text.rfind(':');
    return colon != std::string::npos && colon > 0 && text.find('/') == std::string::npos &&
           is_port(text.substr(colon + 1));
}

Address split(const std::string& url)
{
    Address address;
    for (const char* scheme : {"ipc://", "tls+tcp://", "tcp://"})
        if (url.starts_with(scheme) && url.size() > std::string(scheme).size()) {
            address.scheme = scheme;
            address.host = url.substr(address.scheme.size());
        }
    if (address.scheme.empty())
        throw Error(url,
                    "not an address: ipc://PATH, tcp://HOST:PORT or tls+tcp://HOST:PORT" +
                        std::string(names_host_and_port(url) ? "; did you mean tcp://" + url + "?" : ""),
                    ExitStatus::usage);
    if (address.scheme != "ipc://") {
        const std::size_t colon = address.host.rfind(':');
        if (colon == std::string::npos || !is_port(address.host.substr(colon + 1)))
            throw Error(url, "no port: HOST:PORT is wanted, 0 for any free one", ExitStatus::usage);
        address.host.resize(colon);
    }
    return address;
}

// A library reads it, which would wait for ever for a FIFO's other end and hear no signal.
void require_regular(const std::string& path)
{
    struct stat status {
    };
    if (::stat(path.c_str(), &status) != 0)
        throw Error(path, errno_reason());
    if (!S_ISREG(status.st_mode))
        throw Error(path, "not a regular file");
}

// A file with a secret in it must be its owner's alone.
void require_private(const std::string& path)
{
    struct stat status {
    };
    if (::stat(path.c_str(), &status) != 0)
        throw Error(path, errno_reason());
    if (status.st_mode & 077)
        throw Error(path, "others may read it: chmod 600 " + path);
}

}    // namespace

bool is_encrypted(const std::string& url) { return url.starts_with("tls+"); }

bool is_loopback(const std::string& url)
{
    const Address address = split(url);
    if (address.scheme == "ipc://" || address.host == "localhost" || address.host == "[::1]")
        return true;
    // 127.0.0.0/8, written as four numbers: a name like 127.example.org is none
    return address.host.starts_with("127.") && address.host.find_first_not_of("0123456789.") == std::string::npos &&
           std::count(address.host.begin(), address.host.end(), '.') == 3;
}

void require_short_path(const std::string& url, const std::string& way_out)
{
    constexpr std::size_t most = sizeof(sockaddr_un::sun_path) - 1;
    const std::string scheme = "ipc://";
    if (url.starts_with(scheme) && url.size() - scheme.size() > most)
        throw Error(url,
                    "too long: a socket's path has at most " + std::to_string(most) + " bytes, this one " +
                        std::to_string(url.size() - scheme.size()) + "; give " + way_out,
                    ExitStatus::usage);
}

void require_access(const std::string& url, const Access& access)
{
    require_short_path(url, "a shorter one, or tcp://127.0.0.1:PORT");
    const bool loopback = is_loopback(url);
    if (is_encrypted(url)) {
        if (access.certificate.empty() || access.authority.empty())
            throw Error(url, "encrypted: add --tls-cert FILE --tls-ca FILE", ExitStatus::usage);
        require_regular(access.certificate);
        require_regular(access.authority);
        require_private(access.certificate);
    }
    if (loopback || access.insecure)
        return;
    if (!is_encrypted(url))
        throw Error(url,
                    "beyond this machine: make it tls+tcp://, and add --tls-cert FILE --tls-ca FILE --token FILE; or "
                    "--insecure",
                    ExitStatus::usage);
    if (access.token.empty())
        throw Error(url, "beyond this machine: add --token FILE; or --insecure", ExitStatus::usage);
}

// An IPv4 connection may have IPv6 addresses on one side.
std::string end_text(std::span<const unsigned char> address, std::uint16_t port)
{
    static constexpr unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (address.size() == 16 && std::equal(std::begin(mapped), std::end(mapped), address.begin()))
        address = address.last(4);
    const bool four = address.size() == 4;
    char text[INET6_ADDRSTRLEN] = "";
    ::inet_ntop(four ? AF_INET : AF_INET6, address.data(), text, sizeof text);
    return (four ? std::string(text) : "[" + std::string(text) + "]") + ":" + std::to_string(port);
}

Digest token_digest(const Access& access)
{
    if (access.token.empty())
        return Digest{};
    require_private(access.token);
    std::string token = read_whole_file(access.token, 4096);
    while (!token.empty() && (token.back() == '\n' || token.back() == '\r'))
        token.pop_back();
    if (token.size() < 16)
        throw Error(access.token, "a token has at least 16 characters");
    return digest_of(token);
}

bool same_token(const Digest& a, const Digest& b)
{
    unsigned differ = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        differ |= unsigned(a[i] ^ b[i]);
    return differ == 0;
}

}    // namespace nonna
