// The nightly job: videos and pictures to a built set (set_store.h), many times over (nonna-dataset build).
//
// Model to hold in mind: sources are known by name. Every source that the set does not know yet, or of which it knows
// another content, is a new unit. Contents are told by their digest (SHA-256); a file is read for it unless it is as it
// was when it was last read (digest_cache.h). All new units are taken in the order of (digest, name of the source): an
// order that no list and no number of workers changes, and one that mixes the sources well. Each is decoded in a child
// process of its own (decode_units.h) and decided on:
//   rejected duplicate        the set has a unit of this content, or had one that was `removed`
//   failed                    with a code of media/reason.h; named on stderr
//   rejected near_duplicate   each of its pictures looks like one that the set has (near_index.h)
//   ok                        its samples join the shards
//
// Where a source has another content than the set knows, what came of the old one leaves the set first
// (changed_content.h), as by a takedown but without a trace. Samples go only for a content that can be used: one that
// fails is named, once, and the unit stays as it was. A source that is not there any more stays in the set, and a
// removed one out of it. With `min_age` a file that may still be copied is not looked at yet.
//
// A *part* (I of N) takes only the sources whose id falls to it, and leaves near-duplicates in: that is decided when
// the parts are merged (merge.h).
#pragma once

#include "base/error.h"
#include "dataset/build_report.h"
#include "dataset/decode_units.h"
#include "dataset/near_index.h"

#include <cstdint>
#include <string>
#include <vector>

namespace nonna
{

struct BuildOptions {
    UnitOptions unit;          // pictures and hashes are always wanted
    bool recursive = false;    // folders stand for the files in them that are named like videos or pictures
    int near_dup = -1;         // bits of the perceptual hash that near-duplicates may differ in; -1: not looked for
    std::uint64_t shard_bytes = 1'000'000'000;
    int part = 0, parts = 0;           // parts 0: the whole
    std::vector<std::string> retry;    // codes: units of the list that failed so are new again; "all"
    int min_age = 0;                   // minutes: what changed later than that is left for another run
    std::string version;

    void set_part(const std::string& text);    // "I/N"; Error with status usage
    bool tries_again(const std::string& code) const;
};

// `report` is filled as far as the run comes. Done, or skipped when units failed in this run, or something could not be
// walked. `paths` as named by the user.
ExitStatus build_set(const std::string& folder, const std::vector<std::string>& paths, const BuildOptions& options,
                     BuildReport& report);

}    // namespace nonna
