// What a head says of pictures: the K likeliest classes of each, for use by hand.
#pragma once

#include "recognition/logistic_head.h"

#include <cstddef>
#include <string>
#include <vector>

namespace nonna
{

class Pool;

// Image sets, "-", and picture files, in any order. A table: source, rank (from 1), class, probability; `top` lines a
// picture, fewer where there are fewer classes. Error where a picture cannot be read.
void predict(const LogisticHead& head, const Model& model, const std::string& model_name,
             const std::vector<LayerId>& layers, const std::vector<std::string>& pictures, std::size_t top,
             const std::string& output, Pool& pool);

}    // namespace nonna
