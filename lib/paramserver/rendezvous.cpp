#include "paramserver/rendezvous.h"

#include "base/error.h"
#include "base/utf8.h"
#include "io/output.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <sstream>
#include <unistd.h>

namespace nonna
{

namespace fs = std::filesystem;

static std::string first_line(const std::string& path)
{
    const std::string text = read_whole_file(path, 4096);
    return text.substr(0, text.find('\n'));
}

Published::Published(const std::string& folder, const Portion& shards, const std::string& url) : url_(url)
{
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) {
        errno = error.value();
        throw Error(folder, errno_reason());
    }
    char name[64];
    std::snprintf(name, sizeof name, "servers-%04u-%04u-of-%04u", shards.first, shards.last, shards.of);
    path_ = folder + "/" + name;
    for (const auto& entry : fs::directory_iterator(folder)) {
        unsigned first = 0, last = 0, of = 0;
        const std::string other = entry.path().filename().string();
        if (std::sscanf(other.c_str(), "servers-%u-%u-of-%u", &first, &last, &of) == 3 && of != shards.of)
            fs::remove(entry.path(), error);
    }
    Output file(path_, Output::Kind::text);
    file.write(url + "\n");
    file.commit();
}

Published::~Published()
{
    std::error_code ignored;
    try {
        if (first_line(path_) == url_)    // else another server has taken over
            fs::remove(path_, ignored);
    } catch (const std::exception&) {
    }
}

std::vector<Found> servers_in(const std::string& folder)
{
    std::vector<Found> all;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        Found f;
        char more = 0;
        if (std::sscanf(entry.path().filename().c_str(), "servers-%u-%u-of-%u%c", &f.shards.first, &f.shards.last,
                        &f.shards.of, &more) != 3)
            continue;
        try {
            f.url = first_line(entry.path().string());
        } catch (const Error&) {    // gone since
            continue;
        }
        if (f.url.find("://") == std::string::npos)
            throw Error(entry.path().string(), "holds no server's address");
        all.push_back(f);
    }
    std::sort(all.begin(), all.end(), [](const Found& a, const Found& b) { return a.shards.first < b.shards.first; });
    return all;
}

std::vector<std::string> listed_servers(const std::string& text)
{
    const auto unschemed = [](const std::string& address) {
        return Error(address, "not an address, which begins with tcp://, tls+tcp:// or ipc://", ExitStatus::usage);
    };
    std::string list = text;
    char separator = ',';
    if (text.find("://") == std::string::npos) {
        // HOST:PORT, unless a file is called so
        if (text.find(':') != std::string::npos && ::access(text.c_str(), F_OK) != 0)
            throw unschemed(text);
        list = without_mark(read_whole_file(text, 1 << 20));
        separator = '\n';
    }
    std::vector<std::string> urls;
    std::istringstream lines(list);
    for (std::string url; std::getline(lines, url, separator);)
        if (!url.empty() && url[0] != '#') {
            if (url.find("://") == std::string::npos)
                throw unschemed(url);
            urls.push_back(url);
        }
    if (urls.empty())
        throw Error(text, "names no server", ExitStatus::usage);
    return urls;
}

}    // namespace nonna
