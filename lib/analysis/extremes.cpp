#include "analysis/extremes.h"

#include "analysis/numerator.h"

#include <algorithm>
#include <utility>

namespace nonna
{

Extremes::Extremes(std::size_t neurons, std::size_t strongest, std::size_t weakest, ExtremesRules rules)
    : rules_(std::move(rules)), most_strongest_(strongest), most_weakest_(weakest), strongest_(neurons),
      weakest_(neurons)
{
}

void Extremes::take(std::span<const float> responses, const std::function<SeenPicture()>& make,
                    std::span<const float> numerators, const std::string& group)
{
    std::shared_ptr<const SeenPicture> picture;
    // `before(a, b)`: a comes before b; equal ones stay in the stream's order.
    const auto keep = [&](std::vector<Extreme>& kept, std::size_t most, const Extreme& seen, auto before) {
        const auto place = std::upper_bound(kept.begin(), kept.end(), seen, before);
        if (place == kept.end() && kept.size() >= most)
            return;
        if (rules_.one_a_group) {
            const auto same =
                std::find_if(kept.begin(), kept.end(), [&](const Extreme& e) { return e.picture->group == group; });
            if (same < place)    // at least as extreme
                return;
            if (same != kept.end())
                kept.erase(same);    // behind the place, which stays what it is
        }
        if (!picture) {
            SeenPicture made = make();
            made.group = group;
            picture = std::make_shared<const SeenPicture>(std::move(made));
        }
        kept.insert(place, {seen.response, picture, seen.numerator});
        if (kept.size() > most)
            kept.pop_back();
    };
    for (std::size_t n = 0; n < responses.size(); ++n) {
        const std::optional<double> ceiling = rules_.ceilings.empty() ? std::nullopt : rules_.ceilings[n];
        const Extreme seen{responses[n], nullptr, numerators.empty() ? 0 : numerators[n]};
        const auto strength = [&](const Extreme& e) {
            return at_ceiling(e.response, ceiling) ? std::pair(float(ceiling_share * *ceiling), e.numerator)
                                                   : std::pair(e.response, 0.0f);
        };
        keep(strongest_[n], most_strongest_, seen,
             [&](const Extreme& a, const Extreme& b) { return strength(a) > strength(b); });
        keep(weakest_[n], most_weakest_, seen,
             [](const Extreme& a, const Extreme& b) { return a.response < b.response; });
    }
    ++seen_;
}

}    // namespace nonna
