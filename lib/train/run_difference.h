// In what two runs differ that should be one: what a checkpoint says of its run, and the run that wants to go on from
// it (trainer.cpp's describe). Private to this room.
#pragma once

#include <cstdint>
#include <set>
#include <string>

namespace nonna
{

// As options with both values: "--batch 100, not 50; --seed 1, not 2". Never empty where the two differ.
std::string run_difference(const std::string& made_with, const std::string& now);

// What may be another from some step on, on purpose: how fast a run learns, but not what it learns, from what, or by
// which rule, whose state and place in the data would be another run's.
const std::set<std::string>& changeable_options();    // "rate", ...
// Of "rate,steps"; empty: of "". Error (usage) where one cannot be changed.
std::set<std::string> parse_change(const std::string& text);
// Of options that can be changed, those in which the two differ; empty where they differ in something else, too.
std::set<std::string> change_between(const std::string& made_with, const std::string& now);

// How fast a run learns: "rate 0.05 cosine steps 900".
std::string pace(const std::string& run);
// The paces of a run that was changed, each with its first step: "0: rate 0.05 cosine steps 900; 200: rate 0.01 ...".
// `before`: those so far, empty where `made_with` was the first. From `step` on it is that of `now`.
std::string paces(const std::string& before, const std::string& made_with, std::int64_t step, const std::string& now);

}    // namespace nonna
