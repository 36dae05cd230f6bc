// What an ascent may prefer among the many inputs that drive a neuron: priors, as feature visualisation has them.
//
// smooth:S   x = norm B c / |B c|. c are the coefficients of cosines over what the neuron sees (the orthonormal
//            DCT-II of each channel of the visible rectangle, which mirrors its border and joins no opposite sides),
//            and B gives each its amplitude a(f) = (f0 / max(f, f0))^S, f in cycles a pixel, f0 the lowest frequency
//            but 0. The climb is on the sphere |c| = norm; |x| = norm is held beside it, so that responses compare with
//            those of the literal optimum. x is whitened, and whitening has made of a photograph's 1/f an even
//            spectrum: S is on top of that, and shown as pixels amplitudes fall as 1/f^(1 + S). No input is forbidden:
//            a direction of amplitude a takes part in the ascent with a^2, so that fine detail comes last.
// jitter:N   what is climbed is F(x) = mean over shifts s of f(x moved by s), both parts of s from -N to N, zeros
//            moving in. All shifts where there are at most 25, else none at all and 24 drawn by the seed.
//
// Both together: the coefficients of smooth, the mean of jitter.
#pragma once

#include "model/neuron.h"

#include <cstdint>
#include <string>
#include <vector>

namespace nonna
{

struct StimulusPrior {
    double smooth = 0;    // S; 0: none
    int jitter = 0;       // N; 0: none
    bool any() const { return smooth > 0 || jitter > 0; }
};

// Each "smooth", "smooth:S" or "jitter:N", 0 < S <= 4, 1 <= N <= 64. Error (usage) for anything else, or one twice.
StimulusPrior parse_prior(const std::vector<std::string>& texts);

struct Shift {
    int rows = 0, columns = 0;
    bool operator==(const Shift&) const = default;
};
std::vector<Shift> jitter_shifts(int jitter, std::uint64_t seed);    // no shift first
// (row, column, channel) of a rectangle, moved; zeros where nothing moved to.
std::vector<double> moved(const std::vector<double>& x, Area area, int channels, Shift by);

class SmoothBasis
{
  public:
    SmoothBasis(Area area, int channels, double exponent);

    std::vector<double> picture(const std::vector<double>& coefficients) const;    // B c
    std::vector<double> adjoint(const std::vector<double>& gradient) const;        // B' g
    std::vector<double> coefficients(const std::vector<double>& picture) const;    // B^-1 x

  private:
    int rows_, columns_, channels_;
    std::vector<double> down_, across_;    // (frequency, place)
    std::vector<double> amplitudes_;       // (row's frequency, column's frequency)

    enum class Way { to_picture, to_coefficients };
    std::vector<double> transform(const std::vector<double>& from, Way way) const;
};

}    // namespace nonna
