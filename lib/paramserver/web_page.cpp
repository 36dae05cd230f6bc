#include "paramserver/web_page.h"

#include "base/error.h"
#include "paramserver/access.h"
#include "paramserver/guests.h"

#include <optional>

namespace nonna
{

namespace
{

const std::string scheme = "http://";

constexpr std::size_t most_head_bytes = 8192;
constexpr double seconds = 5;    // for one connection, in all
constexpr std::size_t most_readers = 8;

// A request's head, up to its empty line; what comes behind it is not looked at.
std::string read_head(Socket& socket, Moment until)
{
    std::string head;
    std::byte some[1024];
    while (head.find("\r\n\r\n") == std::string::npos) {
        const std::size_t n = socket.read_some(some, until);
        head.append(reinterpret_cast<const char*>(some), n);
        if (head.size() > most_head_bytes || n == 0)
            return {};
    }
    return head;
}

std::string answer_to(const std::string& head, const std::string& path, const std::function<std::string()>& text)
{
    const std::string line = head.substr(0, head.find("\r\n"));
    const std::size_t first = line.find(' '), last = line.rfind(' ');
    std::string status = "200 OK", body, more;
    const std::string method = line.substr(0, first);
    if (first == std::string::npos || last == first || !line.substr(last).starts_with(" HTTP/1."))
        status = "400 Bad Request";
    else if (const std::string asked = line.substr(first + 1, last - first - 1);
             asked.substr(0, asked.find('?')) != path)
        status = "404 Not Found";
    else if (method != "GET" && method != "HEAD") {
        status = "405 Method Not Allowed";
        more = "Allow: GET, HEAD\r\n";
    } else
        body = text();
    if (status != "200 OK")
        body = status + "\n";
    return "HTTP/1.1 " + status + "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n" + more + "Connection: close\r\n\r\n" + (method == "HEAD" ? "" : body);
}

}    // namespace

struct WebPage::State {
    std::string path;
    std::function<std::string()> text;
    std::optional<Guests> guests;    // last: their threads use the others

    // What the peer still says is read for a moment, as a connection that closes on unread bytes takes the answer away.
    void serve(Guests::Guest& guest)
    {
        const Moment until = guest.stranger_until;
        const std::string head = read_head(guest.socket, until);
        if (head.empty())
            return;
        const std::string answer = answer_to(head, path, text);
        guest.socket.write(std::as_bytes(std::span(answer)), until);
        constexpr double moment = 0.05;
        std::byte rest[4096];
        for (std::size_t left = 1 << 20; left > sizeof rest;) {
            const std::size_t n = guest.socket.read_some(rest, after_seconds(moment));
            if (n == 0)
                break;
            left -= n;
        }
    }
};

WebPage::WebPage(const std::string& url, std::function<std::string()> text) : state_(std::make_unique<State>())
{
    if (!url.starts_with(scheme) || url.size() == scheme.size())
        throw Error(url, "expected http://HOST:PORT/PATH", ExitStatus::usage);
    const std::size_t slash = url.find('/', scheme.size());
    std::string host = url.substr(scheme.size(), slash - scheme.size());
    if (host.find(':') == std::string::npos || host.ends_with("]"))
        host += ":80";
    State& s = *state_;
    s.path = slash == std::string::npos ? "/" : url.substr(slash);
    s.text = std::move(text);
    try {
        s.guests.emplace("tcp://" + host, Access{}, Guests::Limits{most_readers, std::size_t(1) << 20, seconds},
                         [&s](Guests::Guest& guest) { s.serve(guest); });
    } catch (const Error& e) {
        throw Error(url, e.reason(), e.status());
    }
    address_ = scheme + s.guests->address().substr(std::string("tcp://").size()) + s.path;
}

WebPage::~WebPage() = default;

void require_page_address(const std::string& url, bool insecure)
{
    if (!url.empty() && !url.starts_with(scheme))
        throw Error(url, "not an address of a page: http://HOST:PORT/metrics", ExitStatus::usage);
    if (url.empty() || insecure)
        return;
    const std::string host = url.substr(scheme.size(), url.find('/', scheme.size()) - scheme.size());
    const bool port = host.find(':') != std::string::npos && !host.ends_with("]");
    if (!is_loopback("tcp://" + host + (port ? "" : ":80")))
        throw Error(url, "beyond this machine, and not encrypted: http://127.0.0.1:PORT/metrics, or --insecure",
                    ExitStatus::usage);
}

}    // namespace nonna
