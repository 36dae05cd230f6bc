// The options by which programs find parameter servers and are let in, shared by nonna-serve, nonna-train, nonna-info.
#pragma once

#include "cli/run_tool.h"
#include "paramserver/client.h"

inline void declare_access(nonna::Command& command, nonna::Access& access)
{
    command.option("--tls-cert", access.certificate, "PEM", "own certificate and key, for tls+tcp addresses");
    command.option("--tls-ca", access.authority, "PEM", "certificates of those who signed the other side's");
    command.option("--token", access.token, "FILE", "file with the secret that clients must know, mode 0600");
    command.flag("--insecure", access.insecure, "trust everybody: without TLS and token, also beyond this machine");
}

inline void declare_patience(nonna::Command& command, nonna::ClientOptions& client)
{
    command.option("--patience", client.patience, "SECONDS", "how long to wait for a lost server", 0, 1e9);
    command.flag("--wait-for-servers", client.wait, "wait for each lost server rather than drop gradients for it");
}

inline void declare_client(nonna::Command& command, nonna::ClientOptions& client)
{
    command.option("--rendezvous", client.rendezvous, "DIR", "folder in which servers publish their addresses");
    command.option("--deadline", client.deadline, "SECONDS", "how long a server may take to answer", 0.05, 3600);
    declare_access(command, client.access);
    command.option("--tls-name", client.access.name, "NAME", "name in a server's certificate, if not its host");
}
