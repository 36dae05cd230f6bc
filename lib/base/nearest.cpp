#include "base/nearest.h"

#include <algorithm>

namespace nonna
{

// How many slips turn one word into the other: a letter wrong, missing, too many, or two neighbours exchanged
// (Damerau and Levenshtein's distance in its restricted form). Three rows of the table of distances between beginnings
// are kept, since an exchange looks two rows back.
static std::size_t slips(const std::string& a, const std::string& b)
{
    std::vector<std::size_t> two_back(b.size() + 1), back(b.size() + 1), row(b.size() + 1);
    for (std::size_t k = 0; k <= b.size(); ++k)
        back[k] = k;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t k = 1; k <= b.size(); ++k) {
            row[k] = std::min({back[k] + 1, row[k - 1] + 1, back[k - 1] + (a[i - 1] == b[k - 1] ? 0 : 1)});
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
                row[k] = std::min(row[k], two_back[k - 2] + 1);
        }
        two_back.swap(back);
        back.swap(row);
    }
    return back[b.size()];
}

std::string nearest(const std::string& word, const std::vector<std::string>& candidates)
{
    std::string best;
    std::size_t fewest = 1 + word.size() / 3;    // one more than may be taken for a slip
    for (const std::string& candidate : candidates) {
        const bool begun = word.size() > 1 && candidate.starts_with(word);
        if (const std::size_t n = begun ? 0 : slips(word, candidate); n < fewest) {
            fewest = n;
            best = candidate;
        }
    }
    return best;
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates)
{
    const std::string meant = nearest(word, candidates);
    return meant.empty() ? "" : "; did you mean " + meant + "?";
}

}    // namespace nonna
