#include "report/report_training.h"

#include "base/error.h"

#include <algorithm>
#include <cmath>

namespace nonna
{

namespace
{

constexpr std::size_t most_points = 200;
const std::string relative_end = "_relative", replica_beginning = "train-", validate = "validate", train = "train";

using Points = std::vector<std::pair<double, double>>;

// The means of as many neighbours as bring them down to `most_points`.
Points thinned(const Points& points)
{
    const std::size_t each = (points.size() + most_points - 1) / most_points;
    if (each < 2)
        return points;
    Points means;
    for (std::size_t at = 0; at < points.size(); at += each) {
        const std::size_t end = std::min(at + each, points.size());
        double x = 0, y = 0;
        for (std::size_t i = at; i < end; ++i) {
            x += points[i].first;
            y += points[i].second;
        }
        means.emplace_back(x / double(end - at), y / double(end - at));
    }
    return means;
}

bool is_of(const Table& table, std::size_t row, const std::string& set)
{
    return set.empty() || !table.has("set") || table.rows[row][table.column("set")] == set;
}

// A column against the step, of one set; what is no finite number has no point.
Points points_of(const Table& table, const std::string& column, const std::string& set)
{
    Points points;
    const std::size_t step = table.column("step"), value = table.column(column);
    for (std::size_t row = 0; row < table.rows.size(); ++row)
        if (is_of(table, row, set))
            if (const double y = table.number(row, value); std::isfinite(y))
                points.emplace_back(table.number(row, step), y);
    return thinned(points);
}

std::string stage_name(const std::string& column)
{
    std::string name = column.substr(0, column.size() - relative_end.size());
    if (name.starts_with("stage"))
        name.insert(5, " ");
    return name;
}

std::string ends_in_words(const PlotCurve& c)
{
    return c.title + " from " + format_number("%.3g", c.points.front().second) + " at step " +
           format_number("%.0f", c.points.front().first) + " to " + format_number("%.3g", c.points.back().second) +
           " at step " + format_number("%.0f", c.points.back().first);
}

std::string in_words(std::string text, const std::vector<PlotCurve>& curves)
{
    for (const PlotCurve& c : curves)
        text += (&c == &curves.front() ? " " : "; ") + ends_in_words(c);
    return text;
}

// Of one run: each stage has a colour; the training batches' curves are dashed where there are held-out pictures.
std::vector<PlotCurve> curves_of_one(const Table& table)
{
    const bool both = has_set(table, train) && has_set(table, validate);
    std::vector<PlotCurve> curves;
    int colour = -1;
    for (const std::string& column : relative_columns(table)) {
        ++colour;
        for (const std::string& set : both ? std::vector{train, validate} : std::vector<std::string>{""}) {
            PlotCurve curve{stage_name(column) + (set == validate ? ", held out"
                                                  : set == train  ? ", training"
                                                                  : ""),
                            points_of(table, column, set), colour, set == train};
            if (!curve.points.empty())
                curves.push_back(std::move(curve));
        }
    }
    return curves;
}

// Each log's curve of a column; logs that do not have it have none.
std::vector<PlotCurve> curves_of_many(const std::vector<CostLog>& logs, const std::string& column,
                                      const std::string& set)
{
    std::vector<PlotCurve> curves;
    for (const CostLog& log : logs)    // a run without a curve keeps its place, so that colours stay a run's own
        curves.push_back({log.name, log.table.has(column) ? points_of(log.table, column, set) : Points()});
    return curves;
}

PageImage runs_drawing(const PlotText& text, const std::vector<PlotCurve>& curves, PlotSize size, bool names,
                       const std::string& beginning)
{
    std::vector<PlotCurve> drawn;
    std::copy_if(curves.begin(), curves.end(), std::back_inserter(drawn),
                 [](const PlotCurve& c) { return !c.points.empty(); });
    return drawing(plot_runs(text, curves, size, names), names ? runs_plot_size(curves, size) : size,
                   in_words(beginning, drawn));
}

bool any_points(const std::vector<PlotCurve>& curves)
{
    return std::any_of(curves.begin(), curves.end(), [](const PlotCurve& c) { return !c.points.empty(); });
}

std::string held_out_pictures(const std::string& sets)
{
    return "held-out pictures" + (sets.empty() ? "" : " (" + sets + ")");
}

}    // namespace

bool is_cost_log(const std::string& file)
{
    const std::string end = ".tsv";
    if (file == train + end)
        return true;
    if (!file.starts_with(replica_beginning) || !file.ends_with(end))
        return false;
    const std::string number =
        file.substr(replica_beginning.size(), file.size() - replica_beginning.size() - end.size());
    return !number.empty() && number.size() <= 6 && number.find_first_not_of("0123456789") == std::string::npos;
}

std::vector<std::string> cost_log_files(const std::filesystem::path& folder)
{
    std::vector<std::string> files;
    std::error_code failure;
    for (const auto& entry : std::filesystem::directory_iterator(folder, failure))
        if (const std::string name = entry.path().filename(); is_cost_log(name))
            files.push_back(name);
    std::sort(files.begin(), files.end(), [](const std::string& a, const std::string& b) {    // 2 before 10
        return a.size() != b.size() ? a.size() < b.size() : a < b;
    });
    return files;
}

std::vector<CostLog> cost_logs(const ResultsFolder& results)
{
    std::vector<CostLog> logs;
    for (const std::string& file : cost_log_files(results.folder)) {
        if (!results.has(file))    // also an Error where it is a pipe
            continue;
        const std::string path = results.file(file);
        std::optional<Table> table = results.growing ? read_growing_table(path) : std::optional(read_table(path));
        if (results.growing && (!table || table->rows.empty()))
            continue;
        const std::string number =
            file.starts_with(replica_beginning) ? file.substr(replica_beginning.size(), file.rfind('.') - 6) : "";
        logs.push_back({number.empty() ? train : "replica " + number, std::move(*table)});
    }
    return logs;
}

std::vector<std::string> relative_columns(const Table& table)
{
    std::vector<std::string> columns;
    for (const std::string& name : table.columns)
        if (name.ends_with(relative_end) && !name.ends_with("_best" + relative_end))
            columns.push_back(name);
    if (columns.empty() || table.rows.empty())
        throw Error(table.name, "no column that ends in _relative, or nothing in it");
    return columns;
}

bool has_set(const Table& table, const std::string& set)
{
    if (!table.has("set"))
        return false;
    const std::size_t column = table.column("set");
    return std::any_of(table.rows.begin(), table.rows.end(), [&](const auto& row) { return row[column] == set; });
}

std::string validation_sets(const ResultsFolder& results)
{
    std::string sets;
    const Origin origin = results.origin(cost_log_files(results.folder), "");
    if (!origin.noted)
        return sets;
    for (const std::string& line : origin.commands) {
        const std::vector<std::string> words = command_words(line);
        for (std::size_t i = 0; i < words.size(); ++i) {
            std::string set;
            if (words[i] == "--validate" && i + 1 < words.size())
                set = words[i + 1];
            else if (words[i].starts_with("--validate="))
                set = words[i].substr(11);
            set = std::filesystem::path(set).filename();
            if (!set.empty() && (", " + sets + ",").find(", " + set + ",") == std::string::npos)
                sets += (sets.empty() ? "" : ", ") + set;
        }
    }
    return sets;
}

LastCosts last_costs(const Table& table, bool validation)
{
    const std::vector<std::string> columns = relative_columns(table);
    LastCosts last;
    const std::size_t step = table.column("step");
    for (std::size_t row = 0; row < table.rows.size(); ++row)
        last.step = std::max(last.step, table.number(row, step));
    const std::string set = validation ? validate : has_set(table, train) ? train : "";
    double from = 0.9 * last.step;
    if (validation) {
        from = 0;
        for (std::size_t row = 0; row < table.rows.size(); ++row)
            if (is_of(table, row, set))
                from = std::max(from, table.number(row, step));
    }
    const auto mean = [&](const std::string& column) -> std::optional<double> {
        double sum = 0, count = 0;
        for (std::size_t row = 0; row < table.rows.size(); ++row)
            if (is_of(table, row, set) && table.number(row, step) >= from)
                if (const double value = table.number(row, table.column(column)); std::isfinite(value)) {
                    sum += value;
                    ++count;
                }
        return count > 0 ? std::optional(sum / count) : std::nullopt;
    };
    if (table.has("cost"))
        last.cost = mean("cost");
    for (const std::string& column : columns)
        last.relative.push_back(mean(column));
    return last;
}

void add_curves_of_many(Page& page, const std::vector<CostLog>& logs, const std::string& what, const std::string& sets,
                        const Origin& origin)
{
    const auto all = [&](const std::string& set) {
        return std::all_of(logs.begin(), logs.end(), [&](const CostLog& log) { return has_set(log.table, set); });
    };
    const bool held_out = all(validate);
    const std::string set = held_out ? validate : all(train) ? train : "";
    const std::string of = held_out ? "of " + held_out_pictures(sets) : "of the batches that it learnt from";
    const std::vector<PlotCurve> costs = curves_of_many(logs, "cost", set);
    if (any_points(costs)) {
        PageImage image = runs_drawing({"", "step", "cost", false, true}, costs, wide_plot, true,
                                       "Cost of each " + what + ", " + of + ", against its step:");
        image.narrow = plot_runs({"", "step", "cost", false, true}, costs, small_plot);
        page.figure({image},
                    "The cost of each " + what + ", all stages together, " + of + ", on a logarithmic axis." +
                        (what == "run" ? " Costs of different architectures, or with another lambda, are sums of "
                                         "different things and cannot be compared."
                                       : ""),
                    origin);
    }
    std::vector<std::string> stages;
    for (const CostLog& log : logs)
        for (const std::string& column : relative_columns(log.table))
            if (std::find(stages.begin(), stages.end(), column) == stages.end())
                stages.push_back(column);
    std::vector<PageImage> images;
    for (const std::string& column : stages) {
        const std::vector<PlotCurve> curves = curves_of_many(logs, column, set);
        if (any_points(curves))
            images.push_back(runs_drawing({stage_name(column), "step", "share not reconstructed", false, true}, curves,
                                          small_plot, images.empty() && !any_points(costs),
                                          "What " + stage_name(column) + " of each " + what +
                                              " fails to reconstruct, against its step:"));
    }
    if (!images.empty())
        page.figure(images,
                    "What each stage fails to reconstruct of its input, " + of +
                        ": |r - x|\u00b2 over |x|\u00b2, on a logarithmic axis; 1 is nothing learnt. Each " + what +
                        " has its colour, dash and mark of the first drawing.",
                    origin);
}

// The replicas of one run beside each other, or the stages of a single log.
void add_training(ResultsFolder& results)
{
    const std::string usual = "nonna-train MODEL.safetensors --data DATA.tar --log train.tsv -o TRAINED.safetensors";
    const std::vector<CostLog> logs = cost_logs(results);
    if (logs.empty()) {
        results.missing("the curve of training", usual);
        return;
    }
    const Origin origin = results.origin(cost_log_files(results.folder), usual);
    const std::string sets = validation_sets(results);
    if (logs.size() > 1) {
        results.heading("Training");
        results.page.paragraph(std::to_string(logs.size()) +
                               " replicas learn at the same time, each from its own share of the pictures, and share "
                               "their parameters; a step is one of the replica\u2019s own.");
        add_curves_of_many(results.page, logs, "replica", sets, origin);
        return;
    }
    const Table& table = logs.front().table;
    const std::vector<PlotCurve> curves = curves_of_one(table);
    if (curves.empty())
        throw Error(table.name, "no column that ends in _relative, or nothing in it");
    results.heading("Training");
    // Two drawings: the wide one's letters would be too small on a narrow screen.
    const PlotText text{"", "step", "share not reconstructed", false, true};
    PageImage image = drawing(plot_curves(text, curves, wide_plot), wide_plot,
                              in_words("What each stage fails to reconstruct, against the training step:", curves));
    image.narrow = plot_curves(text, curves, square_plot);
    std::string caption = "What each stage fails to reconstruct of its input: |r - x|\u00b2 over |x|\u00b2, on a "
                          "logarithmic axis; 1 is nothing learnt.";
    if (has_set(table, train) && has_set(table, validate))
        caption += " Solid: " + held_out_pictures(sets) + "; dashed: the batches that it learnt from.";
    results.page.figure({image}, caption, origin);
}

}    // namespace nonna
