// What people want to know of a file of ours: as named facts in the order they are shown, and as a JSON object.
//
// The object has what the facts have, as what it is: counts are numbers, shapes are arrays, and what a file has many of
// are objects or arrays of their own ("sizes", "labels", "settings", "tensors", "columns"), complete also where people
// are told only how many there are. What is text in the file (a model's metadata, a set's settings) but is a number, an
// array or an object of JSON as it stands is that; other text is a string.
#pragma once

#include "model/architecture.h"

#include <string>
#include <utility>
#include <vector>

namespace nonna
{

using Facts = std::vector<std::pair<std::string, std::string>>;

struct Description {
    Facts facts;
    std::string json;    // one object, one line
};

// Kind, sizes and provenance of an image set, model, checkpoint, array or table. `check` reads it to the last byte and
// throws Error at the first thing wrong (pictures are not decoded).
Description describe_file(const std::string& path, bool check);

// Name, sublayers and weights of an architecture, without allocating any.
Description describe_architecture(const Architecture& architecture);

// A line each of the installed architectures, under a heading: side, channels, stages, top neurons, weights, the area
// that a top neuron sees, and the arithmetic of one picture on its way up, in GFLOP: two operations a weight.
std::string list_architectures();

}    // namespace nonna
