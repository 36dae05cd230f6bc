// The options by which programs find parameter servers and are let in, shared by nonna-serve, nonna-train, nonna-info.
#pragma once

#include "cli/run_tool.h"
#include "paramserver/client.h"

inline void declare_access(nonna::Command& command, nonna::Access& access)
{
    command.option("--tls-cert", access.certificate, "PEM", "own certificate and key, for tls+tcp addresses");
    command.option("--tls-ca", access.authority, "PEM", "certificates of those who signed the others'");
    command.option("--token", access.token, "FILE", "secret that clients must show, mode 0600");
    command.flag("--insecure", access.insecure, "allow addresses beyond this machine without TLS and token");
}

inline void declare_client(nonna::Command& command, nonna::ClientOptions& client)
{
    command.option("--rendezvous", client.rendezvous, "DIR", "folder in which servers publish their addresses");
    command.option("--deadline", client.deadline, "SECONDS", "for one answer of a server", 0.05, 3600);
    declare_access(command, client.access);
    command.option("--tls-name", client.access.name, "NAME", "that a server's certificate must carry, if not its host");
}
