// A neuron's response-weighted average: the spike-triggered average of a unit whose response is a number.
//
//     z_i = (r_i - mean r) / deviation r            r_i: the response to picture i of N
//     average = mean over i of z_i n_i              n_i: the picture, normalised but not whitened (model/preprocess.h)
//     error   = sqrt((mean over i of (z_i n_i)^2 - average^2) / N)
//
// Value by value, (row, column, channel) of the whole input: by how many deviations of a picture its value there is up
// when the response is one deviation up, and the standard error of that. Both are over pictures as they are, whose
// neighbouring values resemble each other: for a linear neuron r = <w, x> of the whitened x = V n the average is
// C V'w / deviation r, C the pictures' covariance.
//
// Pictures come batch by batch and are not kept; sums are doubles, in the pictures' order, of responses less the first
// one, so that a large mean costs no digits. The result does not depend on batches or threads.
#pragma once

#include "analysis/respond.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

class Pool;
struct NeuronId;

struct ResponseAverage {
    std::vector<float> average, error;
    double mean = 0, deviation = 0;    // of the response
    // Root mean square of the average over that of its error, over these values; 1 is noise.
    double signal(std::span<const std::size_t> values) const;
};

class ResponseAverages
{
  public:
    ResponseAverages(std::size_t neurons, std::size_t values);

    // (picture, value) and (picture, neuron), of as many pictures.
    void take(std::span<const float> normalised, std::span<const float> responses, Pool& pool);
    // The same of pictures as bytes.
    void take(const PictureBytes& pictures, std::span<const float> responses, Pool& pool);
    std::uint64_t pictures() const { return pictures_; }
    // All zero where the response never changed: the neuron is dead to these pictures.
    ResponseAverage of(std::size_t neuron) const;

  private:
    struct Sums {
        double first = 0, d = 0, dd = 0;      // d: a response less the first one
        std::vector<double> dn, dnn, ddnn;    // by value
    };
    std::uint64_t pictures_ = 0;
    std::vector<float> normalised_;
    std::vector<double> n_, nn_;
    std::vector<Sums> neurons_;
};

// neuron pictures mean deviation signal: a line a neuron; `signal` over what it sees.
void write_averages(const std::string& path, std::span<const NeuronId> neurons,
                    std::span<const ResponseAverage> averages, std::uint64_t pictures,
                    std::span<const std::vector<std::size_t>> visible);

}    // namespace nonna
