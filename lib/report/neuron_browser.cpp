#include "report/neuron_browser.h"

#include "analysis/sweep_table.h"
#include "base/error.h"
#include "report/neuron_files.h"
#include "report/svg_plot.h"

#include <algorithm>
#include <map>
#include <sstream>

namespace nonna
{

namespace
{

constexpr std::uint64_t draw_seed = 1;
constexpr std::size_t pictures_shown = 10, most_neurons_in_map = 40'000;
constexpr int tile = 96, stimulus_tile = 128;    // pixels, at most

struct Place {
    std::string layer;
    int row = 0, column = 0, map = 0;
};

// "3.norm/6,6,2"
std::optional<Place> place_of(const std::string& neuron)
{
    Place p;
    const std::size_t slash = neuron.find('/');
    if (slash == std::string::npos || std::sscanf(neuron.c_str() + slash, "/%d,%d,%d", &p.row, &p.column, &p.map) != 3)
        return std::nullopt;
    p.layer = neuron.substr(0, slash);
    return p;
}

// What the pages are made from.
class Browser
{
  public:
    Browser(ResultsFolder& results, const BrowserOptions& options)
        : results_(results), options_(options), sweep_(results.file("sweep-top.tsv"))
    {
        auc_column_ = sweep_.table.has("held_auc") ? "held_auc" : "auc";
        const std::vector<std::size_t> order = sweep_.ranked(sweep_.usual_order());
        ranks_.resize(order.size());
        for (std::size_t i = 0; i < order.size(); ++i)
            ranks_[order[i]] = i + 1;
        rows_ = sweep_.first(options.neurons);
        best_ = rows_.size();
        const std::vector<std::size_t> drawn = sweep_.drawn(options.neurons, draw_seed, rows_);
        rows_.insert(rows_.end(), drawn.begin(), drawn.end());
        for (std::size_t i = 0; i < rows_.size(); ++i)
            pages_[rows_[i]] = i;
        read_histograms();
    }

    std::size_t size() const { return rows_.size(); }
    std::string name(std::size_t page) const { return sweep_.neuron(rows_[page]); }
    std::string title(std::size_t page) const { return "Neuron " + name(page); }
    // Anchors are told apart by the part they stand in.
    std::string anchor(std::size_t page) const
    {
        return "neuron-" + (results_.name.empty() ? "" : results_.name + "-") + file_name_of(name(page));
    }
    std::string map_anchor() const { return "map" + (results_.name.empty() ? "" : "-" + results_.name); }
    std::string file(std::size_t page) const { return file_name_of(name(page)) + ".html"; }
    std::string file_from_page(std::size_t page) const
    {
        return (results_.name.empty() ? "" : results_.name + "/") + "neurons/" + file(page);
    }
    std::string link_from_page(std::size_t page) const
    {
        return options_.split ? url_of(file_from_page(page)) : "#" + anchor(page);
    }
    void add_map(Page& page) const;
    void add_list(Page& page) const;
    void add_neuron(Page& page, std::size_t n, int level, const std::string& back) const;
    std::string summary(std::size_t page) const;
    static std::string url_of(const std::string& file);

  private:
    ResultsFolder& results_;
    const BrowserOptions& options_;
    SweepTable sweep_;
    std::string auc_column_;
    std::vector<std::size_t> rows_, ranks_;        // of the pages; of every row of the table, from 1
    std::map<std::size_t, std::size_t> pages_;     // by row
    std::size_t best_ = 0;                         // the others are drawn at random
    std::map<std::string, SpreadPlot> spreads_;    // by neuron

