// How much memory this process may still take, and refusing what does not fit before any of it is taken.
//
// The least of: what the system says is available without swapping (MemAvailable), what is left under the limits of
// the process's control groups (version 1 and 2; cached files count as free), and what is left of the limits on address
// space and data (ulimit -v, -d).
#pragma once

#include <cstdint>
#include <string>

namespace nonna
{

std::uint64_t available_memory();    // bytes
std::uint64_t resident_memory();     // bytes of this process that are in memory now

// Error(subject, "needs 20.6 GB of memory ...; 12.1 GB are available") when `bytes` are not. `purpose` follows "for".
void require_memory(const std::string& subject, std::uint64_t bytes, const std::string& purpose);

std::string gigabytes(std::uint64_t bytes);    // "20.6 GB", "0.04 GB": for people, of 10^9 bytes

}    // namespace nonna
