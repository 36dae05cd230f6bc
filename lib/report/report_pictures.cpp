// What is shown as it is: stimuli, filters, sheets.
#include "report/results_folder.h"

#include "base/error.h"
#include "io/output.h"
#include "media/picture.h"
#include "report/svg_plot.h"

#include <algorithm>
#include <set>

namespace nonna
{

namespace
{

constexpr std::size_t picture_limit = std::size_t{64} << 20;
constexpr int page_quality = 80;    // a fifth of a PNG, and no difference that is seen

// "frames-1.png" is "frames 1".
std::string title_of(const std::filesystem::path& path)
{
    std::string title = path.stem();
    std::replace(title.begin(), title.end(), '-', ' ');
    std::replace(title.begin(), title.end(), '_', ' ');
    return title;
}

// What top.tsv, where there is one, tells of one neuron's sheet: "48 images, responses 4.13 to 3.49; 46 are positives".
std::string extremes_in_words(const ResultsFolder& results, const std::string& end)
{
    if (!results.has("top.tsv"))
        return "";
    const Table table = read_table(results.file("top.tsv"));
    table.column("response");    // Error where it is another table
    std::vector<double> responses;
    std::set<std::string> neurons;
    std::size_t positives = 0, labelled = 0;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        const auto cell = [&](const char* column) { return table.rows[row][table.column(column)]; };
        if (table.has("end") ? cell("end") != end : end != "strongest")
            continue;
        responses.push_back(table.finite(row, "response"));
        if (table.has("neuron"))
            neurons.insert(cell("neuron"));
        const std::string label = table.has("label") ? cell("label") : "";
        positives += label == "1";
        labelled += label == "1" || label == "0";
    }
    if (responses.empty() || neurons.size() > 1)
        return "";
    std::string text(1, ' ');
    if (!neurons.empty())
        text += "Neuron " + *neurons.begin() + ": ";
    text += std::to_string(responses.size()) + (responses.size() == 1 ? " image" : " images") + ", responses " +
            format_number("%.3g", responses.front()) + " to " + format_number("%.3g", responses.back());
    if (labelled == responses.size())
        text += "; " + std::to_string(positives) + (positives == 1 ? " is a positive" : " are positives");
    return text + ".";
}

}    // namespace

PageImage page_picture(const std::filesystem::path& path, const std::string& alt, int longest)
{
    if (!there(path))
        throw Error(path, "no such file or directory");
    std::string bytes = read_whole_file(path, picture_limit);
    const auto encoded = std::as_bytes(std::span(bytes));
    Picture picture = decode_picture(encoded, path);    // a broken picture is an error here, not a blank in the page
    const PictureInfo info = inspect_picture(encoded, path);
    if (info.extension != "png")
        throw Error(path, "not a PNG picture");
    const int most = std::max(info.width, info.height);
    const bool shrink = longest > 0 && most > longest;
    if (shrink)
        picture = resize(picture, std::max(1, info.width * longest / most), std::max(1, info.height * longest / most));
    constexpr int webp_limit = 16'383;
    if (std::max(picture.width, picture.height) <= webp_limit)
        if (const Bytes webp = encode_webp(picture, page_quality); shrink || webp.size() < bytes.size())
            return {"image/webp",  std::string(reinterpret_cast<const char*>(webp.data()), webp.size()),
                    picture.width, picture.height,
                    alt,           ""};
    return {"image/png", std::move(bytes), info.width, info.height, alt, ""};
}

void add_png(ResultsFolder& results, const std::string& file, const std::string& alt, const std::string& caption,
             const std::string& usual)
{
    PageImage picture = page_picture(results.file(file), alt);
    picture.alt += (alt.ends_with(".") ? " " : ", ") + std::to_string(picture.width) + " by " +
                   std::to_string(picture.height) + " pixels";
    results.page.figure({picture}, caption, results.origin({file}, usual));
}

