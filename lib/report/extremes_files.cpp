#include "report/extremes_files.h"

#include "io/table.h"

#include <algorithm>

namespace nonna
{

static const char* const ends[] = {"strongest", "weakest"};

void write_extremes(const std::string& path, std::span<const ExtremesRow> strong, std::span<const ExtremesRow> weak,
                    bool with_numerators)
{
    std::vector<std::string> columns = {"neuron", "end", "rank", "key", "source", "response", "label"};
    if (with_numerators)
        columns.push_back("numerator");
    TableWriter table(path, columns);
    for (std::size_t n = 0; n < strong.size(); ++n)
        for (const int end : {0, 1}) {
            const ExtremesRow& row = end == 0 ? strong[n] : weak[n];
            for (std::size_t i = 0; i < row.pictures.size(); ++i) {
                const Extreme& e = row.pictures[i];
                table.cell(row.name).cell(std::string(ends[end])).cell(i + 1);
                table.cell(e.picture->key).cell(e.picture->source).cell(e.response);
                table.cell(e.picture->label.value_or(""));
                if (with_numerators)
                    table.cell(e.numerator);
                table.end_row();
            }
        }
    table.commit();
}

void write_extremes(const NeuronFolders& folders, const Preprocessing& preprocessing, const ExtremesRow& strong,
                    const ExtremesRow& weak, bool with_numerators)
{
    std::vector<std::string> columns = {"end", "rank", "key", "source", "label", "response", "file"};
    if (with_numerators)
        columns.push_back("numerator");
    const auto is_frame = [](const Extreme& e) { return e.picture->time.has_value(); };
    const bool frames = std::ranges::any_of(strong.pictures, is_frame) || std::ranges::any_of(weak.pictures, is_frame);
    if (frames)
        columns.push_back("time");
    TableWriter table(folders.path(strong.name, "top.tsv"), columns);
    const std::size_t digits =
        std::max<std::size_t>(2, std::to_string(std::max(strong.pictures.size(), weak.pictures.size())).size());
    for (const int end : {0, 1}) {
        const ExtremesRow& row = end == 0 ? strong : weak;
        for (std::size_t i = 0; i < row.pictures.size(); ++i) {
            const Extreme& e = row.pictures[i];
            std::string number = std::to_string(i + 1);
            number.insert(0, digits - number.size(), '0');
            const std::string file = std::string(ends[end]) + "-" + number + ".png";
            folders.write(row.name, file, seen_pixels(preprocessing, *e.picture, row.area));
            table.cell(std::string(ends[end])).cell(i + 1).cell(e.picture->key).cell(e.picture->source);
            table.cell(e.picture->label.value_or("")).cell(e.response).cell(file);
            if (with_numerators)
                table.cell(e.numerator);
            if (frames && e.picture->time)
                table.cell(*e.picture->time);
            else if (frames)
                table.cell(std::string());
            table.end_row();
        }
    }
    table.commit();
}

}    // namespace nonna
