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
    std::string compare(const char* what, const std::function<bool(const Shown&)>& has) const
    {
        const double yes = share(true, has), no = share(false, has);
        if (std::abs(yes - no) <= same_share)
            return {};
        char text[160];
        std::snprintf(text, sizeof text, "%s: %.1f %% of the positives, %.1f %% of the negatives", what, 100 * yes,
                      100 * no);
        return text;
    }
};

}    // namespace

std::vector<std::string> class_differences(const std::vector<Shown>& pictures, const Framing& framing)
{
    const Classes classes{pictures};
    std::vector<std::string> all;
    const auto add = [&](const std::string& text, const std::string& remedy) {
        if (!text.empty())
            all.push_back(text + remedy);
    };
    char text[160];
    const auto two = [&](const char* what, double yes, double no, const char* format) {
        char numbers[80];
        std::snprintf(numbers, sizeof numbers, format, yes, no);
        std::snprintf(text, sizeof text, "%s: median of the positives %s", what, numbers);
    };
    if (!framing.changes()) {
        const auto shorter = [](const Shown& s) { return double(std::min(s.width, s.height)); };
        const double yes = classes.median(true, shorter), no = classes.median(false, shorter);
        if (yes != no) {
            two("shorter sides, pixels", yes, no, "%.0f, of the negatives %.0f");
            add(text, "; a size is needed for a fair test (--size)");
        }
        return all;
    }
    if (framing.through == 0 && framing.size > 0) {
        const double size = double(framing.size);
        add(classes.compare("enlarged", [&](const Shown& s) { return s.view.side < size; }),
            "; sharpness can tell them apart (--through)");
        const auto scale = [&](const Shown& s) { return s.view.side / size; };
        const double yes = classes.median(true, scale), no = classes.median(false, scale);
        if (std::max(yes, no) > same_scale * std::min(yes, no)) {
            two("reduced by", yes, no, "%.2f, of the negatives %.2f");
            add(text, "; sharpness may tell them apart (--through)");
        }
    }
    if (framing.size == 0 && framing.through == 0) {
        const auto side = [](const Shown& s) { return s.view.side; };
        const double yes = classes.median(true, side), no = classes.median(false, side);
        if (yes != no) {
            two("sides, pixels", yes, no, "%.0f, of the negatives %.0f");
            add(text, "; a size is needed for a fair test (--size)");
        }
    }
    if (framing.frame == Framing::Frame::letterbox)
        add(classes.compare("with bars", [](const Shown& s) { return s.width != s.height; }),
            "; the ground can tell them apart (--frame crop)");
    add(classes.compare("moved less than drawn, for the border", [](const Shown& s) { return s.cut_short; }),
        "; the place can tell them apart (a smaller share or jitter)");
    return all;
}

}    // namespace nonna
