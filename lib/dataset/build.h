// The nightly job: videos and pictures to a built set (set_store.h), many times over (nonna-dataset build).
//
// Model to hold in mind: every source that the set does not know yet is a new unit. All new units are digested first
// (SHA-256 of the content), then taken in the order of (digest, name of the source): an order that no list and no
// number of workers changes, and one that mixes the sources well. Each is decoded in a child process of its own
// (decode_units.h) and decided on:
//   rejected duplicate        the set has a unit of this content, or had one that was `removed`
//   failed                    with a code of media/reason.h; named on stderr
//   rejected near_duplicate   each of its pictures looks like one that the set has (near_index.h)
//   ok                        its samples join the shards
// Sources are known by name: one whose content changed later is not looked at again. So with `min_age` one that may
// still be copied is not taken up yet.
//
// A *part* (I of N) takes only the sources whose id falls to it, and leaves near-duplicates in: that is decided when
// the parts are merged (merge.h).
//
// While a run lasts, digests.jsonl remembers the digests, so that a run cut short does not read everything again.
#pragma once

#include "base/error.h"
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
};

// done, or skipped when units failed in this run, or something could not be walked. `paths` as named by the user.
ExitStatus build_set(const std::string& folder, const std::vector<std::string>& paths, const BuildOptions& options);

}    // namespace nonna
