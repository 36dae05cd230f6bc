// A takedown: sources and all that came of them leave a built set, and stay out (nonna-dataset remove).
//
// Units named, and units of the same content under other names, become "rejected: removed"; their samples leave the
// shards, which are written anew, one after another. The record is the manifest's line: it keeps digest and hashes, by
// which build and merge know the content again. Interrupted at any moment, the next program that opens the set ends it.
#pragma once

#include "base/error.h"

#include <string>
#include <vector>

namespace nonna
{

// done, or skipped when a source is not in the set; it is named.
ExitStatus remove_sources(const std::string& folder, const std::vector<std::string>& sources);

}    // namespace nonna
