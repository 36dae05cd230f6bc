#include "report/html.h"

#include "report/html_style.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <sstream>

namespace nonna
{

namespace
{

std::string base64(std::span<const std::byte> bytes)
{
    static constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k)
            group = group << 8 | (i + k < bytes.size() ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0);
        for (std::size_t k = 0; k < 4; ++k)
            text += i + k <= bytes.size() ? letters[group >> (18 - 6 * k) & 63] : '=';
    }
    return text;
}

// How many bytes a character has by its first one; 0: none begins so.
std::size_t utf8_length(unsigned first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first < 0xe0)    // 0xc0 and 0xc1 would be longer forms of what has a byte
        return 2;
    if (first >= 0xe0 && first < 0xf0)
        return 3;
    return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

// Bytes that are no UTF-8, as names of files may have, become question marks.
std::string valid_utf8(std::string text)
{
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; };
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = utf8_length(byte(i));
        bool whole = length > 0;
        for (std::size_t k = 1; whole && k < length; ++k)
            whole = (byte(i + k) & 0xc0) == 0x80;
        if (!whole)
            text[i] = '?';
        i += whole ? length : 1;
    }
    return text;
}

}    // namespace

std::string html_escape(const std::string& text)
{
    std::string escaped;
    for (const char c : valid_utf8(text))
        switch (c) {
        case '&':
            escaped += "&amp;";
            break;
        case '<':
            escaped += "&lt;";
            break;
        case '>':
            escaped += "&gt;";
            break;
        case '"':
            escaped += "&quot;";
            break;
        case '\'':
            escaped += "&#39;";
            break;
        default:
            if (static_cast<unsigned char>(c) >= 32 || c == '\n' || c == '\t')
                escaped += c;
        }
    return escaped;
}

namespace
{

// A command, escaped. A line of it breaks between words, not at the hyphens of "--options".
std::string command_text(const std::string& text)
{
    std::string html;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t start = std::min(text.find_first_not_of(" \t", at), text.size());
        const std::size_t end = std::min(text.find_first_of(" \t", start), text.size());
        const std::string word = html_escape(text.substr(start, end - start));
        html += html_escape(text.substr(at, start - at));
        html += word.find('-') == std::string::npos ? word : "<b>" + word + "</b>";
        at = end;
    }
    return html;
}

}    // namespace

Page::Page(const std::string& title, const std::string& lead) : title_(title), lead_(lead) {}

void Page::set_title(const std::string& title, const std::string& lead)
{
    title_ = title;
    lead_ = lead;
}

void Page::heading(int level, const std::string& text)
{
    // An anchor of letters and digits; a second one of the same name gets a number.
    std::string stem;
    for (const char c : text)
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            stem += c;
        else if (c >= 'A' && c <= 'Z')
            stem += char(c - 'A' + 'a');
        else if (!stem.empty() && stem.back() != '-')
            stem += '-';
    if (stem.ends_with('-'))
        stem.pop_back();
    if (stem.empty())
        stem = "part";
    std::string id = stem;
    const auto taken = [&] {
        return std::any_of(headings_.begin(), headings_.end(), [&](const Heading& h) { return h.id == id; });
    };
    for (int n = 2; taken(); ++n)
        id = stem + "-" + std::to_string(n);
    headings_.push_back({level, text, id, folds_ > 0});
    const std::string tag = "h" + std::to_string(level);
    body_ += "<" + tag + " id=\"" + id + "\">" + html_escape(text) + "</" + tag + ">\n";
}

void Page::paragraph(const std::string& text) { body_ += "<p>" + html_escape(text) + "</p>\n"; }

void Page::code(const std::string& text)
{
    // A long line hangs by its indent, so that each command's start is seen.
    body_ += "<pre>";
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        body_ += "<span>" + command_text(text.substr(at, end - at)) + "\n</span>";
        at = end + 1;
    }
    body_ += "</pre>\n";
}

void Page::tiles(const std::vector<Tile>& tiles)
{
    body_ += "<dl class=\"tiles\">\n";
    for (const Tile& t : tiles)
        body_ += "<div><dt>" + html_escape(t.name) + "</dt><dd class=\"value\">" + html_escape(t.value) +
                 "</dd><dd class=\"remark\">" + html_escape(t.remark) + "</dd></div>\n";
    body_ += "</dl>\n";
}

