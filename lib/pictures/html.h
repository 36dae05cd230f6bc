// One self-contained page of HTML: no scripts, no other files, no network; pictures are data: URIs.
//
// Text given to Page is plain and escaped here; only the functions' own marks reach the page. Light and dark by the
// reader's scheme, one column that fits 400 to 1400 pixels, figures kept whole in print.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace nonna {

std::string html_escape(const std::string& text);

class Page {
  public:
    Page(const std::string& title, const std::string& lead);

    void heading(const std::string& text);
    void paragraph(const std::string& text);
    void missing(const std::string& what, const std::string& command);    // "Left out: WHAT. It is made by COMMAND"
    void code(const std::string& text);                                   // preformatted
    // `media_type` as in "image/png".
    void figure(const std::string& media_type, std::span<const std::byte> bytes, const std::string& alt,
                const std::string& caption);
    // The first row is the header, the first column names the rows; `strong`: the row to look at (0: none).
    void table(const std::vector<std::vector<std::string>>& rows, std::size_t strong, const std::string& caption);

    std::string finish(const std::string& footer);

  private:
    std::string html_;
};

}    // namespace nonna
