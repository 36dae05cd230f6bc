// Who may connect, and to what: loopback and ipc need nothing, any other address mutual TLS and a token.
//
// A token is a file of its owner's alone (mode 0600 or less). Both sides prove that they know it (admission.h), and
// proofs are compared in a time that does not depend on where they differ.
#pragma once

#include "paramserver/layout.h"

#include <string>

namespace nonna
{

struct Access {
    std::string certificate;    // file: certificate and key, PEM
    std::string authority;      // file: certificates of those who sign our peers'
    std::string token;          // file
    std::string name;           // that a server's certificate must carry; empty: the host of its URL
    bool insecure = false;
};

bool is_loopback(const std::string& url);    // or ipc. Error (usage) where it is no URL of ours
bool is_encrypted(const std::string& url);

// Error (usage) where `url` is beyond this machine and the access is not what it takes, or is a socket's with a path
// too long for the system; says what to add or to change.
void require_access(const std::string& url, const Access& access);

// "127.0.0.1:7701", "[::1]:7701": of an IP address of 4 bytes or 16, and a port.
std::string end_text(std::span<const unsigned char> address, std::uint16_t port);

// Error (usage) where the path of an ipc URL is longer than a socket's may be; other URLs pass.
void require_short_path(const std::string& url, const std::string& way_out);

Digest token_digest(const Access& access);    // all zero without a token file
bool same_token(const Digest& a, const Digest& b);

}    // namespace nonna
