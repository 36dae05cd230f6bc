// What a classifier sees of a picture: the responses of one or several layers of a model, concatenated.
//
// Model to hold in mind: `read` gives rows of F floats, the layers in the order asked for, each (row, column, map).
// Three ways to the same numbers, for a fit that wants them once an epoch:
//
//     computed   through the network whenever they are asked for: no memory, much time
//     kept       once, in memory as far as that may be, else in an unlinked file in $TMPDIR (4 bytes a number)
//     stored     once, in a named file of half width (bf16, 2 bytes), which later fits use again: numbers are rounded
//                to 8 significant bits, so that a head fitted on them is not bit for bit the head of the other ways
//
// A stored file is safetensors with one tensor `responses`, BF16 (picture, feature), and in its metadata `format`
// ("nonna-responses 1"), `model_sha256`, `layers` and `data_sha256`; of another model, layers or pictures it is
// refused.
//
// Features are standardised before they meet a weight: (x - mean) * factor, the factor one over the standard deviation
// over the pictures learnt from, so that one rate suits all; 0 where a feature does not vary, which then says nothing.
#pragma once

#include "model/model_file.h"
#include "model/neuron.h"
#include "recognition/labelled_pictures.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

class Pool;

class Features
{
  public:
    virtual ~Features() = default;
    virtual std::size_t count() const = 0;     // pictures
    virtual std::size_t length() const = 0;    // F
    // Of these pictures, (picture, feature), `stride` numbers from one picture's to the next's. One thread calls it; it
    // spreads its work over the pool. Error naming the model where a response is not a finite number.
    virtual void read(std::span<const std::size_t> pictures, std::size_t stride, std::span<float> into) = 0;
};

// The model, pictures and pool must outlive what is made of them.
std::unique_ptr<Features> computed_features(const Model& model, const std::string& model_name,
                                            std::vector<LayerId> layers, NumberedPictures pictures, Pool& pool);
std::unique_ptr<Features> kept_features(Features& computed, std::size_t memory, Pool& pool);
// Writes the file first where it is not there.
std::unique_ptr<Features> stored_features(const std::string& path, Features& computed, const Model& model,
                                          std::span<const LayerId> layers, const LabelledPictures& pictures,
                                          Pool& pool);

std::size_t feature_count(const Architecture& architecture, std::span<const LayerId> layers);
std::string layer_list(std::span<const LayerId> layers);    // "2.norm,3.norm"

struct Standard {
    std::vector<float> mean, factor;

    // `x`: (picture, feature), in place.
    void apply(std::span<float> x, std::size_t pictures, std::size_t stride, Pool& pool) const;
};

// Over these pictures, in double.
Standard standard_of(Features& features, std::span<const std::size_t> pictures, Pool& pool);

}    // namespace nonna