    std::string auc_words() const { return auc_column_ == "held_auc" ? "held-out AUC" : "AUC"; }
    bool drawn(std::size_t page) const { return page >= best_; }
    void read_histograms();
    MapCell cell_of(std::size_t row, bool linked) const;
    void add_place(Page& page, std::size_t n) const;
    void add_invariance_of(Page& page, const NeuronFiles& files) const;
};

std::string Browser::url_of(const std::string& file)
{
    std::string url;
    for (const char c : file) {
        const bool plain =
            std::isalnum(static_cast<unsigned char>(c)) || std::string_view("/._-,~").find(c) != std::string_view::npos;
        char escaped[8];
        std::snprintf(escaped, sizeof escaped, "%%%02X", static_cast<unsigned char>(c));
        url += plain ? std::string(1, c) : escaped;
    }
    return url;
}

void Browser::read_histograms()
{
    if (!results_.has("histograms.tsv"))
        return;
    const Table table = read_table(results_.file("histograms.tsv"));
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        const std::size_t label = table.whole(row, "label");
        SpreadPlot& plot = spreads_[table.rows[row][table.column("neuron")]];
        plot.low = table.finite(row, "low");
        plot.high = table.finite(row, "high");
        std::istringstream counts(table.rows[row][table.column("counts")]);
        std::vector<double> shares;
        double sum = 0;
        for (std::string word; counts >> word;) {
            char* end = nullptr;
            shares.push_back(std::strtod(word.c_str(), &end));
            if (*end || !(shares.back() >= 0))
                throw Error(table.name, table.line(row) + ": '" + word + "' is not a count");
            sum += shares.back();
        }
        if (label > 1 || shares.empty() || !plot.shares[label].empty())
            throw Error(table.name, table.line(row) + ": not the second of two lines, of labels 0 and 1, with counts");
        for (double& s : shares)
            s /= std::max(sum, 1.0);
        plot.shares[label] = std::move(shares);
    }
    for (const auto& [neuron, plot] : spreads_)
        if (plot.shares[0].size() != plot.shares[1].size())
            throw Error(table.name, neuron + ": other bins for label 0 than for label 1");
}

std::string Browser::summary(std::size_t page) const
{
    const std::size_t row = rows_[page];
    return name(page) + ": " + auc_words() + " " + decimal(sweep_.table.share_or_none(row, auc_column_)) + ", number " +
           std::to_string(ranks_[row]) + " of " + std::to_string(sweep_.size()) +
           (drawn(page) ? ", drawn at random" : "");
}

MapCell Browser::cell_of(std::size_t row, bool linked) const
{
    MapCell cell;
    cell.auc = sweep_.table.share_or_none(row, auc_column_);
    const auto page = pages_.find(row);
    if (linked && page != pages_.end()) {
        cell.link = link_from_page(page->second);
        cell.alt = summary(page->second);
        cell.dotted = drawn(page->second);
    }
    return cell;
}

// A square a position, a drawing a map of each layer. Of a layer too large to be looked at so, the list alone.
void Browser::add_map(Page& page) const
{
    if (sweep_.size() > most_neurons_in_map) {
        page.paragraph("The layer has " + std::to_string(sweep_.size()) + " neurons, too many for a map.");
        return;
    }
    std::map<std::pair<std::string, int>, std::map<std::pair<int, int>, std::size_t>> maps;
    std::map<std::string, std::pair<int, int>> sizes;
    for (std::size_t row = 0; row < sweep_.size(); ++row)
        if (const std::optional<Place> p = place_of(sweep_.neuron(row))) {
            maps[{p->layer, p->map}][{p->row, p->column}] = row;
            auto& [rows, columns] = sizes[p->layer];
            rows = std::max(rows, p->row + 1);
            columns = std::max(columns, p->column + 1);
        }
    std::vector<std::string> svgs;
    for (const auto& [key, rows] : maps) {
        const auto& [layer, number] = key;
        MapPlot plot;
        plot.title = (sizes.size() > 1 ? layer + ", map " : "map ") + std::to_string(number);
        std::tie(plot.rows, plot.columns) = sizes[layer];
        plot.alt = plot.title + " of " + layer + ": " + std::to_string(plot.rows) + " by " +
                   std::to_string(plot.columns) + " positions";
        plot.cell = [&, &of_map = rows](int row, int column) {
            const auto found = of_map.find({row, column});
            return found == of_map.end() ? MapCell{} : cell_of(found->second, true);
        };
        svgs.push_back(svg_map(plot));
    }
    svgs.push_back(svg_map_legend());
    page.drawings(
        svgs,
        "The layer, a drawing a map, a square a position, coloured by " + auc_words() +
            ". A dot leads to the page of one of the best neurons, a ring to one of those drawn at random.",
        results_.origin({"sweep-top.tsv"}, "nonna-sweep MODEL.safetensors TEST.tar --held-out -o sweep-top.tsv"));
}

void Browser::add_list(Page& page) const
{
    for (const bool random : {false, true}) {
        PageTable table;
        table.caption = random ? "Drawn at random" : "The best";
        table.rows = {{"neuron", "place", auc_column_ == "held_auc" ? "held\u2011out AUC" : "AUC", "accuracy"}};
        table.links = {""};
        for (std::size_t n = 0; n < size(); ++n) {
            if (drawn(n) != random)
                continue;
            const std::size_t row = rows_[n];
            table.rows.push_back({name(n), std::to_string(ranks_[row]),
                                  decimal(sweep_.table.share_or_none(row, auc_column_)),
                                  percent(sweep_.table.share_or_none(row, "accuracy"))});
            table.links.push_back(link_from_page(n));
        }
        if (table.rows.size() == 1)
            continue;
        page.begin_fold(table.caption + ": " + std::to_string(table.rows.size() - 1) + " neurons, as a list");
        page.table(table, "", {});
        page.end_fold();
    }
}

// Where it stands in its map, and what the other maps have at its position.
void Browser::add_place(Page& page, std::size_t n) const
{
    const std::optional<Place> at = place_of(name(n));
    if (!at || sweep_.size() > most_neurons_in_map)
        return;
    MapPlot own, others;
    own.title = "map " + std::to_string(at->map);
    others.title = "its position in all maps";
    std::map<std::pair<int, int>, std::size_t> of_map;
    std::map<int, std::size_t> of_position;
    for (std::size_t row = 0; row < sweep_.size(); ++row) {
        const std::optional<Place> p = place_of(sweep_.neuron(row));
        if (!p || p->layer != at->layer)
            continue;
        own.rows = std::max(own.rows, p->row + 1);
        own.columns = std::max(own.columns, p->column + 1);
        others.columns = std::max(others.columns, p->map + 1);
        if (p->map == at->map)
            of_map[{p->row, p->column}] = row;
        if (p->row == at->row && p->column == at->column)
            of_position[p->map] = row;
    }
    own.cell = [&](int row, int column) {
        const auto found = of_map.find({row, column});
        MapCell cell = found == of_map.end() ? MapCell{} : cell_of(found->second, false);
        cell.marked = row == at->row && column == at->column;
        return cell;
    };
    others.rows = 1;
    others.cell = [&](int, int map) {
        const auto found = of_position.find(map);
        MapCell cell = found == of_position.end() ? MapCell{} : cell_of(found->second, false);
        cell.marked = map == at->map;
        return cell;
    };
    own.alt = "Map " + std::to_string(at->map) + ", the neuron at row " + std::to_string(at->row) + ", column " +
              std::to_string(at->column) + " marked";
    others.alt = "The neurons at its position in the " + std::to_string(others.columns) + " maps, map " +
                 std::to_string(at->map) + " marked";
    page.drawings({svg_map(own), svg_map(others)},
                  "Row " + std::to_string(at->row) + ", column " + std::to_string(at->column) + ", map " +
                      std::to_string(at->map) + " of " + at->layer + "; colours: " + auc_words() + ".",
                  {});
}

void Browser::add_invariance_of(Page& page, const NeuronFiles& files) const
{
    const std::vector<InvarianceCurve> curves =
        read_invariance(read_table(results_.file(files.folder() + "/invariance.tsv")));
    double least = 0, most = 0;
    for (const InvarianceCurve& c : curves)
        for (const auto& [amount, mean] : c.curve.points) {
            least = std::min(least, mean);
            most = std::max(most, mean);
        }
    std::vector<std::string> svgs;
    for (const InvarianceCurve& c : curves)
        svgs.push_back(svg_curve({c.brief, c.unit, c.curve.points, least, most, in_words(c)}));
    page.drawings(svgs, "The mean response minus the threshold (dashed). " + verdict_of(curves), {});
}

// `level`: of its headings.
void Browser::add_neuron(Page& page, std::size_t n, int level, const std::string& back) const
{
    const std::size_t row = rows_[n];
    const NeuronFiles files(results_, name(n));
    const auto other = [&](std::size_t k) { return options_.split ? url_of(file(k)) : "#" + anchor(k); };
    Page::Links links{{"the map", back}};
    if (n > 0)
        links.emplace_back("\u2190 " + name(n - 1), other(n - 1));
    if (n + 1 < size())
        links.emplace_back(name(n + 1) + " \u2192", other(n + 1));
    page.links(links);
    page.paragraph((drawn(n) ? "Drawn at random; number " : "Number ") + std::to_string(ranks_[row]) + " of " +
                   std::to_string(sweep_.size()) + " by the sweep\u2019s choice; " + auc_words() + " " +
                   decimal(sweep_.table.share_or_none(row, auc_column_)) + ", accuracy on all pictures " +
                   percent(sweep_.table.share_or_none(row, "accuracy")) + ".");
    std::vector<std::pair<std::string, std::string>> facts, missing;
    for (std::size_t c = 0; c < sweep_.table.columns.size(); ++c)
        facts.emplace_back(sweep_.table.columns[c], sweep_.table.rows[row][c]);
    page.facts("Its row of the sweep", facts);
    add_place(page, n);

    const std::string of = " MODEL.safetensors --neuron " + name(n) + " --data TEST.tar --each neurons";
    const YesRule rule{sweep_.table.finite_or_none(row, "threshold"), sweep_.polarity(row) < 0};
    if (const auto spread = spreads_.find(name(n)); spread != spreads_.end()) {
        SpreadPlot plot = spread->second;
        plot.threshold = rule.threshold;
        plot.alt = "Histogram of its responses from " + format_number("%.3g", plot.low) + " to " +
                   format_number("%.3g", plot.high) + ", threshold " +
                   format_number("%.3g", rule.threshold.value_or(0));
        page.minor_heading(level, "How its responses are spread");
        page.drawings({svg_histogram(plot)}, "Shares of each class.", {});
    } else {
        missing.emplace_back(
            "how its responses are spread",
            "nonna-sweep MODEL.safetensors TEST.tar --held-out --histograms histograms.tsv -o sweep-top.tsv");
    }
    if (const std::vector<Gallery> sides = files.extremes(rule, pictures_shown, tile); !sides.empty()) {
        page.minor_heading(level, "What it responds to");
        page.galleries(sides, "", {});
    } else {
        missing.emplace_back("its strongest and weakest pictures", "nonna-stimulus top" + of + " -o top.png");
    }
    Gallery stimuli;
    for (const auto& [file, title, job] :
         {std::tuple{"average.png", "average", "average"}, {"optimal.png", "optimal stimulus", "optimal"}})
        if (std::optional<PageImage> picture =
                files.picture(file, std::string("The ") + title + " of neuron " + name(n), stimulus_tile))
            stimuli.tiles.push_back({std::move(*picture), title, {}, PictureTile::Verdict::none, ""});
        else
            missing.emplace_back(std::string("its ") + title,
                                 std::string("nonna-stimulus ") + job + of + " -o " + file);
    if (!stimuli.tiles.empty()) {
        page.minor_heading(level, "What it likes");
        page.galleries(
            {stimuli},
            "The average: of the pictures, weighted by its response. The optimal stimulus: of all inputs of one "
            "norm the one with the strongest response.",
            {});
    }
    if (files.has("invariance.tsv")) {
        page.minor_heading(level, "Invariance");
        add_invariance_of(page, files);
    } else {
        missing.emplace_back("its invariance",
                             "nonna-invariance MODEL.safetensors TEST.tar --sweep sweep-top.tsv --neuron " + name(n) +
                                 " -o " + files.folder() + "/invariance.tsv");
    }
    if (!missing.empty())
        page.left_out(missing);
}

}    // namespace

void add_neuron_browser(ResultsFolder& results, const BrowserOptions& options, const std::string& made_by,
                        std::vector<PageFile>& files)
{
    if (options.neurons < 1 || !results.has("sweep-top.tsv"))
        return;
    const Browser browser(results, options);
    results.page.anchor(browser.map_anchor());
    results.heading("Neuron by neuron");
    browser.add_map(results.page);
    browser.add_list(results.page);
    std::string up = results.name.empty() ? "../" : "../../";
    for (std::size_t n = 0; n < browser.size(); ++n) {
        if (options.split) {
            Page page(browser.title(n), browser.summary(n));
            browser.add_neuron(page, n, 2, up + browser.url_of(options.page) + "#" + browser.map_anchor());
            files.push_back({browser.file_from_page(n), page.finish("Made by " + made_by + ".")});
        } else {
            results.page.begin_leaf(browser.anchor(n), browser.title(n), results.level() + 1);
            browser.add_neuron(results.page, n, results.level() + 2, "#" + browser.map_anchor());
            results.page.end_leaf();
        }
    }
}

}    // namespace nonna
