#include "io/table.h"
#include "../files.h"
#include "io/file_kind.h"

#include <cmath>
#include <limits>
#include <stdexcept>

using namespace nonna;
using namespace nonna::test;

BOOST_AUTO_TEST_SUITE(table)

BOOST_AUTO_TEST_CASE(golden_bytes_and_back)
{
    const Folder folder;
    TableWriter writer(folder / "t.tsv", {"neuron", "auc", "count"});
    writer.cell("3.norm/6,6,2").cell(1.0 / 3).cell(std::int64_t{-7}).end_row();
    writer.cell("").cell(-std::nan("")).cell(std::size_t{12345678901}).end_row();
    writer.cell("täst").cell(1e-300).cell(0).end_row();
    writer.commit();
    BOOST_TEST(read_bytes(folder / "t.tsv") == read_bytes(golden("table.tsv")));

    const Table table = read_table(golden("table.tsv"));
    BOOST_TEST(table.columns.size() == 3u);
    BOOST_TEST(table.rows.size() == 3u);
    BOOST_TEST(table.rows[0][table.column("neuron")] == "3.norm/6,6,2");
    BOOST_TEST(table.number(0, table.column("auc")) == 0.333333333);
    BOOST_TEST(std::isnan(table.number(1, 1)));
    BOOST_TEST(table.has("count"));
    BOOST_TEST(!table.has("kount"));
    BOOST_TEST(refusal([&] { table.column("kount"); }) == golden("table.tsv") + ": no column 'kount'");
    BOOST_TEST(refusal([&] { table.number(2, 0); }) ==
               golden("table.tsv") + ": line 4: 'täst' in column 'neuron' is not a number");
}

BOOST_AUTO_TEST_CASE(writer_refuses)
{
    const Folder folder;
    TableWriter writer(folder / "t", {"a", "b"});
    BOOST_TEST(refusal([&] { writer.cell("x\ty"); }) ==
               folder / "t" + ": a tab, line break or NUL inside a cell: 'x\ty'");
    BOOST_TEST(refusal([&] { writer.cell("x\ny"); }) != "");
    BOOST_CHECK_THROW(writer.end_row(), std::logic_error);
    writer.cell("1").cell("2");
    BOOST_CHECK_THROW(writer.cell("3"), std::logic_error);
    BOOST_CHECK_THROW(writer.commit(), std::logic_error);
}