namespace
{

// Where the filters of a sheet stand in their stage: filters.tsv, beside filters.png.
void add_filter_map(ResultsFolder& results)
{
    if (!results.has("filters.tsv"))
        return;
    const Table table = read_table(results.file("filters.tsv"));
    if (table.rows.empty())
        throw Error(table.name, "no positions in it");
    std::set<std::pair<int, int>> marked;
    std::string positions;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        marked.emplace(int(table.whole(row, "row")), int(table.whole(row, "col")));
        positions +=
            (row ? "; " : "") + table.rows[row][table.column("row")] + "," + table.rows[row][table.column("col")];
    }
    constexpr std::size_t most = 1000;    // a side
    MapPlot plot;
    if (table.whole(0, "rows") > most || table.whole(0, "cols") > most)
        throw Error(table.name, table.line(0) + ": more than " + std::to_string(most) + " rows or columns");
    plot.rows = int(table.whole(0, "rows"));
    plot.columns = int(table.whole(0, "cols"));
    plot.title = "stage " + table.rows[0][table.column("stage")];
    plot.alt = "The positions (row,column) whose filters are shown, of " + std::to_string(plot.rows) + " by " +
               std::to_string(plot.columns) + ": " + positions;
    plot.cell = [&](int row, int column) {
        MapCell cell;
        cell.marked = marked.contains({row, column});
        return cell;
    };
    results.page.drawings({svg_map(plot)}, "Where these filters stand, a row of the sheet each: " + positions + ".",
                          {});
}

}    // namespace

// Each sheet where it is there, and where it is not the command that would make it, in the page's order. A heading
// stands only above something.
void add_stimuli(ResultsFolder& results, const std::vector<std::string>& filters)
{
    const std::string stimulus = "nonna-stimulus ", neuron = " MODEL.safetensors --neuron ID";
    const std::string average = stimulus + "average" + neuron + " --data DATA.tar -o average.png",
                      optimal = stimulus + "optimal" + neuron + " --data DATA.tar -o optimal.png",
                      top = stimulus + "top" + neuron + " --data TEST.tar -o top.png",
                      weakest = stimulus + "top" + neuron + " --data TEST.tar --weakest weakest.png -o top.png",
                      layer = stimulus + "optimal MODEL.safetensors --layer LAYER -o layer.png",
                      encoder = stimulus + "filters MODEL.safetensors -o filters.png";
    const auto sheet = [&](const std::string& file, const std::string& what, const std::string& alt,
                           const std::string& caption, const std::string& command) {
        if (results.has(file))
            add_png(results, file, alt, caption, command);
        else
            results.missing(what, command);
    };
    const bool sheets = results.has("top.png") || results.has("weakest.png");
    if (results.has("average.png") || results.has("optimal.png") || sheets)
        results.heading("What the best neuron likes best");
    sheet("average.png", "the average of what it responds to",
          "Average of the pictures by the best neuron\u2019s response",
          "The average: of unlabelled pictures, weighted by its response, minus their mean.", average);
    sheet("optimal.png", "the optimal stimulus", "Optimal stimulus of the best neuron",
          "Its optimal stimulus: of all inputs of one norm, the one with the strongest response, found by gradient "
          "ascent and shown as pixels.",
          optimal);
    const std::string strongest_words = extremes_in_words(results, "strongest"),
                      weakest_words = extremes_in_words(results, "weakest");
    const bool folded = results.pictures_shown && sheets;    // some are at the beginning, larger
    if (folded)
        results.page.begin_fold("More of the strongest and the weakest pictures, as sheets");
    sheet(
        "top.png", "the sheet of the strongest test images",
        "Sheet of the test images with the strongest responses, strongest first." + strongest_words,
        "The test images with the strongest responses, strongest first, with rank and response. The frame is what the "
        "neuron sees." +
            strongest_words,
        top);
    sheet("weakest.png", "the sheet of the weakest test images",
          "Sheet of the test images with the weakest responses, weakest first." + weakest_words,
          "The other end: the test images with the weakest responses, weakest first." + weakest_words, weakest);
    if (folded)
        results.page.end_fold();

    if (results.has("layer.png") || !filters.empty())
        results.heading("The rest of the network");
    sheet("layer.png", "the optimal stimuli of a whole layer", "Sheet of optimal stimuli, one a neuron of a layer",
          "What the other neurons of a layer like best: the optimal stimulus of each.", layer);
    for (std::size_t i = 0; i < filters.size(); ++i) {
        const std::string& file = filters[i];
        if (file == "filters.png")
            add_filter_map(results);
        if (i == 1)    // one sheet is enough at first sight
            results.page.begin_fold("More filters");
        add_png(results, file, "Sheet of encoder filters: " + title_of(file),
                "Encoder filters (" + title_of(file) + "): what a stage weighs its input with, each on its own scale.",
                encoder);
    }
    if (filters.size() > 1)
        results.page.end_fold();
    if (filters.empty())
        results.missing("the encoder filters", encoder);
}

void add_other_pictures(ResultsFolder& results, const std::vector<std::string>& files)
{
    if (files.empty())
        return;
    results.heading("Pictures that went in");
    for (const std::string& file : files)
        add_png(results, file, "Sheet of pictures: " + title_of(file), title_of(file),
                "nonna-dataset sheet SET.tar -o " + file);
}

}    // namespace nonna