void Page::caption(const std::string& text, const Origin& origin)
{
    body_ += "<figcaption>" + html_escape(text);
    if (!origin.commands.empty()) {
        body_ += std::string("<details><summary>") +
                 (origin.noted ? origin.commands.size() > 1 ? "The commands" : "The command"
                               : "No command noted; one that makes such a figure") +
                 "</summary>";
        for (const std::string& command : origin.commands)
            body_ += "<code>" + command_text(command) + "</code>";
        body_ += "</details>";
    }
    body_ += "</figcaption>";
}

void Page::image(const PageImage& image, bool alone)
{
    const bool drawing = image.media_type == "image/svg+xml";
    drawings_ = drawings_ || drawing;
    const std::string data = "data:" + image.media_type + ";base64,";
    if (!image.narrow.empty())
        body_ += "<picture><source media=\"(max-width: 46rem)\" srcset=\"" + data +
                 base64(std::as_bytes(std::span(image.narrow))) + "\">";
    std::string kind = drawing ? "drawing" : "photo";
    if (!drawing && image.height > 1.2 * image.width)
        kind += " tall";
    // A lone drawing is as wide as it was drawn: its letters keep their size.
    body_ += "<img class=\"" + kind + "\" width=\"" + std::to_string(image.width) + "\" height=\"" +
             std::to_string(image.height) + "\"" +
             (drawing && alone ? " style=\"max-width:min(100%," + std::to_string(image.width) + "px)\"" : "") +
             " alt=\"" + html_escape(image.alt) + "\" src=\"" + data + base64(std::as_bytes(std::span(image.bytes))) +
             "\">";
    if (!image.narrow.empty())
        body_ += "</picture>";
    body_ += "\n";
}

void Page::figure(const std::vector<PageImage>& images, const std::string& text, const Origin& origin)
{
    body_ += "<figure>";
    if (images.size() > 1)
        body_ += "<div class=\"grid\">";
    for (const PageImage& one : images)
        image(one, images.size() == 1);
    if (images.size() > 1)
        body_ += "</div>";
    caption(text, origin);
    body_ += "</figure>\n";
}

// The words are part of the summary: what is enlarged keeps them, and one click, or Enter, opens and closes it.
void Page::tile(const PictureTile& t)
{
    body_ += "<li><details class=\"tile\"><summary>";
    image(t.image, false);
    body_ += "<b>" + html_escape(t.name) + "</b>";
    for (const std::string& line : t.lines)
        if (!line.empty())
            body_ += "<span>" + html_escape(line) + "</span>";
    if (!t.judged.empty())
        body_ += std::string("<span class=\"") + (t.verdict == PictureTile::Verdict::wrong ? "wrong" : "right") +
                 "\">" + html_escape(t.judged) + "</span>";
    body_ += "</summary></details></li>\n";
}

void Page::galleries(const std::vector<Gallery>& sides, const std::string& text, const Origin& origin)
{
    body_ += "<figure class=\"pictures\"><div class=\"sides\">";
    for (const Gallery& side : sides) {
        body_ += "<div><p class=\"side\">" + html_escape(side.title) + "</p>\n<ul class=\"gallery\">\n";
        for (const PictureTile& t : side.tiles)
            tile(t);
        body_ += "</ul></div>\n";
    }
    body_ += "</div>";
    caption(text, origin);
    body_ += "</figure>\n";
}

void Page::drawings(const std::vector<std::string>& svgs, const std::string& text, const Origin& origin)
{
    body_ += "<figure><div class=\"row\">";
    for (const std::string& svg : svgs)
        body_ += svg + "\n";
    body_ += "</div>";
    caption(text, origin);
    body_ += "</figure>\n";
}

