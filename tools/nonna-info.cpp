// nonna-info: what is in a file; the state of running parameter servers.
#include "server_options.h"

#include "base/shown_text.h"
#include "cli/run_tool.h"
#include "model/describe.h"
#include "model/model_file.h"
#include "paramserver/status.h"

#include <algorithm>

namespace
{

void print(const nonna::Description& description, bool json)
{
    if (json) {
        nonna::print(description.json + "\n");
        return;
    }
    for (const auto& [name, value] : description.facts) {    // a line each, whatever a stranger wrote into them
        std::string line = nonna::shown_text(name + ":");
        line.resize(std::max<std::size_t>(line.size(), 18), ' ');
        nonna::print(line + " " + nonna::shown_text(value) + "\n");
    }
}

// What may be asked of running servers.
struct ServerJobs {
    std::string pull, model;
    bool snapshot = false, json = false;
};

void pull(const ServerJobs& jobs, nonna::ClientOptions client)
{
    using namespace nonna;
    keep_apart({jobs.pull}, client_files(client, {jobs.model}));
    Model model = load_model_head(jobs.model);
    const Layout layout(parameter_segments(model.architecture), model.statistics.size(),
                        model_identity(model.architecture, model.preprocessing));
    client.patience = client.deadline;
    Servers servers(layout, client, -1);
    model.parameters = Aligned<float>(layout.size());
    std::vector<std::uint64_t> versions;
    servers.pull(model.parameters, model.statistics, versions);
    std::string text;
    for (const std::uint64_t version : versions)
        text += (text.empty() ? "" : " ") + std::to_string(version);
    model.provenance["versions"] = text;
    model.provenance["tool"] = "nonna " + version();
    save_model(jobs.pull, model);
}

nonna::ExitStatus ask(const std::vector<std::string>& urls, const ServerJobs& jobs, nonna::ClientOptions& client)
{
    using namespace nonna;
    if (!jobs.pull.empty()) {
        for (const std::string& url : urls)
            client.servers += (client.servers.empty() ? "" : ",") + url;
        pull(jobs, client);
        return ExitStatus::done;
    }
    std::vector<ServerStatus> servers = ask_servers(urls, client);
    if (jobs.snapshot) {
        for (const ServerStatus& server : servers)
            if (!server.json.empty())
                server_snapshot(server.url, client.access, client.deadline);
        servers = ask_servers(urls, client);
    }
    const bool lost = std::ranges::any_of(servers, [](const ServerStatus& server) { return server.json.empty(); });
    const std::vector<MetricsPage> pages = metrics_pages(client.rendezvous);
    nonna::print(jobs.json ? status_json(servers, pages) : status_tables(servers, pages));
    return lost ? ExitStatus::peer_lost : ExitStatus::done;
}

}    // namespace

int main(int argc, char** argv)
{
    std::vector<std::string> files;
    bool check = false, count = false;
    ServerJobs jobs;
    nonna::ClientOptions client;
    nonna::Command command("nonna-info", "show what is in a file, or the state of running servers");
    command.positional("FILE", files, "files, built sets, addresses; `--count`: architectures").architecture("--count");
    command.flag("--check", check, "read everything, but decode no picture; fail at the first fault");
    command.flag("--count", count, "count the sublayers and weights of an architecture, without making them");
    command.flag("--json", jobs.json, "print one JSON object on each line");
    command.option("--pull", jobs.pull, "OUT", "write the present values of the servers as a model");
    command.option("--model", jobs.model, "MODEL", "the model that the servers were started with, for `--pull`");
    command.flag("--snapshot", jobs.snapshot, "make the servers write their snapshots now");
    declare_client(command, client);
    return nonna::run_tool(argc, argv, command, [&] {
        if (count && check)
            nonna::usage_error("--count", "excludes --check");
        // Files or servers, told apart by the names; options of one say nothing about the other and are refused.
        std::size_t addresses = 0;
        for (const std::string& file : files)
            addresses += file.find("://") != std::string::npos;
        if (files.empty() && client.rendezvous.empty())
            nonna::usage_error("FILE", "give at least one, or --rendezvous");
        if (addresses < files.size() && (addresses > 0 || !client.rendezvous.empty()))
            nonna::usage_error("FILE", "files and servers cannot be mixed");
        if (jobs.pull.empty() != jobs.model.empty())
            nonna::usage_error(jobs.pull.empty() ? "--model" : "--pull", "--pull and --model go together");
        if (addresses == files.size())
            return ask(files, jobs, client);
        if (!jobs.pull.empty() || jobs.snapshot)
            nonna::usage_error(jobs.snapshot ? "--snapshot" : "--pull", "needs servers");
        for (const std::string& file : files) {
            const nonna::Description description = count ? nonna::describe_architecture(nonna::Architecture::read(file))
                                                         : nonna::describe_file(file, check);
            if (&file != &files.front() && !jobs.json)
                nonna::print("\n");
            print(description, jobs.json);
        }
        return nonna::ExitStatus::done;
    });
}
