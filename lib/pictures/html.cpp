#include "pictures/html.h"

#include <cstdint>

namespace nonna {

namespace {

constexpr const char* style = R"(
:root { color-scheme: light dark; --ground: #fff; --ink: #222; --soft: #5c5c5c; --line: #d4d4d4; --mark: #fdf3d8; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #17181a; --ink: #dedede; --soft: #a2a2a2; --line: #3c3e42; --mark: #3a3320; }
}
body { margin: 0 auto; max-width: 60rem; padding: 1rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: .5rem 0; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .5rem; border-bottom: 1px solid var(--line); break-after: avoid; }
p { margin: .5rem 0; max-width: 46rem; }
figure { margin: 1rem 0; break-inside: avoid; }
figure img { display: block; max-width: 100%; height: auto; }
figure img.drawing { width: 100%; max-width: 46rem; }
figcaption, footer, .missing { color: var(--soft); font-size: .9rem; max-width: 46rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; }
th:first-child { text-align: left; padding-left: .3rem; }
thead th { font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 400; }
tr.strong { background: var(--mark); }
tr.strong th, tr.strong td { font-weight: 600; }
pre { overflow-x: auto; padding: .7rem; border: 1px solid var(--line); font-size: .85rem; line-height: 1.4; }
@media (max-width: 40rem) { th, td { padding: .3rem .4rem; font-size: .9rem; } }
@media print { body { max-width: none; padding: 0; } pre { white-space: pre-wrap; } .scroll { overflow: visible; } }
)";

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

}    // namespace

std::string html_escape(const std::string& text)
{
    std::string escaped;
    for (const char c : text)
        switch (c) {
        case '&': escaped += "&amp;"; break;
        case '<': escaped += "&lt;"; break;
        case '>': escaped += "&gt;"; break;
        case '"': escaped += "&quot;"; break;
        case '\'': escaped += "&#39;"; break;
        default:
            if (static_cast<unsigned char>(c) >= 32 || c == '\n' || c == '\t')
                escaped += c;
        }
    return escaped;
}

Page::Page(const std::string& title, const std::string& lead)
{
    html_ = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
            html_escape(title) + "</title>\n<style>" + style + "</style>\n</head>\n<body>\n<h1>" + html_escape(title) +
            "</h1>\n";
    paragraph(lead);
}

void Page::heading(const std::string& text) { html_ += "<h2>" + html_escape(text) + "</h2>\n"; }

void Page::paragraph(const std::string& text) { html_ += "<p>" + html_escape(text) + "</p>\n"; }

void Page::missing(const std::string& what, const std::string& command)
{
    html_ += "<p class=\"missing\">Left out: " + html_escape(what) + ". It is made by <code>" + html_escape(command) +
             "</code></p>\n";
}

void Page::code(const std::string& text) { html_ += "<pre>" + html_escape(text) + "</pre>\n"; }

void Page::figure(const std::string& media_type, std::span<const std::byte> bytes, const std::string& alt,
                  const std::string& caption)
{
    html_ += std::string("<figure><img") + (media_type == "image/svg+xml" ? " class=\"drawing\"" : "") + " alt=\"" +
             html_escape(alt) + "\" src=\"data:" + media_type + ";base64," + base64(bytes) + "\">\n<figcaption>" +
             html_escape(caption) + "</figcaption></figure>\n";
}

void Page::table(const std::vector<std::vector<std::string>>& rows, std::size_t strong, const std::string& caption)
{
    html_ += "<figure><div class=\"scroll\"><table>\n<thead><tr>";
    for (const std::string& cell : rows.at(0))
        html_ += "<th scope=\"col\">" + html_escape(cell) + "</th>";
    html_ += "</tr></thead>\n<tbody>\n";
    for (std::size_t r = 1; r < rows.size(); ++r) {
        html_ += r == strong ? "<tr class=\"strong\">" : "<tr>";
        for (std::size_t c = 0; c < rows[r].size(); ++c)
            html_ += c == 0 ? "<th scope=\"row\">" + html_escape(rows[r][c]) + "</th>"
                            : "<td>" + html_escape(rows[r][c]) + "</td>";
        html_ += "</tr>\n";
    }
    html_ += "</tbody>\n</table></div>\n<figcaption>" + html_escape(caption) + "</figcaption></figure>\n";
}

std::string Page::finish(const std::string& footer)
{
    return html_ + "<footer><p>" + html_escape(footer) + "</p></footer>\n</body>\n</html>\n";
}

}    // namespace nonna
