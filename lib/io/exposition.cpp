#include "io/exposition.h"

#include "base/shown_text.h"

#include <charconv>
#include <chrono>
#include <cmath>

namespace nonna
{

namespace
{

// A value may be a path. Quotes and backslashes are escaped; readers refuse a whole page for a byte that is not UTF-8,
// so that those are written out.
std::string label_value(std::string_view value)
{
    std::string text = "\"";
    for (const char c : shown_text(value)) {
        if (c == '"' || c == '\\')
            text += '\\';
        text += c;
    }
    return text + '"';
}

// Whole numbers as such, others in as few digits as tell them apart.
std::string number(double value)
{
    if (!std::isfinite(value))
        return std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
    constexpr double most_exact = 9007199254740992;    // 2^53
    if (value == std::trunc(value) && std::abs(value) <= most_exact)
        return std::to_string(static_cast<long long>(value));
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

}    // namespace

void Exposition::head(std::string_view name, std::string_view type, std::string_view help)
{
    text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
    text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

void Exposition::sample(std::string_view name, const Labels& labels, double value)
{
    text_ += name;
    for (const auto& [label, content] : labels)
        text_ += (&label == &labels.front().first ? "{" : ",") + label + "=" + label_value(content);
    text_ += (labels.empty() ? " " : "} ") + number(value) + "\n";
}

void Exposition::counter(std::string_view name, std::string_view help, double value, const Labels& labels)
{
    head(name, "counter", help);
    sample(name, labels, value);
}

void Exposition::gauge(std::string_view name, std::string_view help, double value, const Labels& labels)
{
    head(name, "gauge", help);
    sample(name, labels, value);
}

double unix_seconds()
{
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}    // namespace nonna
