#include "recognition/features.h"

#include "analysis/respond.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "io/safetensors.h"
#include "io/spool.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

namespace nonna
{

namespace
{

constexpr const char* format_name = "nonna-responses 1";
constexpr std::size_t chunk = 48;    // pictures read at a time by whoever goes through all

class ComputedFeatures final : public Features
{
  public:
    ComputedFeatures(const Model& model, std::string model_name, std::vector<LayerId> layers, NumberedPictures pictures,
                     Pool& pool)
        : model_name_(std::move(model_name)), layers_(layers), pictures_(std::move(pictures)), pool_(pool),
          responder_(model, layers, pool)
    {
        for (const LayerId layer : layers_) {
            offsets_.push_back(length_);
            length_ += layer_shape(layer, model.architecture).size();
        }
    }

    std::size_t count() const override { return pictures_.count; }
    std::size_t length() const override { return length_; }

    void read(std::span<const std::size_t> wanted, std::size_t stride, std::span<float> into) override
    {
        const std::size_t bytes = pictures_.bytes;
        for (std::size_t at = 0; at < wanted.size(); at += responder_.batch()) {
            const std::size_t n = std::min(responder_.batch(), wanted.size() - at);
            pixels_.resize(n * bytes);
            pool_.for_each(n, [&](std::size_t i, int) {
                pictures_.read(wanted[at + i], std::span(pixels_).subspan(i * bytes, bytes));
            });
            responder_.respond(
                {pixels_, n}, 0,
                [&](std::size_t layer, std::size_t first, std::size_t count, std::span<const float> responses) {
                    const std::size_t size = responses.size() / count;
                    for (std::size_t i = 0; i < count; ++i)
                        std::copy_n(responses.data() + i * size, size,
                                    into.data() + (at + first + i) * stride + offsets_[layer]);
                });
            for (std::size_t i = 0; i < n; ++i)
                for (std::size_t f = 0; f < length_; ++f)
                    if (!std::isfinite(into[(at + i) * stride + f]))
                        throw Error(model_name_, "a response is not a finite number, as after training that diverged");
        }
    }

  private:
    std::string model_name_;
    std::vector<LayerId> layers_;
    NumberedPictures pictures_;
    Pool& pool_;
    LayerResponder responder_;
    std::size_t length_ = 0;
    std::vector<std::size_t> offsets_;
    std::vector<std::uint8_t> pixels_;
};

// All pictures in order, some at a time: take(first, count, rows).
template <class Take> void each_chunk(Features& features, const char* what, Take take)
{
    std::vector<float> rows(chunk * features.length());
    std::vector<std::size_t> numbers(chunk);
    Progress progress(what, features.count(), "images");
    for (std::size_t first = 0; first < features.count(); first += chunk) {
        throw_if_interrupted();
        const std::size_t n = std::min(chunk, features.count() - first);
        std::iota(numbers.begin(), numbers.end(), first);
        features.read(std::span(numbers).first(n), features.length(), rows);
        take(first, n, std::span<const float>(rows).first(n * features.length()));
        progress.advance(n);
    }
}

class KeptFeatures final : public Features
{
  public:
    KeptFeatures(Features& computed, std::size_t memory, Pool& pool)
        : count_(computed.count()), length_(computed.length()), pool_(pool)
    {
        const bool fits = count_ <= memory / sizeof(float) / length_;
        if (fits)
            values_.resize(count_ * length_);
        else
            file_ = std::make_unique<Spool>();
        each_chunk(computed, "responses", [&](std::size_t first, std::size_t, std::span<const float> rows) {
            if (fits)
                std::copy(rows.begin(), rows.end(), values_.begin() + std::ptrdiff_t(first * length_));
            else
                file_->write(std::as_bytes(rows));
        });
    }

    std::size_t count() const override { return count_; }
    std::size_t length() const override { return length_; }

    void read(std::span<const std::size_t> wanted, std::size_t stride, std::span<float> into) override
    {
        pool_.for_each(wanted.size(), [&](std::size_t i, int) {
            const std::span<float> row = into.subspan(i * stride, length_);
            if (file_)
                file_->read_at(wanted[i] * length_ * sizeof(float), std::as_writable_bytes(row));
            else
                std::copy_n(values_.data() + wanted[i] * length_, length_, row.data());
        });
    }

  private:
    std::size_t count_, length_;
    Pool& pool_;
    std::vector<float> values_;
    std::unique_ptr<Spool> file_;
};

class StoredFeatures final : public Features
{
  public:
    StoredFeatures(const std::string& path, Pool& pool) : file_(path), pool_(pool)
    {
        const std::vector<std::uint64_t>& shape = file_.info("responses").shape;
        if (shape.size() != 2)
            throw Error(path, "its responses are no table of pictures and features");
        count_ = shape[0];
        length_ = shape[1];
        file_.require_finite("responses");
    }

