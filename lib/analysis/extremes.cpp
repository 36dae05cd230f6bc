#include "analysis/extremes.h"

#include <algorithm>

namespace nonna
{

Extremes::Extremes(std::size_t neurons, std::size_t strongest, std::size_t weakest)
    : most_strongest_(strongest), most_weakest_(weakest), strongest_(neurons), weakest_(neurons)
{
}

void Extremes::take(std::span<const float> responses, const std::function<SeenPicture()>& make)
{
    std::shared_ptr<const SeenPicture> picture;
    // `before(a, b)`: a comes before b; equal ones stay in the stream's order.
    const auto keep = [&](std::vector<Extreme>& kept, std::size_t most, float response, auto before) {
        const auto place = std::upper_bound(kept.begin(), kept.end(), response,
                                            [&](float r, const Extreme& e) { return before(r, e.response); });
        if (place == kept.end() && kept.size() >= most)
            return;
        if (!picture)
            picture = std::make_shared<const SeenPicture>(make());
        kept.insert(place, {response, picture});
        if (kept.size() > most)
            kept.pop_back();
    };
    for (std::size_t n = 0; n < responses.size(); ++n) {
        keep(strongest_[n], most_strongest_, responses[n], [](float a, float b) { return a > b; });
        keep(weakest_[n], most_weakest_, responses[n], [](float a, float b) { return a < b; });
    }
    ++seen_;
}

}    // namespace nonna
