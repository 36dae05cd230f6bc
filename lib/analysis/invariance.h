// How a neuron's response changes while a picture is shifted, scaled, turned: the numbers, not the pictures.
//
// Model to hold in mind: a *warp* ("translate-x", "scale", "view" ...) has *amounts* (pixels, factors, degrees); each
// amount was shown with several pictures, each of which gave one response r. A curve's point is, over the pictures at
// that amount, of r - threshold
//
//     mean,   deviation = sqrt(sum (r - mean)^2 / (n - 1)),   error = deviation / sqrt(n),   least,   most
//
// and `above`, the share of pictures with r > threshold. With one picture, deviation and error are 0.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

struct WarpResponse {
    std::string warp;
    double amount = 0;
    std::string picture, group;    // group: of a sequence, whose head it is; else empty
    double response = 0;
};

struct CurvePoint {
    std::string warp;
    double amount = 0;
    std::size_t pictures = 0;
    double mean = 0, deviation = 0, error = 0, least = 0, most = 0, above = 0;
};

// The amount of a warp that changes nothing: 1 of "scale", else 0.
double unchanged_amount(const std::string& warp);

// Warps in the order they come in, amounts ascending. Error when a response is not finite.
std::vector<CurvePoint> response_curves(std::span<const WarpResponse> responses, double threshold);

// The range of amounts around `from` at which the curve of `warp` stays above 0, as measured at its points; nothing
// where it is not above 0 at the point nearest to `from` (the lower of two).
struct AmountRange {
    double least = 0, most = 0;
};
std::optional<AmountRange> above_threshold(std::span<const CurvePoint> points, const std::string& warp, double from);

// warp amount pictures mean deviation error least most above neuron threshold, the last two the same in every line.
void write_curves(const std::string& path, std::span<const CurvePoint> points, const std::string& neuron,
                  double threshold);
std::vector<CurvePoint> read_curves(const std::string& path);    // Error where a number is none, or nothing in it

// warp amount picture group response difference
void write_responses(const std::string& path, std::span<const WarpResponse> responses, double threshold);

}    // namespace nonna
