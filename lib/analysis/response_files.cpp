#include "analysis/response_files.h"

#include "base/error.h"

#include <algorithm>
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

namespace
{

// A row set aside: a text is its length and its bytes.
struct Aside {
    std::vector<std::byte> bytes;

    template <class Number> void number(Number value)
    {
        const auto raw = std::as_bytes(std::span(&value, 1));
        bytes.insert(bytes.end(), raw.begin(), raw.end());
    }
    void text(std::string_view value)
    {
        number(value.size());
        const auto raw = std::as_bytes(std::span(value));
        bytes.insert(bytes.end(), raw.begin(), raw.end());
    }
};

// The same back, in pieces: a table may be larger than memory.
class TakenUp
{
  public:
    explicit TakenUp(const Spool& rows) : rows_(rows) {}

    bool more() const { return at_ < rows_.size(); }
    template <class Number> Number number()
    {
        Number value;
        take(std::as_writable_bytes(std::span(&value, 1)));
        return value;
    }
    std::string text()
    {
        std::string value(number<std::size_t>(), '\0');
        take(std::as_writable_bytes(std::span(value)));
        return value;
    }

  private:
    const Spool& rows_;
    std::uint64_t at_ = 0, begin_ = 0;    // the next byte; where the piece begins
    std::vector<std::byte> piece_;

    void take(std::span<std::byte> into)
    {
        while (!into.empty()) {
            if (at_ == begin_ + piece_.size()) {
                begin_ = at_;
                piece_.resize(std::size_t(std::min<std::uint64_t>(1 << 20, rows_.size() - at_)));
                rows_.read_at(at_, piece_);
            }
            const std::size_t n = std::min<std::size_t>(into.size(), std::size_t(begin_ + piece_.size() - at_));
            std::copy_n(piece_.begin() + std::ptrdiff_t(at_ - begin_), n, into.begin());
            into = into.subspan(n);
            at_ += n;
        }
    }
};

}    // namespace

ImageTable::ImageTable(const std::string& path, std::vector<std::string> neurons)
    : path_(path), neurons_(std::move(neurons)), table_(path)
{
}

void ImageTable::write(const ImageRows& images, std::span<const float> responses)
{
    Aside aside;
    for (std::size_t i = 0; i < images.keys.size(); ++i) {
        aside.text(images.keys[i]);
        aside.text(images.sources[i]);
        aside.text(images.labels[i].value_or(""));
        aside.number(images.columns[i].size());
        for (const auto& [name, cell] : images.columns[i]) {
            columns_.insert(name);
            aside.text(name);
            aside.text(cell);
        }
        for (const float r : responses.subspan(i * neurons_.size(), neurons_.size()))
            aside.number(r);
    }
    rows_.write(aside.bytes);
}

void ImageTable::commit()
{
    std::vector<std::string> header{"key", "source", "label"};
    header.insert(header.end(), columns_.begin(), columns_.end());
    header.insert(header.end(), neurons_.begin(), neurons_.end());
    for (const std::string& neuron : neurons_)
        if (columns_.contains(neuron))
            throw Error(path_, "the images have a column '" + neuron + "', which is a neuron's name: pack them anew " +
                                   "from a table in which it is called otherwise");
    table_.header(header);
    for (TakenUp rows(rows_); rows.more();) {
        for (int fixed = 0; fixed < 3; ++fixed)
            table_.cell(rows.text());
        Columns cells;
        for (std::size_t n = rows.number<std::size_t>(); n > 0; --n) {
            std::string name = rows.text();
            cells[std::move(name)] = rows.text();
        }
        for (const std::string& name : columns_)
            table_.cell(cells[name]);
        for (std::size_t n = 0; n < neurons_.size(); ++n)
            table_.cell(double(rows.number<float>()));
        table_.end_row();
    }
    table_.commit();
}

}    // namespace nonna
