// One self-contained page of HTML: no scripts, no other files, no network; pictures are data: URIs.
//
// Text given to Page is plain and escaped here; only the functions' own marks reach the page, and the drawings of
// svg_plot.h. Light and dark by the reader's scheme, 400 to 1400 pixels and A4 paper; figures are kept whole in print,
// and what is folded on the screen is open there. Headings are numbered by depth (2, 3, ...) and gathered in a table of
// contents. A leaf is a part that is shown when a link leads to it, by :target, and is on no paper else.
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
    std::string media_type, bytes;    // "image/webp", "image/svg+xml"
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
    // Names over the columns after the first; empty: none.
    struct Group {
        std::string name;
        int columns = 1, notes = 0;    // of them at the end others' figures
    };
    std::vector<Group> groups;
    // The first row is the header, the first column names the rows. A second line in a cell is small.
    std::vector<std::vector<std::string>> rows;
    std::size_t strong = 0;    // the row to look at; 0: none
    int notes = 0;             // so many columns at the end are others' figures, and set apart; where no groups are
    bool best = false;         // the greatest figure of each column, but of those, in bold
    std::vector<std::string> links = {};    // where each row's name leads, from the header's on; empty: nowhere
};

// A picture with words below it. It enlarges where it is clicked, or chosen by the keyboard, without a script: it is
// the summary of a <details>, which covers the screen while it is open.
struct PictureTile {
    enum class Verdict { none, right, wrong };
    PageImage image;
    std::string name;                  // in strong letters
    std::vector<std::string> lines;    // small ones, empty ones left out
    Verdict verdict = Verdict::none;
    std::string judged;    // the verdict in words
};
struct Gallery {
    std::string title;
    std::vector<PictureTile> tiles;
};

class Page
{
  public:
    // A line of the lead is a paragraph.
    explicit Page(const std::string& title = "", const std::string& lead = "");
    void set_title(const std::string& title, const std::string& lead);    // known when some of it is read

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
    // Pictures one by one, galleries side by side where there is room.
    void galleries(const std::vector<Gallery>& sides, const std::string& caption, const Origin& origin);
    // Drawings of svg_plot.h in the page itself, side by side.
    void drawings(const std::vector<std::string>& svgs, const std::string& caption, const Origin& origin);
    // The same table in two forms: `wide` where there is room for it, else the `narrow` ones, one below the other.
    void tables(const PageTable& wide, const std::vector<PageTable>& narrow, const std::string& note,
                const Origin& origin);
    void table(const PageTable& table, const std::string& note, const Origin& origin);
    // Names and values, folded under `summary`.
    void facts(const std::string& summary, const std::vector<std::pair<std::string, std::string>>& facts);
    // All until end_fold is folded under `summary`; headings in it are not among the contents.
    void begin_fold(const std::string& summary);
    void end_fold();
    // Text and where it leads, in one line.
    using Links = std::vector<std::pair<std::string, std::string>>;
    void links(const Links& links);
    // All until end_leaf; `id` is its anchor, as it stands. Its heading, and those of minor_heading, are not among the
    // contents.
    void begin_leaf(const std::string& id, const std::string& title, int level);
    void end_leaf() { body_ += "</section>\n"; }
    void minor_heading(int level, const std::string& text);
    void anchor(const std::string& id);    // of what follows
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
    bool drawings_ = false;
    int folds_ = 0;    // that are open

    void caption(const std::string& text, const Origin& origin);
    void image(const PageImage& image, bool alone);
    void tile(const PictureTile& tile);
    void one_table(const PageTable& table, const std::string& classes);
};

// The same page, finished, as one that loads itself again every so many seconds, and says so.
std::string reloading(const std::string& html, int seconds);

}    // namespace nonna