BOOST_AUTO_TEST_CASE(reader_refuses)
{
    const Folder folder;
    const std::string path = folder / "t";
    const auto reading = [&](const std::string& bytes) {
        write_bytes(path, bytes);
        const std::string text = refusal([&] { read_table(path); });
        BOOST_REQUIRE(text.starts_with(path + ": "));
        return text.substr(path.size() + 2);
    };
    BOOST_TEST(reading("") == "empty, not even a header line");
    BOOST_TEST(reading("a\tb") == "line 1: truncated, no newline at the end");
    BOOST_TEST(reading("a\tb\n1\t2\n3\t") == "line 3: truncated, no newline at the end");
    BOOST_TEST(reading("a\tb\n1\n") == "line 2: 1 cells, the header has 2");
    BOOST_TEST(reading("a\tb\n\n") == "line 2: 1 cells, the header has 2");
    BOOST_TEST(reading("a\ta\n") == "a column's name occurs twice");
    BOOST_TEST(reading("a\tb\r\n") == "line 1: a carriage return; lines end with a newline alone");
    BOOST_TEST(reading(std::string("a\tb\n1\t\0\n", 8)) == "line 2: not text");
    write_bytes(path, "path\tlabel\n");
    BOOST_TEST(read_table(path).rows.empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(file_kind)

// Cells of a table from elsewhere: what is there must be right, what may be missing is missing in three ways.
BOOST_AUTO_TEST_CASE(cells_of_a_kind)
{
    const Folder folder;
    const std::string path = folder / "t";
    write_bytes(path, "a\tb\n0.5\t3\n1.5\t2.5\nnan\t\ninf\t-1\n0\t1e15\n");
    const Table table = read_table(path);
    BOOST_TEST(table.share(0, "a") == 0.5);
    BOOST_TEST(table.share(4, "a") == 0);
    BOOST_TEST(table.finite(1, "a") == 1.5);
    BOOST_TEST(table.whole(0, "b") == 3u);
    BOOST_TEST(table.whole(4, "b") == 1000000000000000u);
    BOOST_TEST(table.share_or_none(0, "a").value_or(-1) == 0.5);
    BOOST_TEST(table.finite_or_none(3, "b").value_or(0) == -1);
    for (const auto& none : {table.finite_or_none(2, "a"), table.finite_or_none(2, "b"), table.finite_or_none(0, "c"),
                             table.share_or_none(2, "a"), table.share_or_none(2, "b"), table.share_or_none(0, "c")})
        BOOST_TEST(!none.has_value());
    const auto said = [&](auto read) { return refusal(read).substr(path.size() + 2); };
    BOOST_TEST(said([&] { table.share(1, "a"); }) == "line 3: 'a' is not between 0 and 1");
    BOOST_TEST(said([&] { table.share(2, "a"); }) == "line 4: 'a' is not between 0 and 1");
    BOOST_TEST(said([&] { table.share_or_none(1, "a"); }) == "line 3: 'a' is not between 0 and 1");
    BOOST_TEST(said([&] { table.finite(3, "a"); }) == "line 5: 'a' is not a finite number");
    BOOST_TEST(said([&] { table.finite_or_none(3, "a"); }) == "line 5: 'a' is not a finite number");
    BOOST_TEST(said([&] { table.whole(1, "b"); }) == "line 3: 'b' is not a whole number");
    BOOST_TEST(said([&] { table.whole(3, "b"); }) == "line 5: 'b' is not a whole number");
    BOOST_TEST(said([&] { table.finite(0, "c"); }) == "no column 'c'");
}

// As editors put it in front of a text.
BOOST_AUTO_TEST_CASE(byte_order_mark)
{
    const Folder folder;
    write_bytes(folder / "t", "\xef\xbb\xbf"
                              "key\tlabel\na\t\xef\xbb\xbf\n");
    const Table table = read_table(folder / "t");
    BOOST_TEST(table.columns.at(0) == "key");
    BOOST_TEST(table.rows.at(0).at(1) == "\xef\xbb\xbf");    // only in front
}

BOOST_AUTO_TEST_CASE(somebody_is_still_writing)
{
    const Folder folder;
    const std::string path = folder / "t.tsv";
    const auto rows = [&](const std::string& bytes) {
        write_bytes(path, bytes);
        const std::optional<Table> table = read_growing_table(path);
        return table ? int(table->rows.size()) : -1;
    };
    BOOST_TEST(rows("") == -1);
    BOOST_TEST(rows("a\tb") == -1);
    BOOST_TEST(rows("a\tb\n") == 0);
    BOOST_TEST(rows("a\tb\n1\t2\n3") == 1);
    BOOST_TEST(rows("a\tb\n1\t2\n3\t4\n") == 2);
    BOOST_TEST(refusal([&] { rows("a\tb\n1\n3\t4"); }) == path + ": line 2: 1 cells, the header has 2");
}

BOOST_AUTO_TEST_CASE(by_content)
{
    const Folder folder;
    const std::string path = folder / "f";
    const auto kind = [&](const std::string& bytes) {
        write_bytes(path, bytes);
        return std::string(name_of(detect_file_kind(path)));
    };
    BOOST_TEST(kind(read_bytes(golden("images.tar"))) == "image set");
    BOOST_TEST(kind(std::string(10240, '\0')) == "image set");
    BOOST_TEST(kind(read_bytes(golden("model.safetensors"))) == "safetensors");
    BOOST_TEST(kind(read_bytes(golden("responses.npy"))) == "npy");
    BOOST_TEST(kind(read_bytes(golden("table.tsv"))) == "table");
    BOOST_TEST(kind("a\tb\n1\t2") == "unknown");
    BOOST_TEST(kind("some text\n") == "unknown");
    BOOST_TEST(kind("{\"a\":\t1}\n\n") == "unknown");
    BOOST_TEST(kind("\x89PNG\r\n\x1a\n") == "unknown");
    BOOST_TEST(kind(std::string(300, '\0')) == "unknown");
    std::string wide = "a\tb\n";
    while (wide.size() < 100'000)
        wide += "1\t2\n";
    BOOST_TEST(kind(wide) == "table");
    BOOST_TEST(refusal([&] { kind(""); }) == path + ": empty file");
    BOOST_TEST(refusal([&] { detect_file_kind("/dev/null"); }) == "/dev/null: not a regular file");
}

BOOST_AUTO_TEST_SUITE_END()
