// A stream of pictures shown to a model on behalf of some neurons.
#pragma once

#include "analysis/extremes.h"
#include "analysis/respond.h"
#include "analysis/response_average.h"
#include "base/names.h"
#include "images/picture_stream.h"
#include "model/model_file.h"
#include "model/neuron.h"

#include <functional>
#include <string>

// The pictures of a batch, in the stream's order; what the neurons responded, (picture, neuron), and, where asked for,
// their numerators; and what the network saw.
struct Look {
    const nonna::PictureSet& pictures;
    std::span<const float> responses, numerators, preprocessed;

    nonna::PictureBytes bytes() const { return {pictures.pixels, pictures.count()}; }
};
using Watch = std::function<void(const Look& look)>;

// One pass over `data`, or over a sample of it, a batch in memory. Returns how many pictures it has.
std::size_t watch_pictures(const nonna::Model& model, std::span<const nonna::NeuronId> neurons, const std::string& data,
                           nonna::Pool& pool, const Watch& watch, const nonna::PictureSample* sample = nullptr,
                           bool with_numerators = false);

// Of which pictures at most one is kept: of one source, of one folder of sources, or of one group as the set records it
// (else of one source).
enum class Distinct { no, source, folder, group };

template <>
inline constexpr auto nonna::names_of<Distinct> = nonna::names<Distinct>({
    {Distinct::no, "no"},
    {Distinct::source, "source"},
    {Distinct::folder, "folder"},
    {Distinct::group, "group"},
});

void take(nonna::Extremes& extremes, const Look& look, Distinct distinct = Distinct::no);

// Whitened inputs to climb from, one for each living neuron: the averages'; or what a file holds, which is a picture or
// a .npy, of one input for all or of one for each neuron that was asked for.
std::vector<std::vector<float>> whitened_averages(const nonna::ResponseAverages& averages,
                                                  std::span<const std::size_t> living, const nonna::Model& model);
std::vector<std::vector<float>> read_starts(const std::string& path, const nonna::Model& model, std::size_t asked,
                                            std::span<const std::size_t> living);

// Of a neuron that responds to all pictures alike there is nothing to show: it is named, and not among those returned,
// by their numbers. Error where none is left.
std::vector<std::size_t> living(std::span<const nonna::NeuronId> neurons, const std::string& data,
                                const std::function<bool(std::size_t neuron)>& dead);
// Dead to what `extremes` saw: its strongest picture is its weakest.
bool dead(const nonna::Extremes& extremes, std::size_t neuron);
