// In what two runs differ that should be one: what a checkpoint says of its run, and the run that wants to go on from
// it (trainer.cpp's describe). Private to this room.
#pragma once

#include <string>

namespace nonna
{

// As options with both values: "--batch 100, not 50; --seed 1, not 2". Never empty where the two differ.
std::string run_difference(const std::string& made_with, const std::string& now);

}    // namespace nonna
