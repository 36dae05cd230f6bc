#include "dataset/look_rule.h"

#include <algorithm>
#include <cmath>

namespace nonna
{

namespace
{

using Matrix = std::array<LowLevelLook, look_numbers>;

// Solves a w = b by Cholesky's a = l l', for a symmetric and positive definite: the ridge sees to that.
LowLevelLook solve(Matrix a, LowLevelLook b)
{
    for (std::size_t i = 0; i < look_numbers; ++i)
        for (std::size_t k = 0; k <= i; ++k) {
            double sum = a[i][k];
            for (std::size_t m = 0; m < k; ++m)
                sum -= a[i][m] * a[k][m];
            a[i][k] = i == k ? std::sqrt(sum) : sum / a[k][k];
        }
    for (std::size_t i = 0; i < look_numbers; ++i) {    // l z = b
        for (std::size_t m = 0; m < i; ++m)
            b[i] -= a[i][m] * b[m];
        b[i] /= a[i][i];
    }
    for (std::size_t i = look_numbers; i-- > 0;) {    // l' w = z
        for (std::size_t m = i + 1; m < look_numbers; ++m)
            b[i] -= a[m][i] * b[m];
        b[i] /= a[i][i];
    }
    return b;
}

}    // namespace

LookScales::LookScales(const std::vector<LowLevelLook>& looks)
{
    const double count = std::max<double>(1, double(looks.size()));
    for (const LowLevelLook& look : looks)
        for (std::size_t i = 0; i < look_numbers; ++i)
            mean[i] += look[i] / count;
    for (const LowLevelLook& look : looks)
        for (std::size_t i = 0; i < look_numbers; ++i)
            deviation[i] += (look[i] - mean[i]) * (look[i] - mean[i]) / count;
    for (double& d : deviation)
        d = std::sqrt(d) + 1e-6;
}

LowLevelLook LookScales::standardised(const LowLevelLook& look) const
{
    LowLevelLook x{};
    for (std::size_t i = 0; i < look_numbers; ++i)
        x[i] = (look[i] - mean[i]) / deviation[i];
    return x;
}

LookRule::LookRule(const LookScales& its, const std::vector<LowLevelLook>& positives,
                   const std::vector<LowLevelLook>& negatives)
    : scales(its)
{
    constexpr double ridge = 50;
    Matrix squares{};
    LowLevelLook with_label{};
    const double mean_label = double(positives.size()) / double(positives.size() + negatives.size());
    const auto add = [&](const LowLevelLook& look, double label) {
        const LowLevelLook x = scales.standardised(look);
        for (std::size_t i = 0; i < look_numbers; ++i) {
            with_label[i] += x[i] * (label - mean_label);
            for (std::size_t k = 0; k <= i; ++k)
                squares[i][k] += x[i] * x[k];
        }
    };
    for (const LowLevelLook& look : positives)
        add(look, 1);
    for (const LowLevelLook& look : negatives)
        add(look, 0);
    for (std::size_t i = 0; i < look_numbers; ++i)
        squares[i][i] += ridge;
    weights = solve(squares, with_label);
}

double LookRule::score(const LowLevelLook& look) const
{
    const LowLevelLook x = scales.standardised(look);
    double sum = 0;
    for (std::size_t i = 0; i < look_numbers; ++i)
        sum += weights[i] * x[i];
    return sum;
}

double LookRule::auc(const std::vector<LowLevelLook>& positives, const std::vector<LowLevelLook>& negatives) const
{
    std::vector<double> yes, no;
    for (const LowLevelLook& look : positives)
        yes.push_back(score(look));
    for (const LowLevelLook& look : negatives)
        no.push_back(score(look));
    return nonna::auc(std::move(yes), std::move(no));
}

double auc(std::vector<double> positives, std::vector<double> negatives)
{
    std::sort(negatives.begin(), negatives.end());
    double won = 0;
    for (const double p : positives) {
        const auto [below, above] = std::equal_range(negatives.begin(), negatives.end(), p);
        won += double(below - negatives.begin()) + double(above - below) / 2;
    }
    return won / (double(positives.size()) * double(negatives.size()));
}

}    // namespace nonna
