// Who may connect, and to what: loopback and ipc need nothing, any other address mutual TLS and a token.
//
// A token is a file of its owner's alone (mode 0600 or less); its SHA-256 goes over the wire, and is compared in a time
// that does not depend on where they differ.
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

// Error (usage) where `url` is beyond this machine and the access is not what it takes; says what to add.
void require_access(const std::string& url, const Access& access);

Digest token_digest(const Access& access);    // all zero without a token file
bool same_token(const Digest& a, const Digest& b);

}    // namespace nonna
