// One self-contained page of HTML: no scripts, no other files, no network; pictures are data: URIs.
//
// Text given to Page is plain and escaped here; only the functions' own marks reach the page. Light and dark by the
// reader's scheme, 400 to 1400 pixels and A4 paper; figures are kept whole in print, and what is folded on the screen
// is open there. Headings are numbered by depth (2, 3, ...) and gathered in a table of contents.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace nonna
{

std::string html_escape(const std::string& text);

// What a reader who cannot see the picture is told is `alt`: what is seen, with its numbers.
struct PageImage {
    std::string media_type, bytes;    // "image/png", "image/svg+xml"
    int width = 0, height = 0;        // as it is meant to be shown
    std::string alt;
    std::string narrow;    // the same drawing for narrow screens; empty: none
};

// How a figure came to be: the commands, or, where nobody noted them, one that makes such a file.
struct Origin {
    std::vector<std::string> commands;
    bool noted = true;
};

struct PageTable {
    std::string caption;
    // Names over the columns after the first, with how many each spans; empty: none.
    std::vector<std::pair<std::string, int>> groups;
    // The first row is the header, the first column names the rows. A second line in a cell is small.
    std::vector<std::vector<std::string>> rows;
    std::size_t strong = 0;    // the row to look at; 0: none
    int notes = 0;             // so many columns at the end are set apart: other people's figures
};

class Page
{
  public:
    Page(const std::string& title, const std::string& lead);

    void heading(int level, const std::string& text);
    void paragraph(const std::string& text);
    void code(const std::string& text);    // preformatted
    // A few numbers to look at first: name, value, remark.
    struct Tile {
        std::string name, value, remark;
    };
    void tiles(const std::vector<Tile>& tiles);
    // Several images stand side by side where there is room.
    void figure(const std::vector<PageImage>& images, const std::string& caption, const Origin& origin);
    // The same table in two forms: `wide` where there is room for it, else the `narrow` ones, one below the other.
    void tables(const PageTable& wide, const std::vector<PageTable>& narrow, const std::string& note,
                const Origin& origin);
    void table(const PageTable& table, const std::string& note, const Origin& origin);
    // Names and values, folded under `summary`.
    void facts(const std::string& summary, const std::vector<std::pair<std::string, std::string>>& facts);
    // What comes until close_fold is folded under `summary`; its headings are not in the table of contents.
    void open_fold(const std::string& summary);
    void close_fold();
    // What is not there and the command that would make it, folded.
    void left_out(const std::vector<std::pair<std::string, std::string>>& parts);

    bool has_drawings() const { return drawings_; }
    std::string finish(const std::string& footer) const;

  private:
    struct Heading {
        int level;
        std::string text, id;
        bool folded = false;
    };
    std::string title_, lead_, body_;
    std::vector<Heading> headings_;
    bool drawings_ = false, folded_ = false;

    void caption(const std::string& text, const Origin& origin);
    void one_table(const PageTable& table, const std::string& classes);
};

// The same page, finished, as one that loads itself again every so many seconds, and says so.
std::string reloading(const std::string& html, int seconds);

}    // namespace nonna
