// The options by which programs find parameter servers and are let in, shared by nonna-serve, nonna-train, nonna-info;
// and what nonna-serve, nonna-train and nonna-cluster check of the update rule.
#pragma once

#include "cli/run_tool.h"
#include "optimiser/optimiser.h"
#include "paramserver/client.h"
#include "paramserver/web_page.h"

inline void declare_access(nonna::Command& command, nonna::Access& access)
{
    command.option("--tls-cert", access.certificate, "PEM", "own certificate and key, for tls+tcp addresses");
    command.option("--tls-ca", access.authority, "PEM", "certificates of those who signed the other side's");
    command.option("--token", access.token, "FILE", "file with the secret that clients must know, mode 0600");
    command.flag("--insecure", access.insecure, "trust everybody: without TLS and token, also beyond this machine");
}

// What it reads, beside `others`: no output may take the place of these.
inline std::vector<std::string> client_files(const nonna::ClientOptions& client, std::vector<std::string> others)
{
    others.insert(others.end(),
                  {client.servers, client.access.certificate, client.access.authority, client.access.token});
    return others;
}

inline void declare_patience(nonna::Command& command, nonna::ClientOptions& client)
{
    command.option("--patience", client.patience, "SECONDS", "how long to wait for a lost server", 0, 1e9);
    command.flag("--wait-for-servers", client.wait, "wait for each lost server rather than drop gradients for it");
}

// A rule's own numbers, where they were given: what would do nothing, or turn filters about.
inline void check_rule(const nonna::Command& command, nonna::Rule rule)
{
    const nonna::UpdateRule& row = nonna::row_of(rule);
    if (command.given("--momentum") && !row.takes_momentum)
        nonna::usage_error("--momentum", std::string("means nothing to the rule ") + row.name + "; it is for " +
                                             nonna::rules_with_momentum());
}

inline void check_rate(nonna::Rule rule, double rate)
{
    if (rate > nonna::most_rate(rule))
        nonna::usage_error("--rate",
                           std::string("of the rule ") + nonna::name_of(rule) + " is an angle in radians, at most 1");
}

inline void declare_client(nonna::Command& command, nonna::ClientOptions& client)
{
    command.option("--rendezvous", client.rendezvous, "DIR", "folder in which servers publish their addresses");
    command.option("--deadline", client.deadline, "SECONDS", "how long a server may take to answer", 0.05, 3600);
    declare_access(command, client.access);
    command.option("--tls-name", client.access.name, "NAME", "name in a server's certificate, if not its host");
}