    const SafetensorsReader& file() const { return file_; }
    std::size_t count() const override { return count_; }
    std::size_t length() const override { return length_; }

    void read(std::span<const std::size_t> wanted, std::size_t stride, std::span<float> into) override
    {
        pool_.for_each(wanted.size(), [&](std::size_t i, int) {
            file_.read("responses", wanted[i] * length_, into.subspan(i * stride, length_));
        });
    }

  private:
    SafetensorsReader file_;
    Pool& pool_;
    std::size_t count_ = 0, length_ = 0;
};

}    // namespace

std::unique_ptr<Features> computed_features(const Model& model, const std::string& model_name,
                                            std::vector<LayerId> layers, NumberedPictures pictures, Pool& pool)
{
    return std::make_unique<ComputedFeatures>(model, model_name, std::move(layers), std::move(pictures), pool);
}

std::unique_ptr<Features> kept_features(Features& computed, std::size_t memory, Pool& pool)
{
    return std::make_unique<KeptFeatures>(computed, memory, pool);
}

std::unique_ptr<Features> stored_features(const std::string& path, Features& computed, const Model& model,
                                          std::span<const LayerId> layers, const LabelledPictures& pictures, Pool& pool)
{
    const std::map<std::string, std::string> wanted = {{"format", format_name},
                                                       {"model_sha256", model_digest(model)},
                                                       {"layers", layer_list(layers)},
                                                       {"data_sha256", pictures.digest()}};
    if (!std::filesystem::exists(path)) {
        SafetensorsWriter writer(path, wanted);
        writer.declare("responses", "BF16", {computed.count(), computed.length()});
        each_chunk(computed, "responses",
                   [&](std::size_t, std::size_t, std::span<const float> rows) { writer.write_bf16(rows); });
        writer.commit();
    }
    auto stored = std::make_unique<StoredFeatures>(path, pool);
    for (const auto& [key, value] : wanted) {
        const auto found = stored->file().metadata().find(key);
        if (found == stored->file().metadata().end() || found->second != value)
            throw Error(path, "holds responses of " +
                                  std::string(key == "layers"         ? "other layers"
                                              : key == "data_sha256"  ? "other pictures"
                                              : key == "model_sha256" ? "another model"
                                                                      : "another kind") +
                                  ": remove it, or store under another name");
    }
    if (stored->count() != computed.count() || stored->length() != computed.length())
        throw Error(path, "its responses are not as many as its metadata says");
    return stored;
}

std::size_t feature_count(const Architecture& architecture, std::span<const LayerId> layers)
{
    std::size_t n = 0;
    for (const LayerId layer : layers)
        n += layer_shape(layer, architecture).size();
    return n;
}

std::string layer_list(std::span<const LayerId> layers)
{
    std::string list;
    for (const LayerId layer : layers)
        list += (list.empty() ? "" : ",") + layer_name(layer);
    return list;
}

void Standard::apply(std::span<float> x, std::size_t pictures, std::size_t stride, Pool& pool) const
{
    pool.for_each(pictures, [&](std::size_t i, int) {
        float* const row = x.data() + i * stride;
        for (std::size_t f = 0; f < mean.size(); ++f)
            row[f] = (row[f] - mean[f]) * factor[f];
    });
}

// Sums of what lies beyond the first picture's value, so that a large mean costs no digits.
Standard standard_of(Features& features, std::span<const std::size_t> pictures, Pool& pool)
{
    const std::size_t length = features.length();
    std::vector<float> rows(chunk * length), first(length);
    std::vector<double> sums(length, 0.0), squares(length, 0.0);
    constexpr std::size_t part = 4096;    // features a task
    for (std::size_t at = 0; at < pictures.size(); at += chunk) {
        throw_if_interrupted();
        const std::size_t n = std::min(chunk, pictures.size() - at);
        features.read(pictures.subspan(at, n), length, rows);
        if (at == 0)
            std::copy_n(rows.begin(), length, first.begin());
        pool.for_each((length + part - 1) / part, [&](std::size_t task, int) {
            for (std::size_t i = 0; i < n; ++i)
                for (std::size_t f = task * part; f < std::min(length, (task + 1) * part); ++f) {
                    const double d = double(rows[i * length + f]) - double(first[f]);
                    sums[f] += d;
                    squares[f] += d * d;
                }
        });
    }
    Standard standard{std::vector<float>(length), std::vector<float>(length)};
    const double n = double(pictures.size());
    for (std::size_t f = 0; f < length; ++f) {
        const double beyond = sums[f] / n, mean = double(first[f]) + beyond;
        const double deviation = std::sqrt(std::max(0.0, squares[f] / n - beyond * beyond));
        standard.mean[f] = float(mean);
        standard.factor[f] = deviation > std::max(1e-12, 1e-6 * std::abs(mean)) ? float(1 / deviation) : 0;
    }
    return standard;
}

}    // namespace nonna
