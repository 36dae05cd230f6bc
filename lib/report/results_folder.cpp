#include "report/results_folder.h"

#include "base/error.h"
#include "io/output.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <sstream>

namespace nonna
{

namespace
{

constexpr std::size_t commands_limit = std::size_t{1} << 20;

// The words of a command as a shell takes them apart; a variable stays as it is written. Nothing where a quote is not
// closed.
std::optional<std::vector<std::string>> shell_words(const std::string& line)
{
    std::vector<std::string> words;
    std::string word;
    bool inside = false;    // of a word, be it empty
    char quote = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        const bool escapes = c == '\\' && quote != '\'' && i + 1 < line.size();
        if (escapes) {
            word += line[++i];
            inside = true;
        } else if (quote ? c == quote : c == '\'' || c == '"') {
            quote = quote ? 0 : c;
            inside = true;
        } else if (!quote && (c == ' ' || c == '\t')) {
            if (inside)
                words.push_back(std::exchange(word, ""));
            inside = false;
        } else {
            word += c;
            inside = true;
        }
    }
    if (inside)
        words.push_back(word);
    return quote ? std::nullopt : std::optional(words);
}

// A line that no shell would take, say a remark with an apostrophe, is taken apart at its spaces.
std::vector<std::string> words_of(const std::string& line)
{
    std::vector<std::string> words;
    if (const auto quoted = shell_words(line)) {
        words = *quoted;
    } else {
        std::istringstream stream(line);
        words.assign(std::istream_iterator<std::string>(stream), {});
    }
    for (std::string& word : words)
        if (word.starts_with("./"))
            word.erase(0, 2);
    return words;
}

// 2: named after an option, 1: named, 0: not.
int mention(const std::vector<std::string>& words, const std::string& name)
{
    int most = 0;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::size_t equals = words[i].starts_with("-") ? words[i].find('=') : std::string::npos;
        if (equals != std::string::npos && words[i].substr(equals + 1) == name)
            most = 2;
        else if (words[i] == name)
            most = std::max(most, i > 0 && (words[i - 1].starts_with("-") || words[i - 1] == ">") ? 2 : 1);
        else if (words[i] == ">" + name)
            most = 2;
    }
    return most;
}

}    // namespace

std::vector<std::string> command_words(const std::string& line) { return words_of(line); }

bool there(const std::filesystem::path& path)
{
    std::error_code failure;
    const std::filesystem::file_status status = std::filesystem::status(path, failure);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status) &&
        !std::filesystem::is_directory(status))    // a pipe would be waited for
        throw Error(path, "not a regular file");
    return std::filesystem::exists(path, failure) || failure;
}

Commands::Commands(const std::filesystem::path& file)
{
    if (!there(file))
        return;
    std::istringstream text(read_text(file, commands_limit));
    std::string whole;
    for (std::string line; std::getline(text, line);) {
        const bool goes_on = line.ends_with("\\");
        if (goes_on)
            line.pop_back();
        if (!whole.empty())    // the continuation's own indent says nothing
            line.erase(0, std::min(line.find_first_not_of(" \t"), line.size()));
        whole += line;
        if (!goes_on && !whole.empty())
            lines_.push_back(std::exchange(whole, ""));
    }
    if (!whole.empty())
        lines_.push_back(whole);
}

std::vector<std::string> Commands::of(const std::vector<std::string>& names) const
{
    std::vector<std::string> found;
    for (const std::string& name : names) {
        int most = 0;
        const std::string* best = nullptr;
        for (const std::string& line : lines_)
            if (const int how = mention(words_of(line), name); how > most) {
                most = how;
                best = &line;
            }
        if (best && std::find(found.begin(), found.end(), *best) == found.end())
            found.push_back(*best);
    }
    return found;
}

Origin ResultsFolder::origin(const std::vector<std::string>& files, const std::string& usual) const
{
    std::vector<std::string> commands = own.of(files);
    if (commands.empty() && !name.empty()) {
        std::vector<std::string> below;
        for (const std::string& file : files)
            below.push_back(name + "/" + file);
        commands = above.of(below);
    }
    if (!commands.empty())
        return {commands, true};
    return {{usual}, false};
}

std::string ResultsFolder::option_of(const std::vector<std::string>& files, const std::string& option) const
{
    const Origin how = origin(files, "");
    if (!how.noted)
        return "";
    const std::vector<std::string> words = words_of(how.commands.front());
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == option && i + 1 < words.size())
            return words[i + 1];
        if (words[i].starts_with(option + "="))
            return words[i].substr(option.size() + 1);
    }
    return "";
}

std::string format_number(const char* format, double value)
{
    char text[60];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

std::string percent(std::optional<double> share) { return share ? format_number("%.1f %%", 100 * *share) : no_value; }

std::string decimal(std::optional<double> value) { return value ? format_number("%.3f", *value) : no_value; }

std::string with_sd(std::optional<double> value, std::optional<double> sd, const char* format, double factor,
                    const char* between)
{
    if (!value)
        return no_value;
    std::string text = format_number(format, factor * *value);
    return sd ? text + between + "\u00b1 " + format_number(format, factor * *sd) : text;
}

// A dash and a plus-minus are plain letters there.
std::string terminal_line(const std::string& name, const std::vector<std::string>& cells)
{
    char text[200];
    std::snprintf(text, sizeof text, "%-27.27s", name.c_str());
    std::string line = text;
    for (std::string cell : cells) {
        if (cell == no_value)
            cell = "-";
        if (const std::size_t at = cell.find("\u00b1"); at != std::string::npos)
            cell.replace(at, std::string("\u00b1").size(), "+-");
        std::snprintf(text, sizeof text, " %12s", cell.c_str());
        line += text;
    }
    return line + "\n";
}

void SeedCounts::note(std::optional<double> seeds)
{
    if (!seeds || *seeds < 1)
        return;
    least = least == 0 ? *seeds : std::min(least, *seeds);
    most = std::max(most, *seeds);
}

std::string SeedCounts::in_words() const
{
    if (most <= 1)
        return "";
    return " Means over " +
           (least == most ? format_number("%.0f", most)
                          : format_number("%.0f", least) + " to " + format_number("%.0f", most)) +
           " seeds, \u00b1 one standard deviation between them.";
}

std::string read_text(const std::filesystem::path& file, std::size_t limit) { return read_whole_file(file, limit); }

PageImage drawing(const std::string& svg, PlotSize size, const std::string& alt)
{
    return {"image/svg+xml", svg, size.width, size.height, alt, ""};
}

}    // namespace nonna
