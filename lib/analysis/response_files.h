// Responses as files: an array with the keys of its rows beside it (response_keys.h), and a table a line an image.
//
// Both are written image by image as they come, and are there whole or not at all.
#pragma once

#include "analysis/response_keys.h"
#include "io/image_stream.h"
#include "io/npy.h"
#include "io/spool.h"
#include "io/table.h"

#include <cstddef>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nonna
{

// Stands in the name of an output for the name of each of several layers: R-{layer}.npy is R-2.norm.npy, R-3.norm.npy.
inline constexpr std::string_view layer_mark = "{layer}";
std::string name_of_layer(std::string output, const std::string& layer);

class ResponseArray
{
  public:
    // `row_shape`: of one image's responses. `model`: whose responses they are, for messages.
    ResponseArray(const std::string& path, std::string model, std::vector<std::uint64_t> row_shape);
    // Error where a response is not a finite number: found here, where the model can be named, which whoever reads the
    // array cannot.
    void write(std::span<const std::string> keys, std::span<const float> responses);
    void commit();

  private:
    std::string model_;
    NpyWriter array_;
    KeysWriter keys_;
};

// Images that follow one another, as a stream of pictures has them; views.
struct ImageRows {
    std::span<const std::string> keys, sources;
    std::span<const std::optional<std::string>> labels;
    std::span<const Columns> columns;
};

// Columns key, source, label; those that any image has beside its label, by name, empty where an image has none; and
// one for each neuron, by its name. Which columns there are is known with the last image: rows are set aside till then
// (io/spool.h).
class ImageTable
{
  public:
    explicit ImageTable(const std::string& path, std::vector<std::string> neurons = {});
    void write(const ImageRows& images, std::span<const float> responses = {});    // (image, neuron)
    // Error where a column of the images is called as a neuron is.
    void commit();

  private:
    std::string path_;
    std::vector<std::string> neurons_;
    std::set<std::string> columns_;
    TableWriter table_;
    Spool rows_;
};

}    // namespace nonna
