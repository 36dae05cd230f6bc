#include "analysis/response_files.h"

#include "base/error.h"

#include <cmath>

namespace nonna
{

std::string name_of_layer(std::string output, const std::string& layer)
{
    for (std::size_t at = 0; (at = output.find(layer_mark, at)) != std::string::npos; at += layer.size())
        output.replace(at, layer_mark.size(), layer);
    return output;
}

ResponseArray::ResponseArray(const std::string& path, std::string model, std::vector<std::uint64_t> row_shape)
    : model_(std::move(model)), array_(path, std::move(row_shape)), keys_(path)
{
}

void ResponseArray::write(std::span<const std::string> keys, std::span<const float> responses)
{
    for (const float v : responses)
        if (!std::isfinite(v))
            throw Error(model_, "a response is not a finite number");
    array_.write_rows(responses);
    keys_.write(keys, responses);
}

void ResponseArray::commit()
{
    array_.commit();
    keys_.commit();
}

static std::vector<std::string> columns(const std::vector<std::string>& neurons)
{
    std::vector<std::string> all{"key", "source", "label"};
    all.insert(all.end(), neurons.begin(), neurons.end());
    return all;
}

ImageTable::ImageTable(const std::string& path, const std::vector<std::string>& neurons)
    : table_(path, columns(neurons))
{
}

void ImageTable::write(std::span<const std::string> keys, std::span<const std::string> sources,
                       std::span<const std::optional<std::string>> labels, std::span<const float> responses)
{
    const std::size_t neurons = responses.size() / std::max<std::size_t>(keys.size(), 1);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        table_.cell(keys[i]).cell(sources[i]).cell(labels[i].value_or(""));
        for (const float r : responses.subspan(i * neurons, neurons))
            table_.cell(double(r));
        table_.end_row();
    }
}

}    // namespace nonna
