// Private to this room: the folder of addresses, into which others may write, so that nothing there is believed
// (rendezvous.h).
#pragma once

#include "base/descriptor.h"

#include <string>
#include <vector>

#include <sys/stat.h>

namespace nonna
{

std::vector<std::string> names_in(const std::string& folder);    // sorted; none of a folder that is not there
bool same_file(const struct stat& a, const struct stat& b);
bool is_ours(const struct stat& status);    // a regular file of our own user
// Why a file does not count; empty of one that does.
std::string reason_against(const struct stat& status);
// A file of our own user as it stands in the folder; none where there is no such file, or no longer.
Descriptor open_ours(const std::string& path, int flags);

// flock(2). False: another process has it. Where the file system has no locks it is as `without` says.
bool lock_if_any(const Descriptor& file, bool without);
// A new file, locked, at `path`, to be renamed to `name`; the folder is made where it is not there. Those of processes
// that were killed before they could rename theirs are removed: nobody has them locked. Whoever can open a file can
// hold a lock on it, which is what `mode` decides, less the umask.
Descriptor open_temporary(const std::string& folder, const std::string& name, unsigned mode, std::string& path);

}    // namespace nonna