namespace
{

// A class for each column: a group's first one has a little room before it, the last `notes` of it are others'
// figures. Column 0 has the rows' names and none.
std::vector<std::string> column_classes(const PageTable& table)
{
    const std::size_t columns = table.rows.at(0).size();
    std::vector<std::string> classes(columns);
    std::size_t first = 1;
    const auto add_group = [&](std::size_t count, std::size_t notes) {
        for (std::size_t c = 0; c < count && first + c < columns; ++c) {
            std::string& of_column = classes[first + c];
            if (c == 0 && !table.groups.empty())
                of_column = "start";
            if (c + notes >= count)
                of_column += of_column.empty() ? "other" : " other";
        }
        first += count;
    };
    if (table.groups.empty())
        add_group(columns - 1, std::size_t(table.notes));
    for (const PageTable::Group& group : table.groups)
        add_group(std::size_t(group.columns), std::size_t(group.notes));
    return classes;
}

// Where the greatest figure of each column stands; equal ones all. A cell's figure is what it begins with, as it is
// shown; one that begins with none has none, and the columns of others' figures are left alone.
std::vector<std::vector<bool>> best_cells(const PageTable& table, const std::vector<std::string>& classes)
{
    std::vector<std::vector<bool>> best(table.rows.size(), std::vector<bool>(classes.size(), false));
    for (std::size_t c = 1; table.best && c < classes.size(); ++c) {
        if (classes[c].find("other") != std::string::npos)
            continue;
        std::vector<std::optional<double>> figures(table.rows.size());
        std::optional<double> most;
        for (std::size_t r = 1; r < table.rows.size(); ++r) {
            const char* cell = table.rows[r][c].c_str();
            char* end = nullptr;
            const double figure = std::strtod(cell, &end);
            if (end == cell)
                continue;
            figures[r] = figure;
            most = std::max(most.value_or(figure), figure);
        }
        for (std::size_t r = 1; r < table.rows.size(); ++r)
            best[r][c] = figures[r] && figures[r] == most;
    }
    return best;
}

std::string class_attribute(const std::string& classes) { return classes.empty() ? "" : " class=\"" + classes + "\""; }

}    // namespace

// Names of rows and columns are headings with a scope, so that a screen reader says them with each cell. What stands
// behind a line break in a cell is a remark, a deviation or an interval, in small letters.
void Page::one_table(const PageTable& table, const std::string& classes)
{
    const std::vector<std::string>& header = table.rows.at(0);
    const std::vector<std::string> of_column = column_classes(table);
    const std::vector<std::vector<bool>> best = best_cells(table, of_column);
    body_ += "<table" + class_attribute(classes) + "><caption>" + html_escape(table.caption) + "</caption>\n<thead>";
    if (!table.groups.empty()) {
        body_ += "<tr><td></td>";
        for (const PageTable::Group& group : table.groups)
            body_ += "<th scope=\"colgroup\" class=\"group\" colspan=\"" + std::to_string(group.columns) + "\">" +
                     html_escape(group.name) + "</th>";
        body_ += "</tr>\n";
    }
    body_ += "<tr>";
    for (std::size_t c = 0; c < header.size(); ++c)
        body_ += header[c].empty()
                     ? "<td></td>"
                     : "<th scope=\"col\"" + class_attribute(of_column[c]) + ">" + html_escape(header[c]) + "</th>";
    body_ += "</tr></thead>\n<tbody>\n";
    for (std::size_t r = 1; r < table.rows.size(); ++r) {
        body_ += r == table.strong ? "<tr class=\"strong\">" : "<tr>";
        for (std::size_t c = 0; c < table.rows[r].size(); ++c) {
            const std::string& cell = table.rows[r][c];
            const std::size_t line = cell.find('\n');
            std::string text = html_escape(cell.substr(0, line));
            if (best[r][c])
                text = "<b>" + text + "</b>";
            if (c == 0 && r < table.links.size() && !table.links[r].empty())
                text = "<a href=\"" + html_escape(table.links[r]) + "\">" + text + "</a>";
            if (line != std::string::npos)
                text += "<small>" + html_escape(cell.substr(line + 1)) + "</small>";
            body_ += c == 0 ? "<th scope=\"row\">" + text + "</th>"
                            : "<td" + class_attribute(of_column[c]) + ">" + text + "</td>";
        }
        body_ += "</tr>\n";
    }
    body_ += "</tbody>\n</table>";
}

