// The pictures of a stream that neurons respond to most, and least.
//
// Pictures come one by one, in the stream's order; of each neuron the N strongest and weakest so far are kept, with
// their pixels, so that memory is bounded by neurons times N, however long the stream. Of equal responses the earlier
// counts. A picture that several neurons keep is held once.
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
};

struct Extreme {
    float response = 0;
    std::shared_ptr<const SeenPicture> picture;
};

class Extremes
{
  public:
    Extremes(std::size_t neurons, std::size_t strongest, std::size_t weakest);

    // The next picture and every neuron's response to it; `make` is called if some neuron keeps it.
    void take(std::span<const float> responses, const std::function<SeenPicture()>& make);

    const std::vector<Extreme>& strongest(std::size_t neuron) const { return strongest_[neuron]; }    // strongest first
    const std::vector<Extreme>& weakest(std::size_t neuron) const { return weakest_[neuron]; }        // weakest first
    std::size_t seen() const { return seen_; }

  private:
    std::size_t most_strongest_, most_weakest_, seen_ = 0;
    std::vector<std::vector<Extreme>> strongest_, weakest_;
};

}    // namespace nonna
