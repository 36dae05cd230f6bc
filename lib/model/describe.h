// What people want to know of a file of ours, as named facts in the order they are shown.
#pragma once

#include "model/architecture.h"

#include <string>
#include <utility>
#include <vector>

namespace nonna
{

using Facts = std::vector<std::pair<std::string, std::string>>;

// Kind, sizes and provenance of an image set, model, checkpoint, array or table. `check` reads it to the last byte and
// throws Error at the first thing wrong (pictures are not decoded).
Facts describe_file(const std::string& path, bool check);

// Sublayers and weights of an architecture, without allocating any.
Facts describe_architecture(const Architecture& architecture);

std::string facts_json(const Facts& facts);    // one object, one line, values as strings

}    // namespace nonna