void Page::tables(const PageTable& wide, const std::vector<PageTable>& narrow, const std::string& note,
                  const Origin& origin)
{
    body_ += "<figure><div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"" + html_escape(wide.caption) +
             "\">";
    std::string classes = narrow.empty() ? "" : "wide";    // not shown where the narrow ones are
    if (wide.rows[0].size() > 9)
        classes += classes.empty() ? "many" : " many";
    one_table(wide, classes);
    for (const PageTable& table : narrow)
        one_table(table, "narrow");
    body_ += "</div>\n";
    caption(note, origin);
    body_ += "</figure>\n";
}

void Page::table(const PageTable& table, const std::string& note, const Origin& origin)
{
    tables(table, {}, note, origin);
}

void Page::facts(const std::string& summary, const std::vector<std::pair<std::string, std::string>>& facts)
{
    body_ += "<details><summary>" + html_escape(summary) + "</summary><dl class=\"facts\">\n";
    for (const auto& [name, value] : facts)
        body_ += "<dt>" + html_escape(name) + "</dt><dd>" + html_escape(value) + "</dd>\n";
    body_ += "</dl></details>\n";
}

void Page::begin_fold(const std::string& summary)
{
    body_ += "<details class=\"fold\"><summary>" + html_escape(summary) + "</summary>\n";
    ++folds_;
}

void Page::end_fold()
{
    body_ += "</details>\n";
    --folds_;
}

void Page::links(const Links& links)
{
    body_ += "<p class=\"links\">";
    for (const auto& [text, where] : links)
        body_ += "<a href=\"" + html_escape(where) + "\">" + html_escape(text) + "</a> ";
    body_ += "</p>\n";
}

void Page::begin_leaf(const std::string& id, const std::string& title, int level)
{
    body_ += "<section class=\"leaf\" id=\"" + html_escape(id) + "\">\n";
    minor_heading(level, title);
}

void Page::anchor(const std::string& id) { body_ += "<div id=\"" + html_escape(id) + "\"></div>\n"; }

void Page::minor_heading(int level, const std::string& text)
{
    const std::string tag = "h" + std::to_string(level);
    body_ += "<" + tag + ">" + html_escape(text) + "</" + tag + ">\n";
}

void Page::left_out(const std::vector<std::pair<std::string, std::string>>& parts)
{
    body_ += "<details class=\"left\"><summary>Left out, for want of its file: " + std::to_string(parts.size()) +
             (parts.size() == 1 ? " part" : " parts") + ", and what makes them</summary><dl>\n";
    for (const auto& [what, command] : parts)
        body_ += "<dt>" + html_escape(what) + "</dt><dd><code>" + command_text(command) + "</code></dd>\n";
    body_ += "</dl></details>\n";
}

std::string Page::finish(const std::string& footer) const
{
    std::string html = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
                       html_escape(title_) + "</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>" + page_style +
                       "</style>\n</head>\n<body>\n<header><h1>" + html_escape(title_) + "</h1>\n";
    std::istringstream lead(lead_);
    for (std::string line; std::getline(lead, line);)
        html += "<p class=\"lead\">" + html_escape(line) + "</p>\n";
    html += "</header>\n";
    if (headings_.size() > 1) {
        html += "<nav aria-label=\"Contents\"><p>Contents</p><ul>\n";
        for (const Heading& h : headings_)
            if (!h.folded)
                html += std::string("<li") + (h.level > 2 ? " class=\"deep\"" : "") + "><a href=\"#" + h.id + "\">" +
                        html_escape(h.text) + "</a></li>\n";
        html += "</ul></nav>\n";
    }
    return html + "<main>\n" + body_ + "</main>\n<footer><p>" + html_escape(footer) +
           "</p></footer>\n</body>\n</html>\n";
}

namespace
{

void insert_before(std::string& html, const std::string& mark, const std::string& text)
{
    if (const std::size_t at = html.find(mark); at != std::string::npos)
        html.insert(at, text);
}

}    // namespace

// By the header's own means, which need no script.
std::string reloading(const std::string& html, int seconds)
{
    std::string live = html;
    const std::string every = std::to_string(seconds);
    insert_before(live, "<title>", "<meta http-equiv=\"refresh\" content=\"" + every + "\">\n");
    insert_before(live, "</header>",
                  "\n<p class=\"note\">This folder is being watched: the page loads itself again every " +
                      (seconds == 1 ? "second" : every + " seconds") + ".</p>");
    return live;
}

}    // namespace nonna
