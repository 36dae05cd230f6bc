#include "dataset/class_balance.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>

namespace nonna
{

namespace
{

constexpr double same_share = 0.02;    // of pictures: a difference that no neuron lives on
constexpr double same_scale = 1.25;    // of reductions: after area averaging, nearly equally sharp

struct Classes {
    const std::vector<Shown>& pictures;

    double share(bool positive, const std::function<bool(const Shown&)>& has) const
    {
        double n = 0, all = 0;
        for (const Shown& s : pictures)
            if (s.positive == positive) {
                ++all;
                n += has(s);
            }
        return all > 0 ? n / all : 0;
    }
    double median(bool positive, const std::function<double(const Shown&)>& value) const
    {
        std::vector<double> values;
        for (const Shown& s : pictures)
            if (s.positive == positive)
                values.push_back(value(s));
        if (values.empty())
            return 0;
        std::nth_element(values.begin(), values.begin() + std::ptrdiff_t(values.size() / 2), values.end());
        return values[values.size() / 2];
    }
    // "what: 35.0 % of the positives, 0.0 % of the negatives" where they differ, else nothing.
    std::string compare_shares(const char* what, const std::function<bool(const Shown&)>& has) const
    {
        const double yes = share(true, has), no = share(false, has);
        if (std::abs(yes - no) <= same_share)
            return {};
        char text[160];
        std::snprintf(text, sizeof text, "%s: %.1f %% of the positives, %.1f %% of the negatives", what, 100 * yes,
                      100 * no);
        return text;
    }
    // "what: median of the positives 64, of the negatives 48" where they are further apart than by the factor `same`,
    // else nothing. `format` writes one of the numbers.
    std::string compare_medians(const char* what, const std::function<double(const Shown&)>& value, double same,
                                const char* format) const
    {
        const double yes = median(true, value), no = median(false, value);
        if (std::max(yes, no) <= same * std::min(yes, no))
            return {};
        const auto written = [&](double number) {
            char text[40];
            std::snprintf(text, sizeof text, format, number);
            return std::string(text);
        };
        return std::string(what) + ": median of the positives " + written(yes) + ", of the negatives " + written(no);
    }
};

}    // namespace

// Each question is asked where the framing leaves it open: kept bytes differ in their sizes; one resize to the stored
// size makes pictures sharper or softer by how far they were reduced, unless all go through the same number of pixels
// first; bars are a letterbox's; and jitter is cut short where a border is in the way.
std::vector<std::string> class_differences(const std::vector<Shown>& pictures, const Framing& framing)
{
    const Classes classes{pictures};
    std::vector<std::string> all;
    const auto add = [&](const std::string& difference, const std::string& remedy) {
        if (!difference.empty())
            all.push_back(difference + remedy);
    };
    const std::string size_needed = "; a size is needed for a fair test (--size)";
    if (!framing.changes()) {
        const auto shorter = [](const Shown& s) { return double(std::min(s.width, s.height)); };
        add(classes.compare_medians("shorter sides, pixels", shorter, 1, "%.0f"), size_needed);
        return all;
    }
    if (framing.through == 0 && framing.size > 0) {
        const double size = double(framing.size);
        add(classes.compare_shares("enlarged", [&](const Shown& s) { return s.view.side < size; }),
            "; sharpness can tell them apart (--through)");
        add(classes.compare_medians(
                "reduced by", [&](const Shown& s) { return s.view.side / size; }, same_scale, "%.2f"),
            "; sharpness may tell them apart (--through)");
    }
    if (framing.size == 0 && framing.through == 0)
        add(classes.compare_medians(
                "sides, pixels", [](const Shown& s) { return s.view.side; }, 1, "%.0f"),
            size_needed);
    if (framing.frame == Framing::Frame::letterbox)
        add(classes.compare_shares("with bars", [](const Shown& s) { return s.width != s.height; }),
            "; the ground can tell them apart (--frame crop)");
    add(classes.compare_shares("moved less than drawn, because of the border",
                               [](const Shown& s) { return s.cut_short; }),
        "; the place can tell them apart (a smaller share or jitter)");
    return all;
}

}    // namespace nonna
