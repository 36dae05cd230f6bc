#include "report/neuron_files.h"

#include "base/error.h"

#include <algorithm>
#include <cmath>

namespace nonna
{

namespace
{

// 83.25 seconds as "1:23.3".
std::string clock_of(double seconds)
{
    const double tenths = std::round(seconds * 10);
    char text[60];
    std::snprintf(text, sizeof text, "%.0f:%04.1f", std::floor(tenths / 600), std::fmod(tenths, 600) / 10);
    return text;
}

// A line of top.tsv.
struct Seen {
    std::size_t rank = 0;
    std::string source, time, label, file;
    double response = 0;
};

std::vector<Seen> read_end(const Table& table, const std::string& end)
{
    std::vector<Seen> all;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        const auto cell = [&](const char* column) { return table.rows[row][table.column(column)]; };
        if (cell("end") != end)
            continue;
        Seen s{table.whole(row, "rank"),     cell("source"), "", cell("label"), cell("file"),
               table.finite(row, "response")};
        if (const std::optional<double> seconds = table.finite_or_none(row, "time"))
            s.time = clock_of(*seconds);
        const bool elsewhere = s.file.empty() || s.file.find('/') != std::string::npos || s.file.starts_with(".");
        if (elsewhere)
            throw Error(table.name, table.line(row) + ": '" + s.file + "' is not the name of a picture beside it");
        all.push_back(std::move(s));
    }
    return all;
}

// Of a path what tells pictures apart at a glance.
std::string last_name(const std::string& source)
{
    const std::size_t slash = source.find_last_of('/');
    return slash == std::string::npos ? source : source.substr(slash + 1);
}

}    // namespace

NeuronFiles::NeuronFiles(const ResultsFolder& results, const std::string& neuron)
    : results_(results), folder_("neurons/" + file_name_of(neuron))
{
}

std::optional<PageImage> NeuronFiles::picture(const std::string& file, const std::string& alt, int longest) const
{
    if (!has(file))
        return std::nullopt;
    return page_picture(results_.file(folder_ + "/" + file), alt, longest);
}

std::vector<Gallery> NeuronFiles::extremes(const YesRule& rule, std::size_t most, int longest) const
{
    if (!has("top.tsv"))
        return {};
    const Table table = read_table(results_.file(folder_ + "/top.tsv"));
    std::vector<Gallery> sides;
    for (const auto& [end, title] : {std::pair{"strongest", "Strongest responses"}, {"weakest", "Weakest responses"}}) {
        Gallery side{title, {}};
        std::vector<Seen> seen = read_end(table, end);
        seen.resize(std::min(seen.size(), most));
        for (const Seen& s : seen) {
            PictureTile tile;
            tile.name = format_number("%.3g", s.response);
            const bool labelled = !s.label.empty(), positive = s.label == results_.positive;
            const std::string label = !labelled ? "" : positive ? "positive" : "negative";
            tile.lines = {last_name(s.source), s.time, label};
            if (rule.threshold) {
                const bool yes = rule.silent ? s.response < *rule.threshold : s.response > *rule.threshold;
                tile.judged = yes ? "yes" : "no";
                if (labelled) {
                    const bool right = yes == positive;
                    tile.verdict = right ? PictureTile::Verdict::right : PictureTile::Verdict::wrong;
                    tile.judged += right ? ": right" : ": wrong";
                }
            }
            // The words below the picture are read out with it.
            const std::string alt = std::string(end) + " " + std::to_string(s.rank);
            tile.image = page_picture(results_.file(folder_ + "/" + s.file), alt, longest);
            side.tiles.push_back(std::move(tile));
        }
        if (!side.tiles.empty())
            sides.push_back(std::move(side));
    }
    return sides;
}

}    // namespace nonna
