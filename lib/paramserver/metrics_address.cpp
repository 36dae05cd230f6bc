#include "paramserver/metrics_address.h"

#include "base/error.h"
#include "paramserver/shared_folder.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <tuple>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace nonna
{

namespace fs = std::filesystem;
using nlohmann::ordered_json;

namespace
{

constexpr std::size_t most_bytes = 16384;    // of a file
const std::string scheme = "http://";

std::string file_name(const Process& process)
{
    char numbers[64];
    std::snprintf(numbers, sizeof numbers, "%04u-%04u-of-%04u", process.portion.first, process.portion.last,
                  process.portion.of);
    return "metrics-" + process.kind + "-" + numbers + ".json";
}

// Only of a name that we would have given.
std::optional<Process> process_of(const std::string& name)
{
    for (const char* kind : {"server", "replica"}) {
        Process process{kind, {}};
        const std::string begin = "metrics-" + process.kind + "-";
        Portion& p = process.portion;
        if (name.starts_with(begin) &&
            std::sscanf(name.c_str() + begin.size(), "%10u-%10u-of-%10u.json", &p.first, &p.last, &p.of) == 3 &&
            file_name(process) == name)
            return process;
    }
    return std::nullopt;
}

std::string targets(const Process& process, const std::string& url, const std::string& folder)
{
    const std::size_t slash = url.find('/', scheme.size());
    ordered_json group;
    group["targets"] = ordered_json::array({url.substr(scheme.size(), slash - scheme.size())});
    group["labels"] = {{"__metrics_path__", url.substr(slash)},
                       {"job", process.kind == "server" ? "nonna-serve" : "nonna-train"},
                       {"process", process.text()},
                       {"run", fs::absolute(folder).lexically_normal().string()}};
    return ordered_json::array({group}).dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

// The page's URL in a file; empty where there is none.
std::string url_in(const std::string& path)
{
    struct stat status {
    };
    if (::lstat(path.c_str(), &status) != 0 || !reason_against(status).empty())
        return "";
    try {
        Descriptor file = open_ours(path, O_RDONLY);
        std::string text(most_bytes, '\0');
        if (!file)
            return "";
        text.resize(file.read(std::as_writable_bytes(std::span(text))));
        const ordered_json group = ordered_json::parse(text).at(0);
        return scheme + group.at("targets").at(0).get<std::string>() +
               group.at("labels").at("__metrics_path__").get<std::string>();
    } catch (const std::exception&) {
        return "";
    }
}

}    // namespace

MetricsAddress::MetricsAddress(const std::string& folder, const Process& process, const std::string& url)
{
    const std::string name = file_name(process);
    path_ = folder + "/" + name;
    std::string temporary;
    file_ = open_temporary(folder, name, 0644, temporary);
    try {
        file_.write(targets(process, url, folder));
        file_.sync();
        if (std::rename(temporary.c_str(), path_.c_str()) != 0)    // a link there is replaced, not followed
            throw Error(path_, errno_reason() + ": the address of the metrics cannot be put there");
    } catch (...) {
        ::unlink(temporary.c_str());
        throw;
    }
}

MetricsAddress::~MetricsAddress()
{
    struct stat there {
    }, ours{};
    if (::lstat(path_.c_str(), &there) == 0 && ::fstat(file_.number(), &ours) == 0 && same_file(there, ours))
        ::unlink(path_.c_str());
}

std::vector<MetricsPage> metrics_pages(const std::string& folder)
{
    std::vector<MetricsPage> pages;
    for (const std::string& name : names_in(folder))
        if (const std::optional<Process> process = process_of(name))
            if (const std::string url = url_in(folder + "/" + name); !url.empty())
                pages.push_back({*process, url});
    std::stable_sort(pages.begin(), pages.end(), [](const MetricsPage& a, const MetricsPage& b) {
        return std::tuple(a.process.kind == "replica", a.process.portion.first) <
               std::tuple(b.process.kind == "replica", b.process.portion.first);
    });
    return pages;
}

}    // namespace nonna
