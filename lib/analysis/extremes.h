// The pictures of a stream that neurons respond to most, and least.
//
// Pictures come one by one, in the stream's order; of each neuron the N strongest and weakest so far are kept, with
// their pixels, so that memory is bounded by neurons times N, however long the stream. Of equal responses the earlier
// counts. A picture that several neurons keep is held once.
//
// Where ceilings are known (analysis/numerator.h), pictures whose responses have reached theirs count as equally
// strong, and the larger numerator is the stronger of them. Of pictures of one group only the strongest may be kept,
// and among the weakest the weakest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

struct SeenPicture {
    std::string key, source;
    std::optional<std::string> label;
    std::vector<std::uint8_t> pixels;    // (row, column, channel)
    std::string group = {};
    std::optional<double> time = {};    // of a frame, in seconds
};

struct Extreme {
    float response = 0;
    std::shared_ptr<const SeenPicture> picture;
    float numerator = 0;    // 0 where the neuron has none, or nobody asked
};

struct ExtremesRules {
    bool one_a_group = false;
    std::vector<std::optional<double>> ceilings;    // of each neuron; empty: responses alone decide
};

class Extremes
{
  public:
    Extremes(std::size_t neurons, std::size_t strongest, std::size_t weakest, ExtremesRules rules = {});

    // The next picture, every neuron's response to it and, where ceilings are known, numerator; `make` is called if
    // some neuron keeps it.
    void take(std::span<const float> responses, const std::function<SeenPicture()>& make,
              std::span<const float> numerators = {}, const std::string& group = {});

    const std::vector<Extreme>& strongest(std::size_t neuron) const { return strongest_[neuron]; }    // strongest first
    const std::vector<Extreme>& weakest(std::size_t neuron) const { return weakest_[neuron]; }        // weakest first
    std::size_t seen() const { return seen_; }

  private:
    ExtremesRules rules_;
    std::size_t most_strongest_, most_weakest_, seen_ = 0;
    std::vector<std::vector<Extreme>> strongest_, weakest_;
};

}    // namespace nonna
